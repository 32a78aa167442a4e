using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>
/// The steps of do_swap_page(), mm/memory.c, top to bottom, from the moment when the page is there
/// (<see cref="SwapIn"/> gets it). The orders in which the kernels take them are in
/// <see cref="DoSwapPageOrders"/>.
/// </summary>
public static class DoSwapPage
{
    /// <summary>The folio is locked and known to be the entry's.</summary>
    internal static readonly Label HaveFolio = new("have_folio");

    /// <summary><c>out_nomap</c>: back out under the page table lock.</summary>
    internal static readonly Label OutNomap = new("out_nomap");

    /// <summary><c>out_page</c>: back out with the folio locked.</summary>
    internal static readonly Label OutPage = new("out_page");

    /// <summary><c>unlock</c>: the page is mapped.</summary>
    internal static readonly Label Unlock = new("unlock");

    /// <summary>Wait for the folio lock.</summary>
    public static Step FolioLock { get; } = Step.Of("mm/filemap.c: folio_lock_or_retry()", Era.All, [Acquire(LockName.Folio)]);

    /// <summary>Is it still this entry's folio? It may have left the cache, and been added under another entry, meanwhile.</summary>
    public static Step FolioTestSwapcache { get; } = Step.Of("mm/memory.c: do_swap_page(), folio_test_swapcache(), page_private()", Era.All,
        [Unless(static (in m, in t) => SwapFile.IsOfEntry(in m, t.Folio, t.Entry), OutPage, Locals.Folio | Locals.Entry)]);

    /// <summary>A write wants to know by the reference count whether it is the only user: drop the LRU batch's reference.</summary>
    public static Step LruAddDrainForWrite { get; } = Step.Of("mm/memory.c: do_swap_page(), lru_add_drain()", Era.Since("5.18", "c145e0b47c77").To("7.2"), static (in m, ref t) =>
    {
        if (t.Is(TaskFlags.WriteLeft) && !m.ReadFolio(t.Folio).Test(FolioFlags.Lru)) PageAlloc.LruAddDrain(in m);
    }, Locals.Folio);

    /// <summary>Back out if somebody else has handled the fault.</summary>
    public static Step PteSame { get; } = Step.Of("mm/memory.c: do_swap_page(), pte_same()", Era.All,
        [Unless(static (in m, in t) => m.ReadPte(t.Mm, t.Page) == t.OrigPte, OutNomap, Locals.OrigPte)]);

    /// <summary>The read may have failed.</summary>
    public static Step FolioTestUptodate { get; } = Step.Of("mm/memory.c: do_swap_page(), folio_test_uptodate()", Era.All,
    [
        When(static (in m, in t) => !m.ReadFolio(t.Folio).Test(FolioFlags.Uptodate), Locals.Folio,
            Do(static (in m, ref t) => m.Observe(Observation.NotUptodate(t.Entry)), Locals.Entry),
            Result(OpResult.SigBus),
            Goto(OutNomap)),
    ]);

    /// <summary>
    /// Certainly exclusive: the swap PTE says so, or the page is fresh and not in the swap cache. Not while it is being
    /// written to a device that needs stable pages: then the mark is dropped. Of a large folio all pages are mapped, or only this one (<c>check_folio</c>).
    /// </summary>
    public static Step PteSwpExclusive { get; } = Step.Of("mm/memory.c: do_swap_page(), pte_swp_exclusive()", Era.Since("5.19", "1493a1913e34"),
    [
        When(static (in m, in t) => m.ReadFolio(t.Folio).IsLarge, Locals.Folio,
            Do(static (in m, ref t) => t.Answer(SwapInRange.Take(in m, ref t)), Locals.Folio | Locals.Swapcache | Locals.Entry | Locals.OrigPte | Locals.Range, Locals.Range),
            Unless(Answer, OutNomap)),
        Do(static (in m, ref t) => SetExclusive(in m, ref t), Locals.OrigPte | Locals.Swapcache | Locals.Folio | Locals.Entry | Locals.Range),
    ]);
    /// <summary>Give the page its metadata back. Before SwapFree: freeing the last reference to the slot throws the saved copy away.</summary>
    public static Step ArchSwapRestore { get; } = Step.Of("mm/memory.c: do_swap_page(), arch_swap_restore(entry, folio)", Era.Since("6.5", "6dca4ac6fc91"),
        static (in m, ref t) => m.Arch.ArchSwapRestore(in m, SwapInRange.FolioSwap(in m, in t), t.Folio), Locals.Entry | Locals.Folio | Locals.Range);

