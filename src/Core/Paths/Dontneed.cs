using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>
/// madvise(MADV_DONTNEED) of one page: zap_pte_range() as in <see cref="Zap"/>, but the mapping stays, and threads may go on using it: the page is given up
/// in the step that takes its entry away, and not before.
/// </summary>
public static class Dontneed
{
    /// <summary>mmap lock for reading; the LRU batch is drained. Not in a locked VMA (EINVAL).</summary>
    public static Step MadviseLock { get; } = Step.Of("mm/madvise.c: madvise_dontneed_free_valid_vma(); mm/memory.c: zap_page_range_single(), lru_add_drain()", Zap.Drained, Begin);

    /// <summary>As MadviseLock; the LRU batch stays as it is.</summary>
    public static Step MadviseLockUndrained { get; } = Step.Of("mm/madvise.c: madvise_dontneed_free_valid_vma(); mm/memory.c: zap_page_range_single_batched()", Zap.Undrained, LockUnlocked);

    /// <summary>Page table lock. A poison marker goes at once.</summary>
    public static Step PteOffsetMapLock { get; } = Step.Of("mm/memory.c: zap_pte_range(), pte_offset_map_lock()", Era.All, LockEntry);

    /// <summary>Take the mapping away: from here on the page reads as zero.</summary>
    public static Step PtepGetAndClear { get; } = Step.Of("mm/memory.c: zap_pte_range(), ptep_get_and_clear_full()", Era.All, static (in m, ref t) =>
    {
        Clear(in m, in t);
        m.WriteCounters(t.Zap.Mm).AnonPages--;
    }, Locals.Zap);

    /// <summary>Clear the swap PTE: from here on the page reads as zero.</summary>
    public static Step PteClear { get; } = Step.Of("mm/memory.c: zap_pte_range(), pte_clear_not_present_full()", Era.All, static (in m, ref t) => Clear(in m, in t), Locals.Zap);

    /// <summary>madvise(MADV_DONTNEED).</summary>
    public static KernelPath Path { get; } = new(PathId.MadviseDontneed, "madvise(MADV_DONTNEED), zap_pte_range()",
        MadviseLock,
        PteOffsetMapLock,
        PtepGetAndClear,
        Zap.PageRemoveRmap,
        Zap.PteUnmapUnlock,
        Zap.FreeSwapCache,
        Zap.ReleasePages,
        Zap.SwapEntryHere,
        Zap.FreeSwapAndCache,
        Zap.TryToReclaimSwap,
        PteClear,
        Zap.Unlock,
        Zap.PteUnmapUnlock,
        Zap.Next,
        Fault.MmapReadUnlock,
        Result(OpResult.Applied),
        Return);

    /// <summary>madvise(MADV_DONTNEED) from 7.0 on.</summary>
    public static KernelPath Path7_0 { get; } = Path.Replace(MadviseLock, MadviseLockUndrained).Replace(Zap.FreeSwapCache, Zap.FreeSwapCacheUndrained);

    private static Instruction[] LockUnlocked =>
    [
        EndIf(static (in m, in t) => !m.ReadVma(t.Mm, t.Page).IsMapped || m.ReadVma(t.Mm, t.Page).IsLocked, OpResult.NotApplicable),
        Acquire(LockName.MmapRead),
        Zap.ThisOne,
    ];

    /// <summary>How both advices that give a page up begin: mmap lock, a VMA that is there and not locked, the LRU batch drained.</summary>
    internal static Instruction[] Begin => [.. LockUnlocked, Zap.LruAddDrain];

    /// <summary>Both then take the page table lock and look at the entry; a poison marker goes at once, and nothing is given up as well as something. (The zero page MADV_FREE leaves where it is.)</summary>
    internal static Instruction[] LockEntry =>
    [
        Acquire(LockName.PageTable.At(LockOf.Zap)),
        Do(static (in m, ref t) =>
        {
            t.OrigPte = m.ReadPte(t.Zap);
            t.Folio = m.FolioOf(t.OrigPte.Pfn);
            t.Entry = t.OrigPte.Entry;
            if (t.OrigPte.IsZeroPage && t.Verb == Verb.Free) m.Observe(Observation.Discarded(t.Zap));
            else if (t.OrigPte.IsPoisoned || t.OrigPte.IsNone) Clear(in m, in t);
        }, Locals.Zap, Locals.OrigPte | Locals.Folio | Locals.Entry),
        If(static (in m, in t) => t.OrigPte.IsSwap, Zap.SwapEntryHere, Locals.OrigPte),
        Unless(static (in m, in t) => t.OrigPte.IsPresent, Zap.Unlock, Locals.OrigPte),
    ];

    /// <summary>The entry goes, and with it what the program had there.</summary>
    internal static void Clear(in Memory m, in KTask t)
    {
        m.WritePte(t.Zap, Pte.None);
        m.Observe(Observation.Discarded(t.Zap));
    }
}
