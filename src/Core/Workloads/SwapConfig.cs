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
