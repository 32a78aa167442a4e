using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>dup_mmap(), kernel/fork.c, and copy_pte_range(), mm/memory.c: fork() shares every page, read-only on both sides.</summary>
public static class DupMmap
{
    private static readonly Label ThisPage = new("this_page");
    internal static readonly Label SwapEntryHere = new("swap_entry");
    internal static readonly Label CopyPresentPage = new("copy_present_page");
    internal static readonly Label Next = new("next");
    private static readonly Label Fail = new("fail");

    /// <summary>mmap lock of the parent, for writing.</summary>
    public static Step MmapWriteLock { get; } = Step.Of("kernel/fork.c: dup_mmap(), mmap_write_lock()", Era.All,
    [
        EndIf(static (in m, in t) => m.ReadMm(t.Child).Flags != MmFlags.None || t.Child == t.Mm, OpResult.NotApplicable),
        Acquire(LockName.MmapWrite),
    ]);

    /// <summary>A new address space with the parent's VMAs; mlock and userfaultfd are not inherited. The architecture starts it with nothing saved.</summary>
    public static Step MmInit { get; } = Step.Of("kernel/fork.c: mm_init(), init_new_context(), vm_area_dup()", Era.All,
    [
        // Somebody else made a process of that name while this task waited for the lock.
        When(static (in m, in t) => m.ReadMm(t.Child).Flags != MmFlags.None, Release(LockName.MmapWrite), Result(OpResult.NotApplicable), Return),
        Do(static (in m, ref t) =>
        {
            m.WriteMm(t.Mm).Flags = (m.ReadMm(t.Mm).Flags | MmFlags.WriteProtectSeq) & ~MmFlags.WalkedLast;
            m.WriteMm(t.Child) = new MmStruct { Flags = MmFlags.Alive | MmFlags.Forking | (m.ReadMm(t.Mm).Flags & MmFlags.HasAnonVma), Users = 1 };
            m.WriteCounters(t.Child) = default;
            for (var p = Vpn.First; p.Value < Capacity.Pages; p = p.Next) m.WriteVma(t.Child, p, Inherited(m.ReadVma(t.Mm, p)));
            m.Arch.InitNewContext(in m, t.Child);
            m.Observe(Observation.ContextGone(t.Child));
            t.Page = Vpn.First;
            t.OldFolio = Pfn.None;
        }, sets: Locals.OldFolio),
    ]);

    /// <summary>Both page table locks. What is at this page?</summary>
    public static Step PteLocks { get; } = Step.Of("mm/memory.c: copy_pte_range(), pte_alloc_map_lock(), spin_lock_nested()", Era.All,
    [
        Acquire(LockName.PageTable.At(LockOf.Child)),
        Acquire(LockName.PageTable),
        Do(static (in m, ref t) =>
        {
            t.OrigPte = t.NewPte = m.ReadPte(t.Mm, t.Page);
            t.Folio = m.FolioOf(t.OrigPte.Pfn);
            t.Entry = t.OrigPte.Entry;
            if (t.OrigPte.IsPoisoned || (t.OrigPte.IsZeroPage && (m.ReadMm(t.Mm).Flags & MmFlags.HasAnonVma) != 0)) m.WritePte(t.Child, t.Page, t.OrigPte.Without(PteFlags.UffdWp));
        }, sets: Locals.OrigPte | Locals.NewPte | Locals.Folio | Locals.Entry),
        If(static (in m, in t) => t.OrigPte.IsSwap, SwapEntryHere, Locals.OrigPte),
        Unless(static (in m, in t) => t.OrigPte.IsPresent, Next, Locals.OrigPte),
    ]);

    /// <summary>One more mapping. A page that may be pinned is not shared: the child gets a copy now.</summary>
    public static Step PageDupRmap { get; } = Step.Of("mm/memory.c: copy_present_pte(), page_needs_cow_for_dma(), page_dup_rmap()", Era.Until("5.18").With("70e806e4e645, 5.10"),
    [
        If(static (in m, in t) => MayBePinned(in m, in t, t.Folio), CopyPresentPage, Locals.Folio),
        Do(static (in m, ref t) => Dup(in m, in t), Locals.Folio | Locals.OrigPte),
    ]);

