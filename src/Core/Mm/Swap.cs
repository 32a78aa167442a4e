using System.Runtime.InteropServices;

namespace Hooks.Core.Mm;

/// <summary>State of a slot beyond its count.</summary>
[Flags]
public enum SlotFlags : byte
{
    /// <summary>None set.</summary>
    None = 0,

    /// <summary><c>SWAP_HAS_CACHE</c>: a folio in the swap cache, a claim (<c>swapcache_prepare</c>), or a freed slot held back.</summary>
    HasCache = 1,

    /// <summary>Freed, but held back in a CPU's swap slot cache (<c>slots_ret</c>): not yet really returned.</summary>
    HeldBack = 2,

    /// <summary>Its bit in <c>zeromap</c> (6.12, 0ca0c24e3211): the page was all zeroes, and reads so without the device. (No kernel here sets it yet.)</summary>
    Zero = 4,
}

/// <summary>One slot of a swap area: its count, its place in the swap cache, and what the device holds.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct Slot
{
    /// <summary><c>swap_count()</c>: swap PTEs that refer to the slot, plus in-flight references.</summary>
    public byte Count;

    /// <summary>Has cache, held back, zero.</summary>
    public SlotFlags Flags;

    /// <summary>The folio in the swap cache at this entry.</summary>
    public Pfn Folio;

    /// <summary>The data word on the swap device.</summary>
    public byte Data;

    /// <summary>Whether the slot is free to be allocated.</summary>
    public readonly bool IsFree => Count == 0 && (Flags & (SlotFlags.HasCache | SlotFlags.HeldBack)) == 0;

    /// <summary>Whether <c>SWAP_HAS_CACHE</c> is set.</summary>
    public readonly bool HasCache => (Flags & SlotFlags.HasCache) != 0;

    /// <summary>Whether the freed slot waits in a slot cache.</summary>
    public readonly bool IsHeldBack => (Flags & SlotFlags.HeldBack) != 0;

    /// <summary>Whether it reads as zeroes.</summary>
    public readonly bool IsZero => (Flags & SlotFlags.Zero) != 0;
}

/// <summary>How a swap area behaves.</summary>
[Flags]
public enum AreaFlags : byte
{
    /// <summary>A disk.</summary>
    None = 0,

    /// <summary><c>swapon</c>'d.</summary>
    Used = 1,

    /// <summary><c>SWP_SYNCHRONOUS_IO</c> (zram): a page can be read around the swap cache; a write ends at once.</summary>
    Synchronous = 2,

    /// <summary><c>SWP_STABLE_WRITES</c>: a page must not change while it is being written.</summary>
    StableWrites = 4,

    /// <summary>Freed slots are never held back.</summary>
    SlotCacheOff = 8,

    /// <summary>Freed slots are always held back.</summary>
    SlotCacheOn = 16,

    /// <summary><c>SWP_WRITEOK</c> is cleared: swapoff is running or done; no slot is given out.</summary>
    Off = 32,

    /// <summary>swapoff is at work on it.</summary>
    Unusing = 64,
}

/// <summary>A swap area, <c>struct swap_info_struct</c>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct SwapArea
{
    /// <summary>What kind of device.</summary>
    public AreaFlags Flags;

    /// <summary>1 + the highest offset ever used: slots beyond it are free and untouched.</summary>
    public byte HighWater;

    /// <summary>Where slots are given out in turn: the offset that the next one is looked for from (<c>percpu_swap_cluster.offset</c>); 0: nothing was given out yet.</summary>
    public byte Next;

    /// <summary><c>prio</c>, raised by one; 0: lower than any given priority, and lower the later the area was switched on.</summary>
    public ushort Priority;

    /// <summary>The area's size in slots.</summary>
    public ushort Pages;

    /// <summary><c>inuse_pages</c>: slots not free (held-back ones count as in use).</summary>
    public ushort InUse;

    /// <summary>Whether any of these flags is set.</summary>
    public readonly bool Is(AreaFlags flags) => (Flags & flags) != 0;
}
