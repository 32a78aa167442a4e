using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>The beginning and the end of every page fault, and the steps that several fault paths share.</summary>
public static class Fault
{
    private static readonly Label DoAnonymousPage = new("do_anonymous_page");
    private static readonly Label DoSwapPage = new("do_swap_page");
    private static readonly Label DoWpPage = new("do_wp_page");
    private static readonly Label Out = new("out");

    /// <summary>mmap lock, for reading.</summary>
    public static Step MmapReadLock { get; } = Step.Of("include/linux/mmap_lock.h: mmap_read_lock()", Era.All.With("per-VMA locks of 6.4 on are not modelled"), [Acquire(LockName.MmapRead)]);

    /// <summary>Which fault is it? None, if the VMA has gone meanwhile, or denies the access (SIGSEGV). A write to a read-only page, or a pin that wants it unshared, takes the page table lock first.</summary>
    public static Step HandlePteFault { get; } = Step.Of("mm/memory.c: handle_mm_fault(), handle_pte_fault()", Era.All,
    [
        When(static (in m, in t) => !m.ReadVma(t.Mm, t.Page).IsMapped, Result(OpResult.NotApplicable), Goto(Out)),
        When(static (in m, in t) => !m.ReadVma(t.Mm, t.Page).Is(t.Is(TaskFlags.WriteFault) ? VmaFlags.Write : VmaFlags.Read), Result(OpResult.SegV), Goto(Out)),
        When(static (in m, in t) => IsReadOnly(m.ReadPte(t.Mm, t.Page), in t),
            Acquire(LockName.PageTable),
            Do(static (in m, ref t) => Begin(in m, ref t), sets: Begun),
            Goto(DoWpPage)),
        Do(static (in m, ref t) => Begin(in m, ref t), sets: Begun),
        When(static (in m, in t) => t.OrigPte is { IsZeroPage: true, IsUffdWp: true } && t.Is(TaskFlags.WriteFault) && m.ReadVma(t.Mm, t.Page).Is(VmaFlags.UffdWp), Locals.OrigPte, Result(OpResult.Userfault), Goto(Out)),
        If(static (in m, in t) => t.OrigPte.IsNone, DoAnonymousPage, reads: Locals.OrigPte),
        If(static (in m, in t) => t.OrigPte.IsSwap, DoSwapPage, reads: Locals.OrigPte),
        Goto(Out),
    ]);

    /// <summary>Page table lock of the faulting address space.</summary>
    public static Step PteOffsetMapLock { get; } = Step.Of("mm/pgtable-generic.c: pte_offset_map_lock()", Era.All, [Acquire(LockName.PageTable)]);

    /// <summary>Drop the page table lock.</summary>
    public static Step PteUnmapUnlock { get; } = Step.Of("include/linux/mm.h: pte_unmap_unlock()", Era.All, [Release(LockName.PageTable)]);

    /// <summary>Drop the mmap lock: the fault is over.</summary>
    public static Step MmapReadUnlock { get; } = Step.Of("include/linux/mmap_lock.h: mmap_read_unlock()", Era.All, [Release(LockName.MmapRead)]);

    /// <summary>The path: each kind of fault is a path of its own that comes back here.</summary>
    public static KernelPath Path { get; } = new(PathId.HandleMmFault, "handle_mm_fault(), handle_pte_fault()",
        MmapReadLock,
        HandlePteFault,
        DoAnonymousPage,
        Call(PathId.DoAnonymousPage),
        Goto(Out),
        DoSwapPage,
        Call(PathId.DoSwapPage),
        Goto(Out),
        DoWpPage,
        Call(PathId.DoWpPage),
        Out,
        MmapReadUnlock,
        Return);

    /// <summary>What <see cref="Begin"/> sets.</summary>
    private const Locals Begun = Locals.Folio | Locals.Swapcache | Locals.OldFolio | Locals.Entry | Locals.OrigPte;

    private static bool IsReadOnly(Pte pte, in KTask t) => pte.IsPresent && t.Is(TaskFlags.WriteLeft | TaskFlags.Unshare) && !pte.IsWritable;

    private static void Begin(in Memory m, ref KTask t)
    {
        t.Folio = t.Swapcache = t.OldFolio = Pfn.None;
        t.Entry = SwapEntry.None;
        t.Clear(TaskFlags.Exclusive);
        t.OrigPte = m.ReadPte(t.Mm, t.Page);
    }
}
