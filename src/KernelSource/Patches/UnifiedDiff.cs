using System.Globalization;
using System.Text.RegularExpressions;

namespace Hooks.KernelSource.Patches;

/// <summary>Reads unified diffs, as <c>git format-patch</c> and <c>diff -u</c> write them. Text around them is passed over.</summary>
internal static partial class UnifiedDiff
{
    /// <summary>The files that a diff changes; none if it is no diff.</summary>
    /// <param name="text">The text, lines ending in LF.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="firstLine">The number of its first line, for errors.</param>
    /// <exception cref="SourceException">A hunk is broken.</exception>
    public static List<FilePatch> Read(string text, string name, int firstLine)
    {
        var lines = text.Split('\n');
        var files = new List<FilePatch>();
        for (var at = 0; at < lines.Length;)
        {
            if (!lines[at].StartsWith("--- ", StringComparison.Ordinal) || at + 1 >= lines.Length || !lines[at + 1].StartsWith("+++ ", StringComparison.Ordinal))
            {
                if (lines[at].StartsWith("@@ ", StringComparison.Ordinal) && files.Count == 0) throw Error(at, "a hunk without the lines '--- a/FILE' and '+++ b/FILE' in front of it");
                at++;
                continue;
            }

            var (before, after) = (PathOf(lines[at][4..]), PathOf(lines[at + 1][4..]));
            if ((before ?? after) is not { } path) throw Error(at, "expected a file, found /dev/null twice");
            at += 2;
            var hunks = new List<Hunk>();
            while (at < lines.Length && lines[at].StartsWith("@@ ", StringComparison.Ordinal)) hunks.Add(ReadHunk(ref at));
            if (hunks.Count == 0) throw Error(at, $"expected '@@ -LINE,COUNT +LINE,COUNT @@' after the names of {path}, found '{Short(at)}'");
            files.Add(new FilePatch(after ?? path, before is null, after is null, hunks));
        }

        return files;

        Hunk ReadHunk(ref int at)
        {
            var head = Head().Match(lines[at]);
            if (!head.Success) throw Error(at, $"expected '@@ -LINE,COUNT +LINE,COUNT @@', found '{Short(at)}'");
            var where = $"{name}:{firstLine + at}";
            var (start, old, @new) = (Number(head.Groups["start"]), Count(head.Groups["old"]), Count(head.Groups["new"]));
            var body = new List<HunkLine>();
            at++;
            while (old > 0 || @new > 0)
            {
                if (at >= lines.Length) throw Error(at - 1, $"the patch ends in the middle of the hunk at {where}: {old} old and {@new} new lines are missing");
                var line = lines[at];

                // A mailer may have cut the blank of an empty line of context.
                var kind = line.Length == 0 ? ' ' : line[0];
                if (kind == '\\')
                {
                    at++;
                    continue;
                }

                if (kind is not (' ' or '+' or '-')) throw Error(at, $"a line of a hunk begins with ' ', '+' or '-', found '{Short(at)}': was it wrapped by a mailer?");
                if ((kind != '+' && old == 0) || (kind != '-' && @new == 0)) throw Error(at, $"the hunk at {where} has more lines than it says");
                if (kind != '+') old--;
                if (kind != '-') @new--;
                body.Add(new HunkLine(kind, line.Length == 0 ? "" : line[1..]));
                at++;
            }

            if (at < lines.Length && lines[at].StartsWith('\\')) at++;
            if (at < lines.Length && lines[at].Length > 0 && !MayFollow().IsMatch(lines[at])) throw Error(at, $"behind the hunk at {where} there is '{Short(at)}': was its last line wrapped by a mailer?");
            return new Hunk(start, body, where);
        }

        SourceException Error(int at, string what) => new($"{name}:{firstLine + at}: {what}");

        string Short(int at) => at < lines.Length ? lines[at].Length > 60 ? lines[at][..60] + "…" : lines[at] : "the end";
    }

    private static string? PathOf(string name)
    {
        var path = name.Split('\t')[0].TrimEnd();
        if (path == "/dev/null") return null;
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? path : path[(slash + 1)..];
    }

    private static int Number(Group group) => int.TryParse(group.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : int.MaxValue;

    private static int Count(Group group) => group.Success ? Number(group) : 1;

    [GeneratedRegex(@"^@@ -(?<start>[0-9]{1,9})(,(?<old>[0-9]{1,9}))? \+[0-9]{1,9}(,(?<new>[0-9]{1,9}))? @@", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Head();

    [GeneratedRegex(@"^(@@ |diff |--- |-- ?$|Index: |index |From |new file|deleted file|old mode|new mode|similarity|rename |Only in |base-commit|prerequisite-|\.$|>|On .* wrote:)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex MayFollow();
}