    /// <summary>Give the entry back, or all of a large folio's. The last reference frees the slot, and with it what the architecture saved.</summary>
    public static Step SwapFree { get; } = Step.Of("mm/swapfile.c: swap_free()", Era.All.With("swap_free_nr() from 6.11"), static (in m, ref t) => SwapInRange.SwapFree(in m, in t), Locals.Entry | Locals.Range);

    /// <summary>Leave the swap cache if swap is more than half full or the page is mlocked.</summary>
    public static Step TryToFreeSwap { get; } = Step.Of("mm/memory.c: do_swap_page(), try_to_free_swap()", Era.Until("5.17"), static (in m, ref t) =>
    {
        if (ShouldMakeRoom(in m, in t)) SwapFile.FolioFreeSwap(in m, t.Folio);
    }, Locals.Folio);

    /// <summary>
    /// Leave the swap cache if swap is more than half full, the page is mlocked, or it is a write fault and the references
    /// are exactly two: the cache's and this fault's.
    /// </summary>
    public static Step FolioFreeSwap { get; } = Step.Of("mm/memory.c: should_try_to_free_swap(), folio_free_swap()", Era.Since("5.18", "c145e0b47c77"), static (in m, ref t) =>
    {
        ref readonly var folio = ref m.ReadFolio(t.Folio);
        if (!folio.Test(FolioFlags.SwapCache)) return;
        if (ShouldMakeRoom(in m, in t) || (t.Is(TaskFlags.WriteLeft) && folio.RefCount == 1 + folio.Pages)) SwapFile.FolioFreeSwap(in m, t.Folio);
    }, Locals.Folio);

    /// <summary>MM_ANONPAGES and MM_SWAPENTS.</summary>
    public static Step IncMmCounter { get; } = Step.Of("mm/memory.c: inc_mm_counter(), dec_mm_counter()", Era.All, static (in m, ref t) =>
    {
        ref var counters = ref m.WriteCounters(t.Mm);
        counters.AnonPages += (byte)(1 + t.Range.More);
        counters.SwapEnts -= (byte)(1 + t.Range.More);
    }, Locals.Range);

    /// <summary>The new entry: clean and read-only so far.</summary>
    public static Step MkPte { get; } = Step.Of("mm/memory.c: mk_pte()", Era.All, static (in m, ref t) => t.NewPte = Pte.MkPte(SwapInRange.FirstPage(in t), m.ReadVma(t.Mm, t.Page)), Locals.Folio | Locals.Range, Locals.NewPte);

    /// <summary>
    /// A write may reuse the page if map count and swap count together say that nobody else has it; it is taken out of the
    /// swap cache on the way. References other than these are not looked at.
    /// </summary>
    public static Step ReuseSwapPage { get; } = Step.Of("mm/swapfile.c: reuse_swap_page()", Era.Until("5.17"), static (in m, ref t) =>
    {
        Looked(in m, t.Folio);
        if (t.Is(TaskFlags.WriteLeft) && MayReuse(in m, t.Folio)) MapWritable(in m, ref t);
    }, Locals.Folio | Locals.Entry | Locals.NewPte, Locals.NewPte);

    /// <summary>A write may map the page writable if it is fresh, or the one reference is this fault's.</summary>
    public static Step CheckPageCount { get; } = Step.Of("mm/memory.c: do_swap_page(), page_count(page) == 1", Era.Since("5.18", "c145e0b47c77").To("5.18"), static (in m, ref t) =>
    {
        Looked(in m, t.Folio);
        if (t.Is(TaskFlags.WriteLeft) && (t.Swapcache.IsNone || m.ReadFolio(t.Folio).RefCount == 1)) MapWritable(in m, ref t);
    }, Locals.Folio | Locals.Swapcache | Locals.NewPte, Locals.NewPte);

    /// <summary>Exclusive if certainly so, or if the one reference is this fault's; then a write maps it writable.</summary>
    public static Step CheckExclusive { get; } = Step.Of("mm/memory.c: do_swap_page(), exclusive || folio_ref_count(folio) == 1", Era.Since("5.19", "6c287605fd56", "1493a1913e34").To("6.10"), static (in m, ref t) =>
    {
        Looked(in m, t.Folio);
        if (!t.Is(TaskFlags.Exclusive) && m.ReadFolio(t.Folio).RefCount != 1) return;
        t.Set(TaskFlags.Exclusive);
        if (t.Is(TaskFlags.WriteLeft)) MapWritable(in m, ref t);
    }, Locals.Folio | Locals.NewPte, Locals.NewPte);

