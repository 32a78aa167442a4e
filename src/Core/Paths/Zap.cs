using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>
/// zap_pte_range(), mm/memory.c, one page table entry at a time: munmap() of a page, and exit_mmap(), which loops over
/// all of them.
/// </summary>
public static class Zap
{
    private static readonly Label ThisPage = new("this_page");
    internal static readonly Label SwapEntryHere = new("swap_entry");
    internal static readonly Label Unlock = new("unlock");
    internal static readonly Label Next = new("next");

    /// <summary>mmap lock for writing; the pages of the LRU batch go to the LRU.</summary>
    public static Step MmapWriteLock { get; } = Step.Of("mm/mmap.c: mmap_write_lock(), lru_add_drain()", Drained, [.. LockMapped, LruAddDrain]);

    /// <summary>As MmapWriteLock; the pages of the LRU batch stay in it.</summary>
    public static Step MmapWriteLockUndrained { get; } = Step.Of("mm/mmap.c: mmap_write_lock()", Undrained, LockMapped);

    /// <summary>The program gives the page up; page table lock.</summary>
    public static Step PteOffsetMapLock { get; } = Step.Of("mm/memory.c: zap_pte_range(), pte_offset_map_lock()", Era.All,
    [
        Acquire(LockName.PageTable.At(LockOf.Zap)),
        Do(static (in m, ref t) =>
        {
            m.Observe(Observation.Unmapped(t.Zap));
            t.OrigPte = m.ReadPte(t.Zap);
            t.Folio = m.FolioOf(t.OrigPte.Pfn);
            t.Entry = t.OrigPte.Entry;
            if (t.OrigPte.IsPoisoned || t.OrigPte.IsZeroPage) m.WritePte(t.Zap, Pte.None);
        }, Locals.Zap, Locals.OrigPte | Locals.Folio | Locals.Entry),
        If(static (in m, in t) => t.OrigPte.IsSwap, SwapEntryHere, Locals.OrigPte),
        Unless(static (in m, in t) => t.OrigPte.IsPresent, Unlock, Locals.OrigPte),
    ]);

    /// <summary>Take the mapping away.</summary>
    public static Step PtepGetAndClear { get; } = Step.Of("mm/memory.c: zap_pte_range(), ptep_get_and_clear_full()", Era.All, static (in m, ref t) =>
    {
        m.WritePte(t.Zap, Pte.None);
        m.WriteCounters(t.Zap.Mm).AnonPages--;
    }, Locals.Zap);

    /// <summary>One mapping fewer. The mapping's reference is held until the TLB has been flushed.</summary>
    public static Step PageRemoveRmap { get; } = Step.Of("mm/memory.c: zap_pte_range(), page_remove_rmap(), __tlb_remove_page()", Era.All,
        static (in m, ref t) => Rmap.PageRemoveRmap(in m, ref t, t.OrigPte.Pfn, m.ReadVma(t.Zap.Mm, t.Zap.Page)), Locals.OrigPte | Locals.Zap);

    /// <summary>After the flush: if the page is in the swap cache and nobody maps it, try to free its slot.</summary>
    public static Step FreeSwapCache { get; } = Step.Of("mm/swap_state.c: free_pages_and_swap_cache(), lru_add_drain(), free_swap_cache()", Drained, static (in m, ref t) =>
    {
        PageAlloc.LruAddDrain(in m);
        SwapFile.FreeSwapCache(in m, t.Folio);
    }, Locals.Folio);

    /// <summary>As FreeSwapCache; the LRU batch stays as it is.</summary>
    public static Step FreeSwapCacheUndrained { get; } = Step.Of("mm/swap_state.c: free_folio_and_swap_cache(), free_swap_cache()", Undrained,
        static (in m, ref t) => SwapFile.FreeSwapCache(in m, t.Folio), Locals.Folio);

    /// <summary>Drop the mapping's reference.</summary>
    public static Step ReleasePages { get; } = Step.Of("mm/swap.c: release_pages()", Era.All,
    [
        Do(static (in m, ref t) => PageAlloc.Put(in m, ref t, t.Folio), Locals.Folio),
        Goto(Next),
    ]);

