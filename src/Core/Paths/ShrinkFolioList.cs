using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core.Paths;

/// <summary>
/// shrink_folio_list(), mm/vmscan.c (shrink_page_list() until 6.0), on one isolated anonymous page: give it a slot,
/// unmap it everywhere (try_to_unmap_one(), mm/rmap.c), write it (swap_writepage(), mm/page_io.c), free it.
/// </summary>
public static class ShrinkFolioList
{
    /// <summary>Skip the page if somebody has it locked, or if it is still being written.</summary>
    public static Step FolioTrylock { get; } = Step.Of("mm/vmscan.c: shrink_folio_list(), folio_trylock(), folio_test_writeback()", "all kernels", static (ref s, ref t, arch) =>
    {
        t.Result = OpResult.NotApplicable;
        if (!Locks.TryFolio(ref s, ref t, t.Folio)) return Flow.Goto(Label.Keep);
        return s.Folio(t.Folio).Test(FolioFlags.Writeback) ? Flow.Goto(Label.ActivateLocked) : Flow.Next;
    });

    /// <summary>A slot, and a place in the swap cache. No slot, or a page that may be pinned (5.11, feb889fb40fa): it stays.</summary>
    public static Step AddToSwap { get; } = Step.Of("mm/swap_state.c: add_to_swap(), folio_alloc_swap()", "all kernels", static (ref s, ref t, arch) =>
    {
        t.Walk = default;
        t.WalkPage = default;
        if (s.Folio(t.Folio).Test(FolioFlags.SwapCache))
        {
            t.Entry = s.Folio(t.Folio).Entry;
            return Flow.Next;
        }

        if (s.Folio(t.Folio).MaybeDmaPinned)
        {
            s.Events |= Event.PinRespected;
            return Flow.Goto(Label.KeepLocked);
        }

        t.Entry = SwapFile.FolioAllocSwap(ref s, arch);
        if (t.Entry.IsNone) return Flow.Goto(Label.ActivateLocked);
        SwapFile.AddToSwapCache(ref s, t.Folio, t.Entry);
        s.Folio(t.Folio).Set(FolioFlags.Dirty);
        return Flow.Next;
    });

    /// <summary>Find the next mapping and take its page table lock; a locked VMA keeps the page.</summary>
    public static Step TryToUnmapOne { get; } = Step.Of("mm/rmap.c: try_to_unmap(), page_vma_mapped_walk()", "all kernels", static (ref s, ref t, arch) =>
    {
        var (walk, page) = (t.Walk, t.WalkPage);
        if (!Rmap.NextMapping(in s, t.Folio, ref walk, ref page))
        {
            return Flow.Goto(s.Folio(t.Folio).MapCount == 0 ? Label.Unmapped : Label.ActivateLocked);
        }

        if ((s.Vma(walk, page) & VmaFlags.Locked) != 0)
        {
            s.Folio(t.Folio).Set(FolioFlags.Mlocked);
            return Flow.Goto(Label.ActivateLocked);
        }

        if (!Locks.TryPtl(ref s, ref t, walk)) return Flow.Block;
        (t.Walk, t.WalkPage) = (walk, page);
        return Flow.Next;
    });

