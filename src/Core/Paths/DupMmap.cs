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

    /// <summary>A new address space with the parent's VMAs; mlock and userfaultfd are not inherited. The architecture starts it with nothing saved.</summary>
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
        for (var v = 0; v < Capacity.Pages; v++) child.Vmas[v] = s.Mm(t.Mm).Vmas[v] & ~(VmaFlags.Locked | VmaFlags.UffdWp);
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
        if (t.OrigPte.IsPoisoned) s.Pte(t.Child, t.Page) = t.OrigPte;
        if (t.OrigPte.IsPresent) return Flow.Next;
        return Flow.Goto(t.OrigPte.IsSwap ? Label.SwapEntry : Label.Next);
    });

    /// <summary>One more mapping. A page that may be pinned is not shared: the child gets a copy now.</summary>
    public static Step PageDupRmap { get; } = Step.Of("mm/memory.c: copy_present_pte(), page_needs_cow_for_dma(), page_dup_rmap()", "5.10 to 5.18 (70e806e4e645)",
        static (ref s, ref t, arch) => MayBePinned(in s, in t) ? Flow.Goto(Label.CopyPresentPage) : Dup(ref s, in t));

    /// <summary>One more mapping, and no longer exclusive. An exclusive page that may be pinned must stay so: the child gets a copy now.</summary>
    public static Step PageTryDupAnonRmap { get; } = Step.Of("mm/memory.c: copy_present_pte(), page_try_dup_anon_rmap()", "5.19 on (6c287605fd56)", static (ref s, ref t, arch) =>
        s.Folio(t.Folio).Test(FolioFlags.AnonExclusive) && MayBePinned(in s, in t) ? Flow.Goto(Label.CopyPresentPage) : Dup(ref s, in t));

    /// <summary>The parent's mapping becomes read-only, so that a write on either side copies.</summary>
    public static Step PtepSetWrprotect { get; } = Step.Of("mm/memory.c: copy_present_pte(), ptep_set_wrprotect()", "all kernels", static (ref s, ref t, arch) =>
    {
        ref var pte = ref s.Pte(t.Mm, t.Page);
        pte = pte.Without(PteFlags.Write);
        t.NewPte = pte.Without(PteFlags.UffdWp);
        return Flow.Next;
    });

    /// <summary>The child's mapping. Its VMA has no userfaultfd, so the entry has no uffd-wp bit.</summary>
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
        t.OrigPte = t.OrigPte.Without(PteFlags.SwpExclusive);
        s.Pte(t.Mm, t.Page) = t.OrigPte;
        return Flow.Next;
    });

    /// <summary>The child's swap PTE.</summary>
    public static Step SetSwapPteAt { get; } = Step.Of("mm/memory.c: copy_nonpresent_pte(), set_pte_at()", "all kernels", static (ref s, ref t, arch) =>
    {
        arch.SetPteAt(ref s, t.Child, t.Page, t.OrigPte.Without(PteFlags.UffdWp));
        s.Mm(t.Child).SwapEnts++;
        return Flow.Goto(Label.Next);
    });

    /// <summary>The page for the copy is allocated without locks; then this entry is looked at again.</summary>
    public static Step PageCopyPrealloc { get; } = Step.Of("mm/memory.c: copy_pte_range(), page_copy_prealloc()", "5.10 on (70e806e4e645)", static (ref s, ref t, arch) =>
    {
        s.Events |= Event.PinRespected;
        if (!t.OldFolio.IsNone) return Flow.Next;
        Locks.PtlUnlock(ref s, ref t, t.Mm);
        Locks.PtlUnlock(ref s, ref t, t.Child);
        t.Folio = Pfn.None;
        t.OldFolio = PageAlloc.Alloc(ref s, ref t);
        return Flow.Goto(t.OldFolio.IsNone ? Label.Fail : Label.ThisPage);
    });

    /// <summary>Data and metadata are copied for the child.</summary>
    public static Step CopyUserHighpage { get; } = Step.Of("mm/memory.c: copy_present_page(), copy_user_highpage()", "5.10 on", static (ref s, ref t, arch) =>
    {
        ref var copy = ref s.Folio(t.OldFolio);
        copy.Data = s.Folio(t.Folio).Data;
        copy.Set(FolioFlags.Uptodate);
        arch.CopyHighpage(ref s, t.OldFolio, t.Folio, s.Vma(t.Mm, t.Page));
        return Flow.Next;
    });

    /// <summary>The child's copy: mapped once.</summary>
    public static Step PageAddNewAnonRmap { get; } = Step.Of("mm/memory.c: copy_present_page(), page_add_new_anon_rmap()", "5.10 to 5.18",
        static (ref s, ref t, arch) => AddCopy(ref s, ref t, exclusive: false));

    /// <summary>The child's copy: mapped once, marked exclusive.</summary>
    public static Step PageAddNewAnonRmapExclusive { get; } = Step.Of("mm/memory.c: copy_present_page(), page_add_new_anon_rmap(), SetPageAnonExclusive()", "5.19 on",
        static (ref s, ref t, arch) => AddCopy(ref s, ref t, exclusive: true));

    /// <summary>Map the copy, writable.</summary>
    public static Step SetCopyPteAt { get; } = Step.Of("mm/memory.c: copy_present_page(), set_pte_at()", "5.10 on", static (ref s, ref t, arch) =>
    {
        arch.SetPteAt(ref s, t.Child, t.Page, Pte.MkPte(t.OldFolio, s.Vma(t.Child, t.Page)).MkWriteDirty(arch));
        s.Mm(t.Child).AnonPages++;
        t.OldFolio = Pfn.None;
        return Flow.Next;
    });

    /// <summary>Drop both page table locks: parent and child go separate ways. On to the next page.</summary>
    public static Step PteUnlocks { get; } = Step.Of("mm/memory.c: copy_pte_range(), pte_unmap_unlock()", "all kernels", static (ref s, ref t, arch) =>
    {
        Locks.PtlUnlock(ref s, ref t, t.Mm);
        Locks.PtlUnlock(ref s, ref t, t.Child);
        s.Events |= Event.ForkedPage;
        t.WalkPage = t.Page;

        // Plain references are not safe against fork(): from here on nobody promises that a device's writes arrive.
        ref var pin = ref s.Mm(t.Mm).Pins[t.Page.Value];
        if ((pin.Flags & PinFlags.Get) != 0) pin = pin with { Flags = pin.Flags | PinFlags.Stale };
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

    /// <summary>A page that was allocated and not needed after all.</summary>
    public static Step PutPrealloc { get; } = Step.Of("mm/memory.c: copy_pte_range(), put_page(prealloc)", "5.10 on", static (ref s, ref t, arch) =>
    {
        if (!t.OldFolio.IsNone) PageAlloc.Put(ref s, ref t, t.OldFolio);
        t.OldFolio = Pfn.None;
        return Flow.Next;
    });

    /// <summary>No memory: what the child has got so far is given up, and fork() fails.</summary>
    public static Step MmputChild { get; } = Step.Of("kernel/fork.c: dup_mm(), mmput(), exit_mmap() of the unfinished child", "all kernels", static (ref s, ref t, arch) =>
    {
        for (byte p = 0; p < Capacity.Pages; p++)
        {
            var pte = s.Pte(t.Child, new Vpn(p));
            s.Pte(t.Child, new Vpn(p)) = Pte.None;
            if (pte.IsSwap) SwapFile.SwapFree(ref s, pte.Entry, arch);
            if (!pte.IsPresent) continue;
            Rmap.PageRemoveRmap(ref s, pte.Pfn, VmaFlags.None);
            PageAlloc.Put(ref s, pte.Pfn);
        }

        arch.DestroyContext(ref s, t.Child);
        s.Mm(t.Child) = default;
        Locks.MmapUnlock(ref s, ref t);
        t.Result = OpResult.Oom;
        return Flow.Return;
    });

    /// <summary>fork() until 5.18.</summary>
    public static KernelPath Linux5_16 { get; } = Order(PageDupRmap, [], PageAddNewAnonRmap);

    /// <summary>fork() from 5.19 on.</summary>
    public static KernelPath Linux5_19 { get; } = Order(PageTryDupAnonRmap, [PteSwpClearExclusive], PageAddNewAnonRmapExclusive);

    private static bool MayBePinned(in MachineState s, in KTask t) =>
        s.Folios[t.Folio.Value].MaybeDmaPinned && (s.Mms[t.Mm.Value].Flags & MmFlags.HasPinned) != 0;

    private static Flow Dup(ref MachineState s, in KTask t)
    {
        ref var folio = ref s.Folio(t.Folio);
        folio.RefCount++;
        folio.MapCount++;
        folio.Clear(FolioFlags.AnonExclusive);
        return Flow.Next;
    }

    private static Flow AddCopy(ref MachineState s, ref KTask t, bool exclusive)
    {
        Rmap.PageAddAnonRmap(ref s, ref t, t.OldFolio, exclusive, s.Vma(t.Child, t.Page));
        PageAlloc.LruCacheAdd(ref s, t.OldFolio);
        return Flow.Next;
    }

    private static KernelPath Order(Step dup, PathItem[] marker, Step rmap) => new(PathId.DupMmap, "dup_mmap(), copy_pte_range()",
    [
        MmapWriteLock,
        MmInit,
        Label.ThisPage,
        PteLocks,
        dup,
        PtepSetWrprotect,
        SetPteAt,
        Label.SwapEntry,
        SwapDuplicate,
        .. marker,
        SetSwapPteAt,
        Label.CopyPresentPage,
        PageCopyPrealloc,
        CopyUserHighpage,
        rmap,
        SetCopyPteAt,
        Label.Next,
        PteUnlocks,
        PutPrealloc,
        WakeUpNewTask,
        Label.Fail,
        MmputChild,
    ]);
}
