namespace Hooks.Core.Mm;

/// <summary>What a step did that someone counts, or that the oracle must know. One step may do several.</summary>
[Flags]
public enum Event : uint
{
    /// <summary>Nothing of note.</summary>
    None = 0,

    /// <summary>The program stored data.</summary>
    UserWrote = 1 << 1,

    /// <summary>The program stored tags.</summary>
    UserTagged = 1 << 2,

    /// <summary>The program mapped a page.</summary>
    UserMapped = 1 << 3,

    /// <summary>The program gave a page up (munmap or exit), from here on nobody may look at it.</summary>
    UserUnmapped = 1 << 4,

    /// <summary>fork() copied one page table entry: parent and child go separate ways.</summary>
    ForkedPage = 1 << 5,

    /// <summary>An anonymous page was made.</summary>
    AnonFault = 1 << 6,

    /// <summary>A swap entry was found in the swap cache.</summary>
    CacheHit = 1 << 7,

    /// <summary>A page was read around the swap cache.</summary>
    ReadAround = 1 << 8,

    /// <summary>A page was read into the swap cache.</summary>
    ReadIntoCache = 1 << 9,

    /// <summary>do_swap_page() mapped a page.</summary>
    SwapIn = 1 << 10,

    /// <summary>… which the oracle says holds data.</summary>
    SwapInOfData = 1 << 11,

    /// <summary>… which the oracle says holds tags, through a tagged mapping.</summary>
    SwapInOfTags = 1 << 12,

    /// <summary>do_swap_page() has ended (page mapped, folio unlocked).</summary>
    SwapInEnded = 1 << 13,

    /// <summary>… and nothing but the new mapping refers to the page.</summary>
    SwapInAlone = 1 << 14,

    /// <summary>A mapping became a swap entry.</summary>
    SwapOut = 1 << 15,

    /// <summary>… while another swap entry already referred to the slot: a shared page.</summary>
    SwapOutShared = 1 << 16,

    /// <summary>A slot was really returned (swap_range_free).</summary>
    SlotFreed = 1 << 18,

    /// <summary>A freed slot was held back in the slot cache.</summary>
    SlotHeldBack = 1 << 19,

    /// <summary>A page still being written to a device that needs stable pages was mapped by do_swap_page().</summary>
    SwapInUnstable = 1 << 20,

    /// <summary>A shared page was copied on write.</summary>
    CowCopy = 1 << 21,

    /// <summary>A read-only page was made writable in place.</summary>
    CowReuse = 1 << 22,

    /// <summary>The architecture saved metadata.</summary>
    MetadataSaved = 1 << 23,

    /// <summary>The architecture restored metadata, and not just zeroes.</summary>
    MetadataRestored = 1 << 24,

    /// <summary>A page just given out, that had belonged to someone else, was mapped tagged.</summary>
    MappedUsedPage = 1 << 25,

    /// <summary>A page was freed.</summary>
    FolioFreed = 1 << 26,

    /// <summary>The kernel would have complained: a reference was dropped that nobody had.</summary>
    BadFolioPut = 1 << 27,

    /// <summary>The kernel would have complained: a free slot was freed again or referred to, or a place in the swap cache given back that was not taken.</summary>
    BadSlotUse = 1 << 28,

    /// <summary>A write fault of do_swap_page() goes on into do_wp_page(), though nothing but the new mapping refers to the page: needless work.</summary>
    NeedlessFault = 1 << 29,

    /// <summary>Saved metadata was dropped, its time being over.</summary>
    MetadataDropped = 1 << 30,

    /// <summary>The kernel would have complained: a lock was given back by somebody who did not have it.</summary>
    BadUnlock = 1u << 31,
}
