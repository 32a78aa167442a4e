using DiffPlex.Renderer;

namespace Hooks.Snapshots.Shim;

/// <summary>A difference as text: the changed lines between a few unchanged ones, <c>-</c> what is approved and <c>+</c> what was received.</summary>
internal static class ReadableDiff
{
    /// <summary>Lines printed at most; the received file has the rest.</summary>
    public const int MaxLines = 200;

    private const int ContextLines = 3;

    /// <summary>The difference between two texts that are not the same.</summary>
    public static string Between(string approved, string received)
    {
        var diff = UnidiffRenderer
            .GenerateUnidiff(ShowReturns(approved), ShowReturns(received), "approved", "received", ignoreWhitespace: false, ignoreCase: false, ContextLines)
            .ReplaceLineEndings("\n")
            .TrimEnd('\n')
            .Split('\n');
        var shown = string.Join('\n', diff.Take(MaxLines));
        return diff.Length > MaxLines ? $"{shown}\n... {diff.Length - MaxLines} more lines of difference" : shown;
    }

    // DiffPlex takes \r\n for \n, so that a text differing in nothing else would show no difference.
    private static string ShowReturns(string text) => text.Replace("\r", "<CR>", StringComparison.Ordinal);
}
