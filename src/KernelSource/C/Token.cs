namespace Hooks.KernelSource.C;

/// <summary>The kinds of tokens.</summary>
internal enum TokenKind : byte
{
    /// <summary>A name or a keyword.</summary>
    Identifier,

    /// <summary>A number or a character.</summary>
    Number,

    /// <summary>A string.</summary>
    Text,

    /// <summary>Anything else.</summary>
    Punctuation,

    /// <summary>The end of the file.</summary>
    End,
}

/// <summary>A token of C.</summary>
/// <param name="Kind">What kind.</param>
/// <param name="Text">As written.</param>
/// <param name="Line">The line it stands on, from 1.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Line)
{
    /// <summary>Whether it is this name or punctuation.</summary>
    public bool Is(string text) => Kind is TokenKind.Identifier or TokenKind.Punctuation && Text == text;

    /// <summary>As an error message names it.</summary>
    public override string ToString() => Kind == TokenKind.End ? "the end of the file" : $"'{Text}'";
}
