using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>
/// madvise(MADV_FREE) of one page, mm/madvise.c: what is swapped out goes at once; what is there is made clean and marked, and reclaim drops it unless it has been written by then
/// (<see cref="ShrinkFolioList"/>).
/// </summary>
public static class MadviseFree
{
    private static readonly Label Clean = new("clean");
    private static readonly Label UnlockFolio = new("unlock_folio");

    /// <summary>mmap lock for reading; the LRU batch is drained. Not in a locked VMA (EINVAL).</summary>
    public static Step MadviseLock { get; } = Step.Of("mm/madvise.c: madvise_dontneed_free_valid_vma(), madvise_free_single_vma(), lru_add_drain()", Era.All, Dontneed.Begin);

    /// <summary>Page table lock. A poison marker goes at once. A large folio, of which the program names one page, is split first, unless others map it.</summary>
    public static Step PteOffsetMapLock { get; } = Step.Of("mm/madvise.c: madvise_free_pte_range(), pte_offset_map_lock()", Era.All,
    [
        .. Dontneed.LockEntry,
        When(static (in m, in t) => m.ReadFolio(t.Folio).IsLarge, Locals.Folio,
            [
                Unless(static (in m, in t) => LargeFolio.IsMappedOnce(in m, t.Folio), Zap.Unlock, Locals.Folio),
                .. SplitNamed.At(Zap.Unlock, static (in m, ref t) => t.Folio = m.FolioOf(m.ReadPte(t.Zap).Pfn), Locals.Zap),
                Unless(static (in m, in t) => t.Is(TaskFlags.Answer) && m.ReadPte(t.Zap).IsPresent, Zap.Unlock, Locals.Zap),
            ]),
    ]);

    /// <summary>
    /// A page in the swap cache, or dirty, is made clean, under its lock, and only if nobody else maps it. A page that is neither is taken to be clean for no other reason than an
    /// earlier MADV_FREE: how many map it is not asked.
    /// </summary>
    public static Step FolioTrylock { get; } = Step.Of("mm/madvise.c: madvise_free_pte_range(), folio_test_swapcache() || folio_test_dirty(), folio_trylock(), folio_mapcount() != 1", Era.All,
    [
        Unless(static (in m, in t) => m.ReadFolio(t.Folio).Test(FolioFlags.SwapCache | FolioFlags.Dirty), Clean, Locals.Folio),
        TryAcquire(LockName.Folio, Zap.Unlock),
        Unless(static (in m, in t) => m.ReadFrame(t.Folio).MapCount == 1, UnlockFolio, Locals.Folio),
    ]);

    /// <summary>As FolioTrylock, but how many map it is asked of every page: what would save those who share a page that was read around the swap cache. No kernel has it.</summary>
    public static Step FolioTrylockAlways { get; } = Step.Of("mm/madvise.c: madvise_free_pte_range(), folio_mapcount() != 1 before anything else", Era.Never,
    [
        Unless(static (in m, in t) => m.ReadFrame(t.Folio).MapCount == 1, Zap.Unlock, Locals.Folio),
        Unless(static (in m, in t) => m.ReadFolio(t.Folio).Test(FolioFlags.SwapCache | FolioFlags.Dirty), Clean, Locals.Folio),
        TryAcquire(LockName.Folio, Zap.Unlock),
        Unless(static (in m, in t) => m.ReadFrame(t.Folio).MapCount == 1, UnlockFolio, Locals.Folio),
    ]);

    /// <summary>Out of the swap cache; if swap entries refer to the slot, the page stays as it is.</summary>
    public static Step FolioFreeSwap { get; } = Step.Of("mm/madvise.c: madvise_free_pte_range(), folio_free_swap() (try_to_free_swap() until 6.0)", Era.All,
    [
        When(static (in m, in t) => m.ReadFolio(t.Folio).Test(FolioFlags.SwapCache), Locals.Folio,
            Do(static (in m, ref t) => t.Answer(SwapFile.FolioFreeSwap(in m, t.Folio)), Locals.Folio),
            Unless(Answer, UnlockFolio)),
    ]);

    /// <summary>Clean, and unlocked.</summary>
    public static Step FolioClearDirty { get; } = Step.Of("mm/madvise.c: madvise_free_pte_range(), folio_clear_dirty(), folio_unlock()", Era.All,
    [
        Do(static (in m, ref t) => m.WriteFolio(t.Folio).Clear(FolioFlags.Dirty), Locals.Folio),
        Release(LockName.Folio),
    ]);

    /// <summary>The entry is made clean: a store from here on makes it dirty again, and that keeps the page.</summary>
    public static Step PteMkclean { get; } = Step.Of("mm/madvise.c: madvise_free_pte_range(), pte_mkold(), pte_mkclean() (clear_young_dirty_ptes() from 6.10)", Era.All, static (in m, ref t) =>
    {
        var pte = m.ReadPte(t.Zap);
        if (pte.IsDirty) m.WritePte(t.Zap, pte.Without(PteFlags.Dirty));
        m.Observe(Observation.Freed(t.Zap));
    }, Locals.Zap);

    /// <summary>Marked for reclaim, if it is on the LRU and evictable. (By a CPU's batch, which the model empties at once.)</summary>
    public static Step FolioMarkLazyfree { get; } = Step.Of("mm/swap.c: folio_mark_lazyfree() (mark_page_lazyfree() until 6.1), lru_lazyfree()", Era.All,
    [
        Do(static (in m, ref t) =>
        {
            ref readonly var folio = ref m.ReadFolio(t.Folio);
            if (folio.Test(FolioFlags.Lru) && !folio.Test(FolioFlags.SwapCache | FolioFlags.Mlocked | FolioFlags.LazyFree)) m.WriteFolio(t.Folio).Set(FolioFlags.LazyFree);
        }, Locals.Folio),
        Goto(Zap.Unlock),
    ]);

    /// <summary>The page stays as it is.</summary>
    public static Step FolioUnlock { get; } = Step.Of("mm/madvise.c: madvise_free_pte_range(), folio_unlock()", Era.All,
    [
        Release(LockName.Folio),
        Goto(Zap.Unlock),
    ]);

    /// <summary>Clear the swap PTE: from here on the page reads as zero.</summary>
    public static Step PteClear { get; } = Step.Of("mm/madvise.c: madvise_free_pte_range(), pte_clear_not_present_full()", Era.All, static (in m, ref t) => Dontneed.Clear(in m, in t), Locals.Zap);

    /// <summary>madvise(MADV_FREE).</summary>
    public static KernelPath Path { get; } = new(PathId.MadviseFree, "madvise(MADV_FREE), madvise_free_pte_range()",
        MadviseLock,
        PteOffsetMapLock,
        FolioTrylock,
        FolioFreeSwap,
        FolioClearDirty,
        Clean,
        PteMkclean,
        FolioMarkLazyfree,
        UnlockFolio,
        FolioUnlock,
        Zap.SwapEntryHere,
        Zap.FreeSwapAndCache,
        Zap.TryToReclaimSwap,
        PteClear,
        Zap.Unlock,
        Zap.PteUnmapUnlock,
        Fault.MmapReadUnlock,
        Result(OpResult.Applied),
        Return);

    /// <summary>With the fix that no kernel has.</summary>
    public static KernelPath AsksMapcount { get; } = Path.Replace(FolioTrylock, FolioTrylockAlways);
}