    /// <summary>Take the mapping away and remember it; a dirty mapping makes the page dirty.</summary>
    public static Step PtepClearFlush { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), ptep_clear_flush()", "all kernels", static (ref s, ref t, arch) =>
    {
        ref var pte = ref s.Pte(t.Walk, t.WalkPage);
        t.OrigPte = pte;
        pte = Pte.None;
        t.Clear(TaskFlags.AnonExclusive);
        if (s.Folio(t.Folio).Test(FolioFlags.AnonExclusive)) t.Set(TaskFlags.AnonExclusive);
        if (t.OrigPte.IsDirty) s.Folio(t.Folio).Set(FolioFlags.Dirty);
        return Flow.Next;
    });

    /// <summary>The swap PTE to come refers to the slot.</summary>
    public static Step SwapDuplicate { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), swap_duplicate()", "all kernels", static (ref s, ref t, arch) =>
    {
        if (s.Slot(t.Entry).Count != 0) s.Events |= Event.SwapOutShared;
        SwapFile.SwapDuplicate(ref s, t.Entry);
        return Flow.Next;
    });

    /// <summary>The architecture may save metadata of this mapping; if it cannot, the mapping stays.</summary>
    public static Step ArchUnmapOne { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), arch_unmap_one()", "all kernels", static (ref s, ref t, arch) =>
    {
        if (arch.ArchUnmapOne(ref s, t.Walk, t.WalkPage, t.OrigPte)) return Flow.Next;
        s.Events |= Event.SwapOutRefused;
        return Flow.Goto(Label.RestorePte);
    });

    /// <summary>No longer exclusive: the swap PTE will say so instead. A page that may be pinned must stay exclusive, so it must stay mapped.</summary>
    public static Step PageTryShareAnonRmap { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), page_try_share_anon_rmap()", "5.19 on (6c287605fd56)", static (ref s, ref t, arch) =>
    {
        if (t.Is(TaskFlags.AnonExclusive) && s.Folio(t.Folio).MaybeDmaPinned)
        {
            s.Events |= Event.PinRespected;
            return Flow.Goto(Label.RestorePte);
        }

        s.Folio(t.Folio).Clear(FolioFlags.AnonExclusive);
        return Flow.Next;
    });

    /// <summary>The mapping becomes a swap PTE; an architecture with the bit keeps the exclusive marker in it.</summary>
    public static Step SetSwapPte { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), set_pte_at(), pte_swp_mkexclusive(), pte_swp_mksoft_dirty(), pte_swp_mkuffd_wp()", "all kernels (marker 5.19 on)", static (ref s, ref t, arch) =>
    {
        var pte = Pte.OfEntry(t.Entry);
        if (t.Is(TaskFlags.AnonExclusive) && arch.HasPteSwpExclusive) pte = pte.With(PteFlags.SwpExclusive);
        pte = pte.With(t.OrigPte.Tracking);
        if (pte.Flags != PteFlags.Swap) s.Events |= Event.BitsCarried;
        ref var mm = ref s.Mm(t.Walk);
        mm.AnonPages--;
        mm.SwapEnts++;
        arch.SetPteAt(ref s, t.Walk, t.WalkPage, pte);
        s.Events |= Event.SwapOut;
        return Flow.Next;
    });

    /// <summary>One mapping fewer, and its reference.</summary>
    public static Step PageRemoveRmap { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), page_remove_rmap(), folio_put()", "all kernels", static (ref s, ref t, arch) =>
    {
        Rmap.PageRemoveRmap(ref s, t.Folio, s.Vma(t.Walk, t.WalkPage));
        PageAlloc.Put(ref s, t.Folio);
        return Flow.Next;
    });

    /// <summary>Drop the page table lock; on to the next mapping.</summary>
    public static Step PteUnmapUnlock { get; } = Step.Of("mm/rmap.c: page_vma_mapped_walk_done()", "all kernels", static (ref s, ref t, arch) =>
    {
        Locks.PtlUnlock(ref s, ref t, t.Walk);
        return Flow.Goto(Label.ThisPage);
    });

    /// <summary>arch_unmap_one() failed: give the slot's reference back.</summary>
    public static Step UnmapFailedSwapFree { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), swap_free() after arch_unmap_one() < 0", "5.19 on (322842ea3c72)", static (ref s, ref t, arch) =>
    {
        SwapFile.SwapFree(ref s, t.Entry, arch);
        return Flow.Next;
    });

    /// <summary>… and put the mapping back.</summary>
    public static Step UnmapFailedSetPteAt { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), set_pte_at(pteval)", "all kernels", static (ref s, ref t, arch) =>
    {
        arch.SetPteAt(ref s, t.Walk, t.WalkPage, t.OrigPte);
        Locks.PtlUnlock(ref s, ref t, t.Walk);
        return Flow.Goto(Label.ActivateLocked);
    });

    /// <summary>A clean page can be freed at once.</summary>
    public static Step FolioTestDirty { get; } = Step.Of("mm/vmscan.c: shrink_folio_list(), folio_test_dirty()", "all kernels", static (ref s, ref t, arch) =>
    {
        t.Result = OpResult.Applied;
        return s.Folio(t.Folio).Test(FolioFlags.Dirty) ? Flow.Next : Flow.Goto(Label.RemoveMapping);
    });

    /// <summary>Only a page that nobody but the swap cache and this task refers to is worth writing.</summary>
    public static Step IsPageCacheFreeable { get; } = Step.Of("mm/vmscan.c: pageout(), is_page_cache_freeable()", "all kernels",
        static (ref s, ref t, arch) => s.Folio(t.Folio).RefCount == 2 ? Flow.Next : Flow.Goto(Label.KeepLocked));

    /// <summary>Clear the dirty flag; if nobody refers to the slot any more there is no need to write.</summary>
    public static Step SwapWritepage { get; } = Step.Of("mm/page_io.c: swap_writepage(), folio_free_swap()", "all kernels", static (ref s, ref t, arch) =>
    {
        s.Folio(t.Folio).Clear(FolioFlags.Dirty);
        return SwapFile.FolioFreeSwap(ref s, t.Folio, arch) ? Flow.Goto(Label.KeepLocked) : Flow.Next;
    });

    /// <summary>The architecture saves metadata under the swap entry; if it cannot, the page stays, dirty.</summary>
    public static Step ArchPrepareToSwap { get; } = Step.Of("mm/page_io.c: swap_writepage(), arch_prepare_to_swap()", "all kernels", static (ref s, ref t, arch) =>
    {
        if (arch.ArchPrepareToSwap(ref s, t.Folio))
        {
            s.Metadata.Owed |= s.Metadata.Saved & t.Entry.Bit;
            return Flow.Next;
        }

        s.Events |= Event.SwapOutRefused;
        s.Folio(t.Folio).Set(FolioFlags.Dirty);
        return Flow.Goto(Label.KeepLocked);
    });

    /// <summary>Start the write. The folio is unlocked while the device works.</summary>
    public static Step StartWriteback { get; } = Step.Of("mm/page_io.c: __swap_writepage(), set_page_writeback(), unlock_page()", "all kernels", static (ref s, ref t, arch) =>
    {
        s.Folio(t.Folio).Set(FolioFlags.Writeback);
        s.Slot(t.Entry).Data = s.Folio(t.Folio).Data;
        Locks.UnlockFolio(ref s, ref t, t.Folio);
        var late = t.End == SwapOutEnd.Writeback && !s.Areas[t.Entry.Type].Is(AreaFlags.Synchronous);
        if (late && s.Areas[t.Entry.Type].Is(AreaFlags.StableWrites)) s.Events |= Event.StableWriteback;
        return late ? Flow.Goto(Label.Keep) : Flow.Next;
    });

    /// <summary>The write ends. A synchronous device is done at once; on a disk reclaim comes round again later, or never.</summary>
    public static Step EndPageWriteback { get; } = Step.Of("mm/page_io.c: end_swap_bio_write(), end_page_writeback()", "all kernels", static (ref s, ref t, arch) =>
    {
        s.Folio(t.Folio).Clear(FolioFlags.Writeback);
        var stays = t.End == SwapOutEnd.Cached && !s.Areas[t.Entry.Type].Is(AreaFlags.Synchronous);
        return stays ? Flow.Goto(Label.Keep) : Flow.Next;
    });

    /// <summary>Lock again: somebody may have taken the page meanwhile.</summary>
    public static Step FolioTrylockAgain { get; } = Step.Of("mm/vmscan.c: shrink_folio_list(), PAGE_SUCCESS, folio_trylock()", "all kernels", static (ref s, ref t, arch) =>
    {
        if (!Locks.TryFolio(ref s, ref t, t.Folio)) return Flow.Goto(Label.Keep);
        return s.Folio(t.Folio).Test(FolioFlags.Dirty | FolioFlags.Writeback) ? Flow.Goto(Label.KeepLocked) : Flow.Next;
    });

    /// <summary>Leave the swap cache, if nobody but it and this task holds the page and it is clean.</summary>
    public static Step RemoveMapping { get; } = Step.Of("mm/vmscan.c: __remove_mapping(), folio_ref_freeze()", "all kernels", static (ref s, ref t, arch) =>
    {
        ref var folio = ref s.Folio(t.Folio);
        if (folio.RefCount != 2 || folio.Test(FolioFlags.Dirty)) return Flow.Goto(Label.KeepLocked);
        if (t.End != SwapOutEnd.Gone && !s.Areas[t.Entry.Type].Is(AreaFlags.Synchronous)) return Flow.Goto(Label.KeepLocked);
        SwapFile.DeleteFromSwapCache(ref s, t.Folio, arch);
        Locks.UnlockFolio(ref s, ref t, t.Folio);
        return Flow.Next;
    });

    /// <summary>The last reference: the page is free.</summary>
    public static Step FreeIt { get; } = Step.Of("mm/vmscan.c: shrink_folio_list(), free_it", "all kernels", static (ref s, ref t, arch) =>
    {
        PageAlloc.Put(ref s, ref t, t.Folio);
        return Flow.Goto(Label.Done);
    });

    /// <summary>The page stays. If it is in the swap cache and swap is half full or the page mlocked, give its slot back.</summary>
    public static Step ActivateLocked { get; } = Step.Of("mm/vmscan.c: shrink_folio_list(), activate_locked", "all kernels", static (ref s, ref t, arch) =>
    {
        if (SwapFile.VmSwapFull(in s) || s.Folio(t.Folio).Test(FolioFlags.Mlocked)) SwapFile.FolioFreeSwap(ref s, t.Folio, arch);
        return Flow.Next;
    });

    /// <summary>Unlock.</summary>
    public static Step KeepLocked { get; } = Step.Of("mm/vmscan.c: shrink_folio_list(), keep_locked", "all kernels", static (ref s, ref t, arch) =>
    {
        Locks.UnlockFolio(ref s, ref t, t.Folio);
        return Flow.Next;
    });

    /// <summary>Back to the LRU: by request through this CPU's batch, under memory pressure directly.</summary>
    public static Step PutbackLru { get; } = Step.Of("mm/vmscan.c: folio_putback_lru() after MADV_PAGEOUT, move_folios_to_lru() under pressure", "all kernels", static (ref s, ref t, arch) =>
    {
        if (t.Verb == Verb.Pageout) PageAlloc.LruCacheAdd(ref s, t.Folio);
        else s.Folio(t.Folio).Set(FolioFlags.Lru);
        PageAlloc.Put(ref s, ref t, t.Folio);
        return Flow.Next;
    });

    /// <summary>Reclaim by request holds the mmap lock until here.</summary>
    public static Step MmapReadUnlock { get; } = Step.Of("mm/madvise.c: mmap_read_unlock()", "all kernels", static (ref s, ref t, arch) =>
    {
        Locks.MmapUnlock(ref s, ref t);
        return Flow.Return;
    });

    /// <summary>Until 5.18: no exclusive marks, and a failing arch_unmap_one() leaks the slot's count.</summary>
    public static KernelPath Linux5_16 { get; } = Order([], []);

    /// <summary>5.19 on.</summary>
    public static KernelPath Linux5_19 { get; } = Order([PageTryShareAnonRmap], [UnmapFailedSwapFree]);

    private static KernelPath Order(PathItem[] share, PathItem[] unmapFailed) => new(PathId.ShrinkFolioList, "shrink_folio_list(), try_to_unmap_one(), swap_writepage()",
    [
        FolioTrylock,
        AddToSwap,
        Label.ThisPage,
        TryToUnmapOne,
        PtepClearFlush,
        SwapDuplicate,
        ArchUnmapOne,
        .. share,
        SetSwapPte,
        PageRemoveRmap,
        PteUnmapUnlock,
        Label.RestorePte,
        .. unmapFailed,
        UnmapFailedSetPteAt,
        Label.Unmapped,
        FolioTestDirty,
        IsPageCacheFreeable,
        SwapWritepage,
        ArchPrepareToSwap,
        StartWriteback,
        EndPageWriteback,
        FolioTrylockAgain,
        Label.RemoveMapping,
        RemoveMapping,
        FreeIt,
        Label.ActivateLocked,
        ActivateLocked,
        Label.KeepLocked,
        KeepLocked,
        Label.Keep,
        PutbackLru,
        Label.Done,
        MmapReadUnlock,
    ]);
}
