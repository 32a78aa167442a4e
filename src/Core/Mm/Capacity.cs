namespace Hooks.Core.Mm;

/// <summary>
/// The size of the modelled machine. Fixed, so that a state is one block of memory that copies, compares and hashes.
/// Small, because swap-path bugs need few pages and few processes, and because small scopes can be searched whole.
/// </summary>
public static class Capacity
{
    /// <summary>Address spaces, P0 … P3.</summary>
    public const int Mms = 4;

    /// <summary>Pages of an address space, a … d.</summary>
    public const int Pages = 4;

    /// <summary>Physical pages. With none left an allocation fails, as it does in the kernel.</summary>
    public const int Folios = 24;

    /// <summary>Swap areas.</summary>
    public const int Areas = 2;

    /// <summary>
    /// Slots of an area that can be in use at once. An area may be declared larger (its size decides the slot cache and
    /// "half full"), but a workload that needs more distinct slots than these ends in a <see cref="CapacityException"/>.
    /// </summary>
    public const int SlotsPerArea = 32;

    /// <summary>The largest declared size of an area, in slots.</summary>
    public const int MaxAreaSize = 65_535;

    /// <summary>Ranges of addresses with saved metadata, per mm.</summary>
    public const int RangesPerMm = 4;
}

/// <summary>A workload needs more of something than the fixed-size state holds.</summary>
public sealed class CapacityException : Exception
{
    /// <summary>An error that says what ran out, and what to do.</summary>
    public CapacityException(string message)
        : base(message)
    {
    }

    /// <inheritdoc cref="CapacityException(string)"/>
    public CapacityException()
        : this("the workload needs more than the modelled machine holds")
    {
    }

    /// <inheritdoc cref="CapacityException(string)"/>
    public CapacityException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