    /// <summary>As CheckExclusive, and a read fault too maps an exclusive page writable (though not dirty): the write fault to come is saved.</summary>
    public static Step CheckExclusiveWritable { get; } = Step.Of("mm/memory.c: do_swap_page(), exclusive || folio_ref_count(folio) == 1, pte_mkwrite()", Era.Since("6.11", "c18160dba5ff").To("7.2"), static (in m, ref t) =>
    {
        Looked(in m, t.Folio);
        if (!t.Is(TaskFlags.Exclusive) && m.ReadFolio(t.Folio).RefCount != 1) return;
        t.Set(TaskFlags.Exclusive);
        MapExclusiveWritable(in m, ref t);
    }, Locals.Folio | Locals.NewPte, Locals.NewPte);

    /// <summary>Exclusive only if the swap PTE says so: no reference count is asked. Then also a read maps it writable, though not dirty.</summary>
    public static Step CheckMarkerWritable { get; } = Step.Of("mm/memory.c: do_swap_page(), exclusive, pte_mkwrite()", Era.Since("7.3"), static (in m, ref t) =>
    {
        Looked(in m, t.Folio);
        if (t.Is(TaskFlags.Exclusive)) MapExclusiveWritable(in m, ref t);
    }, Locals.Folio | Locals.NewPte, Locals.NewPte);

    /// <summary>The bits of the swap PTE: soft-dirty and uffd-wp. What is write-protected by userfaultfd is not mapped writable, whatever was decided.</summary>
    public static Step PteSwpBits { get; } = Step.Of("mm/memory.c: do_swap_page(), pte_swp_soft_dirty(), pte_swp_uffd_wp()", Era.All, static (in m, ref t) =>
    {
        t.NewPte = t.NewPte.With(t.OrigPte.Tracking);
        if (t.OrigPte.IsUffdWp) t.NewPte = t.NewPte.Without(PteFlags.Write);
        if (t.OrigPte.Tracking != 0) m.Count(Mark.BitsCarried);
    }, Locals.NewPte | Locals.OrigPte, Locals.NewPte);

    /// <summary>One mapping more, marked exclusive or not; the fault's reference is the mapping's from here on.</summary>
    public static Step PageAddAnonRmapExclusive { get; } = Step.Of("mm/rmap.c: page_add_anon_rmap(), RMAP_EXCLUSIVE", Era.Since("5.19"),
        static (in m, ref t) => SwapInRange.AddRmap(in m, ref t, t.Is(TaskFlags.Exclusive)), Locals.Folio | Locals.Range);

    /// <summary>One mapping more; the fault's reference is the mapping's from here on.</summary>
    public static Step PageAddAnonRmap { get; } = Step.Of("mm/rmap.c: do_page_add_anon_rmap()", Era.Until("5.18"),
        static (in m, ref t) => Rmap.PageAddAnonRmap(in m, ref t, t.Folio, exclusive: false, m.ReadVma(t.Mm, t.Page)), Locals.Folio);

    /// <summary>Map the page: from here on every thread of the process sees it.</summary>
    public static Step SetPteAt { get; } = Step.Of("mm/memory.c: set_pte_at()", Era.All, static (in m, ref t) =>
    {
        for (var i = 0; i <= t.Range.More; i++) Map(in m, in t, t.Page.Plus(i - t.Before), t.NewPte.Plus(i), t.Folio, fresh: t.Swapcache.IsNone);
    }, Locals.NewPte | Locals.Folio | Locals.Swapcache | Locals.Entry | Locals.Range);

    /// <summary>The architecture's hook, given the swap PTE as the old one.</summary>
    public static Step ArchDoSwapPageOldPte { get; } = Step.Of("mm/memory.c: arch_do_swap_page(mm, vma, addr, pte, orig_pte), orig_pte the swap PTE", Era.Until("5.16").OrWith(KernelCatalogue.SeriesV1Part1),
        static (in m, ref t) => SwapInRange.ArchDoSwapPage(in m, in t, t.OrigPte.Plus(-t.Before)), Locals.NewPte | Locals.OrigPte | Locals.Range);

    /// <summary>The architecture's hook, given the new PTE twice: it can no longer know the swap entry.</summary>
    public static Step ArchDoSwapPageNewPte { get; } = Step.Of("mm/memory.c: arch_do_swap_page(mm, vma, addr, pte, orig_pte), orig_pte already the new PTE", Era.Since("5.17", "1eba86c096e3"),
        static (in m, ref t) => SwapInRange.ArchDoSwapPage(in m, in t, t.NewPte), Locals.NewPte | Locals.Range);

