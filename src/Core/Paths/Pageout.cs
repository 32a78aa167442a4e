using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>
/// Two ways for a page to come under reclaim: the program asks for it (madvise(MADV_PAGEOUT)), or memory is short.
/// Both take it off the LRU and hand it to shrink_folio_list().
/// </summary>
public static class Pageout
{
    /// <summary>mmap lock for reading; the LRU batch is drained. Not in a locked VMA.</summary>
    public static Step MadviseLock { get; } = Step.Of("mm/madvise.c: madvise_pageout(), can_madv_lru_vma(), lru_add_drain()", "all kernels", static (ref s, ref t, arch) =>
    {
        var vma = s.Vma(t.Mm, t.Page);
        if ((vma & VmaFlags.Mapped) == 0 || (vma & VmaFlags.Locked) != 0)
        {
            t.Result = OpResult.NotApplicable;
            return Flow.Return;
        }

        if (!Locks.TryMmapRead(ref s, ref t)) return Flow.Block;
        PageAlloc.LruAddDrain(ref s);
        return Flow.Next;
    });

    /// <summary>Only a present page, on the LRU, mapped once: reclaim by request must not disturb other processes.</summary>
    public static Step IsolateLruPage { get; } = Step.Of("mm/madvise.c: madvise_cold_or_pageout_pte_range(), page_mapcount() != 1, isolate_lru_page()", "all kernels", static (ref s, ref t, arch) =>
    {
        var pte = s.Pte(t.Mm, t.Page);
        if (!pte.IsPresent || !s.Folio(pte.Pfn).Test(FolioFlags.Lru) || s.Folio(pte.Pfn).MapCount != 1)
        {
            t.Result = OpResult.NotApplicable;
            return Flow.Goto(Label.Unlock);
        }

        Isolate(ref s, ref t, pte.Pfn);
        return Flow.Next;
    });

    /// <summary>Drop the page table lock and reclaim the page.</summary>
    public static Step ReclaimPages { get; } = Step.Of("mm/vmscan.c: reclaim_pages()", "all kernels", static (ref s, ref t, arch) =>
    {
        Locks.PtlUnlock(ref s, ref t, t.Mm);
        return Flow.Enter(PathId.ShrinkFolioList);
    });

    /// <summary>
    /// Reclaim under pressure scans the LRU and comes to this page: the one mapped here, shared or not, or the one that
    /// the swap entry here has in the swap cache.
    /// </summary>
    public static Step IsolateLruFolios { get; } = Step.Of("mm/vmscan.c: shrink_inactive_list(), isolate_lru_folios()", "all kernels", static (ref s, ref t, arch) =>
    {
        PageAlloc.LruAddDrain(ref s);
        var pfn = Rmap.FolioBehind(in s, s.Pte(t.Mm, t.Page));
        if (pfn.IsNone || !s.Folio(pfn).Test(FolioFlags.Lru) || s.Folio(pfn).Test(FolioFlags.Mlocked))
        {
            t.Result = OpResult.NotApplicable;
            return Flow.Return;
        }

        Isolate(ref s, ref t, pfn);
        return Flow.Enter(PathId.ShrinkFolioList);
    });

    /// <summary>madvise(MADV_PAGEOUT).</summary>
    public static KernelPath MadvisePath { get; } = new(PathId.MadvisePageout, "madvise(MADV_PAGEOUT)",
        MadviseLock, Fault.PteOffsetMapLock, IsolateLruPage, ReclaimPages, Label.Unlock, Fault.PteUnmapUnlock, Fault.MmapReadUnlock);

    /// <summary>Memory pressure.</summary>
    public static KernelPath ReclaimPath { get; } = new(PathId.Reclaim, "shrink_inactive_list()", IsolateLruFolios);

    private static void Isolate(ref MachineState s, ref KTask t, Pfn pfn)
    {
        s.Folio(pfn).Clear(FolioFlags.Lru);
        PageAlloc.Get(ref s, ref t, pfn);
        t.Folio = pfn;
    }
}
