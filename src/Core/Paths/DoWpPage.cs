using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>
/// do_wp_page() and wp_page_copy(), mm/memory.c: a write to a present, read-only page. Called with the page table lock
/// held, which it gives back. Reuses the page if nobody else can have it, copies it otherwise.
/// </summary>
public static class DoWpPage
{
    /// <summary><c>wp_page_copy()</c>.</summary>
    internal static readonly Label Copy = new("copy");

    private static readonly Label Reuse = new("reuse");
    private static readonly Label Changed = new("changed");
    private static readonly Label Oom = new("oom");
    private static readonly Label Out = new("out");

    /// <summary>Write-protected by userfaultfd: the program's handler decides what becomes of the write.</summary>
    public static Step HandleUserfault { get; } = Step.Of("mm/memory.c: do_wp_page(), userfaultfd_pte_wp(), handle_userfault()", Era.All.With("529b930b87d9, 5.7"),
    [
        When(static (in m, in t) => !t.Is(TaskFlags.Unshare) && m.ReadVma(t.Mm, t.Page).Is(VmaFlags.UffdWp) && t.OrigPte.IsUffdWp, Locals.OrigPte,
            Release(LockName.PageTable),
            Result(OpResult.Userfault),
            Goto(Out)),
    ]);

    /// <summary>The page written to.</summary>
    public static Step VmNormalPage { get; } = Step.Of("mm/memory.c: vm_normal_page()", Era.All, static (in m, ref t) =>
    {
        t.OldFolio = m.FolioOf(t.OrigPte.Pfn);
        t.Folio = Pfn.None;
    }, Locals.OrigPte, Locals.OldFolio | Locals.Folio);

    /// <summary>One reference, and it is this mapping's: reuse. A page in the swap cache is always copied.</summary>
    public static Step PageCountIsOne { get; } = Step.Of("mm/memory.c: do_wp_page(), page_count(page) != 1", Era.Until("5.17").With("09854ba94c6a, 5.9"),
    [
        If(static (in m, in t) => m.ReadFolio(t.OldFolio).RefCount == 1 && m.ReadFrame(t.OrigPte.Pfn).MapCount == 1 && m.ReadFolioLock(t.OldFolio).IsFree, Reuse, Locals.OldFolio | Locals.OrigPte),
        Goto(Copy),
    ]);

    /// <summary>Marked exclusive: reuse without further checks.</summary>
    public static Step PageAnonExclusive { get; } = Step.Of("mm/memory.c: do_wp_page(), PageAnonExclusive()", Era.Since("5.19", "6c287605fd56"),
        [If(static (in m, in t) => m.ReadFrame(t.OrigPte.Pfn).Test(PageFlags.AnonExclusive), Reuse, Locals.OrigPte)]);

    /// <summary>More than three references: little hope; and the LRU batch may hold one.</summary>
    public static Step EarlyChecks { get; } = Step.Of("mm/memory.c: do_wp_page(), folio_ref_count() > 3, lru_add_drain()", Era.Since("5.18", "53a05ad9f21d", "d4c470970d45").To("7.2"),
    [
        .. LargeChecks,
        If(static (in m, in t) => m.ReadFolio(t.OldFolio).RefCount > 3, Copy, Locals.OldFolio),
        When(static (in m, in t) => !m.ReadFolio(t.OldFolio).Test(FolioFlags.Lru), Locals.OldFolio, Do(static (in m, ref t) => PageAlloc.LruAddDrain(in m))),
    ]);

    /// <summary>References beyond this mapping's, the swap cache's and the LRU batch's: copy, and do not drain the batch for it.</summary>
    public static Step EarlyChecksExact { get; } = Step.Of("mm/memory.c: wp_can_reuse_anon_folio(), folio_ref_count() > 1 + !folio_test_lru() + folio_test_swapcache(), lru_add_drain()", Era.Since("7.3"),
    [
        .. LargeChecks,
        If(static (in m, in t) => m.ReadFolio(t.OldFolio).RefCount > 1 + (m.ReadFolio(t.OldFolio).Test(FolioFlags.Lru) ? 0 : 1) + (m.ReadFolio(t.OldFolio).Test(FolioFlags.SwapCache) ? 1 : 0), Copy, Locals.OldFolio),
        When(static (in m, in t) => !m.ReadFolio(t.OldFolio).Test(FolioFlags.Lru), Locals.OldFolio, Do(static (in m, ref t) => PageAlloc.LruAddDrain(in m))),
    ]);

    /// <summary>References beyond this mapping's and the swap cache's: copy.</summary>
    public static Step CheckRefCount { get; } = Step.Of("mm/memory.c: do_wp_page(), folio_ref_count() > 1 + folio_test_swapcache()", Era.Since("5.18", "53a05ad9f21d"),
        [If(static (in m, in t) => m.ReadFolio(t.OldFolio).RefCount > 1 + (m.ReadFolio(t.OldFolio).Test(FolioFlags.SwapCache) ? 1 : 0), Copy, Locals.OldFolio)]);

