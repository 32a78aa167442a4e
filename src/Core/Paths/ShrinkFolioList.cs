using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>
/// shrink_folio_list(), mm/vmscan.c (shrink_page_list() until 6.0), on one isolated anonymous page: give it a slot,
/// unmap it everywhere (try_to_unmap_one(), mm/rmap.c), write it (swap_writepage(), mm/page_io.c), free it.
/// </summary>
public static class ShrinkFolioList
{
    internal static readonly Label ThisMapping = new("this_mapping");
    private static readonly Label RestorePte = new("restore_pte");
    /// <summary>Nobody maps it any more.</summary>
    internal static readonly Label Unmapped = new("unmapped");

    private static readonly Label Discard = new("discard");
    private static readonly Label Swapbacked = new("swapbacked");
    private static readonly Label InSwapCache = new("in_swap_cache");
    private static readonly Label Free = new("free_it");
    private static readonly Label Remove = new("remove_mapping");
    /// <summary><c>activate_locked</c>: it stays.</summary>
    internal static readonly Label Activate = new("activate_locked");

    private static readonly Label KeepIt = new("keep_locked");
    private static readonly Label Keep = new("keep");
    private static readonly Label NotWritten = new("not_written");
    internal static readonly Label Done = new("done");

    /// <summary>Skip the page if somebody has it locked, if it is still being written, or, under memory pressure, if it is mapped in a locked VMA.</summary>
    public static Step FolioTrylock { get; } = Step.Of("mm/vmscan.c: shrink_folio_list(), folio_trylock(), folio_test_writeback(), folio_check_references()", Era.All.With("VM_LOCKED is asked from 5.18 on"),
    [
        Result(OpResult.NotApplicable),
        TryAcquire(LockName.Folio, Keep),
        If(static (in m, in t) => m.ReadFolio(t.Folio).Test(FolioFlags.Writeback), Activate, Locals.Folio),
        When(static (in m, in t) => t.Verb == Verb.Reclaim && (m.Rules & MmRules.LockedIsActivated) != 0 && Rmap.IsAllMappedLocked(in m, t.Folio), Locals.Folio,
            Do(static (in m, ref t) => m.WriteFolio(t.Folio).Set(FolioFlags.Mlocked), Locals.Folio),
            Goto(Activate)),
    ]);

    /// <summary>A slot, and a place in the swap cache, for each page; a large folio of which part is not mapped any more, or for which there are no neighbouring slots, is split first. Not for a page marked by MADV_FREE, which is to be dropped. No slot, or a page that may be pinned (5.11, feb889fb40fa): it stays.</summary>
    public static Step AddToSwap { get; } = Step.Of("mm/swap_state.c: add_to_swap(), folio_alloc_swap()", Era.All,
    [
        Let(static (in m, ref t) =>
        {
            t.Walk = default;
            t.Entry = m.ReadFolio(t.Folio).Entry;
        }, Locals.Folio, Locals.Walk | Locals.Entry),
        If(static (in m, in t) => m.ReadFolio(t.Folio).Test(FolioFlags.SwapCache | FolioFlags.LazyFree), ThisMapping, Locals.Folio),
        When(static (in m, in t) => m.ReadFolio(t.Folio).MaybeDmaPinned, Locals.Folio,
            Do(static (in m, ref t) => m.Count(Mark.PinRespected)),
            Goto(KeepIt)),
        When(static (in m, in t) => m.ReadFolio(t.Folio).IsLarge && ((m.Rules & MmRules.LargeSwapOut) == 0 || LargeFolio.IsPartiallyMapped(in m, t.Folio)), Locals.Folio,
            Do(static (in m, ref t) => t.Answer(Split(in m, ref t)), Locals.Folio),
            Unless(Answer, Activate)),
        Do(static (in m, ref t) => t.Entry = AllocSwap(in m, in t), Locals.Folio, Locals.Entry),
        When(static (in m, in t) => t.Entry.IsNone && m.ReadFolio(t.Folio).IsLarge, Locals.Entry | Locals.Folio,
            Do(static (in m, ref t) => t.Answer(Split(in m, ref t)), Locals.Folio),
            Unless(Answer, Activate),
            Do(static (in m, ref t) => t.Entry = SwapFile.FolioAllocSwap(in m), sets: Locals.Entry)),
        If(static (in m, in t) => t.Entry.IsNone, Activate, Locals.Entry),
        Do(static (in m, ref t) =>
        {
            SwapFile.AddToSwapCache(in m, t.Folio, t.Entry);
            m.WriteFolio(t.Folio).Set(FolioFlags.Dirty);
        }, Locals.Folio | Locals.Entry),
    ]);

