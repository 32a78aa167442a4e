using System.Runtime.CompilerServices;
using System.Text;
using MimeKit;
using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Cli;

/// <summary>Findings as mails.</summary>
[Collection(WorkingDirectory.Name)]
public sealed class ReportTests : IDisposable
{
    private const string TagsLost = "kernel v5.18\narch   arm64\nswap   zram\nP0     map a tagged\nP0     tag a 5\nP0     pageout a\nP0     read a\n";
    private const string ReadFails = "kernel v5.16\narch   none\nswap   disk\nP0     map a\nP0     write a 1\nP0     pageout a\nP0     fail read\nP0     swapoff 0\n";

    private readonly OwnFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Tags_lost() => await Verify(Text(TagsLost));

    [Fact]
    public async Task A_race() => await Verify(WithoutProgram(Command.RunIn(Root(), "report docs/races/13ddaf26be32.case")));

    [Fact]
    public async Task Fixed_by_a_patch_that_has_no_commit_in_the_catalogue() => await Verify(WithoutProgram(Command.RunIn(Root(), "report docs/lab/swapoff-none.case")));

    [Fact]
    public async Task No_program_as_user_space_cannot_do_it() => await Verify(Command.Run("report -", ReadFails));

    [Fact]
    public async Task Nothing_to_report() => await Verify(Command.Run("report -", TagsLost.Replace("v5.18", "v6.5", StringComparison.Ordinal)));

    [Fact]
    public async Task Not_as_the_file_says() => await Verify(Command.Run("report -", TagsLost + "fails  exclusivity\n"));

    [Fact]
    public void The_program_is_attached_as_repro_prints_it()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(Written("")));
        var message = MimeMessage.Load(stream);
        var attached = Assert.IsType<TextPart>(Assert.Single(message.Attachments));
        Assert.Equal("lost.c", attached.FileName);
        Assert.Equal(Lines(_folder.Run("repro DIR/lost.case")), Lines("$ hooks repro DIR/lost.case\n--- stdout\n" + attached.Text.Replace("lost.case", "DIR/lost.case", StringComparison.Ordinal).TrimEnd() + "\n---\nexit 0"));
    }

    [Fact]
    public void Inline_it_stands_behind_the_text()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(Written(" --inline")));
        var message = MimeMessage.Load(stream);
        Assert.Empty(message.Attachments);
        Assert.Contains("int main(", message.TextBody, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_what_is_copied_is_longer_than_72_columns()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(Written("")));
        var wide = MimeMessage.Load(stream).TextBody!.Split('\n').Where(line => line.Length > 72).ToList();
        Assert.Equal(["  # a title that is longer than a line of a mail may be, as titles of cases sometimes are"], wide);
    }

    private string Written(string options)
    {
        File.WriteAllText(Path.Combine(_folder.Path, "lost.case"), "# a title that is longer than a line of a mail may be, as titles of cases sometimes are\n" + TagsLost);
        Assert.EndsWith("exit 0", _folder.Run($"report DIR/lost.case --out DIR/mail{options}"), StringComparison.Ordinal);
        return File.ReadAllText(Path.Combine(_folder.Path, "mail"));
    }

    private static string Text(string @case) => WithoutProgram(Command.Run("report -", @case));

    /// <summary>Programs have snapshots of their own.</summary>
    private static string WithoutProgram(string mail) => mail[..mail.IndexOf("\n#define", StringComparison.Ordinal)];

    private static string[] Lines(string text) => text.Split('\n');

    private static string Root([CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", ".."));
}
