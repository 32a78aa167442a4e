using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>
/// do_wp_page() and wp_page_copy(), mm/memory.c: a write to a present, read-only page. Entered with the page table lock
/// held. Reuses the page if nobody else can have it, copies it otherwise.
/// </summary>
public static class DoWpPage
{
    /// <summary>Write-protected by userfaultfd: the program's handler decides what becomes of the write.</summary>
    public static Step HandleUserfault { get; } = Step.Of("mm/memory.c: do_wp_page(), userfaultfd_pte_wp(), handle_userfault()", "5.7 on", static (ref s, ref t, arch) =>
    {
        if (t.Is(TaskFlags.Unshare) || (s.Vma(t.Mm, t.Page) & VmaFlags.UffdWp) == 0 || !t.OrigPte.IsUffdWp) return Flow.Next;
        Locks.PtlUnlock(ref s, ref t, t.Mm);
        t.Result = OpResult.Userfault;
        return Flow.Enter(PathId.FinishFault);
    });

    /// <summary>The page written to.</summary>
    public static Step VmNormalPage { get; } = Step.Of("mm/memory.c: vm_normal_page()", "all kernels", static (ref s, ref t, arch) =>
    {
        t.OldFolio = t.OrigPte.Pfn;
        t.Folio = Pfn.None;
        return Flow.Next;
    });

    /// <summary>One reference, and it is this mapping's: reuse. A page in the swap cache is always copied.</summary>
    public static Step PageCountIsOne { get; } = Step.Of("mm/memory.c: do_wp_page(), page_count(page) != 1", "until 5.17 (09854ba94c6a)", static (ref s, ref t, arch) =>
    {
        ref var folio = ref s.Folio(t.OldFolio);
        return folio.RefCount == 1 && folio.MapCount == 1 && folio.LockedBy == 0 ? Flow.Goto(Label.Reuse) : Flow.Goto(Label.Copy);
    });

    /// <summary>Marked exclusive: reuse without further checks.</summary>
    public static Step PageAnonExclusive { get; } = Step.Of("mm/memory.c: do_wp_page(), PageAnonExclusive()", "5.19 on (6c287605fd56)",
        static (ref s, ref t, arch) => s.Folio(t.OldFolio).Test(FolioFlags.AnonExclusive) ? Flow.Goto(Label.Reuse) : Flow.Next);

    /// <summary>More than three references: little hope; and the LRU batch may hold one.</summary>
    public static Step EarlyChecks { get; } = Step.Of("mm/memory.c: do_wp_page(), folio_ref_count() > 3, lru_add_drain()", "5.18 on (53a05ad9f21d, d4c470970d45)", static (ref s, ref t, arch) =>
    {
        if (s.Folio(t.OldFolio).RefCount > 3) return Flow.Goto(Label.Copy);
        if (!s.Folio(t.OldFolio).Test(FolioFlags.Lru)) PageAlloc.LruAddDrain(ref s);
        return Flow.Next;
    });

    /// <summary>References beyond this mapping's and the swap cache's: copy.</summary>
    public static Step CheckRefCount { get; } = Step.Of("mm/memory.c: do_wp_page(), folio_ref_count() > 1 + folio_test_swapcache()", "5.18 on (53a05ad9f21d)", static (ref s, ref t, arch) =>
    {
        ref var folio = ref s.Folio(t.OldFolio);
        return folio.RefCount > 1 + (folio.Test(FolioFlags.SwapCache) ? 1 : 0) ? Flow.Goto(Label.Copy) : Flow.Next;
    });

    /// <summary>Somebody has the lock: copy.</summary>
    public static Step FolioTrylock { get; } = Step.Of("mm/memory.c: do_wp_page(), folio_trylock()", "5.18 on",
        static (ref s, ref t, arch) => Locks.TryFolio(ref s, ref t, t.OldFolio) ? Flow.Next : Flow.Goto(Label.Copy));

    /// <summary>Leave the swap cache if no swap entry refers to the slot.</summary>
    public static Step FolioFreeSwap { get; } = Step.Of("mm/memory.c: do_wp_page(), folio_free_swap() (try_to_free_swap() until 6.0)", "5.18 on (53a05ad9f21d)", static (ref s, ref t, arch) =>
    {
        SwapFile.FolioFreeSwap(ref s, t.OldFolio, arch);
        return Flow.Next;
    });

