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

    /// <summary>The entry moves. It counts as written where it is now (soft-dirty); a uffd-wp bit stays behind without meaning (until 6.14).</summary>
    public static Step MovePtes { get; } = Step.Of("mm/mremap.c: move_ptes(), move_soft_dirty_pte()", "all kernels", static (ref s, ref t, arch) =>
    {
        var pte = s.Pte(t.Mm, t.Page);
        s.Events |= Event.UserMoved;

        // A pin is known by where its page is; it has nothing to do with addresses.
        ref var pins = ref s.Mm(t.Mm).Pins;
        (pins[t.To.Value], pins[t.Page.Value]) = (pins[t.Page.Value], default);
        if (pte.IsNone) return Flow.Next;
        s.Pte(t.Mm, t.Page) = Pte.None;
        arch.SetPteAt(ref s, t.Mm, t.To, arch.HasSoftDirty && !pte.IsPoisoned ? pte.With(PteFlags.SoftDirty) : pte);
        return Flow.Next;
    });

    /// <summary>The old VMA goes.</summary>
    public static Step DoMunmap { get; } = Step.Of("mm/mremap.c: move_vma(), do_munmap(), mmap_write_unlock()", "all kernels", static (ref s, ref t, arch) =>
    {
        s.Vma(t.Mm, t.Page) = VmaFlags.None;
        Locks.MmapUnlock(ref s, ref t);
        t.Result = OpResult.Applied;
        return Flow.Return;
    });

    /// <summary>The path.</summary>
    public static KernelPath Path { get; } = new(PathId.Mremap, "mremap(MREMAP_FIXED), move_ptes()",
        MoveVma, Fault.PteOffsetMapLock, MovePtes, Fault.PteUnmapUnlock, DoMunmap);
}