    /// <summary>Find the next mapping and take its page table lock; a locked VMA keeps the page.</summary>
    public static Step TryToUnmapOne { get; } = Step.Of("mm/rmap.c: try_to_unmap(), page_vma_mapped_walk()", Era.All,
    [
        .. NextMapping,
        When(static (in m, in t) => m.ReadVma(t.Walk.Mm, t.Walk.Page).IsLocked, Locals.Walk,
            Do(static (in m, ref t) =>
            {
                if (!m.ReadFolio(t.Folio).IsLarge) m.WriteFolio(t.Folio).Set(FolioFlags.Mlocked);
            }, Locals.Folio),
            Goto(Activate)),
        Acquire(LockName.PageTable.At(LockOf.Walk)),
    ]);

    /// <summary>Take the mapping away and remember it; a dirty mapping makes the page dirty.</summary>
    public static Step PtepClearFlush { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), ptep_clear_flush()", Era.All, static (in m, ref t) =>
    {
        t.OrigPte = m.ReadPte(t.Walk);
        m.WritePte(t.Walk, Pte.None);
        t.Clear(TaskFlags.AnonExclusive);
        if (m.ReadFrame(t.OrigPte.Pfn).Test(PageFlags.AnonExclusive)) t.Set(TaskFlags.AnonExclusive);
        if (t.OrigPte.IsDirty) m.WriteFolio(t.Folio).Set(FolioFlags.Dirty);

        // page_swap_entry()
        if (m.ReadFolio(t.Folio) is { IsLarge: true, Entry: { IsNone: false } first }) t.Entry = first.Plus(t.OrigPte.Pfn.Value - t.Folio.Value);
    }, Locals.Walk | Locals.Folio | Locals.Entry, Locals.OrigPte | Locals.Entry);

    /// <summary>A page marked by MADV_FREE is dropped unless it is dirty. Who else refers to it is not asked.</summary>
    public static Step LazyfreeUnlessDirty { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), !PageSwapBacked(), !PageDirty()", Era.Until("5.17"), Lazyfree(static (in m, in t) => !m.ReadFolio(t.Folio).Test(FolioFlags.Dirty), static (in m, in t) => true));

    /// <summary>A page marked by MADV_FREE is dropped unless it is dirty or anybody but its mappings refers to it; then it is a page like others again.</summary>
    public static Step LazyfreeUnlessInUse { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), !folio_test_swapbacked(), ref_count == 1 + map_count && !folio_test_dirty()", Era.Since("5.18", "6c8e2a256915").To("6.14"), Lazyfree(IsUnused, static (in m, in t) => true));

    /// <summary>As LazyfreeUnlessInUse, but only a dirty page is a page like others again; one that somebody refers to stays marked.</summary>
    public static Step LazyfreeUnlessInUseOrDirty { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), !folio_test_swapbacked(), folio_test_dirty(), ref_count != 1 + map_count (ttu_anon_lazyfree_folio() in 7.3)", Era.Since("6.15").With("by date; read in 7.2 and 7.3"), Lazyfree(IsUnused, static (in m, in t) => m.ReadFolio(t.Folio).Test(FolioFlags.Dirty)));

    /// <summary>The swap PTE to come refers to the slot.</summary>
    public static Step SwapDuplicate { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), swap_duplicate()", Era.All, static (in m, ref t) =>
    {
        if (m.ReadSlot(t.Entry).Count != 0) m.Count(Mark.SwapOutShared);
        SwapFile.SwapDuplicate(in m, t.Entry);
    }, Locals.Entry);

    /// <summary>The architecture may save metadata of this mapping; if it cannot, the mapping stays.</summary>
    public static Step ArchUnmapOne { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), arch_unmap_one()", Era.All,
    [
        Do(static (in m, ref t) =>
        {
            t.Answer(m.Arch.ArchUnmapOne(in m, t.Walk.Mm, t.Walk.Page, t.OrigPte));
            if (!t.Is(TaskFlags.Answer)) m.Count(Mark.SwapOutRefused);
        }, Locals.Walk | Locals.OrigPte),
        Unless(Answer, RestorePte),
    ]);

    /// <summary>No longer exclusive: the swap PTE will say so instead. A page that may be pinned must stay exclusive, so it must stay mapped.</summary>
    public static Step PageTryShareAnonRmap { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), page_try_share_anon_rmap()", Era.Since("5.19", "6c287605fd56"),
    [
        When(static (in m, in t) => t.Is(TaskFlags.AnonExclusive) && m.ReadFolio(t.Folio).MaybeDmaPinned, Locals.Folio,
            Do(static (in m, ref t) => m.Count(Mark.PinRespected)),
            Goto(RestorePte)),
        Do(static (in m, ref t) => m.WriteFrame(t.OrigPte.Pfn).Clear(PageFlags.AnonExclusive), Locals.OrigPte),
    ]);

    /// <summary>The mapping becomes a swap PTE; an architecture with the bit keeps the exclusive marker in it.</summary>
    public static Step SetSwapPte { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), set_pte_at(), pte_swp_mkexclusive(), pte_swp_mksoft_dirty(), pte_swp_mkuffd_wp()", Era.All.With("marker 5.19 on"), static (in m, ref t) =>
    {
        var pte = Pte.OfEntry(t.Entry);
        if (t.Is(TaskFlags.AnonExclusive) && m.Arch.HasPteSwpExclusive) pte = pte.With(PteFlags.SwpExclusive);
        pte = pte.With(t.OrigPte.Tracking);
        if (pte.Flags != PteFlags.None) m.Count(Mark.BitsCarried);
        ref var counters = ref m.WriteCounters(t.Walk.Mm);
        counters.AnonPages--;
        counters.SwapEnts++;
        m.Arch.SetPteAt(in m, t.Walk.Mm, t.Walk.Page, pte);
        m.Count(Mark.SwapOut);
    }, Locals.Entry | Locals.OrigPte | Locals.Walk);

    /// <summary>One mapping fewer, and its reference.</summary>
    public static Step PageRemoveRmap { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), page_remove_rmap(), folio_put()", Era.All, static (in m, ref t) =>
    {
        Rmap.PageRemoveRmap(in m, ref t, t.OrigPte.Pfn, m.ReadVma(t.Walk.Mm, t.Walk.Page));
        PageAlloc.Put(in m, ref t, t.Folio);
    }, Locals.OrigPte | Locals.Walk | Locals.Folio);

    /// <summary>Drop the page table lock; on to the next mapping.</summary>
    public static Step PteUnmapUnlock { get; } = Step.Of("mm/rmap.c: page_vma_mapped_walk_done()", Era.All, [Release(LockName.PageTable.At(LockOf.Walk)), Goto(ThisMapping)]);

    /// <summary>arch_unmap_one() failed: give the slot's reference back.</summary>
    public static Step UnmapFailedSwapFree { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), swap_free() after arch_unmap_one() < 0", Era.Since("5.19", "322842ea3c72"), static (in m, ref t) => SwapFile.SwapFree(in m, t.Entry), Locals.Entry);

    /// <summary>… and put the mapping back.</summary>
    public static Step UnmapFailedSetPteAt { get; } = Step.Of("mm/rmap.c: try_to_unmap_one(), set_pte_at(pteval)", Era.All,
    [
        Do(static (in m, ref t) => m.Arch.SetPteAt(in m, t.Walk.Mm, t.Walk.Page, t.OrigPte), Locals.Walk | Locals.OrigPte),
        Release(LockName.PageTable.At(LockOf.Walk)),
        Goto(Activate),
    ]);

    /// <summary>A clean page can be freed at once.</summary>
    public static Step FolioTestDirty { get; } = Step.Of("mm/vmscan.c: shrink_folio_list(), folio_test_dirty()", Era.All,
    [
        Result(OpResult.Applied),
        Let(static (in m, ref t) => t.Entry = SwapFile.FolioSwap(in m, t.Entry, t.Folio), Locals.Folio | Locals.Entry, Locals.Entry),
        Unless(static (in m, in t) => m.ReadFolio(t.Folio).Test(FolioFlags.Dirty), Remove, Locals.Folio),
    ]);

    /// <summary>Only a page that nobody but the swap cache and this task refers to is worth writing; one that has never come there, as it was to be given up, has no mapping to write to.</summary>
    public static Step IsPageCacheFreeable { get; } = Step.Of("mm/vmscan.c: pageout(), is_page_cache_freeable()", Era.All,
        [Unless(static (in m, in t) => m.ReadFolio(t.Folio).RefCount == 1 + m.ReadFolio(t.Folio).Pages && m.ReadFolio(t.Folio).Test(FolioFlags.SwapCache), KeepIt, Locals.Folio)]);

    /// <summary>Clear the dirty flag; if nobody refers to the slot any more there is no need to write.</summary>
    public static Step SwapWritepage { get; } = Step.Of("mm/page_io.c: swap_writepage(), folio_free_swap()", Era.All,
    [
        Do(static (in m, ref t) =>
        {
            m.WriteFolio(t.Folio).Clear(FolioFlags.Dirty);
            t.Answer(SwapFile.FolioFreeSwap(in m, t.Folio));
        }, Locals.Folio),
        If(Answer, KeepIt),
    ]);

    /// <summary>The architecture saves metadata under the swap entry; if it cannot, the page stays, dirty.</summary>
    public static Step ArchPrepareToSwap { get; } = Step.Of("mm/page_io.c: swap_writepage(), arch_prepare_to_swap()", Era.All,
    [
        Do(static (in m, ref t) =>
        {
            t.Answer(m.Arch.ArchPrepareToSwap(in m, t.Folio));
            if (t.Is(TaskFlags.Answer))
            {
                for (int i = 0, pages = m.ReadFolio(t.Folio).Pages; i < pages; i++)
                {
                    if (m.TryLoad(t.Entry.Plus(i), out _)) m.Observe(Observation.Prepared(t.Entry.Plus(i)));
                }

                return;
            }

            m.Count(Mark.SwapOutRefused);
            m.WriteFolio(t.Folio).Set(FolioFlags.Dirty);
        }, Locals.Folio | Locals.Entry),
        Unless(Answer, KeepIt),
    ]);

    /// <summary>A page of zeroes is not written: its slot is marked instead, and reclaim goes on with it at once, whatever the device (6.12 on).</summary>
    public static Step SwapZeromapFolioSet { get; } = Step.Of("mm/page_io.c: swap_writepage() or swap_writeout(), is_folio_zero_filled(), swap_zeromap_folio_set()", Era.Since("6.12", "0ca0c24e3211"),
    [
        Do(static (in m, ref t) =>
        {
            var pages = m.ReadFolio(t.Folio).Pages;
            t.Answer(true);
            for (var i = 0; i < pages; i++)
            {
                if (m.ReadFrame(t.Folio.Plus(i)).Data != 0) t.Answer(false);
            }

            for (var i = 0; i < pages; i++)
            {
                ref var slot = ref m.WriteSlot(t.Entry.Plus(i));
                slot.Flags = t.Is(TaskFlags.Answer) ? slot.Flags | SlotFlags.Zero : slot.Flags & ~SlotFlags.Zero;
            }
        }, Locals.Folio | Locals.Entry),
        When(Answer,
            Release(LockName.Folio),
            Goto(NotWritten)),
    ]);

    /// <summary>Start the write. The folio is unlocked while the device works.</summary>
    public static Step StartWriteback { get; } = Step.Of("mm/page_io.c: __swap_writepage(), set_page_writeback(), unlock_page()", Era.All,
    [
        Do(static (in m, ref t) =>
        {
            m.WriteFolio(t.Folio).Set(FolioFlags.Writeback);
            for (int i = 0, pages = m.ReadFolio(t.Folio).Pages; i < pages; i++) m.WriteSlot(t.Entry.Plus(i)).Data = m.ReadFrame(t.Folio.Plus(i)).Data;
            ref readonly var area = ref m.ReadArea(t.Entry.Type);
            t.Answer(t.End == SwapOutEnd.Writeback && !area.Is(AreaFlags.Synchronous));
            if (t.Is(TaskFlags.Answer) && area.Is(AreaFlags.StableWrites)) m.Count(Mark.StableWriteback);
        }, Locals.Folio | Locals.Entry),
        Release(LockName.Folio),
        If(Answer, Keep),
    ]);

    /// <summary>The write ends. A synchronous device is done at once; on a disk reclaim comes round again later, or never.</summary>
    public static Step EndPageWriteback { get; } = Step.Of("mm/page_io.c: end_swap_bio_write(), end_page_writeback()", Era.All,
    [
        Do(static (in m, ref t) => m.WriteFolio(t.Folio).Clear(FolioFlags.Writeback), Locals.Folio),
        If(static (in m, in t) => t.End == SwapOutEnd.Cached && !m.ReadArea(t.Entry.Type).Is(AreaFlags.Synchronous), Keep, Locals.Entry),
    ]);

    /// <summary>Lock again: somebody may have taken the page meanwhile.</summary>
    public static Step FolioTrylockAgain { get; } = Step.Of("mm/vmscan.c: shrink_folio_list(), PAGE_SUCCESS, folio_trylock()", Era.All,
    [
        TryAcquire(LockName.Folio, Keep),
        If(static (in m, in t) => m.ReadFolio(t.Folio).Test(FolioFlags.Dirty | FolioFlags.Writeback), KeepIt, Locals.Folio),
    ]);

    /// <summary>A page dropped for MADV_FREE is in no cache: it is free if this task's reference is the last one.</summary>
    public static Step FolioRefFreeze { get; } = Step.Of("mm/vmscan.c: shrink_folio_list(), folio_test_anon() && !folio_test_swapbacked(), folio_ref_freeze()", Era.All,
    [
        Unless(static (in m, in t) => m.ReadFolio(t.Folio).Test(FolioFlags.LazyFree), InSwapCache, Locals.Folio),
        Unless(static (in m, in t) => m.ReadFolio(t.Folio).RefCount == 1, KeepIt, Locals.Folio),
        Release(LockName.Folio),
        Goto(Free),
    ]);

    /// <summary>Leave the swap cache, if nobody but it and this task holds the page and it is clean.</summary>
    public static Step RemoveMapping { get; } = Step.Of("mm/vmscan.c: __remove_mapping(), folio_ref_freeze()", Era.All,
    [
        Unless(static (in m, in t) => MayRemove(in m, in t), KeepIt, Locals.Folio),
        Do(static (in m, ref t) => SwapFile.DeleteFromSwapCache(in m, t.Folio), Locals.Folio),
        Release(LockName.Folio),
    ]);

    /// <summary>The last reference: the page is free.</summary>
    public static Step FreeIt { get; } = Step.Of("mm/vmscan.c: shrink_folio_list(), free_it", Era.All,
    [
        Do(static (in m, ref t) => PageAlloc.Put(in m, ref t, t.Folio), Locals.Folio),
        Goto(Done),
    ]);

    /// <summary>The page stays. If it is in the swap cache and swap is half full or the page mlocked, give its slot back.</summary>
    public static Step ActivateLocked { get; } = Step.Of("mm/vmscan.c: shrink_folio_list(), activate_locked", Era.All, static (in m, ref t) =>
    {
        if (SwapFile.MemCgroupSwapFull(in m) || m.ReadFolio(t.Folio).Test(FolioFlags.Mlocked)) SwapFile.FolioFreeSwap(in m, t.Folio);
    }, Locals.Folio);

    /// <summary>Unlock.</summary>
    public static Step KeepLocked { get; } = Step.Of("mm/vmscan.c: shrink_folio_list(), keep_locked", Era.All, [Release(LockName.Folio)]);

    /// <summary>Back to the LRU: by request through this CPU's batch, under memory pressure directly.</summary>
    public static Step PutbackLru { get; } = Step.Of("mm/vmscan.c: folio_putback_lru() after MADV_PAGEOUT, move_folios_to_lru() under pressure", Era.All, static (in m, ref t) =>
    {
        if (t.Verb == Verb.Pageout) PageAlloc.LruCacheAdd(in m, t.Folio);
        else m.WriteFolio(t.Folio).Set(FolioFlags.Lru);
        PageAlloc.Put(in m, ref t, t.Folio);
    }, Locals.Folio);

    /// <summary>Until 5.17: no exclusive marks, a failing arch_unmap_one() leaks the slot's count, and MADV_FREE drops what is pinned.</summary>
    public static KernelPath Linux5_16 { get; } = Order(LazyfreeUnlessDirty, [], []);

    /// <summary>5.18.</summary>
    public static KernelPath Linux5_18 { get; } = Order(LazyfreeUnlessInUse, [], []);

    /// <summary>5.19 to 6.11.</summary>
    public static KernelPath Linux5_19 { get; } = Order(LazyfreeUnlessInUse, [PageTryShareAnonRmap], [UnmapFailedSwapFree]);

    /// <summary>6.12 to 6.14: pages of zeroes are not written.</summary>
    public static KernelPath Linux6_12 { get; } = Order(LazyfreeUnlessInUse, [PageTryShareAnonRmap], [UnmapFailedSwapFree], SwapZeromapFolioSet);

    /// <summary>6.15 on.</summary>
    public static KernelPath Linux6_15 { get; } = Order(LazyfreeUnlessInUseOrDirty, [PageTryShareAnonRmap], [UnmapFailedSwapFree], SwapZeromapFolioSet);

    /// <summary>How the walk goes on: to the next mapping, or out of it, whether all were taken away or not.</summary>
    internal static Instruction[] NextMapping =>
    [
        Let(static (in m, ref t) =>
        {
            var at = t.Walk;
            t.Answer(m.NextInWalk(t.Folio, ref at));
            t.Walk = at;
        }, Locals.Folio | Locals.Walk, Locals.Walk),
        When(static (in m, in t) => !t.Is(TaskFlags.Answer),
            Unless(static (in m, in t) => LargeFolio.IsMapped(in m, t.Folio), Unmapped, Locals.Folio),
            Goto(Activate)),
    ];

    /// <summary>This task's reference, and the mappings'.</summary>
    private static bool IsUnused(in Memory m, in KTask t)
    {
        ref readonly var folio = ref m.ReadFolio(t.Folio);
        return !folio.Test(FolioFlags.Dirty) && folio.RefCount == 1 + LargeFolio.MapCount(in m, t.Folio);
    }

    private static Instruction[] Lazyfree(Guard drops, Guard keepsForGood) =>
    [
        Unless(static (in m, in t) => m.ReadFolio(t.Folio).Test(FolioFlags.LazyFree), Swapbacked, Locals.Folio),
        When(drops, Locals.Folio,
            Do(static (in m, ref t) =>
            {
                m.WriteCounters(t.Walk.Mm).AnonPages--;
                m.Observe(Observation.LazyFreed(t.Walk));
            }, Locals.Walk),
            Goto(Discard)),
        Do(static (in m, ref t) => m.Arch.SetPteAt(in m, t.Walk.Mm, t.Walk.Page, t.OrigPte), Locals.Walk | Locals.OrigPte),
        When(keepsForGood, Locals.Folio, Do(static (in m, ref t) => m.WriteFolio(t.Folio).Clear(FolioFlags.LazyFree), Locals.Folio)),
        Release(LockName.PageTable.At(LockOf.Walk)),
        Goto(Activate),
    ];

    /// <summary><c>__remove_mapping()</c>: nobody but the swap cache and this task holds the page, and it is clean. On a disk reclaim has to come round again.</summary>
    internal static bool MayRemove(in Memory m, in KTask t)
    {
        ref readonly var folio = ref m.ReadFolio(t.Folio);
        if (!folio.Test(FolioFlags.SwapCache) || folio.RefCount != 1 + folio.Pages || folio.Test(FolioFlags.Dirty)) return false;
        return t.End == SwapOutEnd.Gone || m.ReadArea(folio.Entry.Type).Is(AreaFlags.Synchronous) || m.ReadSlot(folio.Entry).IsZero;
    }

    /// <summary>Split; reclaim goes on with the page that it came for. (In the kernel it has the others in hand too.)</summary>
    private static bool Split(in Memory m, ref KTask t)
    {
        var page = Rmap.PageBehind(in m, m.ReadPte(t.Mm, t.Page));
        return LargeFolio.TrySplit(in m, ref t, m.FolioOf(page) == t.Folio ? page : t.Folio);
    }

    private static SwapEntry AllocSwap(in Memory m, in KTask t)
    {
        var order = m.ReadFolio(t.Folio).Order;
        if (order == 0) return SwapFile.FolioAllocSwap(in m);
        var entry = SwapFile.FolioAllocSwap(in m, order);
        if (!entry.IsNone) m.Count(Mark.LargeSwapOut);
        return entry;
    }

    private static KernelPath Order(Step lazyfree, PathItem[] share, PathItem[] unmapFailed, Step? zeromap = null) => new(PathId.ShrinkFolioList, "shrink_folio_list(), try_to_unmap_one(), swap_writepage()",
    [
        FolioTrylock,
        AddToSwap,
        ThisMapping,
        TryToUnmapOne,
        PtepClearFlush,
        lazyfree,
        Swapbacked,
        SwapDuplicate,
        ArchUnmapOne,
        .. share,
        SetSwapPte,
        Discard,
        PageRemoveRmap,
        PteUnmapUnlock,
        RestorePte,
        .. unmapFailed,
        UnmapFailedSetPteAt,
        Unmapped,
        FolioTestDirty,
        IsPageCacheFreeable,
        SwapWritepage,
        ArchPrepareToSwap,
        .. zeromap is null ? (PathItem[])[] : [zeromap],
        StartWriteback,
        EndPageWriteback,
        .. zeromap is null ? (PathItem[])[] : [NotWritten],
        FolioTrylockAgain,
        Remove,
        FolioRefFreeze,
        InSwapCache,
        RemoveMapping,
        Free,
        FreeIt,
        Activate,
        ActivateLocked,
        KeepIt,
        KeepLocked,
        Keep,
        PutbackLru,
        Done,
        Return,
    ]);
}