    /// <summary>Under the lock: is this mapping's reference the only one?</summary>
    public static Step RefCountIsOne { get; } = Step.Of("mm/memory.c: do_wp_page(), folio_ref_count() != 1", "5.18 on", static (ref s, ref t, arch) =>
    {
        if (s.Folio(t.OldFolio).RefCount == 1) return Flow.Next;
        Locks.UnlockFolio(ref s, ref t, t.OldFolio);
        return Flow.Goto(Label.Copy);
    });

    /// <summary>The page is this process's: mark it exclusive.</summary>
    public static Step PageMoveAnonRmapExclusive { get; } = Step.Of("mm/rmap.c: page_move_anon_rmap(), SetPageAnonExclusive()", "5.19 on", static (ref s, ref t, arch) =>
    {
        s.Folio(t.OldFolio).Set(FolioFlags.AnonExclusive);
        Locks.UnlockFolio(ref s, ref t, t.OldFolio);
        return Flow.Next;
    });

    /// <summary>The page is this process's.</summary>
    public static Step PageMoveAnonRmap { get; } = Step.Of("mm/rmap.c: page_move_anon_rmap()", "5.18", static (ref s, ref t, arch) =>
    {
        Locks.UnlockFolio(ref s, ref t, t.OldFolio);
        return Flow.Next;
    });

    /// <summary>Make the mapping writable.</summary>
    public static Step WpPageReuse { get; } = Step.Of("mm/memory.c: wp_page_reuse()", "all kernels", static (ref s, ref t, arch) =>
    {
        s.Events |= Event.CowReuse | PinSeen(in s, in t);

        // Unsharing wants a page of its own, not one to write to.
        if (t.Is(TaskFlags.Unshare)) return Flow.Next;
        ref var pte = ref s.Pte(t.Mm, t.Page);
        pte = pte.MkWriteDirty(arch);
        return Flow.Next;
    });

    /// <summary>Hold the old page while the lock is dropped.</summary>
    public static Step GetPage { get; } = Step.Of("mm/memory.c: do_wp_page(), get_page()", "all kernels", static (ref s, ref t, arch) =>
    {
        PageAlloc.Get(ref s, ref t, t.OldFolio);
        return Flow.Next;
    });

    /// <summary>A new page.</summary>
    public static Step AllocPageVma { get; } = Step.Of("mm/memory.c: wp_page_copy(), alloc_page_vma()", "all kernels", static (ref s, ref t, arch) =>
    {
        t.Folio = PageAlloc.Alloc(ref s, ref t);
        if (!t.Folio.IsNone) return Flow.Next;
        t.Result = OpResult.Oom;
        return Flow.Goto(Label.Done);
    });

    /// <summary>Copy data, and what the architecture keeps with it.</summary>
    public static Step CopyUserHighpage { get; } = Step.Of("mm/memory.c: __wp_page_copy_user(), copy_user_highpage()", "all kernels", static (ref s, ref t, arch) =>
    {
        ref var folio = ref s.Folio(t.Folio);
        folio.Data = s.Folio(t.OldFolio).Data;
        folio.Set(FolioFlags.Uptodate);
        arch.CopyHighpage(ref s, t.Folio, t.OldFolio, s.Vma(t.Mm, t.Page));
        return Flow.Next;
    });

    /// <summary>The entry may have changed while the lock was dropped.</summary>
    public static Step PteSame { get; } = Step.Of("mm/memory.c: wp_page_copy(), pte_same()", "all kernels",
        static (ref s, ref t, arch) => s.Pte(t.Mm, t.Page) == t.OrigPte ? Flow.Next : Flow.Goto(Label.Changed));

    /// <summary>Take the old mapping away first, so that no CPU sees old and new at once.</summary>
    public static Step PtepClearFlush { get; } = Step.Of("mm/memory.c: wp_page_copy(), ptep_clear_flush_notify()", "all kernels", static (ref s, ref t, arch) =>
    {
        s.Pte(t.Mm, t.Page) = Pte.None;
        return Flow.Next;
    });

    /// <summary>The new page's one mapping.</summary>
    public static Step PageAddNewAnonRmap { get; } = Step.Of("mm/memory.c: wp_page_copy(), page_add_new_anon_rmap(), lru_cache_add", "until 5.18",
        static (ref s, ref t, arch) => AddNewRmap(ref s, ref t, exclusive: false));

    /// <summary>The new page's one mapping, marked exclusive.</summary>
    public static Step PageAddNewAnonRmapExclusive { get; } = Step.Of("mm/memory.c: wp_page_copy(), page_add_new_anon_rmap(), SetPageAnonExclusive(), lru_cache_add", "5.19 on",
        static (ref s, ref t, arch) => AddNewRmap(ref s, ref t, exclusive: true));

