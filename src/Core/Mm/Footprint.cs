using System.Runtime.InteropServices;
using Hooks.Core.Arch;

namespace Hooks.Core.Mm;

/// <summary>Parts of <see cref="GlobalState"/>, and what else there is one of.</summary>
[Flags]
internal enum GlobalParts : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Which page frames are free.</summary>
    PageAllocator = 1,

    /// <summary>The slot cache: active, disabled.</summary>
    SlotCache = 2,

    /// <summary>Whose turn it is among areas of equal priority.</summary>
    AreaTurn = 4,

    /// <summary>Failures to come.</summary>
    Faults = 8,

    /// <summary>The LRU batch.</summary>
    LruBatch = 16,

    /// <summary>The cgroup's limit.</summary>
    SwapMax = 32,
}

/// <summary>
/// Which objects of the machine a step has touched, one set a kind. Taken down by <see cref="Memory"/> as they are touched, so it cannot
/// be wrong as a declaration can.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Footprint
{
    /// <summary>Page table entries.</summary>
    public BitSet<PageAt> Ptes;

    /// <summary>VMAs.</summary>
    public BitSet<PageAt> Vmas;

    /// <summary>Pins, by the page they were taken at.</summary>
    public BitSet<PageAt> Pins;

    /// <summary>Address spaces: alive or not, users.</summary>
    public BitSet<MmId> Mms;

    /// <summary>Counters of address spaces.</summary>
    public BitSet<MmId> Counters;

    /// <summary><c>mmap_lock</c>s.</summary>
    public BitSet<MmId> MmapLocks;

    /// <summary>Page table locks.</summary>
    public BitSet<MmId> PageTableLocks;

    /// <summary>Folios.</summary>
    public BitSet<Pfn> Folios;

    /// <summary>Page frames.</summary>
    public BitSet<Pfn> Frames;

    /// <summary>Folio locks.</summary>
    public BitSet<Pfn> FolioLocks;

    /// <summary>Slots.</summary>
    public BitSet<SwapEntry> Slots;

    /// <summary>Swap areas.</summary>
    public BitSet<AreaId> Areas;

    /// <summary>Metadata saved by entry.</summary>
    public BitSet<SwapEntry> SavedByEntry;

    /// <summary>Metadata saved by address.</summary>
    public BitSet<RangeId> SavedByAddress;

    /// <summary>What there is one of.</summary>
    public GlobalParts Globals;

    /// <summary>Whether anything is in it.</summary>
    public readonly bool Any =>
        (Ptes.Bits | Vmas.Bits | Pins.Bits | Mms.Bits | Counters.Bits | MmapLocks.Bits | PageTableLocks.Bits | Folios.Bits | Frames.Bits | FolioLocks.Bits | Slots.Bits
            | Areas.Bits | SavedByEntry.Bits | SavedByAddress.Bits | (byte)Globals) != 0;

    /// <summary>Whether anything but locks of address spaces is in it.</summary>
    public readonly bool AnyButLocks =>
        (Ptes.Bits | Vmas.Bits | Pins.Bits | Mms.Bits | Counters.Bits | Folios.Bits | Frames.Bits | FolioLocks.Bits | Slots.Bits
            | Areas.Bits | SavedByEntry.Bits | SavedByAddress.Bits | (byte)Globals) != 0;

    /// <summary>Whether anything is in both.</summary>
    public readonly bool Overlaps(in Footprint other) =>
        (Ptes.Bits & other.Ptes.Bits) != 0 || (Vmas.Bits & other.Vmas.Bits) != 0 || (Pins.Bits & other.Pins.Bits) != 0
        || (Mms.Bits & other.Mms.Bits) != 0 || (Counters.Bits & other.Counters.Bits) != 0
        || (MmapLocks.Bits & other.MmapLocks.Bits) != 0 || (PageTableLocks.Bits & other.PageTableLocks.Bits) != 0
        || (Folios.Bits & other.Folios.Bits) != 0 || (Frames.Bits & other.Frames.Bits) != 0 || (FolioLocks.Bits & other.FolioLocks.Bits) != 0
        || (Slots.Bits & other.Slots.Bits) != 0 || (Areas.Bits & other.Areas.Bits) != 0
        || (SavedByEntry.Bits & other.SavedByEntry.Bits) != 0 || (SavedByAddress.Bits & other.SavedByAddress.Bits) != 0
        || (Globals & other.Globals) != 0;
}
