using System.Collections.Immutable;
using Hooks.Core.Mm;

namespace Hooks.Core.Workloads;

/// <summary>Whether freed slots are held back in a per-CPU slot cache (up to 6.14).</summary>
public enum SlotCacheMode : byte
{
    /// <summary>As the kernel decides: active once more than 320 slots are free.</summary>
    Auto,

    /// <summary>Never: a freed slot is returned at once.</summary>
    Off,

    /// <summary>Always.</summary>
    On,
}

/// <summary>A swap area of a workload.</summary>
/// <param name="Synchronous">True: a synchronous device (zram). False: a disk.</param>
/// <param name="Slots">Size, 1 … <see cref="Capacity.MaxAreaSize"/>.</param>
/// <param name="SlotCache">Holding freed slots back.</param>
/// <param name="StableWrites">The device needs pages not to change while they are written.</param>
/// <param name="Priority">swapon's priority, 0 … <see cref="MaxPriority"/>: higher first, equal ones take turns; −1: none given, the earlier area first.</param>
public readonly record struct SwapConfig(bool Synchronous, int Slots = SwapConfig.PlainSlots, SlotCacheMode SlotCache = SlotCacheMode.Auto, bool StableWrites = false, int Priority = -1)
{
    /// <summary>The size that means nothing: small enough for the slot cache to be off, large enough not to be half full soon.</summary>
    public const int PlainSlots = 8;

    /// <summary>The highest priority (<c>SWAP_FLAG_PRIO_MASK</c>).</summary>
    public const int MaxPriority = 32_767;

    /// <summary>The area in the words of the case text.</summary>
    public override string ToString() => CaseText.Print(this);
}

/// <summary>A workload: swap areas and a program. P0 exists from the start; other processes begin by fork.</summary>
public sealed class Workload : IEquatable<Workload>
{
    /// <summary>A workload of these areas (1 … <see cref="Capacity.Areas"/>, in order of priority) and operations.</summary>
    /// <exception cref="ArgumentException">No area, too many, or anything beyond what the modelled machine has (<see cref="Capacity"/>).</exception>
    public Workload(ImmutableArray<SwapConfig> swaps, ImmutableArray<Operation> operations)
    {
        if (swaps.Length is 0 or > Capacity.Areas) throw new ArgumentException($"1 to {Capacity.Areas} swap areas, not {swaps.Length}", nameof(swaps));
        foreach (var swap in swaps)
        {
            if (swap.Slots is < 1 or > Capacity.MaxAreaSize) throw new ArgumentException($"swap area of {swap.Slots} slots: 1 to {Capacity.MaxAreaSize}", nameof(swaps));
        }

        foreach (var op in operations)
        {
            if (Beyond(op) is { } what) throw new ArgumentException(what, nameof(operations));
        }

        Swaps = swaps;
        Operations = operations;
    }

    /// <summary>The swap areas, in order of priority.</summary>
    public ImmutableArray<SwapConfig> Swaps { get; }

    /// <summary>The program.</summary>
    public ImmutableArray<Operation> Operations { get; }

    /// <summary>What an operation names that the modelled machine does not have; null if nothing.</summary>
    private static string? Beyond(Operation op)
    {
        if (op.Mm.Value >= Capacity.Mms || op.Child.Value >= Capacity.Mms) return $"process {op.Mm} or {op.Child}: P0 to P{Capacity.Mms - 1}";
        if (op.Page.Value >= Capacity.Pages) return $"page {op.Page.Value}: 0 to {Capacity.Pages - 1}";
        if (op.Granule > PageTags.Granules) return $"granule {op.Granule - 1}: 0 to {PageTags.Granules - 1}";
        return op.Verb == Verb.Tag && op.Value > 15 ? $"tag {op.Value}: 0 to 15" : null;
    }

    /// <inheritdoc/>
    public bool Equals(Workload? other) =>
        other is not null && Swaps.AsSpan().SequenceEqual(other.Swaps.AsSpan()) && Operations.AsSpan().SequenceEqual(other.Operations.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Workload);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Swaps.Length, Operations.Length);

    /// <summary>The workload in the words of the case text, without kernel and architecture.</summary>
    public override string ToString() => CaseText.Print(this);
}
