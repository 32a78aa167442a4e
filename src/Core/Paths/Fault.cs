using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>The beginning and the end of every page fault, and the steps that several fault paths share.</summary>
public static class Fault
{
    /// <summary>mmap lock, for reading.</summary>
    public static Step MmapReadLock { get; } = Step.Of("include/linux/mmap_lock.h: mmap_read_lock()", "all kernels (per-VMA locks of 6.4 on are not modelled)",
        static (ref s, ref t, arch) => Locks.TryMmapRead(ref s, ref t) ? Flow.Next : Flow.Block);

    /// <summary>Which fault is it? A write to a read-only page, or a pin that wants it unshared, takes the page table lock first.</summary>
    public static Step HandlePteFault { get; } = Step.Of("mm/memory.c: handle_pte_fault()", "all kernels", static (ref s, ref t, arch) =>
    {
        var pte = s.Pte(t.Mm, t.Page);
        var readOnly = pte.IsPresent && t.Is(TaskFlags.WriteLeft | TaskFlags.Unshare) && !pte.IsWritable;
        if (readOnly && !Locks.TryPtl(ref s, ref t, t.Mm)) return Flow.Block;

        t.Folio = t.Swapcache = t.OldFolio = Pfn.None;
        t.Entry = SwapEntry.None;
        t.Clear(TaskFlags.Exclusive | TaskFlags.NeedClearCache | TaskFlags.CheckedInCache | TaskFlags.CheckedInBatch);
        t.OrigPte = pte;
        if (pte.IsNone) return Flow.Enter(PathId.DoAnonymousPage);
        if (pte.IsSwap) return Flow.Enter(PathId.DoSwapPage);
        return Flow.Enter(readOnly ? PathId.DoWpPage : PathId.FinishFault);
    });

    /// <summary>Page table lock of the faulting address space.</summary>
    public static Step PteOffsetMapLock { get; } = Step.Of("mm/pgtable-generic.c: pte_offset_map_lock()", "all kernels",
        static (ref s, ref t, arch) => Locks.TryPtl(ref s, ref t, t.Mm) ? Flow.Next : Flow.Block);

    /// <summary>Drop the page table lock.</summary>
    public static Step PteUnmapUnlock { get; } = Step.Of("include/linux/mm.h: pte_unmap_unlock()", "all kernels", static (ref s, ref t, arch) =>
    {
        Locks.PtlUnlock(ref s, ref t, t.Mm);
        return Flow.Next;
    });

    /// <summary>Give up the claim on the slot; with the last swap entry gone this is what frees it.</summary>
    public static Step SwapcacheClear { get; } = Step.Of("mm/swapfile.c: swapcache_clear()", "6.8 on (13ddaf26be32), 6.1 stable", static (ref s, ref t, arch) =>
    {
        if (!t.Is(TaskFlags.NeedClearCache)) return Flow.Next;
        t.Clear(TaskFlags.NeedClearCache);
        SwapFile.PutHasCache(ref s, t.Entry, arch);
        return Flow.Next;
    });

    /// <summary>Drop the mmap lock: the fault is over.</summary>
    public static Step MmapReadUnlock { get; } = Step.Of("include/linux/mmap_lock.h: mmap_read_unlock()", "all kernels", static (ref s, ref t, arch) =>
    {
        Locks.MmapUnlock(ref s, ref t);
        return Flow.Return;
    });

    /// <summary>Go on with the end of the fault.</summary>
    public static Step Finish { get; } = Step.Of("the fault's out label", "all kernels",
        static (ref s, ref t, arch) => Flow.Enter(PathId.FinishFault));

    /// <summary>The beginning.</summary>
    public static KernelPath Path { get; } = new(PathId.HandlePteFault, "handle_mm_fault(), handle_pte_fault()", MmapReadLock, HandlePteFault);

    /// <summary>The end, without claims on slots.</summary>
    public static KernelPath FinishPath { get; } = new(PathId.FinishFault, "the end of handle_mm_fault()", MmapReadUnlock);

    /// <summary>The end, where a claim on the slot may have to be given up.</summary>
    public static KernelPath FinishPathWithClaim { get; } = new(PathId.FinishFault, "the end of do_swap_page() and handle_mm_fault()", SwapcacheClear, MmapReadUnlock);
}
