using Hooks.KernelSource.C;

namespace Hooks.KernelSource;

/// <summary>A file of C.</summary>
/// <param name="Path">From the tree's root.</param>
/// <param name="Text">As it is.</param>
/// <param name="Functions">Its functions.</param>
/// <param name="Configuration">What decided its conditionals.</param>
internal sealed record SourceFile(string Path, string Text, Dictionary<string, Lazy<Function>> Functions, Configuration Configuration)
{
    private readonly Lazy<string[]> _lines = new(() => Text.Split('\n'));

    /// <summary>The text of some lines.</summary>
    /// <param name="first">The first, from 1.</param>
    /// <param name="last">The last.</param>
    public string Lines(int first, int last) => string.Join('\n', _lines.Value[(first - 1)..Math.Min(last, _lines.Value.Length)]);

    /// <summary>Reads a file.</summary>
    /// <exception cref="SourceException">It is no C.</exception>
    public static SourceFile Of(string tree, string path, string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal)) throw new SourceException($"{tree}/{path}: there is a zero byte in it; expected C source");
        var configuration = new Configuration();
        return new SourceFile(path, text, Parser.Functions(Lexer.Read(text, configuration), path), configuration);
    }
}