    /// <summary>Map the copy, writable.</summary>
    public static Step SetPteAtNotify { get; } = Step.Of("mm/memory.c: wp_page_copy(), set_pte_at_notify()", "all kernels", static (ref s, ref t, arch) =>
    {
        var pte = Pte.MkPte(t.Folio, s.Vma(t.Mm, t.Page));
        arch.SetPteAt(ref s, t.Mm, t.Page, t.Is(TaskFlags.Unshare) ? pte.With(t.OrigPte.Tracking) : pte.MkWriteDirty(arch));
        s.Events |= Event.CowCopy | PinSeen(in s, in t);
        return Flow.Next;
    });

    /// <summary>Only now may the old page lose this mapping, and its reference.</summary>
    public static Step PageRemoveRmap { get; } = Step.Of("mm/memory.c: wp_page_copy(), page_remove_rmap(), put_page()", "5.14 on (f4c4a3f48480); earlier the reference went with put_page(old_page)", static (ref s, ref t, arch) =>
    {
        Rmap.PageRemoveRmap(ref s, t.OldFolio, s.Vma(t.Mm, t.Page));
        PageAlloc.Put(ref s, t.OldFolio);
        return Flow.Next;
    });

    /// <summary>If the old page is in the swap cache and nobody maps it, try to free its slot.</summary>
    public static Step FreeSwapCache { get; } = Step.Of("mm/swap_state.c: free_swap_cache()", "all kernels", static (ref s, ref t, arch) =>
    {
        SwapFile.FreeSwapCache(ref s, t.OldFolio, arch);
        return Flow.Next;
    });

    /// <summary>Drop the reference that held the old page.</summary>
    public static Step PutOldPage { get; } = Step.Of("mm/memory.c: wp_page_copy(), put_page(old_page)", "all kernels", static (ref s, ref t, arch) =>
    {
        PageAlloc.Put(ref s, ref t, t.OldFolio);
        return Flow.Next;
    });

    /// <summary>Somebody was faster: the new page is not needed.</summary>
    public static Step PutNewPage { get; } = Step.Of("mm/memory.c: wp_page_copy(), put_page(new_page)", "all kernels", static (ref s, ref t, arch) =>
    {
        PageAlloc.Put(ref s, ref t, t.Folio);
        return Flow.Next;
    });

    /// <summary>The path until 5.17.</summary>
    public static KernelPath Linux5_16 { get; } = Order([PageCountIsOne], PageAddNewAnonRmap);

    /// <summary>The path in 5.18.</summary>
    public static KernelPath Linux5_18 { get; } = Order([EarlyChecks, CheckRefCount, FolioTrylock, FolioFreeSwap, RefCountIsOne, PageMoveAnonRmap], PageAddNewAnonRmap);

    /// <summary>The path from 5.19 on.</summary>
    public static KernelPath Linux5_19 { get; } = Order(
        [PageAnonExclusive, EarlyChecks, CheckRefCount, FolioTrylock, FolioFreeSwap, RefCountIsOne, PageMoveAnonRmapExclusive],
        PageAddNewAnonRmapExclusive);

    private static Event PinSeen(in MachineState s, in KTask t) => s.Folios[t.OldFolio.Value].MaybeDmaPinned ? Event.PinRespected : Event.None;

    private static Flow AddNewRmap(ref MachineState s, ref KTask t, bool exclusive)
    {
        Rmap.PageAddAnonRmap(ref s, ref t, t.Folio, exclusive, s.Vma(t.Mm, t.Page));
        PageAlloc.LruCacheAdd(ref s, t.Folio);
        return Flow.Next;
    }

    private static KernelPath Order(PathItem[] decision, Step rmap) => new(PathId.DoWpPage, "do_wp_page(), wp_page_copy()",
    [
        HandleUserfault,
        VmNormalPage,
        .. decision,
        Label.Reuse,
        WpPageReuse,
        Fault.PteUnmapUnlock,
        Fault.Finish,
        Label.Copy,
        GetPage,
        Fault.PteUnmapUnlock,
        AllocPageVma,
        CopyUserHighpage,
        Fault.PteOffsetMapLock,
        PteSame,
        PtepClearFlush,
        rmap,
        SetPteAtNotify,
        PageRemoveRmap,
        Fault.PteUnmapUnlock,
        FreeSwapCache,
        Label.Done,
        PutOldPage,
        Fault.Finish,
        Label.Changed,
        PutNewPage,
        Fault.PteUnmapUnlock,
        PutOldPage,
        Fault.Finish,
    ]);
}