    /// <summary>Somebody has the lock: copy.</summary>
    public static Step FolioTrylock { get; } = Step.Of("mm/memory.c: do_wp_page(), folio_trylock()", Era.Since("5.18"), [TryAcquire(LockName.OldFolio, Copy)]);

    /// <summary>Leave the swap cache if no swap entry refers to the slot.</summary>
    public static Step FolioFreeSwap { get; } = Step.Of("mm/memory.c: do_wp_page(), folio_free_swap() (try_to_free_swap() until 6.0)", Era.Since("5.18", "53a05ad9f21d"),
        static (in m, ref t) => SwapFile.FolioFreeSwap(in m, t.OldFolio), Locals.OldFolio);

    /// <summary>Under the lock: is this mapping's reference the only one?</summary>
    public static Step RefCountIsOne { get; } = Step.Of("mm/memory.c: do_wp_page(), folio_ref_count() != 1", Era.Since("5.18"),
        [When(static (in m, in t) => m.ReadFolio(t.OldFolio).RefCount != 1, Locals.OldFolio, Release(LockName.OldFolio), Goto(Copy))]);

    /// <summary>The page is this process's: mark it exclusive.</summary>
    public static Step PageMoveAnonRmapExclusive { get; } = Step.Of("mm/rmap.c: page_move_anon_rmap(), SetPageAnonExclusive()", Era.Since("5.19"),
    [
        Do(static (in m, ref t) => m.WriteFrame(t.OrigPte.Pfn).Set(PageFlags.AnonExclusive), Locals.OrigPte),
        Release(LockName.OldFolio),
    ]);

    /// <summary>The page is this process's.</summary>
    public static Step PageMoveAnonRmap { get; } = Step.Of("mm/rmap.c: page_move_anon_rmap()", Era.Since("5.18").To("5.18"), [Release(LockName.OldFolio)]);

    /// <summary>Make the mapping writable.</summary>
    public static Step WpPageReuse { get; } = Step.Of("mm/memory.c: wp_page_reuse()", Era.All, static (in m, ref t) =>
    {
        m.Count(Mark.CowReuse);
        CountPin(in m, in t);

        // Unsharing wants a page of its own, not one to write to.
        if (!t.Is(TaskFlags.Unshare)) m.WritePte(t.Mm, t.Page, m.ReadPte(t.Mm, t.Page).MkWriteDirty(m.Arch));
    }, Locals.OldFolio);

    /// <summary>Hold the old page while the lock is dropped.</summary>
    public static Step GetPage { get; } = Step.Of("mm/memory.c: do_wp_page(), get_page()", Era.All, static (in m, ref t) => PageAlloc.Get(in m, ref t, t.OldFolio), Locals.OldFolio);

    /// <summary>A new page.</summary>
    public static Step AllocPageVma { get; } = Step.Of("mm/memory.c: wp_page_copy(), alloc_page_vma()", Era.All,
    [
        Do(static (in m, ref t) => t.Folio = PageAlloc.Alloc(in m, ref t), sets: Locals.Folio),
        When(static (in m, in t) => t.Folio.IsNone, Locals.Folio, Result(OpResult.Oom), Goto(Oom)),
    ]);

    /// <summary>Copy data, and what the architecture keeps with it.</summary>
    public static Step CopyUserHighpage { get; } = Step.Of("mm/memory.c: __wp_page_copy_user(), copy_user_highpage()", Era.All, static (in m, ref t) =>
    {
        m.WriteFrame(t.Folio).Data = m.ReadFrame(t.OrigPte.Pfn).Data;
        m.WriteFolio(t.Folio).Set(FolioFlags.Uptodate);
        m.Arch.CopyHighpage(in m, t.Folio, t.OrigPte.Pfn, m.ReadVma(t.Mm, t.Page));
    }, Locals.Folio | Locals.OldFolio | Locals.OrigPte);

    /// <summary>The entry may have changed while the lock was dropped.</summary>
    public static Step PteSame { get; } = Step.Of("mm/memory.c: wp_page_copy(), pte_same()", Era.All,
        [Unless(static (in m, in t) => m.ReadPte(t.Mm, t.Page) == t.OrigPte, Changed, Locals.OrigPte)]);

    /// <summary>Take the old mapping away first, so that no CPU sees old and new at once.</summary>
    public static Step PtepClearFlush { get; } = Step.Of("mm/memory.c: wp_page_copy(), ptep_clear_flush_notify()", Era.All, static (in m, ref t) => m.WritePte(t.Mm, t.Page, Pte.None));

    /// <summary>The new page's one mapping.</summary>
    public static Step PageAddNewAnonRmap { get; } = Step.Of("mm/memory.c: wp_page_copy(), page_add_new_anon_rmap(), lru_cache_add", Era.Until("5.18"),
        static (in m, ref t) => AddNewRmap(in m, ref t, exclusive: false), Locals.Folio);

    /// <summary>The new page's one mapping, marked exclusive.</summary>
    public static Step PageAddNewAnonRmapExclusive { get; } = Step.Of("mm/memory.c: wp_page_copy(), page_add_new_anon_rmap(), SetPageAnonExclusive(), lru_cache_add", Era.Since("5.19"),
        static (in m, ref t) => AddNewRmap(in m, ref t, exclusive: true), Locals.Folio);

