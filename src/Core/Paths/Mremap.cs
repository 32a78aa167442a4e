using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>mremap() of one page to an address where nothing is mapped: the page table entry moves, present or swapped out.</summary>
public static class Mremap
{
    /// <summary>mmap lock for writing; a VMA at the new address. A userfaultfd does not follow (unless it asked to).</summary>
    public static Step MoveVma { get; } = Step.Of("mm/mremap.c: move_vma(), mremap_userfaultfd_prep()", "all kernels", static (ref s, ref t, arch) =>
    {
        if (t.To == t.Page || (s.Vma(t.Mm, t.Page) & VmaFlags.Mapped) == 0 || s.Vma(t.Mm, t.To) != VmaFlags.None || !s.Mm(t.Mm).Pins[t.To.Value].Pfn.IsNone)
        {
            t.Result = OpResult.NotApplicable;
            return Flow.Return;
        }

        if (!Locks.TryMmapWrite(ref s, ref t)) return Flow.Block;
        s.Vma(t.Mm, t.To) = s.Vma(t.Mm, t.Page) & ~VmaFlags.UffdWp;
        return Flow.Next;
    });

    /// <summary>The entry moves. It counts as written where it is now (soft-dirty); a uffd-wp bit goes with it, without meaning.</summary>
    public static Step MovePtes { get; } = Step.Of("mm/mremap.c: move_ptes(), move_soft_dirty_pte()", "until 6.12 as released", static (ref s, ref t, arch) => Move(ref s, ref t, arch, PteFlags.None));

    /// <summary>As before, but the uffd-wp bit goes when the userfaultfd does not follow.</summary>
    public static Step MovePtesClearUffdWp { get; } = Step.Of("mm/mremap.c: move_ptes(), move_soft_dirty_pte(), pte_clear_uffd_wp()", "6.13 on (0cef0bb836e3); stable 6.1 and 6.12", static (ref s, ref t, arch) => Move(ref s, ref t, arch, PteFlags.UffdWp));

    private static Flow Move(ref MachineState s, ref KTask t, IArchHooks arch, PteFlags cleared)
    {
        var pte = s.Pte(t.Mm, t.Page);
        s.Events |= Event.UserMoved;

        // A pin is known by where its page is; it has nothing to do with addresses.
        ref var pins = ref s.Mm(t.Mm).Pins;
        (pins[t.To.Value], pins[t.Page.Value]) = (pins[t.Page.Value], default);
        if (pte.IsNone) return Flow.Next;
        s.Pte(t.Mm, t.Page) = Pte.None;
        if (!pte.IsPoisoned) pte = pte.Without(cleared);
        arch.SetPteAt(ref s, t.Mm, t.To, arch.HasSoftDirty && !pte.IsPoisoned ? pte.With(PteFlags.SoftDirty) : pte);
        return Flow.Next;
    }

    /// <summary>The old VMA goes.</summary>
    public static Step DoMunmap { get; } = Step.Of("mm/mremap.c: move_vma(), do_munmap(), mmap_write_unlock()", "all kernels", static (ref s, ref t, arch) =>
    {
        s.Vma(t.Mm, t.Page) = VmaFlags.None;
        Locks.MmapUnlock(ref s, ref t);
        t.Result = OpResult.Applied;
        return Flow.Return;
    });

    /// <summary>Until 6.12 as released.</summary>
    public static KernelPath Linux5_16 { get; } = Order(MovePtes);

    /// <summary>6.13 on; stable 6.1 and 6.12.</summary>
    public static KernelPath Linux6_13 { get; } = Order(MovePtesClearUffdWp);

    private static KernelPath Order(Step movePtes) => new(PathId.Mremap, "mremap(MREMAP_FIXED), move_ptes()", MoveVma, Fault.PteOffsetMapLock, movePtes, Fault.PteUnmapUnlock, DoMunmap);
}
