namespace Hooks.Arch.Native;

/// <summary>An architecture's own C that cannot be used: the message says where, what was expected, and what to do.</summary>
public sealed class NativeSourceException : Exception
{
    /// <summary>An error with this message.</summary>
    public NativeSourceException(string message)
        : base(message)
    {
    }

    /// <inheritdoc cref="NativeSourceException(string)"/>
    public NativeSourceException()
        : this("the architecture's source cannot be used")
    {
    }

    /// <inheritdoc cref="NativeSourceException(string)"/>
    public NativeSourceException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
