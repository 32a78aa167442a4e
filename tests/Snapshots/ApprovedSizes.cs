using Hooks.Core.Mm;

namespace Hooks.Snapshots;

/// <summary>
/// The sizes that approved files show: in what a case may name, and in errors. Changed, they do not compile (an unsigned constant
/// that would be negative); change them here, and look at what the tests receive.
/// </summary>
internal static class ApprovedSizes
{
    /// <summary>P0 … P3.</summary>
    public const uint Processes = -((Capacity.Mms - 4) * (Capacity.Mms - 4));

    /// <summary>a … d.</summary>
    public const uint Pages = -((Capacity.Pages - 4) * (Capacity.Pages - 4));

    /// <summary>P0.1 … P0.2.</summary>
    public const uint Threads = -((Capacity.Threads - 3) * (Capacity.Threads - 3));

    /// <summary>Slots of an area, in the error of a case that needs more.</summary>
    public const uint SlotsPerArea = -((Capacity.SlotsPerArea - 32) * (Capacity.SlotsPerArea - 32));
}