    /// <summary>Map the copy, writable.</summary>
    public static Step SetPteAtNotify { get; } = Step.Of("mm/memory.c: wp_page_copy(), set_pte_at_notify()", Era.All, static (in m, ref t) =>
    {
        var pte = Pte.MkPte(t.Folio, m.ReadVma(t.Mm, t.Page));
        m.Arch.SetPteAt(in m, t.Mm, t.Page, t.Is(TaskFlags.Unshare) ? pte.With(t.OrigPte.Tracking) : pte.MkWriteDirty(m.Arch));
        m.Count(Mark.CowCopy);
        CountPin(in m, in t);
    }, Locals.Folio | Locals.OrigPte | Locals.OldFolio);

    /// <summary>Only now may the old page lose this mapping, and its reference.</summary>
    public static Step PageRemoveRmap { get; } = Step.Of("mm/memory.c: wp_page_copy(), page_remove_rmap(), put_page()", Era.All.With("f4c4a3f48480, 5.14; earlier the reference went with put_page(old_page)"), static (in m, ref t) =>
    {
        Rmap.PageRemoveRmap(in m, ref t, t.OrigPte.Pfn, m.ReadVma(t.Mm, t.Page));
        PageAlloc.Put(in m, ref t, t.OldFolio);
    }, Locals.OldFolio | Locals.OrigPte);

    /// <summary>If the old page is in the swap cache and nobody maps it, try to free its slot.</summary>
    public static Step FreeSwapCache { get; } = Step.Of("mm/swap_state.c: free_swap_cache()", Era.All, static (in m, ref t) => SwapFile.FreeSwapCache(in m, t.OldFolio), Locals.OldFolio);

    /// <summary>Drop the reference that held the old page.</summary>
    public static Step PutOldPage { get; } = Step.Of("mm/memory.c: wp_page_copy(), put_page(old_page)", Era.All, static (in m, ref t) => PageAlloc.Put(in m, ref t, t.OldFolio), Locals.OldFolio);

    /// <summary>Somebody was faster: the new page is not needed.</summary>
    public static Step PutNewPage { get; } = Step.Of("mm/memory.c: wp_page_copy(), put_page(new_page)", Era.All, static (in m, ref t) => PageAlloc.Put(in m, ref t, t.Folio), Locals.Folio);

    /// <summary>The path until 5.17.</summary>
    public static KernelPath Linux5_16 { get; } = Order([PageCountIsOne], PageAddNewAnonRmap);

    /// <summary>The path in 5.18.</summary>
    public static KernelPath Linux5_18 { get; } = Order([EarlyChecks, CheckRefCount, FolioTrylock, FolioFreeSwap, RefCountIsOne, PageMoveAnonRmap], PageAddNewAnonRmap);

    /// <summary>The path from 5.19 on.</summary>
    public static KernelPath Linux5_19 { get; } = Order(
        [PageAnonExclusive, EarlyChecks, CheckRefCount, FolioTrylock, FolioFreeSwap, RefCountIsOne, PageMoveAnonRmapExclusive],
        PageAddNewAnonRmapExclusive);

    /// <summary>The path from 7.3 on.</summary>
    public static KernelPath Linux7_3 { get; } = Linux5_19.Replace(EarlyChecks, EarlyChecksExact);

    /// <summary>Of a large folio a page is always copied; from 6.15 on not where all of the folio is this process's.</summary>
    private static Instruction[] LargeChecks =>
    [
        When(static (in m, in t) => m.ReadFolio(t.OldFolio).IsLarge, Locals.OldFolio,
            Do(static (in m, ref t) =>
            {
                t.Answer(LargeFolio.CanReuse(in m, in t, t.OldFolio));
                if (t.Is(TaskFlags.Answer)) m.WriteFrame(t.OrigPte.Pfn).Set(PageFlags.AnonExclusive);
            }, Locals.OldFolio | Locals.OrigPte),
            If(Answer, Reuse),
            Goto(Copy)),
    ];

    private static void CountPin(in Memory m, in KTask t)
    {
        if (m.ReadFolio(t.OldFolio).MaybeDmaPinned) m.Count(Mark.PinRespected);
    }

    private static void AddNewRmap(in Memory m, ref KTask t, bool exclusive)
    {
        Rmap.PageAddAnonRmap(in m, ref t, t.Folio, exclusive, m.ReadVma(t.Mm, t.Page));
        PageAlloc.LruCacheAdd(in m, t.Folio);
    }

    private static KernelPath Order(PathItem[] decision, Step rmap) => new(PathId.DoWpPage, "do_wp_page(), wp_page_copy()",
    [
        HandleUserfault,
        VmNormalPage,
        .. decision,
        Reuse,
        WpPageReuse,
        Fault.PteUnmapUnlock,
        Goto(Out),
        Copy,
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
        Oom,
        PutOldPage,
        Goto(Out),
        Changed,
        PutNewPage,
        Fault.PteUnmapUnlock,
        PutOldPage,
        Out,
        Return,
    ]);
}