    /// <summary>One more mapping, and no longer exclusive. An exclusive page that may be pinned must stay so: the child gets a copy now.</summary>
    public static Step PageTryDupAnonRmap { get; } = Step.Of("mm/memory.c: copy_present_pte(), page_try_dup_anon_rmap()", Era.Since("5.19", "6c287605fd56"),
    [
        If(static (in m, in t) => MustStay(in m, in t, t.OrigPte.Pfn), CopyPresentPage, Locals.Folio | Locals.OrigPte),
        Do(static (in m, ref t) => Dup(in m, in t), Locals.Folio | Locals.OrigPte),
    ]);

    /// <summary>The parent's mapping becomes read-only, so that a write on either side copies.</summary>
    public static Step PtepSetWrprotect { get; } = Step.Of("mm/memory.c: copy_present_pte(), ptep_set_wrprotect()", Era.All, static (in m, ref t) =>
    {
        var pte = m.ReadPte(t.Mm, t.Page).Without(PteFlags.Write);
        m.WritePte(t.Mm, t.Page, pte);
        t.NewPte = pte.Without(PteFlags.UffdWp);
    }, sets: Locals.NewPte);

    /// <summary>The child's mapping. Its VMA has no userfaultfd, so the entry has no uffd-wp bit.</summary>
    public static Step SetPteAt { get; } = Step.Of("mm/memory.c: copy_present_pte(), set_pte_at()", Era.All,
    [
        Do(static (in m, ref t) =>
        {
            m.Arch.SetPteAt(in m, t.Child, t.Page, t.NewPte);
            m.WriteCounters(t.Child).AnonPages++;
        }, Locals.NewPte),
        Goto(Next),
    ]);

    /// <summary>A swap PTE: one more reference to the slot.</summary>
    public static Step SwapDuplicate { get; } = Step.Of("mm/memory.c: copy_nonpresent_pte(), swap_duplicate()", Era.All, static (in m, ref t) => SwapFile.SwapDuplicate(in m, t.Entry), Locals.Entry);

    /// <summary>The entry is shared from now on: the parent's loses its exclusive marker.</summary>
    public static Step PteSwpClearExclusive { get; } = Step.Of("mm/memory.c: copy_nonpresent_pte(), pte_swp_clear_exclusive()", Era.Since("5.19", "1493a1913e34"), static (in m, ref t) =>
    {
        t.OrigPte = t.OrigPte.Without(PteFlags.SwpExclusive);
        m.WritePte(t.Mm, t.Page, t.OrigPte);
    }, Locals.OrigPte, Locals.OrigPte);

    /// <summary>The child's swap PTE.</summary>
    public static Step SetSwapPteAt { get; } = Step.Of("mm/memory.c: copy_nonpresent_pte(), set_pte_at()", Era.All,
    [
        Do(static (in m, ref t) =>
        {
            m.Arch.SetPteAt(in m, t.Child, t.Page, t.OrigPte.Without(PteFlags.UffdWp));
            m.WriteCounters(t.Child).SwapEnts++;
        }, Locals.OrigPte),
        Goto(Next),
    ]);

    /// <summary>The page for the copy is allocated without locks; then this entry is looked at again.</summary>
    public static Step PageCopyPrealloc { get; } = Step.Of("mm/memory.c: copy_pte_range(), page_copy_prealloc()", Era.All.With("70e806e4e645, 5.10"),
    [
        Do(static (in m, ref t) => m.Count(Mark.PinRespected)),
        When(static (in m, in t) => t.OldFolio.IsNone, Locals.OldFolio,
            Release(LockName.PageTable),
            Release(LockName.PageTable.At(LockOf.Child)),
            Do(static (in m, ref t) =>
            {
                t.Folio = Pfn.None;
                t.OldFolio = PageAlloc.Alloc(in m, ref t);
            }, sets: Locals.Folio | Locals.OldFolio),
            If(static (in m, in t) => t.OldFolio.IsNone, Fail, Locals.OldFolio),
            Goto(ThisPage)),
    ]);

    /// <summary>Data and metadata are copied for the child.</summary>
    public static Step CopyUserHighpage { get; } = Step.Of("mm/memory.c: copy_present_page(), copy_user_highpage()", Era.All.With("70e806e4e645, 5.10"), static (in m, ref t) =>
    {
        CopyForChild(in m, ref t, t.OldFolio, t.OrigPte.Pfn);
        m.WriteFolio(t.OldFolio).Set(FolioFlags.Uptodate);
    }, Locals.OldFolio | Locals.OrigPte);

