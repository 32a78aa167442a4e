namespace Hooks.Report.Repro;

/// <summary>A case that no program can do from user space; the message says which operation, and why.</summary>
public sealed class CannotReproduceException : Exception
{
    /// <summary>Without a message.</summary>
    public CannotReproduceException()
    {
    }

    /// <summary>With what cannot be done and why.</summary>
    public CannotReproduceException(string message)
        : base(message)
    {
    }

    /// <summary>With what cannot be done and why.</summary>
    public CannotReproduceException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