    /// <summary>Unlock the folio: do_swap_page() has done its work.</summary>
    public static Step FolioUnlock { get; } = Step.Of("mm/filemap.c: folio_unlock()", Era.All,
    [
        Release(LockName.Folio),
        Do(static (in m, ref t) => Ended(in m, in t, t.Folio), Locals.Folio | Locals.Entry),
    ]);

    /// <summary>A write that was not mapped writable goes on as a write to a read-only page.</summary>
    public static Step WriteFaultLeft { get; } = Step.Of("mm/memory.c: do_swap_page(), vmf->flags & FAULT_FLAG_WRITE", Era.All,
    [
        Unless(static (in m, in t) => t.Is(TaskFlags.WriteLeft), Unlock),
        Do(static (in m, ref t) =>
        {
            if (m.ReadFolio(t.Folio).RefCount == 1) m.Count(Mark.NeedlessFault);
            t.OrigPte = m.ReadPte(t.Mm, t.Page);
        }, Locals.Folio, Locals.OrigPte),
    ]);

    /// <summary>One swap PTE fewer refers to the slot. The folio is in the swap cache and locked, so the slot stays.</summary>
    public static Step FolioPutSwap { get; } = Step.Of("mm/swapfile.c: folio_put_swap()", Era.Since("7.0", KernelCatalogue.NothingAroundTheCache), static (in m, ref t) => SwapInRange.SwapFree(in m, in t), Locals.Entry | Locals.Range);

    /// <summary>
    /// After the page is mapped: leave the swap cache if the device is synchronous, swap is more than half full, the page is mlocked, or it is a write
    /// fault that has not been mapped writable and the references are exactly two: the mapping's and the cache's.
    /// </summary>
    public static Step FolioFreeSwapAfter { get; } = Step.Of("mm/memory.c: do_swap_page(), should_try_to_free_swap(), folio_free_swap() after set_ptes()", Era.Since("7.0", KernelCatalogue.NothingAroundTheCache).To("7.2"), static (in m, ref t) =>
    {
        var alone = t.Is(TaskFlags.WriteLeft) && m.ReadFolio(t.Folio).RefCount == 1 + t.Range.More + m.ReadFolio(t.Folio).Pages;
        if (alone || ShouldLeaveCache(in m, in t)) SwapFile.FolioFreeSwap(in m, t.Folio);
    }, Locals.Folio | Locals.Entry | Locals.Range);

    /// <summary>As FolioFreeSwapAfter, but of write faults those to exclusive pages, whatever the references.</summary>
    public static Step FolioFreeSwapIfExclusive { get; } = Step.Of("mm/memory.c: do_swap_page(), should_try_to_free_swap(), folio_free_swap() after set_ptes()", Era.Since("7.3"), static (in m, ref t) =>
    {
        var exclusive = t.Is(TaskFlags.WriteFault) && t.Is(TaskFlags.Exclusive);
        if (exclusive || ShouldLeaveCache(in m, in t)) SwapFile.FolioFreeSwap(in m, t.Folio);
    }, Locals.Folio | Locals.Entry);

    /// <summary>Backing out: leave the swap cache if no swap entry refers to the slot any more.</summary>
    public static Step OutFolioFreeSwap { get; } = Step.Of("mm/memory.c: do_swap_page(), out_page, folio_free_swap()", Era.Since("7.0", KernelCatalogue.NothingAroundTheCache),
        static (in m, ref t) => SwapFile.FolioFreeSwap(in m, t.Folio), Locals.Folio);

    /// <summary>Backing out: unlock the folio.</summary>
    public static Step OutFolioUnlock { get; } = Step.Of("mm/memory.c: do_swap_page(), out_page", Era.All, [Release(LockName.Folio)]);

    /// <summary>Backing out: drop the reference.</summary>
    public static Step OutFolioPut { get; } = Step.Of("mm/memory.c: do_swap_page(), out_release", Era.All, static (in m, ref t) => PageAlloc.Put(in m, ref t, t.Folio), Locals.Folio);

    /// <summary>Give up the claim on the slot; with the last swap entry gone this is what frees it.</summary>
    public static Step SwapcacheClear { get; } = Step.Of("mm/swapfile.c: swapcache_clear()", Era.Since("6.8", "13ddaf26be32"),
    [
        When(static (in m, in t) => t.Is(TaskFlags.NeedClearCache), Do(static (in m, ref t) =>
        {
            t.Clear(TaskFlags.NeedClearCache);
            SwapIn.UnclaimAll(in m, ref t);
        }, sets: Locals.Range)),
    ]);

    /// <summary>Maps a page that was swapped out, and says so.</summary>
    internal static void Map(in Memory m, in KTask t, Pte pte, Pfn folio, bool fresh) => Map(in m, in t, t.Page, pte, folio, fresh);