    /// <summary>The child's copy: mapped once.</summary>
    public static Step PageAddNewAnonRmap { get; } = Step.Of("mm/memory.c: copy_present_page(), page_add_new_anon_rmap()", Era.Until("5.18"),
        static (in m, ref t) => AddCopy(in m, ref t, exclusive: false), Locals.OldFolio);

    /// <summary>The child's copy: mapped once, marked exclusive.</summary>
    public static Step PageAddNewAnonRmapExclusive { get; } = Step.Of("mm/memory.c: copy_present_page(), page_add_new_anon_rmap(), SetPageAnonExclusive()", Era.Since("5.19"),
        static (in m, ref t) => AddCopy(in m, ref t, exclusive: true), Locals.OldFolio);

    /// <summary>Map the copy, writable.</summary>
    public static Step SetCopyPteAt { get; } = Step.Of("mm/memory.c: copy_present_page(), set_pte_at()", Era.All.With("70e806e4e645, 5.10"), static (in m, ref t) =>
    {
        m.Arch.SetPteAt(in m, t.Child, t.Page, Pte.MkPte(t.OldFolio, m.ReadVma(t.Child, t.Page)).MaybeMkWriteDirty(m.Arch, m.ReadVma(t.Child, t.Page)));
        m.WriteCounters(t.Child).AnonPages++;
        t.OldFolio = Pfn.None;
    }, Locals.OldFolio, Locals.OldFolio);

    /// <summary>Drop both page table locks: parent and child go separate ways. On to the next page.</summary>
    public static Step PteUnlocks { get; } = Step.Of("mm/memory.c: copy_pte_range(), pte_unmap_unlock()", Era.All,
    [
        Release(LockName.PageTable),
        Release(LockName.PageTable.At(LockOf.Child)),
        Do(static (in m, ref t) =>
        {
            if (!t.Is(TaskFlags.CopiedForChild)) m.Observe(Observation.Forked(new PageAt(t.Mm, t.Page), new PageAt(t.Child, t.Page)));
            t.Clear(TaskFlags.CopiedForChild);

            // Plain references are not safe against fork(): from here on nobody promises that a device's writes arrive.
            var pin = m.ReadPin(t.Mm, t.Page);
            if ((pin.Flags & PinFlags.Get) != 0) m.WritePin(t.Mm, t.Page, pin with { Flags = pin.Flags | PinFlags.Stale });
        }),
        When(static (in m, in t) => !t.Page.IsLast,
            Do(static (in m, ref t) => t.Page = t.Page.Next),
            Goto(ThisPage)),
    ]);

    /// <summary>The child may run.</summary>
    public static Step WakeUpNewTask { get; } = Step.Of("kernel/fork.c: mmap_write_unlock(), wake_up_new_task()", Era.All,
    [
        Release(LockName.MmapWrite),
        Do(static (in m, ref t) =>
        {
            m.WriteMm(t.Mm).Flags &= ~MmFlags.WriteProtectSeq;
            m.WriteMm(t.Child).Flags &= ~MmFlags.Forking;
        }),
        Result(OpResult.Applied),
        Return,
    ]);

    /// <summary>A page that was allocated and not needed after all.</summary>
    public static Step PutPrealloc { get; } = Step.Of("mm/memory.c: copy_pte_range(), put_page(prealloc)", Era.All.With("70e806e4e645, 5.10"), static (in m, ref t) =>
    {
        if (!t.OldFolio.IsNone) PageAlloc.Put(in m, ref t, t.OldFolio);
        t.OldFolio = Pfn.None;
    }, Locals.OldFolio, Locals.OldFolio);

    /// <summary>No memory: what the child has got so far is given up, and fork() fails. Whoever else works on the child takes it down.</summary>
    public static Step MmputChild { get; } = Step.Of("kernel/fork.c: dup_mm(), mmput(), exit_mmap() of the unfinished child", Era.All,
    [
        Do(static (in m, ref t) =>
        {
            m.WriteMm(t.Mm).Flags &= ~MmFlags.WriteProtectSeq;
            ref var child = ref m.WriteMm(t.Child);
            child.Flags |= MmFlags.Exiting;
            if (--child.Users != 0) return;
            for (var p = Vpn.First; p.Value < Capacity.Pages; p = p.Next)
            {
                var pte = m.ReadPte(t.Child, p);
                m.WritePte(t.Child, p, Pte.None);
                if (pte.IsSwap) SwapFile.SwapFree(in m, pte.Entry);
                if (!pte.IsPresent) continue;
                Rmap.PageRemoveRmap(in m, ref t, pte.Pfn, Vma.None);
                PageAlloc.Put(in m, ref t, m.FolioOf(pte.Pfn));
            }

            m.Arch.DestroyContext(in m, t.Child);
            m.Observe(Observation.ContextGone(t.Child));
            Zap.FreeMm(in m, t.Child);
        }),
        Release(LockName.MmapWrite),
        Result(OpResult.Oom),
        Return,
    ]);

