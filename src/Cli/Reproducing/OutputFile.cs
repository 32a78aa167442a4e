using Hooks.Cli.Terminal;

namespace Hooks.Cli.Reproducing;

/// <summary>A text that is printed, or is written where <c>--out</c> says.</summary>
internal static class OutputFile
{
    /// <summary>Prints or writes it.</summary>
    /// <param name="screen">Where it is printed.</param>
    /// <param name="output">The file; null: none.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(Screen screen, string? output, string text)
    {
        if (output is null)
        {
            screen.Out.Write(text);
            return;
        }

        try
        {
            WholeFile.Write(output, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"--out: cannot write '{output}': {(e is UnauthorizedAccessException ? "permission denied, or a directory" : e.Message)}");
        }
    }
}
