using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>dup_mmap(), kernel/fork.c, and copy_pte_range(), mm/memory.c: fork() shares every page, read-only on both sides.</summary>
public static class DupMmap
{
    /// <summary>mmap lock of the parent, for writing.</summary>
    public static Step MmapWriteLock { get; } = Step.Of("kernel/fork.c: dup_mmap(), mmap_write_lock()", "all kernels", static (ref s, ref t, arch) =>
    {
        if (s.Mm(t.Child).Flags != MmFlags.None || t.Child == t.Mm)
        {
            t.Result = OpResult.NotApplicable;
            return Flow.Return;
        }

        return Locks.TryMmapWrite(ref s, ref t) ? Flow.Next : Flow.Block;
    });

    /// <summary>A new address space with the parent's VMAs; mlock is not inherited. The architecture starts it with nothing saved.</summary>
    public static Step MmInit { get; } = Step.Of("kernel/fork.c: mm_init(), init_new_context(), vm_area_dup()", "all kernels", static (ref s, ref t, arch) =>
    {
        ref var child = ref s.Mm(t.Child);
        if (child.Flags != MmFlags.None)
        {
            // Somebody else made a process of that name while this task waited for the lock.
            Locks.MmapUnlock(ref s, ref t);
            t.Result = OpResult.NotApplicable;
            return Flow.Return;
        }

        child = default;
        child.Flags = MmFlags.Alive | MmFlags.Forking;
        for (var v = 0; v < Capacity.Pages; v++) child.Vmas[v] = s.Mm(t.Mm).Vmas[v] & ~VmaFlags.Locked;
        arch.InitNewContext(ref s, t.Child);
        t.Page = default;
        return Flow.Next;
    });

    /// <summary>Both page table locks. What is at this page?</summary>
    public static Step PteLocks { get; } = Step.Of("mm/memory.c: copy_pte_range(), pte_alloc_map_lock(), spin_lock_nested()", "all kernels", static (ref s, ref t, arch) =>
    {
        if (s.Mm(t.Mm).PtlOwner != 0 || s.Mm(t.Child).PtlOwner != 0) return Flow.Block;
        Locks.TryPtl(ref s, ref t, t.Child);
        Locks.TryPtl(ref s, ref t, t.Mm);
        t.OrigPte = s.Pte(t.Mm, t.Page);
        t.Folio = t.OrigPte.IsPresent ? t.OrigPte.Pfn : Pfn.None;
        t.Entry = t.OrigPte.IsSwap ? t.OrigPte.Entry : SwapEntry.None;
        t.NewPte = t.OrigPte;
        if (t.OrigPte.IsPresent) return Flow.Next;
        return Flow.Goto(t.OrigPte.IsSwap ? Label.SwapEntry : Label.Next);
    });

    /// <summary>One more mapping, and no longer exclusive.</summary>
    public static Step PageTryDupAnonRmap { get; } = Step.Of("mm/memory.c: copy_present_pte(), page_try_dup_anon_rmap()", "all kernels (page_dup_rmap() until 5.18)", static (ref s, ref t, arch) =>
    {
        ref var folio = ref s.Folio(t.Folio);
        folio.RefCount++;
        folio.MapCount++;
        folio.Clear(FolioFlags.AnonExclusive);
        return Flow.Next;
    });

    /// <summary>The parent's mapping becomes read-only, so that a write on either side copies.</summary>
    public static Step PtepSetWrprotect { get; } = Step.Of("mm/memory.c: copy_present_pte(), ptep_set_wrprotect()", "all kernels", static (ref s, ref t, arch) =>
    {
        ref var pte = ref s.Pte(t.Mm, t.Page);
        pte = pte.Without(PteFlags.Write);
        t.NewPte = pte;
        return Flow.Next;
    });

    /// <summary>The child's mapping.</summary>
    public static Step SetPteAt { get; } = Step.Of("mm/memory.c: copy_present_pte(), set_pte_at()", "all kernels", static (ref s, ref t, arch) =>
    {
        arch.SetPteAt(ref s, t.Child, t.Page, t.NewPte);
        s.Mm(t.Child).AnonPages++;
        return Flow.Goto(Label.Next);
    });

    /// <summary>A swap PTE: one more reference to the slot.</summary>
    public static Step SwapDuplicate { get; } = Step.Of("mm/memory.c: copy_nonpresent_pte(), swap_duplicate()", "all kernels", static (ref s, ref t, arch) =>
    {
        SwapFile.SwapDuplicate(ref s, t.Entry);
        return Flow.Next;
    });

    /// <summary>The entry is shared from now on: the parent's loses its exclusive marker.</summary>
    public static Step PteSwpClearExclusive { get; } = Step.Of("mm/memory.c: copy_nonpresent_pte(), pte_swp_clear_exclusive()", "5.19 on (1493a1913e34)", static (ref s, ref t, arch) =>
    {
        t.NewPte = t.OrigPte.Without(PteFlags.SwpExclusive);
        s.Pte(t.Mm, t.Page) = t.NewPte;
        return Flow.Next;
    });

    /// <summary>The child's swap PTE.</summary>
    public static Step SetSwapPteAt { get; } = Step.Of("mm/memory.c: copy_nonpresent_pte(), set_pte_at()", "all kernels", static (ref s, ref t, arch) =>
    {
        arch.SetPteAt(ref s, t.Child, t.Page, t.NewPte);
        s.Mm(t.Child).SwapEnts++;
        return Flow.Next;
    });

    /// <summary>Drop both page table locks: parent and child go separate ways. On to the next page.</summary>
    public static Step PteUnlocks { get; } = Step.Of("mm/memory.c: copy_pte_range(), pte_unmap_unlock()", "all kernels", static (ref s, ref t, arch) =>
    {
        Locks.PtlUnlock(ref s, ref t, t.Mm);
        Locks.PtlUnlock(ref s, ref t, t.Child);
        s.Events |= Event.ForkedPage;
        t.WalkPage = t.Page;
        if (t.Page.Value == Capacity.Pages - 1) return Flow.Next;
        t.Page = new Vpn((byte)(t.Page.Value + 1));
        return Flow.Goto(Label.ThisPage);
    });

    /// <summary>The child may run.</summary>
    public static Step WakeUpNewTask { get; } = Step.Of("kernel/fork.c: mmap_write_unlock(), wake_up_new_task()", "all kernels", static (ref s, ref t, arch) =>
    {
        Locks.MmapUnlock(ref s, ref t);
        s.Mm(t.Child).Flags = MmFlags.Alive;
        t.Result = OpResult.Applied;
        return Flow.Return;
    });

    /// <summary>fork() until 5.18.</summary>
    public static KernelPath Linux5_16 { get; } = Order([]);

    /// <summary>fork() from 5.19 on.</summary>
    public static KernelPath Linux5_19 { get; } = Order([PteSwpClearExclusive]);

    private static KernelPath Order(PathItem[] marker) => new(PathId.DupMmap, "dup_mmap(), copy_pte_range()",
    [
        MmapWriteLock,
        MmInit,
        Label.ThisPage,
        PteLocks,
        PageTryDupAnonRmap,
        PtepSetWrprotect,
        SetPteAt,
        Label.SwapEntry,
        SwapDuplicate,
        .. marker,
        SetSwapPteAt,
        Label.Next,
        PteUnlocks,
        WakeUpNewTask,
    ]);
}