    /// <summary>fork() until 5.18.</summary>
    public static KernelPath Linux5_16 { get; } = Order(PageDupRmap, [], PageAddNewAnonRmap);

    /// <summary>fork() from 5.19 on.</summary>
    public static KernelPath Linux5_19 { get; } = Order(PageTryDupAnonRmap, [PteSwpClearExclusive], PageAddNewAnonRmapExclusive);

    /// <summary>Data and metadata of a page go to the child's copy. The parent's mapping stays writable: its other threads may store on, and that is not the child's any more.</summary>
    internal static void CopyForChild(in Memory m, ref KTask t, Pfn copy, Pfn page)
    {
        m.WriteFrame(copy).Data = m.ReadFrame(page).Data;
        m.Arch.CopyHighpage(in m, copy, page, m.ReadVma(t.Mm, t.Page));
        m.Observe(Observation.Forked(new PageAt(t.Mm, t.Page), new PageAt(t.Child, t.Page)));
        t.Set(TaskFlags.CopiedForChild);
    }

    /// <summary><c>folio_try_dup_anon_rmap_pte()</c>: the new mapping has the task's reference, and the page is exclusive no longer; false: it may be pinned.</summary>
    internal static bool TryDup(in Memory m, ref KTask t, Pfn folio)
    {
        if (MustStay(in m, in t, folio)) return false;
        Dup(in m, ref t, folio);
        return true;
    }

    /// <summary><c>page_dup_rmap()</c>: the new mapping has the task's reference.</summary>
    internal static void Dup(in Memory m, ref KTask t, Pfn folio)
    {
        MapOnceMore(in m, folio);
        t.Give(folio);
    }

    private static Vma Inherited(Vma vma)
    {
        var copied = vma.Without(VmaFlags.Locked | VmaFlags.UffdWp);
        return copied != vma && vma.Is(VmaFlags.Large) ? copied.With(VmaFlags.Apart) : copied;
    }

    private static bool MustStay(in Memory m, in KTask t, Pfn page) => m.ReadFrame(page).Test(PageFlags.AnonExclusive) && MayBePinned(in m, in t, m.FolioOf(page));

    /// <summary><c>page_needs_cow_for_dma()</c>: the process has pinned pages, and this may be one.</summary>
    internal static bool MayBePinned(in Memory m, in KTask t, Pfn folio) =>
        m.ReadFolio(folio).MaybeDmaPinned && (m.ReadMm(t.Mm).Flags & MmFlags.HasPinned) != 0;

    private static void Dup(in Memory m, in KTask t)
    {
        m.WriteFolio(t.Folio).RefCount++;
        MapOnceMore(in m, t.OrigPte.Pfn);
    }

    private static void MapOnceMore(in Memory m, Pfn page)
    {
        ref var frame = ref m.WriteFrame(page);
        frame.MapCount++;
        frame.Clear(PageFlags.AnonExclusive);
    }

    private static void AddCopy(in Memory m, ref KTask t, bool exclusive)
    {
        Rmap.PageAddAnonRmap(in m, ref t, t.OldFolio, exclusive, m.ReadVma(t.Child, t.Page));
        PageAlloc.LruCacheAdd(in m, t.OldFolio);
    }

    private static KernelPath Order(Step dup, PathItem[] marker, Step rmap) => new(PathId.DupMmap, "dup_mmap(), copy_pte_range()",
    [
        MmapWriteLock,
        MmInit,
        ThisPage,
        PteLocks,
        dup,
        PtepSetWrprotect,
        SetPteAt,
        SwapEntryHere,
        SwapDuplicate,
        .. marker,
        SetSwapPteAt,
        CopyPresentPage,
        PageCopyPrealloc,
        CopyUserHighpage,
        rmap,
        SetCopyPteAt,
        Next,
        PteUnlocks,
        PutPrealloc,
        WakeUpNewTask,
        Fail,
        MmputChild,
    ]);
}
