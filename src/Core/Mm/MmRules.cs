namespace Hooks.Core.Mm;

/// <summary>What differs from one kernel to another inside the steps: how slots are given out and taken back, and what a page is when it is mapped.</summary>
[Flags]
internal enum MmRules : byte
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

    /// <summary>No kernel: vm_swap_full() never says so.</summary>
    NeverFull = 8,

    /// <summary>No kernel: a slot that only the swap cache has stays, however full swap is (no __try_to_reclaim_swap()).</summary>
    SlotsStay = 16,

    /// <summary>No kernel: the slot cache starts when one slot fewer is free.</summary>
    SlotCacheStartsEarly = 32,

    /// <summary>No kernel: the slot cache stops when one slot more is free.</summary>
    SlotCacheStopsEarly = 64,
}
