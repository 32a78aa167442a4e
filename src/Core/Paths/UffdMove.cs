using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>
/// UFFDIO_MOVE of one page (6.8, adef440691ba), mm/userfaultfd.c: the page, there or swapped out, goes to an address that is mapped and where nothing is yet. Both mappings stay. As it is in 6.12.117 and 7.3.
/// </summary>
public static class UffdMove
{
    private static readonly Label NoFolio = new("no_folio");
    private static readonly Label BackOut = new("back_out");
    private static readonly Label BackOutWithoutFolio = new("back_out_without_folio");
    private static readonly Label Out = new("out");

    /// <summary>Until 6.7 there is no such call.</summary>
    public static Step NoSuchIoctl { get; } = Step.Of("fs/userfaultfd.c: userfaultfd_ioctl(), -EINVAL", Era.Until("6.7"), [Result(OpResult.NotApplicable), Return]);

    /// <summary>mmap lock for reading. Both mapped with the same rights, writable, both locked or not; the destination is registered with the userfaultfd.</summary>
    public static Step ValidateMoveAreas { get; } = Step.Of("mm/userfaultfd.c: move_pages(), validate_move_areas()", Since,
    [
        EndIf(static (in m, in t) => !MayMove(in m, in t), OpResult.NotApplicable),
        Acquire(LockName.MmapRead),
        Do(static (in m, ref t) => m.WriteVma(t.Mm, t.To, m.ReadVma(t.Mm, t.To).With(VmaFlags.UffdWp))),
    ]);

    /// <summary>What is there? Only a page that is exclusive, or a swap entry that says so, goes; the folio, mapped or in the swap cache, is held.</summary>
    public static Step PtepGet { get; } = Step.Of("mm/userfaultfd.c: move_pages_pte(), PageAnonExclusive(), pte_swp_exclusive(), swap_cache_get_folio(), folio_get()", Since,
    [
        Acquire(LockName.PageTable),
        Do(static (in m, ref t) =>
        {
            t.OrigPte = m.ReadPte(t.Mm, t.Page);
            t.Entry = t.OrigPte.Entry;
            t.Folio = Rmap.FolioBehind(in m, t.OrigPte);
            t.Answer(m.ReadPte(t.Mm, t.To).IsNone && (t.OrigPte.IsPresent ? m.ReadFrame(t.OrigPte.Pfn).Test(PageFlags.AnonExclusive) : t.OrigPte.IsSwpExclusive));

            // A large folio would be split first: not modelled (docs/fidelity.md).
            if (m.ReadFolio(t.Folio).IsLarge) t.Answer(false);
            if (t.Is(TaskFlags.Answer) && !t.Folio.IsNone) PageAlloc.Get(in m, ref t, t.Folio);
        }, sets: Locals.OrigPte | Locals.Entry | Locals.Folio),
        Release(LockName.PageTable),
        Result(OpResult.NotApplicable),
    ]);

    /// <summary>Wait for the folio lock.</summary>
    public static Step FolioLock { get; } = Step.Of("mm/userfaultfd.c: move_pages_pte(), folio_trylock(), folio_lock()", Since, [Acquire(LockName.Folio)]);

    /// <summary>Under the page table lock again: nothing has changed, and the page is not pinned. A folio of the swap cache is still the entry's; where there was none, there is none.</summary>
    public static Step DoublePtLock { get; } = Step.Of("mm/userfaultfd.c: move_present_pte(), move_swap_pte(), double_pt_lock(), pte_same(), folio_maybe_dma_pinned()", Since,
    [
        Acquire(LockName.PageTable),
        Do(static (in m, ref t) => t.Answer(IsAsBefore(in m, in t)), Locals.OrigPte | Locals.Folio | Locals.Entry),
    ]);

