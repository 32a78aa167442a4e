using System.Globalization;

namespace Hooks.Core.Workloads;

/// <summary>The words of a line, with their columns.</summary>
internal sealed class LineReader(string file, int number, string text)
{
    private int _next;
    private int _column = 1;

    public string Word(string expected) =>
        TryWord(out var word) ? word : throw Error(text.TrimEnd().Length + 1, $"expected {expected} here");

    public bool TryWord(out string word)
    {
        while (_next < text.Length && char.IsWhiteSpace(text[_next])) _next++;
        var start = _next;
        while (_next < text.Length && !char.IsWhiteSpace(text[_next])) _next++;
        _column = start + 1;
        word = text[start.._next];
        return word.Length > 0;
    }

    /// <summary>Whether the next word is this one; it is not taken.</summary>
    public bool IsNext(string word)
    {
        var rest = text.AsSpan(_next).TrimStart();
        return rest.StartsWith(word, StringComparison.Ordinal) && (rest.Length == word.Length || char.IsWhiteSpace(rest[word.Length]));
    }

    public int Number(string word, int min, int max, string what) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max
            ? value
            : throw ErrorAtWord($"'{word}' is not {what}; expected {min} … {max}");

    public void End()
    {
        if (TryWord(out var word)) throw ErrorAtWord($"unexpected '{word}'; expected the end of the line");
    }

    public CaseSyntaxException ErrorAtWord(string message) => Error(_column, message);

    private CaseSyntaxException Error(int column, string message) => new(file, number, column, Quoted.In(message));
}
