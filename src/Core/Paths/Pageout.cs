using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>
/// Two ways for a page to come under reclaim: the program asks for it (madvise(MADV_PAGEOUT)), or memory is short.
/// Both take it off the LRU and hand it to shrink_folio_list().
/// </summary>
public static class Pageout
{
    private static readonly Label Unlock = new("unlock");
    private static readonly Label Out = new("out");

    /// <summary>mmap lock for reading; the LRU batch is drained. Not in a locked VMA.</summary>
    public static Step MadviseLock { get; } = Step.Of("mm/madvise.c: madvise_pageout(), can_madv_lru_vma(), lru_add_drain()", Era.All,
    [
        EndIf(static (in m, in t) => !m.ReadVma(t.Mm, t.Page).IsMapped || m.ReadVma(t.Mm, t.Page).IsLocked, OpResult.NotApplicable),
        Acquire(LockName.MmapRead),
        Do(static (in m, ref t) => PageAlloc.LruAddDrain(in m)),
    ]);

    /// <summary>Only a present page, on the LRU, mapped once: reclaim by request must not disturb other processes. A large folio, of which the program names one page, is split first.</summary>
    public static Step IsolateLruPage { get; } = Step.Of("mm/madvise.c: madvise_cold_or_pageout_pte_range(), page_mapcount() != 1, isolate_lru_page()", Era.All,
    [
        Unless(static (in m, in t) => MayTake(in m, m.ReadPte(t.Mm, t.Page)), Unlock),
        Do(static (in m, ref t) => t.Folio = m.FolioOf(m.ReadPte(t.Mm, t.Page).Pfn), sets: Locals.Folio),
        When(static (in m, in t) => m.ReadFolio(t.Folio).IsLarge, Locals.Folio,
            [
                .. SplitNamed.At(Unlock, static (in m, ref t) => t.Folio = m.FolioOf(m.ReadPte(t.Mm, t.Page).Pfn)),
                Unless(static (in m, in t) => t.Is(TaskFlags.Answer) && MayIsolate(in m, m.ReadPte(t.Mm, t.Page)), Unlock),
            ]),
        Do(static (in m, ref t) => Isolate(in m, ref t, t.Folio), Locals.Folio),
    ]);

    /// <summary>Drop the page table lock and reclaim the page.</summary>
    public static Step ReclaimPages { get; } = Step.Of("mm/vmscan.c: reclaim_pages()", Era.All, [Release(LockName.PageTable)]);

    /// <summary>
    /// Reclaim under pressure scans the LRU and comes to this page: the one mapped here, shared or not, or the one that
    /// the swap entry here has in the swap cache.
    /// </summary>
    public static Step IsolateLruFolios { get; } = Step.Of("mm/vmscan.c: shrink_inactive_list(), isolate_lru_folios()", Era.All,
    [
        Do(static (in m, ref t) =>
        {
            PageAlloc.LruAddDrain(in m);
            var folio = Rmap.FolioBehind(in m, m.ReadPte(t.Mm, t.Page));
            t.Folio = Pfn.None;
            if (!folio.IsNone && m.ReadFolio(folio).Test(FolioFlags.Lru) && !m.ReadFolio(folio).Test(FolioFlags.Mlocked)) Isolate(in m, ref t, folio);
        }, sets: Locals.Folio),
        EndIf(static (in m, in t) => t.Folio.IsNone, OpResult.NotApplicable, Locals.Folio),
    ]);

    /// <summary>madvise(MADV_PAGEOUT).</summary>
    public static KernelPath MadvisePath { get; } = new(PathId.MadvisePageout, "madvise(MADV_PAGEOUT)",
        MadviseLock,
        Fault.PteOffsetMapLock,
        IsolateLruPage,
        ReclaimPages,
        Call(PathId.ShrinkFolioList),
        Goto(Out),
        Unlock,
        Fault.PteUnmapUnlock,
        Result(OpResult.NotApplicable),
        Out,
        Fault.MmapReadUnlock,
        Return);

    /// <summary>Memory pressure.</summary>
    public static KernelPath ReclaimPath { get; } = new(PathId.Reclaim, "shrink_inactive_list()", IsolateLruFolios, Call(PathId.ShrinkFolioList), Return);

    /// <summary>Whether a page may be isolated; or, of a large folio (on kernels that swap it out whole; those before, from 6.3 on, guess by the first page alone, which is not modelled), whether it may be split first, whoever maps the page (<c>folio_likely_mapped_shared()</c>).</summary>
    private static bool MayTake(in Memory m, Pte pte) =>
        pte.IsPresent && m.ReadFolio(m.FolioOf(pte.Pfn)).IsLarge && (m.Rules & MmRules.LargeSwapOut) != 0 ? LargeFolio.IsMappedOnce(in m, m.FolioOf(pte.Pfn)) : MayIsolate(in m, pte);

    private static bool MayIsolate(in Memory m, Pte pte) =>
        pte.IsPresent && m.ReadFolio(m.FolioOf(pte.Pfn)).Test(FolioFlags.Lru) && m.ReadFrame(pte.Pfn).MapCount == 1 && LargeFolio.IsMappedOnce(in m, m.FolioOf(pte.Pfn));

    private static void Isolate(in Memory m, ref KTask t, Pfn folio)
    {
        m.WriteFolio(folio).Clear(FolioFlags.Lru);
        PageAlloc.Get(in m, ref t, folio);
        t.Folio = folio;
    }
}