    private static void SetExclusive(in Memory m, ref KTask t)
    {
        var exclusive = t.OrigPte.IsSwpExclusive;
        if (t.Swapcache.IsNone)
        {
            exclusive = true;
        }
        else if (IsStableWriteback(in m, in t, t.Folio))
        {
            for (var i = 0; exclusive && i <= t.Range.More; i++) m.Observe(Observation.ExclusiveGivenUp(new PageAt(t.Mm, t.Page.Plus(i - t.Before))));
            exclusive = false;
        }

        if (exclusive) t.Set(TaskFlags.Exclusive);
    }

    private static void Map(in Memory m, in KTask t, Vpn page, Pte pte, Pfn folio, bool fresh)
    {
        m.Arch.SetPteAt(in m, t.Mm, page, pte);
        m.Count(Mark.SwapIn);
        if (IsStableWriteback(in m, in t, folio)) m.Count(Mark.SwapInUnstable);
        m.Observe(Observation.Faulted(new PageAt(t.Mm, page), swapIn: true, fresh, pte.IsTagged));
    }

    /// <summary>The folio is mapped and unlocked: the fault has done its work, and who may be alone with the page by now?</summary>
    internal static void Ended(in Memory m, in KTask t, Pfn folio)
    {
        m.Count(Mark.SwapInEnded);
        if (m.ReadFolio(folio).RefCount != 1 || m.ReadFolio(folio).IsLarge) return;
        m.Count(Mark.SwapInAlone);
        m.Observe(Observation.SwapInAlone(new PageAt(t.Mm, t.Page), folio, t.Entry, t.Is(TaskFlags.WriteFault)));
    }

    /// <summary>What the exclusive check sees: for the message of exclusive-detected.</summary>
    internal static void Looked(in Memory m, Pfn pfn)
    {
        ref readonly var folio = ref m.ReadFolio(pfn);
        m.Observe(Observation.CheckedExclusive(folio.RefCount, folio.Test(FolioFlags.SwapCache), PageAlloc.InLruBatch(in m, pfn)));
    }

    /// <summary>Whether a folio is being written to a device that needs stable pages.</summary>
    internal static bool IsStableWriteback(in Memory m, in KTask t, Pfn folio) =>
        m.ReadFolio(folio).Test(FolioFlags.Writeback) && m.ReadArea(t.Entry.Type).Is(AreaFlags.StableWrites);

    private static bool ShouldMakeRoom(in Memory m, in KTask t) =>
        SwapFile.MemCgroupSwapFull(in m) || m.ReadVma(t.Mm, t.Page).IsLocked || m.ReadFolio(t.Folio).Test(FolioFlags.Mlocked);

    private static bool ShouldLeaveCache(in Memory m, in KTask t) => m.ReadArea(t.Entry.Type).Is(AreaFlags.Synchronous) || ShouldMakeRoom(in m, in t);

    /// <summary><c>reuse_swap_page()</c>: nobody else maps the page or refers to its slot; then it leaves the swap cache.</summary>
    internal static bool MayReuse(in Memory m, Pfn page)
    {
        ref readonly var folio = ref m.ReadFolio(page);
        var inCache = folio.Test(FolioFlags.SwapCache);
        var users = m.ReadFrame(page).MapCount + (inCache ? m.ReadSlot(folio.Entry).Count : 0);
        if (users > 1) return false;
        if (users == 0 || !inCache) return true;
        if (folio.Test(FolioFlags.Writeback)) return !m.ReadArea(folio.Entry.Type).Is(AreaFlags.StableWrites);
        SwapFile.DeleteFromSwapCache(in m, page);
        m.WriteFolio(page).Set(FolioFlags.Dirty);
        return true;
    }

    /// <summary>An exclusive page is mapped writable, and dirty if it is a write; not if somebody wants to be told of the first write.</summary>
    private static void MapExclusiveWritable(in Memory m, ref KTask t)
    {
        var vma = m.ReadVma(t.Mm, t.Page);
        if (vma.Is(VmaFlags.UffdWp) && t.NewPte.IsUffdWp) return;
        if (!vma.Is(VmaFlags.SoftDirty) && !t.NewPte.IsSoftDirty) return;
        if (t.Is(TaskFlags.WriteLeft)) MapWritable(in m, ref t);
        t.NewPte = t.NewPte.MkWrite(m.Arch);
    }

    private static void MapWritable(in Memory m, ref KTask t)
    {
        t.NewPte = t.NewPte.MkWriteDirty(m.Arch);
        t.Clear(TaskFlags.WriteLeft);
    }
}