    /// <summary>One swap entry fewer.</summary>
    public static Step FreeSwapAndCache { get; } = Step.Of("mm/swapfile.c: free_swap_and_cache(), __swap_entry_free()", Era.All, static (in m, ref t) =>
    {
        m.WriteCounters(t.Zap.Mm).SwapEnts--;
        SwapFile.SwapFree(in m, t.Entry);
    }, Locals.Zap | Locals.Entry);

    /// <summary>Only the swap cache is left: take the page out of it, if it is not locked.</summary>
    public static Step TryToReclaimSwap { get; } = Step.Of("mm/swapfile.c: __try_to_reclaim_swap(TTRS_UNMAPPED | TTRS_FULL)", Era.All, static (in m, ref t) => TryToReclaim(in m, t.Entry), Locals.Entry);

    /// <summary>Clear the swap PTE.</summary>
    public static Step PteClear { get; } = Step.Of("mm/memory.c: zap_pte_range(), pte_clear_not_present_full()", Era.All, static (in m, ref t) => m.WritePte(t.Zap, Pte.None), Locals.Zap);

    /// <summary>Drop the page table lock.</summary>
    public static Step PteUnmapUnlock { get; } = Step.Of("mm/memory.c: zap_pte_range(), pte_unmap_unlock()", Era.All, [Release(LockName.PageTable.At(LockOf.Zap))]);

    /// <summary>The VMA goes.</summary>
    public static Step RemoveVma { get; } = Step.Of("mm/mmap.c: remove_vma()", Era.All, static (in m, ref t) => m.WriteVma(t.Zap.Mm, t.Zap.Page, Vma.None), Locals.Zap);

    /// <summary>Drop the mmap lock.</summary>
    public static Step MmapWriteUnlock { get; } = Step.Of("mm/mmap.c: mmap_write_unlock()", Era.All, [Release(LockName.MmapWrite), Result(OpResult.Applied), Return]);

    /// <summary>exit_group(): the process's threads leave at their next way back to user space. The last one takes the address space down (<see cref="PathId.ExitMmap"/>).</summary>
    public static Step ExitMm { get; } = Step.Of("kernel/exit.c: do_group_exit(), exit_mm(), mmput()", Era.All,
    [
        Do(static (in m, ref t) =>
        {
            ref var mm = ref m.WriteMm(t.Mm);
            mm.Flags |= MmFlags.Exiting;
            mm.Users--;
        }),
        Result(OpResult.Applied),
        Return,
    ]);

    /// <summary>mmap lock for writing, of an address space that nobody uses any more.</summary>
    public static Step ExitMmapLock { get; } = Step.Of("mm/mmap.c: exit_mmap(), mmap_write_lock(), lru_add_drain()", Drained, [Acquire(LockName.MmapWrite.At(LockOf.Zap)), LruAddDrain]);

    /// <summary>As ExitMmapLock; the LRU batch stays as it is.</summary>
    public static Step ExitMmapLockUndrained { get; } = Step.Of("mm/mmap.c: exit_mmap(), mmap_write_lock()", Undrained, [Acquire(LockName.MmapWrite.At(LockOf.Zap))]);

    /// <summary>On to the next page.</summary>
    public static Step UnmapVmas { get; } = Step.Of("mm/mmap.c: unmap_vmas(), remove_vma()", Era.All,
    [
        Do(static (in m, ref t) => m.WriteVma(t.Zap.Mm, t.Zap.Page, Vma.None), Locals.Zap),
        When(static (in m, in t) => !t.Zap.Page.IsLast, Locals.Zap,
            Do(static (in m, ref t) => t.Zap = t.Zap with { Page = t.Zap.Page.Next }, Locals.Zap, Locals.ZapPage),
            Goto(ThisPage)),
    ]);

    /// <summary>Drop the mmap lock.</summary>
    public static Step ExitMmapUnlock { get; } = Step.Of("mm/mmap.c: exit_mmap(), mmap_write_unlock()", Era.All, [Release(LockName.MmapWrite.At(LockOf.Zap))]);

    /// <summary>The process's files are closed, and with them goes what devices were to read or write.</summary>
    public static Step ExitFiles { get; } = Step.Of("kernel/exit.c: do_exit(), exit_files(); unpin_user_pages(), put_page()", Era.All, static (in m, ref t) => Gup.PutAllPins(in m, t.Zap.Mm), Locals.Zap);

