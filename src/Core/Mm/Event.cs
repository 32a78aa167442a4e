namespace Hooks.Core.Mm;

/// <summary>What a step did that someone counts, or that the oracle must know. One step may do several.</summary>
[Flags]
public enum Event : ulong
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
    BadUnlock = 1UL << 31,

    /// <summary>The program moved a page to another address (mremap), from <c>t.Page</c> to <c>t.To</c>.</summary>
    UserMoved = 1UL << 32,

    /// <summary>A device stored data through a pin, into the page that is still mapped there.</summary>
    DeviceWrote = 1UL << 33,

    /// <summary>The program pinned a page.</summary>
    UserPinned = 1UL << 34,

    /// <summary>The program gave a pin back.</summary>
    UserUnpinned = 1UL << 35,

    /// <summary>The program asked which pages are written from now on (clear_refs).</summary>
    UserClearedRefs = 1UL << 36,

    /// <summary>The program write-protected a page with userfaultfd.</summary>
    UserProtected = 1UL << 37,

    /// <summary>The program took that protection away, or lost it by moving the page.</summary>
    UserUnprotected = 1UL << 38,

    /// <summary>A page that is pinned, or that somebody holds, was kept from reclaim, or copied by fork() at once.</summary>
    PinRespected = 1UL << 39,

    /// <summary>A page table entry with a soft-dirty, uffd-wp or exclusive bit went out to swap or came back.</summary>
    BitsCarried = 1UL << 40,

    /// <summary>A page was left being written to a device that needs stable pages.</summary>
    StableWriteback = 1UL << 41,

    /// <summary>swapoff brought a page back.</summary>
    Unused = 1UL << 42,

    /// <summary>An injected failure struck.</summary>
    FaultInjected = 1UL << 43,

    /// <summary>The exclusive mark was given up on purpose: the page is being written to a device that needs stable pages.</summary>
    ExclusiveGivenUp = 1UL << 44,

    /// <summary>A device stored data through a pin, into a page that is mapped there no longer.</summary>
    DeviceWroteElsewhere = 1UL << 46,

    /// <summary>The saved-metadata hook failed, or arch_unmap_one() did: the page stays.</summary>
    SwapOutRefused = 1UL << 45,
}
