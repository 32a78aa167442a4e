namespace Hooks.Core.Mm;

/// <summary>What differs from one kernel to another inside the steps: how slots are given out and taken back, and what a page is when it is mapped.</summary>
[Flags]
internal enum MmRules : uint
{
    /// <summary>The lowest free slot is given out; a freed one is free at once.</summary>
    None = 0,

    /// <summary>Freed slots may be held back in a CPU's slot cache (mm/swap_slots.c; until 6.13).</summary>
    HoldBack = 1,

    /// <summary>Slots are given out in turn, and a freed one again only when the end of the cluster has been reached (per-CPU cluster; 6.15 on). Areas without a priority are equal (DEF_SWAP_PRIO; in 7.2, not in 6.12).</summary>
    InTurn = 2,

    /// <summary>A page fresh from swap is not mlocked when it is mapped, locked VMA or not: folio_add_new_anon_rmap() leaves that to others (9ae2feacedde, 6.11 on).</summary>
    FreshIsNotMlocked = 4,

    /// <summary>Memory pressure that finds a page in a locked VMA marks it mlocked and lets it be, before it has a slot: PAGEREF_ACTIVATE (5.18 on; before, try_to_unmap() found out).</summary>
    LockedIsActivated = 128,

    /// <summary>Folios of several pages where the program asks for them. (A kernel read from source has them switched off: the paths that were read are lowered for one page.)</summary>
    LargeFolios = 256,

    /// <summary>A large folio is swapped out as a whole (5ed890ce5147, 6.10; arm64 with MTE the same release), and mapped as a whole when it is found in the swap cache (6.11); else it is split first.</summary>
    LargeSwapOut = 512,

    /// <summary>A synchronous device reads neighbouring slots as one folio into the swap cache (7.0; read in 7.2).</summary>
    LargeSwapIn = 1024,

    /// <summary>A synchronous device reads neighbouring slots as one folio around the swap cache (242d12c98174, 6.12).</summary>
    LargeReadAround = 8192,

    /// <summary>No kernel: splitting a folio leaves each page its own PG_arch_2. It is what docs/findings.md proposes.</summary>
    SplitKeepsArchFlag = 2048,

    /// <summary>No kernel: swapoff takes a large folio that was never mapped out of the swap cache, and reads its pages one by one. It is what docs/findings.md proposes.</summary>
    UnuseDropsNewLarge = 4096,

    /// <summary>No kernel: what a fault would get as a large folio it gets as so many folios of one page. Whether a failure takes a large folio is asked with this.</summary>
    OnePageEach = 16384,

    /// <summary>
    /// Whether a large folio is another process's too is known from the address spaces that map it (folio-&gt;_mm_ids, 6.15 on; before, a guess from map counts), and so a page of one that is this process's alone need not be copied
    /// (__wp_can_reuse_large_anon_folio()).
    /// </summary>
    KnowsMms = 65536,

    /// <summary>
    /// As kernels really are where the model is smaller: a large folio of anonymous memory has four pages at least (THP_ORDERS_ALL_ANON), and its slots come from a cluster of 512 that nobody else has, which a small area has not. Slots of
    /// one page are given out in turn from 6.12 on. What stands beside a real kernel has this; two pages stand for any number elsewhere.
    /// </summary>
    Clusters = 32768,

    /// <summary>Splitting a large folio maps the zero page where a page of it is all zeroes, and frees the page (b1f202060afe, 6.12).</summary>
    SplitToZeroPage = 131072,

    /// <summary>No kernel: swap_pte_batch() does not look at the exclusive marker, so that of the fault's entry counts for all.</summary>
    BatchIgnoresExclusive = 262144,

    /// <summary>No kernel: vm_swap_full() never says so.</summary>
    NeverFull = 8,

    /// <summary>No kernel: a slot that only the swap cache has stays, however full swap is (no __try_to_reclaim_swap()).</summary>
    SlotsStay = 16,

    /// <summary>No kernel: the slot cache starts when one slot fewer is free.</summary>
    SlotCacheStartsEarly = 32,

    /// <summary>No kernel: the slot cache stops when one slot more is free.</summary>
    SlotCacheStopsEarly = 64,
}
