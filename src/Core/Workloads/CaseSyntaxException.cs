namespace Hooks.Core.Workloads;

/// <summary>A malformed case: where, and what was expected.</summary>
public sealed class CaseSyntaxException : Exception
{
    /// <summary>An error at a place of a file. Line and column count from 1.</summary>
    public CaseSyntaxException(string file, int line, int column, string message)
        : base($"{file}:{line}:{column}: {message}")
    {
        File = file;
        Line = line;
        Column = column;
    }

    /// <inheritdoc/>
    public CaseSyntaxException()
        : this("", 0, 0, "")
    {
    }

    /// <inheritdoc/>
    public CaseSyntaxException(string message)
        : this("", 0, 0, message)
    {
    }

    /// <inheritdoc/>
    public CaseSyntaxException(string message, Exception innerException)
        : base(message, innerException) => File = "";

    /// <summary>The file.</summary>
    public string File { get; }

    /// <summary>The line, from 1.</summary>
    public int Line { get; }

    /// <summary>The column, from 1.</summary>
    public int Column { get; }
}
