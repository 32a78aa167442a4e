namespace Hooks.Lab;

/// <summary>The lab cannot be used: the message says what is wrong and what to do, and is all that a user needs to see.</summary>
public sealed class LabException : Exception
{
    /// <summary>With a message for the user.</summary>
    public LabException(string message)
        : base(message)
    {
    }

    /// <inheritdoc cref="LabException(string)"/>
    public LabException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <inheritdoc cref="LabException(string)"/>
    public LabException()
    {
    }
}

/// <summary>A guest hung, panicked or died while it worked on something.</summary>
/// <param name="message">What happened.</param>
/// <param name="console">The last lines of its console.</param>
#pragma warning disable CA1032 // Without the console's lines it would say too little.
public sealed class GuestException(string message, IReadOnlyList<string> console) : Exception(message)
#pragma warning restore CA1032
{
    /// <summary>The last lines of its console, oldest first; if the kernel has come to a BUG(), those from there on.</summary>
    public IReadOnlyList<string> Console { get; } = console;

    /// <summary>The BUG() that its kernel has come to: <c>kernel BUG at mm/memory.c:5092</c>; null: none.</summary>
    public string? Bug { get; init; }
}
