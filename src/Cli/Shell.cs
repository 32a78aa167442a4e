using System.Text.RegularExpressions;

namespace Hooks.Cli;

/// <summary>Words as a POSIX shell takes them, so that what is printed can be pasted.</summary>
internal static partial class Shell
{
    /// <summary>The word, in quotes if it needs them.</summary>
    public static string Quote(string word) => Harmless().IsMatch(word) ? word : "'" + word.Replace("'", @"'\''", StringComparison.Ordinal) + "'";

    [GeneratedRegex(@"^[\w./,:+=@%-]+$", RegexOptions.NonBacktracking)]
    private static partial Regex Harmless();
}
