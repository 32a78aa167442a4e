using System.Text;
using Hooks.KernelSource;
using Hooks.KernelSource.Patches;
using Xunit;

namespace Hooks.Source;

public class PatchTests
{
    private const string Before = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";
    private const string Diff = "--- a/f.c\n+++ b/f.c\n@@ -2,5 +2,5 @@ void f(void)\n two\n three\n-four\n+FOUR\n five\n six\n";

    [Fact]
    public void A_diff_is_applied() => Assert.Equal(Before.Replace("four", "FOUR", StringComparison.Ordinal), Apply(Before, Diff, out var hunk) is var text && hunk is { Line: 2, Offset: 0, Fuzz: 0 } ? text : hunk.ToString());

    [Fact]
    public void A_hunk_that_stands_elsewhere_is_found_and_said()
    {
        var text = Apply("zero\nzero\nzero\n" + Before, Diff, out var hunk);
        Assert.Contains("three\nFOUR\nfive", text, StringComparison.Ordinal);
        Assert.Equal((5, 3, 0), (hunk.Line, hunk.Offset, hunk.Fuzz));
        Assert.Equal([7], hunk.Added);
    }

    [Theory]
    [InlineData("TWO", 1)]
    [InlineData("six and more", 1)]
    public void Context_that_has_changed_is_passed_over_with_fuzz(string edge, int fuzz)
    {
        var before = edge == "TWO" ? Before.Replace("two", edge, StringComparison.Ordinal) : Before.Replace("six", edge, StringComparison.Ordinal);
        var text = Apply(before, Diff, out var hunk);
        Assert.Contains("FOUR", text, StringComparison.Ordinal);
        Assert.Contains(edge, text, StringComparison.Ordinal);
        Assert.Equal(fuzz, hunk.Fuzz);
    }

    [Fact]
    public void A_line_that_is_to_go_must_be_there()
    {
        var e = Assert.Throws<SourceException>(() => Apply(Before.Replace("four", "4", StringComparison.Ordinal), Diff, out _));
        Assert.Contains("p:3: the hunk fits f.c nowhere", e.Message, StringComparison.Ordinal);
        Assert.Contains("nearest is line 2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_patch_that_is_there_already_is_said_to_be() =>
        Assert.Contains("is the patch applied", Assert.Throws<SourceException>(() => Apply(Before.Replace("four", "FOUR", StringComparison.Ordinal), Diff, out _)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_patch_to_a_file_that_is_not_there_is_refused() =>
        Assert.Contains("does not have", Assert.Throws<SourceException>(() => PatchedFiles.Apply(new TextFiles(), Read(Diff))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("--- a/f.c\n+++ b/f.c\n@@ -2,5 +2,5 @@\n two\n three\n-four\n+FOUR is a line that a\nmailer has wrapped\n five\n six\n", "wrapped")]
    [InlineData("--- a/f.c\n+++ b/f.c\n@@ -5,2 +5,3 @@\n five\n six\n+a last line\nthat was wrapped\n", "last line wrapped")]
    [InlineData("--- a/f.c\n+++ b/f.c\n@@ -2,5 +2,5 @@\n two\n three\n", "ends in the middle")]
    [InlineData("--- a/f.c\n+++ b/f.c\n@@ two @@\n", "expected '@@")]
    [InlineData("--- a/f.c\n+++ b/f.c\nnothing\n", "expected '@@")]
    [InlineData("@@ -2,5 +2,5 @@\n", "without the lines")]
    [InlineData("hello\n", "there is no patch in it")]
    [InlineData("", "there is no patch in it")]
    public void A_broken_patch_is_refused_with_a_reason(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<SourceException>(() => Read(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("quoted-printable")]
    [InlineData("base64")]
    [InlineData("8bit")]
    public void A_mail_is_decoded(string encoding)
    {
        var body = encoding switch
        {
            "base64" => Convert.ToBase64String(Encoding.UTF8.GetBytes("text\n---\n" + Diff), Base64FormattingOptions.InsertLineBreaks),
            "quoted-printable" => "text =3D more\n---\n" + Diff.Replace("=", "=3D", StringComparison.Ordinal).Replace("void f(void)", "void f(=\nvoid)", StringComparison.Ordinal),
            _ => "text\n---\n" + Diff,
        };
        var mail = $"From: a@example.org\nSubject: [PATCH] say it louder\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n{body}";
        foreach (var text in new[] { mail, mail.Replace("\n", "\r\n", StringComparison.Ordinal) })
        {
            var patch = Assert.Single(Read(text));
            Assert.Equal("[PATCH] say it louder", patch.Subject);
            Assert.Contains("FOUR", PatchedFiles.Apply(new TextFiles(("f.c", Before)), [patch]).Read("f.c")!, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_series_is_applied_in_its_order_whatever_the_mailbox_has()
    {
        var second = Diff.Replace("-four\n+FOUR", "-FOUR\n+four!", StringComparison.Ordinal);
        var mbox = Mail("[PATCH v2 2/2] b", second) + Mail("[PATCH v2 0/2] cover", "no patch\n") + Mail("[PATCH v2 1/2] a", Diff);
        var patches = Read(mbox);
        Assert.Equal(["[PATCH v2 1/2] a", "[PATCH v2 2/2] b"], patches.Select(p => p.Subject));
        Assert.Contains("four!", PatchedFiles.Apply(new TextFiles(("f.c", Before)), patches).Read("f.c")!, StringComparison.Ordinal);

        static string Mail(string subject, string body) => $"From 0123456789abcdef Mon Sep 17 00:00:00 2001\nFrom: a@example.org\nSubject: {subject}\n\n{body}\n";
    }

    [Fact]
    public void Several_hunks_move_with_each_other()
    {
        var lines = string.Join('\n', Enumerable.Range(1, 60)) + "\n";
        var diff = "--- a/f.c\n+++ b/f.c\n@@ -10,2 +10,4 @@\n 10\n+x\n+y\n 11\n@@ -40,2 +42,3 @@\n 40\n+z\n 41\n";
        var patched = PatchedFiles.Apply(new TextFiles(("f.c", lines)), Read(diff));
        Assert.Equal([0, 0], patched.Applied.Select(h => h.Offset));
        Assert.Equal([[11, 12], [43]], patched.Applied.Select(h => h.Added.ToArray()));
        Assert.Equal("z", patched.Read("f.c")!.Split('\n')[42]);
    }

    private static IReadOnlyList<Patch> Read(string text) => PatchReader.Read("p", Encoding.UTF8.GetBytes(text));

    private static string Apply(string before, string diff, out AppliedHunk hunk)
    {
        var patched = PatchedFiles.Apply(new TextFiles(("f.c", before)), Read(diff));
        hunk = Assert.Single(patched.Applied);
        return patched.Read("f.c")!;
    }
}
