using System.Text;
using System.Text.RegularExpressions;

namespace Hooks.Cli.Terminal;

/// <summary>
/// Lines for a terminal that is narrower than they are: broken between words, further lines under the column that the first one's last part begins in. What is to be copied stays whole: words in quotes, and a command at the end of a line, which goes on one of its own.
/// </summary>
internal static partial class WordWrap
{
    private const int Further = 2;

    /// <summary>The lines of a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="width">Columns.</param>
    /// <param name="command">How the command is called.</param>
    public static IEnumerable<string> Of(string line, int width, string command)
    {
        if (line.Length <= width) return [line];
        var at = line.IndexOf($": {command} ", StringComparison.Ordinal);
        if (line.TrimStart().StartsWith($"{command} ", StringComparison.Ordinal)) return [line];
        var indent = IndentOf(line);
        return at < 0 ? Broken(line, width) : [.. Broken(line[..(at + 1)], width), new string(' ', indent + Further) + line[(at + 2)..]];
    }

    private static List<string> Broken(string line, int width)
    {
        var lines = new List<string>();
        var hang = Hang(line, width);
        var text = new StringBuilder(line[..IndentOf(line)]);
        var (empty, last) = (true, IndentOf(line));
        foreach (var word in Words().EnumerateMatches(line))
        {
            // Columns are kept where they fit.
            var gap = empty ? 0 : word.Index - last;
            if (!empty && text.Length + gap + word.Length > width)
            {
                lines.Add(text.ToString());
                text.Clear().Append(' ', hang);
                (empty, gap) = (true, 0);
            }

            text.Append(' ', gap).Append(line, word.Index, word.Length);
            (empty, last) = (false, word.Index + word.Length);
        }

        lines.Add(text.ToString());
        return lines;
    }

    private static int IndentOf(string line) => line.Length - line.TrimStart().Length;

    /// <summary>Where the last column begins, if that leaves half the width; else a little further in than the line.</summary>
    private static int Hang(string line, int width)
    {
        var hang = IndentOf(line) + Further;
        foreach (var gap in Gaps().EnumerateMatches(line.AsSpan(0, Math.Min(line.Length, (width / 2) + 1))))
        {
            if (gap.Index > 0 && gap.Index + gap.Length <= width / 2) hang = gap.Index + gap.Length;
        }

        return hang;
    }

    [GeneratedRegex(@"(?:(?<![^\s(])'[^']{1,60}'\S*)|\S+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Words();

    [GeneratedRegex(" {2,}", RegexOptions.NonBacktracking)]
    private static partial Regex Gaps();
}
