using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>mremap() of one page to an address where nothing is mapped: the page table entry moves, present or swapped out.</summary>
public static class Mremap
{
    /// <summary>mmap lock for writing; a VMA at the new address. A userfaultfd does not follow (unless it asked to).</summary>
    public static Step MoveVma { get; } = Step.Of("mm/mremap.c: move_vma(), mremap_userfaultfd_prep()", Era.All,
    [
        EndIf(static (in m, in t) => t.To == t.Page || !m.ReadVma(t.Mm, t.Page).IsMapped || m.ReadVma(t.Mm, t.To).IsMapped || !m.ReadPin(t.Mm, t.To).Pfn.IsNone, OpResult.NotApplicable),
        Acquire(LockName.MmapWrite),
        Do(static (in m, ref t) => m.WriteVma(t.Mm, t.To, m.ReadVma(t.Mm, t.Page).Without(VmaFlags.UffdWp))),
    ]);

    /// <summary>The entry moves. It counts as written where it is now (soft-dirty); a uffd-wp bit goes with it, without meaning.</summary>
    public static Step MovePtes { get; } = Step.Of("mm/mremap.c: move_ptes(), move_soft_dirty_pte()", Era.Until("6.12").With("as released"), static (in m, ref t) => Move(in m, in t, PteFlags.None));

    /// <summary>As before, but the uffd-wp bit goes when the userfaultfd does not follow.</summary>
    public static Step MovePtesClearUffdWp { get; } = Step.Of("mm/mremap.c: move_ptes(), move_soft_dirty_pte(), pte_clear_uffd_wp()", Era.Since("6.13", "0cef0bb836e3").With("stable 6.1 and 6.12 too"), static (in m, ref t) => Move(in m, in t, PteFlags.UffdWp));

    /// <summary>The old VMA goes.</summary>
    public static Step DoMunmap { get; } = Step.Of("mm/mremap.c: move_vma(), do_munmap(), mmap_write_unlock()", Era.All,
    [
        Do(static (in m, ref t) => m.WriteVma(t.Mm, t.Page, Vma.None)),
        Release(LockName.MmapWrite),
        Result(OpResult.Applied),
        Return,
    ]);

    /// <summary>Until 6.12 as released.</summary>
    public static KernelPath Linux5_16 { get; } = Order(MovePtes);

    /// <summary>6.13 on; stable 6.1 and 6.12.</summary>
    public static KernelPath Linux6_13 { get; } = Order(MovePtesClearUffdWp);

    private static void Move(in Memory m, in KTask t, PteFlags cleared)
    {
        var pte = m.ReadPte(t.Mm, t.Page);
        Follow(in m, in t);
        if (pte == Pte.None) return;
        m.WritePte(t.Mm, t.Page, Pte.None);
        if (pte.IsZeroPage)
        {
            m.WritePte(t.Mm, t.To, pte.Without(cleared));
            return;
        }

        if (!pte.IsPoisoned) pte = pte.Without(cleared);
        m.Arch.SetPteAt(in m, t.Mm, t.To, m.Arch.HasSoftDirty && !pte.IsPoisoned ? pte.With(PteFlags.SoftDirty) : pte);
    }

    /// <summary>What the program had at the old address it has at the new one. A pin is known by where its page is; it has nothing to do with addresses.</summary>
    internal static void Follow(in Memory m, in KTask t)
    {
        m.Observe(Observation.Moved(new PageAt(t.Mm, t.Page), new PageAt(t.Mm, t.To)));
        m.WritePin(t.Mm, t.To, m.ReadPin(t.Mm, t.Page));
        m.WritePin(t.Mm, t.Page, default);
    }

    private static KernelPath Order(Step movePtes) => new(PathId.Mremap, "mremap(MREMAP_FIXED), move_ptes()", MoveVma, Fault.PteOffsetMapLock, movePtes, Fault.PteUnmapUnlock, DoMunmap);
}
