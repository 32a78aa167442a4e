using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>Two ways in which a program learns which pages are written: soft-dirty bits, and write protection by userfaultfd. Each one atomic step.</summary>
public static class WriteTracking
{
    /// <summary>Forget what was written: every entry loses its soft-dirty bit and its write permission. A page that may be pinned is left alone.</summary>
    public static Step ClearRefsWrite { get; } = Step.Of("fs/proc/task_mmu.c: clear_refs_write(), clear_soft_dirty()", Era.All.With("pinned pages left alone from 5.11 on"),
    [
        EndIf(static (in m, in t) => !m.Arch.HasSoftDirty, OpResult.NotApplicable),
        Acquire(LockName.MmapWrite),
        Acquire(LockName.PageTable),
        Do(static (in m, ref t) =>
        {
            for (var p = Vpn.First; p.Value < Capacity.Pages; p = p.Next) ClearSoftDirty(in m, t.Mm, p);
            m.Observe(Observation.ClearedRefs(t.Mm));
        }),
        Release(LockName.PageTable),
        Release(LockName.MmapWrite),
        Result(OpResult.Applied),
        Return,
    ]);

    /// <summary>Register the page, and write-protect it or take that away: present or swapped out, the entry keeps the bit.</summary>
    public static Step MwriteprotectRange { get; } = Step.Of("mm/userfaultfd.c: mwriteprotect_range(), change_pte_range()", Era.All.With("529b930b87d9, 5.7"),
    [
        EndIf(static (in m, in t) => !MayProtect(in m, in t), OpResult.NotApplicable),
        Acquire(LockName.MmapRead),
        Acquire(LockName.PageTable),
        Do(static (in m, ref t) =>
        {
            var at = new PageAt(t.Mm, t.Page);
            m.WriteVma(t.Mm, t.Page, m.ReadVma(t.Mm, t.Page).With(VmaFlags.UffdWp));
            var protect = t.Verb == Verb.UffdWp;
            var pte = m.ReadPte(at);
            pte = protect ? pte.With(PteFlags.UffdWp).Without(PteFlags.Write) : pte.Without(PteFlags.UffdWp);
            if (pte.IsPresent) m.Arch.SetPteAt(in m, t.Mm, t.Page, pte);
            else m.WritePte(at, pte);
            m.Observe(protect ? Observation.Protected(at) : Observation.Unprotected(at));
        }),
        Release(LockName.PageTable),
        Release(LockName.MmapRead),
        Result(OpResult.Applied),
        Return,
    ]);

    /// <summary>Writing 4 to /proc/PID/clear_refs.</summary>
    public static KernelPath ClearRefsPath { get; } = new(PathId.ClearRefs, "clear_refs_write()", ClearRefsWrite);

    /// <summary>UFFDIO_WRITEPROTECT.</summary>
    public static KernelPath UffdPath { get; } = new(PathId.UffdWriteProtect, "UFFDIO_WRITEPROTECT", MwriteprotectRange);

    private static void ClearSoftDirty(in Memory m, MmId mm, Vpn page)
    {
        var vma = m.ReadVma(mm, page);
        if (vma.Is(VmaFlags.SoftDirty)) m.WriteVma(mm, page, vma.Without(VmaFlags.SoftDirty));
        var pte = m.ReadPte(mm, page);
        if (pte.IsSwap) m.WritePte(mm, page, pte.Without(PteFlags.SoftDirty));
        if (pte.IsPresent && !m.ReadFolio(m.FolioOf(pte.Pfn)).MaybeDmaPinned) m.Arch.SetPteAt(in m, mm, page, pte.Without(PteFlags.SoftDirty | PteFlags.Write));
    }

    private static bool MayProtect(in Memory m, in KTask t)
    {
        var vma = m.ReadVma(t.Mm, t.Page);
        var pte = m.ReadPte(t.Mm, t.Page);
        return m.Arch.HasUffdWp && vma.IsMapped && (t.Verb == Verb.UffdWp || vma.Is(VmaFlags.UffdWp)) && (pte.IsPresent || pte.IsSwap);
    }
}