    /// <summary>A page that is there gets a new entry, writable, soft-dirty, dirty if it was: a uffd-wp bit is dropped. A swap entry goes as it is, its uffd-wp bit with it.</summary>
    public static Step MovePte { get; } = Step.Of("mm/userfaultfd.c: move_present_pte() (move_present_ptes() from 6.18), move_swap_pte(), set_pte_at()", Since.With("6.17 as released and before: dirty in any case"), [
        Do(static (in m, ref t) =>
        {
            m.WritePte(t.Mm, t.Page, Pte.None);
            var softDirty = m.Arch.HasSoftDirty ? PteFlags.SoftDirty : PteFlags.None;
            var pte = t.OrigPte.IsSwap ? t.OrigPte : Pte.MkPte(t.OrigPte.Pfn, m.ReadVma(t.Mm, t.To)).With(t.OrigPte.Flags & PteFlags.Dirty).MkWrite(m.Arch);
            m.Arch.SetPteAt(in m, t.Mm, t.To, pte.With(softDirty));
            m.WritePin(t.Mm, t.To, m.ReadPin(t.Mm, t.Page));
            m.WritePin(t.Mm, t.Page, default);
            m.Observe(Observation.Moved(new PageAt(t.Mm, t.Page), new PageAt(t.Mm, t.To), staysMapped: true));
        }, Locals.OrigPte),
        Result(OpResult.Applied),
    ]);

    /// <summary>Moved, or something has changed (EAGAIN), or the page is pinned (EBUSY).</summary>
    public static Step DoublePtUnlock { get; } = Step.Of("mm/userfaultfd.c: double_pt_unlock()", Since, [Release(LockName.PageTable)]);

    /// <summary>The folio is unlocked and let go.</summary>
    public static Step FolioUnlockPut { get; } = Step.Of("mm/userfaultfd.c: move_pages_pte(), folio_unlock(), folio_put()", Since,
    [
        Release(LockName.Folio),
        Do(static (in m, ref t) => PageAlloc.Put(in m, ref t, t.Folio), Locals.Folio),
    ]);

    /// <summary>Until 6.7.</summary>
    public static KernelPath Linux5_16 { get; } = new(PathId.UffdMove, "UFFDIO_MOVE", NoSuchIoctl);

    /// <summary>6.8 on.</summary>
    public static KernelPath Linux6_8 { get; } = new(PathId.UffdMove, "UFFDIO_MOVE, move_pages()",
        ValidateMoveAreas,
        PtepGet,
        Unless(Answer, Out),
        If(static (in m, in t) => t.Folio.IsNone, NoFolio, Locals.Folio),
        FolioLock,
        DoublePtLock,
        Unless(Answer, BackOut),
        MovePte,
        BackOut,
        DoublePtUnlock,
        FolioUnlockPut,
        Goto(Out),
        NoFolio,
        DoublePtLock,
        Unless(Answer, BackOutWithoutFolio),
        MovePte,
        BackOutWithoutFolio,
        DoublePtUnlock,
        Out,
        Fault.MmapReadUnlock,
        Return);

    private static Era Since => Era.Since("6.8", "adef440691ba");

    private static bool MayMove(in Memory m, in KTask t)
    {
        const VmaFlags same = VmaFlags.Read | VmaFlags.Write | VmaFlags.Tagged | VmaFlags.Locked;
        Vma from = m.ReadVma(t.Mm, t.Page), to = m.ReadVma(t.Mm, t.To);
        return m.Arch.HasUffdWp && t.To != t.Page && from.IsMapped && to.IsMapped && (from.Flags & same) == (to.Flags & same) && from.Is(VmaFlags.Write) && !m.ReadPte(t.Mm, t.Page).IsNone && m.ReadPin(t.Mm, t.To).Pfn.IsNone;
    }

    private static bool IsAsBefore(in Memory m, in KTask t)
    {
        if (m.ReadPte(t.Mm, t.Page) != t.OrigPte || !m.ReadPte(t.Mm, t.To).IsNone) return false;
        if (t.OrigPte.IsPresent) return !m.ReadFolio(t.Folio).MaybeDmaPinned && m.ReadFrame(t.OrigPte.Pfn).Test(PageFlags.AnonExclusive);
        return t.Folio.IsNone ? !m.ReadSlot(t.Entry).HasCache : m.ReadFolio(t.Folio).Test(FolioFlags.SwapCache) && m.ReadFolio(t.Folio).Entry == t.Entry;
    }
}