    /// <summary>The address space is gone, with what the architecture kept for it.</summary>
    public static Step DestroyContext { get; } = Step.Of("kernel/fork.c: __mmdrop(), destroy_context()", Era.All, static (in m, ref t) =>
    {
        m.Arch.DestroyContext(in m, t.Zap.Mm);
        m.Observe(Observation.ContextGone(t.Zap.Mm));
        FreeMm(in m, t.Zap.Mm);
    }, Locals.Zap);

    /// <summary>munmap().</summary>
    public static KernelPath MunmapPath { get; } = new(PathId.Munmap, "munmap(), zap_pte_range()", [MmapWriteLock, .. ZapOne, Next, RemoveVma, MmapWriteUnlock]);

    /// <summary>exit_group().</summary>
    public static KernelPath DoExitPath { get; } = new(PathId.DoExit, "do_exit(), do_group_exit()", ExitMm);

    /// <summary>exit_mmap().</summary>
    public static KernelPath ExitMmapPath { get; } = new(PathId.ExitMmap, "mmput(), exit_mmap(), zap_pte_range()",
        [ExitMmapLock, ThisPage, .. ZapOne, Next, UnmapVmas, ExitMmapUnlock, ExitFiles, DestroyContext, Return]);

    /// <summary>munmap() from 7.0 on.</summary>
    public static KernelPath MunmapPath7_0 { get; } = MunmapPath.Replace(MmapWriteLock, MmapWriteLockUndrained).Replace(FreeSwapCache, FreeSwapCacheUndrained);

    /// <summary>exit_mmap() from 7.0 on.</summary>
    public static KernelPath ExitMmapPath7_0 { get; } = ExitMmapPath.Replace(ExitMmapLock, ExitMmapLockUndrained).Replace(FreeSwapCache, FreeSwapCacheUndrained);

    /// <summary>lru_add_drain().</summary>
    internal static Instruction LruAddDrain => Do(static (in m, ref t) => PageAlloc.LruAddDrain(in m));

    /// <summary>The page that is given up.</summary>
    internal static Instruction ThisOne => Do(static (in m, ref t) => t.Zap = new PageAt(t.Mm, t.Page), sets: Locals.Zap);

    private static Instruction[] LockMapped => [EndIf(static (in m, in t) => !m.ReadVma(t.Mm, t.Page).IsMapped, OpResult.NotApplicable), Acquire(LockName.MmapWrite), ThisOne];

    /// <summary>lru_add_drain() is called in 6.12, and not in 7.2.</summary>
    internal static Era Drained => Era.Until("6.19").With("so in 6.12; the release in which it went has not been looked up");

    /// <summary>lru_add_drain() is not called in 7.2 and 7.3.</summary>
    internal static Era Undrained => Era.Since("7.0").With("so in 7.2, not yet in 6.12; the release has not been looked up");

    /// <summary><c>__try_to_reclaim_swap()</c> of a slot to which no swap PTE is left: its folio leaves the swap cache if it is not locked, and unmapped or swap half full.</summary>
    internal static void TryToReclaim(in Memory m, SwapEntry entry)
    {
        ref readonly var slot = ref m.ReadSlot(entry);
        if (slot.Count != 0 || slot.Folio.IsNone) return;
        var folio = slot.Folio;
        if (m.ReadFolioLock(folio).IsFree && (!LargeFolio.IsMapped(in m, folio) || SwapFile.MemCgroupSwapFull(in m))) SwapFile.FolioFreeSwap(in m, folio);
    }

    /// <summary><c>free_mm()</c>: with the address space goes what is left of its VMAs and page table, which should be nothing.</summary>
    internal static void FreeMm(in Memory m, MmId mm)
    {
        for (var p = Vpn.First; p.Value < Capacity.Pages; p = p.Next)
        {
            if (!m.ReadPte(mm, p).IsNone) m.WritePte(mm, p, Pte.None);
            if (m.ReadVma(mm, p) != Vma.None) m.WriteVma(mm, p, Vma.None);
        }

        m.WriteMm(mm) = default;
        m.WriteCounters(mm) = default;
    }

    private static PathItem[] ZapOne =>
    [
        PteOffsetMapLock,
        PtepGetAndClear,
        PageRemoveRmap,
        PteUnmapUnlock,
        FreeSwapCache,
        ReleasePages,
        SwapEntryHere,
        FreeSwapAndCache,
        TryToReclaimSwap,
        PteClear,
        Unlock,
        PteUnmapUnlock,
    ];
}
