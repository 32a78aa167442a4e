using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core.Paths;

/// <summary>
/// zap_pte_range(), mm/memory.c, one page table entry at a time: munmap() of a page, and exit_mmap(), which loops over
/// all of them.
/// </summary>
public static class Zap
{
    /// <summary>mmap lock for writing; the pages of the LRU batch go to the LRU.</summary>
    public static Step MmapWriteLock { get; } = Step.Of("mm/mmap.c: mmap_write_lock(), lru_add_drain()", "all kernels", static (ref s, ref t, arch) =>
    {
        if (t.Verb == Verb.Unmap && s.Vma(t.Mm, t.Page) == VmaFlags.None)
        {
            t.Result = OpResult.NotApplicable;
            return Flow.Return;
        }

        if (!Locks.TryMmapWrite(ref s, ref t)) return Flow.Block;
        if (t.Verb == Verb.Exit) t.Page = default;
        PageAlloc.LruAddDrain(ref s);
        return Flow.Next;
    });

    /// <summary>The program gives the page up; page table lock.</summary>
    public static Step PteOffsetMapLock { get; } = Step.Of("mm/memory.c: zap_pte_range(), pte_offset_map_lock()", "all kernels", static (ref s, ref t, arch) =>
    {
        if (!Locks.TryPtl(ref s, ref t, t.Mm)) return Flow.Block;
        s.Events |= Event.UserUnmapped;
        t.OrigPte = s.Pte(t.Mm, t.Page);
        t.Folio = t.OrigPte.IsPresent ? t.OrigPte.Pfn : Pfn.None;
        t.Entry = t.OrigPte.IsSwap ? t.OrigPte.Entry : SwapEntry.None;
        if (t.OrigPte.IsPoisoned) s.Pte(t.Mm, t.Page) = Pte.None;
        if (t.OrigPte.IsPresent) return Flow.Next;
        return Flow.Goto(t.OrigPte.IsSwap ? Label.SwapEntry : Label.Unlock);
    });

    /// <summary>Take the mapping away.</summary>
    public static Step PtepGetAndClear { get; } = Step.Of("mm/memory.c: zap_pte_range(), ptep_get_and_clear_full()", "all kernels", static (ref s, ref t, arch) =>
    {
        s.Pte(t.Mm, t.Page) = Pte.None;
        s.Mm(t.Mm).AnonPages--;
        return Flow.Next;
    });

    /// <summary>One mapping fewer. The mapping's reference is held until the TLB has been flushed.</summary>
    public static Step PageRemoveRmap { get; } = Step.Of("mm/memory.c: zap_pte_range(), page_remove_rmap(), __tlb_remove_page()", "all kernels", static (ref s, ref t, arch) =>
    {
        Rmap.PageRemoveRmap(ref s, t.Folio, s.Vma(t.Mm, t.Page));
        t.Held |= t.Folio.Bit;
        return Flow.Next;
    });

    /// <summary>After the flush: if the page is in the swap cache and nobody maps it, try to free its slot.</summary>
    public static Step FreeSwapCache { get; } = Step.Of("mm/swap_state.c: free_pages_and_swap_cache(), lru_add_drain(), free_swap_cache()", "all kernels", static (ref s, ref t, arch) =>
    {
        PageAlloc.LruAddDrain(ref s);
        SwapFile.FreeSwapCache(ref s, t.Folio, arch);
        return Flow.Next;
    });

    /// <summary>Drop the mapping's reference.</summary>
    public static Step ReleasePages { get; } = Step.Of("mm/swap.c: release_pages()", "all kernels", static (ref s, ref t, arch) =>
    {
        PageAlloc.Put(ref s, ref t, t.Folio);
        return Flow.Goto(Label.Next);
    });

    /// <summary>One swap entry fewer.</summary>
    public static Step FreeSwapAndCache { get; } = Step.Of("mm/swapfile.c: free_swap_and_cache(), __swap_entry_free()", "all kernels", static (ref s, ref t, arch) =>
    {
        s.Mm(t.Mm).SwapEnts--;
        SwapFile.SwapFree(ref s, t.Entry, arch);
        return Flow.Next;
    });

