using System.Globalization;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Lab;

/// <summary>A swap area that workloads are run with.</summary>
/// <param name="Zram">zram, which is synchronous; otherwise a virtio disk.</param>
/// <param name="Slots">Its size.</param>
public readonly record struct Lane(bool Zram, int Slots)
{
    /// <summary>A usual small size: the slot cache is off.</summary>
    public const int Small = SwapConfig.PlainSlots;

    /// <summary>A usual large size: the slot cache is on.</summary>
    public const int Large = 8191;

    /// <summary>The largest area on which the slot cache stays off, while all of it is free.</summary>
    public const int SlotCacheOff = SwapFile.ActivateSlotCache;

    /// <summary>The smallest on which it starts.</summary>
    public const int SlotCacheOn = SwapFile.ActivateSlotCache + 1;

    /// <summary>The largest area the lab makes.</summary>
    public const int MaxSlots = 65_535;

    /// <summary>The area, as it really is.</summary>
    public SwapConfig Swap => new(Zram, Slots, StableWrites: Zram);

    /// <summary>As users name it: <c>zram</c> or <c>disk</c>, and the number of slots.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(Zram ? "zram" : "disk")} {Slots}");
}
