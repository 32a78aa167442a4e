namespace Hooks.KernelSource;

/// <summary>Source that cannot be read, a patch that does not fit, a table with a wrong line: the message says where, what was expected, and what to do.</summary>
public sealed class SourceException : Exception
{
    /// <summary>An error with this message.</summary>
    public SourceException(string message)
        : base(message)
    {
    }

    /// <inheritdoc cref="SourceException(string)"/>
    public SourceException()
        : this("the source cannot be read")
    {
    }

    /// <inheritdoc cref="SourceException(string)"/>
    public SourceException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>A run has come to a call of which the table of helpers says that nothing the model does reaches it: there is no verdict.</summary>
public sealed class NeverReachedException : Exception
{
    /// <summary>An error with this message.</summary>
    public NeverReachedException(string message)
        : base(message)
    {
    }

    /// <inheritdoc cref="NeverReachedException(string)"/>
    public NeverReachedException()
        : this("a call that is never reached was reached")
    {
    }

    /// <inheritdoc cref="NeverReachedException(string)"/>
    public NeverReachedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