    /// <summary>Only the swap cache is left: take the page out of it, if it is not locked.</summary>
    public static Step TryToReclaimSwap { get; } = Step.Of("mm/swapfile.c: __try_to_reclaim_swap(TTRS_UNMAPPED | TTRS_FULL)", "all kernels", static (ref s, ref t, arch) =>
    {
        ref var slot = ref s.Slot(t.Entry);
        if (slot.Count != 0 || slot.Folio.IsNone) return Flow.Next;
        ref var folio = ref s.Folio(slot.Folio);
        if (folio.LockedBy == 0 && (folio.MapCount == 0 || SwapFile.VmSwapFull(in s))) SwapFile.FolioFreeSwap(ref s, slot.Folio, arch);
        return Flow.Next;
    });

    /// <summary>Clear the swap PTE.</summary>
    public static Step PteClear { get; } = Step.Of("mm/memory.c: zap_pte_range(), pte_clear_not_present_full()", "all kernels", static (ref s, ref t, arch) =>
    {
        s.Pte(t.Mm, t.Page) = Pte.None;
        return Flow.Next;
    });

    /// <summary>Drop the page table lock.</summary>
    public static Step PteUnmapUnlock { get; } = Step.Of("mm/memory.c: zap_pte_range(), pte_unmap_unlock()", "all kernels", static (ref s, ref t, arch) =>
    {
        Locks.PtlUnlock(ref s, ref t, t.Mm);
        return Flow.Next;
    });

    /// <summary>exit: on to the next page. munmap: the VMA goes.</summary>
    public static Step NextPage { get; } = Step.Of("mm/mmap.c: unmap_vmas(), remove_vma()", "all kernels", static (ref s, ref t, arch) =>
    {
        s.Vma(t.Mm, t.Page) = VmaFlags.None;
        if (t.Verb != Verb.Exit || t.Page.Value == Capacity.Pages - 1) return Flow.Next;
        t.Page = new Vpn((byte)(t.Page.Value + 1));
        return Flow.Goto(Label.ThisPage);
    });

    /// <summary>Drop the mmap lock.</summary>
    public static Step MmapWriteUnlock { get; } = Step.Of("mm/mmap.c: mmap_write_unlock()", "all kernels", static (ref s, ref t, arch) =>
    {
        Locks.MmapUnlock(ref s, ref t);
        t.Result = OpResult.Applied;
        return t.Verb == Verb.Exit ? Flow.Next : Flow.Return;
    });

    /// <summary>The process's files are closed, and with them goes what devices were to read or write.</summary>
    public static Step ExitFiles { get; } = Step.Of("kernel/exit.c: do_exit(), exit_files(); unpin_user_pages(), put_page()", "all kernels", static (ref s, ref t, arch) =>
    {
        Gup.PutAllPins(ref s, t.Mm);
        return Flow.Next;
    });

    /// <summary>The address space is gone, with what the architecture kept for it.</summary>
    public static Step DestroyContext { get; } = Step.Of("kernel/fork.c: __mmdrop(), destroy_context()", "all kernels", static (ref s, ref t, arch) =>
    {
        arch.DestroyContext(ref s, t.Mm);
        s.Mm(t.Mm) = default;
        return Flow.Return;
    });

    /// <summary>munmap().</summary>
    public static KernelPath MunmapPath { get; } = Order(PathId.Munmap, "munmap(), zap_pte_range()");

    /// <summary>exit_mmap().</summary>
    public static KernelPath ExitPath { get; } = Order(PathId.ExitMmap, "exit_mmap(), zap_pte_range()");

    private static KernelPath Order(PathId id, string function) => new(id, function,
    [
        MmapWriteLock,
        Label.ThisPage,
        PteOffsetMapLock,
        PtepGetAndClear,
        PageRemoveRmap,
        PteUnmapUnlock,
        FreeSwapCache,
        ReleasePages,
        Label.SwapEntry,
        FreeSwapAndCache,
        TryToReclaimSwap,
        PteClear,
        Label.Unlock,
        PteUnmapUnlock,
        Label.Next,
        NextPage,
        MmapWriteUnlock,
        .. id == PathId.ExitMmap ? [ExitFiles, DestroyContext] : Array.Empty<PathItem>(),
    ]);
}
