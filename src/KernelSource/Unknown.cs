namespace Hooks.KernelSource;

/// <summary>Something in live code that the model does not know.</summary>
/// <param name="File">The file.</param>
/// <param name="Line">The line.</param>
/// <param name="What">What: "call swap_prefetch_hint()/2".</param>
public sealed record Unknown(string File, int Line, string What)
{
    /// <summary>The function that it calls, of which the table has no row whatever its arguments; null if it is something else.</summary>
    internal string? Callee { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line}: {What}";
}
