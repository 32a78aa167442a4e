using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core.Paths;

/// <summary>Two ways in which a program learns which pages are written: soft-dirty bits, and write protection by userfaultfd. Each one atomic step.</summary>
public static class WriteTracking
{
    /// <summary>Forget what was written: every entry loses its soft-dirty bit and its write permission. A page that may be pinned is left alone.</summary>
    public static Step ClearRefsWrite { get; } = Step.Of("fs/proc/task_mmu.c: clear_refs_write(), clear_soft_dirty()", "all kernels (pinned pages left alone from 5.11 on)", static (ref s, ref t, arch) =>
    {
        if (!arch.HasSoftDirty)
        {
            t.Result = OpResult.NotApplicable;
            return Flow.Return;
        }

        ref var mm = ref s.Mm(t.Mm);
        if (mm.MmapWriter != 0 || mm.MmapReaders != 0 || mm.PtlOwner != 0) return Flow.Block;
        for (byte p = 0; p < Capacity.Pages; p++)
        {
            mm.Vmas[p] &= ~VmaFlags.SoftDirty;
            var pte = mm.Ptes[p];
            if (pte.IsSwap) mm.Ptes[p] = pte.Without(PteFlags.SoftDirty);
            if (pte.IsPresent && !IsPinned(in s, pte)) arch.SetPteAt(ref s, t.Mm, new Vpn(p), pte.Without(PteFlags.SoftDirty | PteFlags.Write));
        }

        s.Events |= Event.UserClearedRefs;
        t.Result = OpResult.Applied;
        return Flow.Return;
    });

    /// <summary>Register the page, and write-protect it or take that away: present or swapped out, the entry keeps the bit.</summary>
    public static Step MwriteprotectRange { get; } = Step.Of("mm/userfaultfd.c: mwriteprotect_range(), change_pte_range()", "5.7 on", static (ref s, ref t, arch) =>
    {
        ref var vma = ref s.Vma(t.Mm, t.Page);
        var protect = t.Verb == Verb.UffdWp;
        var registered = (vma & VmaFlags.UffdWp) != 0;
        var pte = s.Pte(t.Mm, t.Page);
        if (!arch.HasUffdWp || (vma & VmaFlags.Mapped) == 0 || (!protect && !registered) || !(pte.IsPresent || pte.IsSwap))
        {
            t.Result = OpResult.NotApplicable;
            return Flow.Return;
        }

        if (s.Mm(t.Mm).MmapWriter != 0 || s.Mm(t.Mm).PtlOwner != 0) return Flow.Block;
        vma |= VmaFlags.UffdWp;
        pte = protect ? pte.With(PteFlags.UffdWp).Without(PteFlags.Write) : pte.Without(PteFlags.UffdWp);
        if (pte.IsPresent) arch.SetPteAt(ref s, t.Mm, t.Page, pte);
        else s.Pte(t.Mm, t.Page) = pte;
        s.Events |= protect ? Event.UserProtected : Event.UserUnprotected;
        t.Result = OpResult.Applied;
        return Flow.Return;
    });

    /// <summary>Writing 4 to /proc/PID/clear_refs.</summary>
    public static KernelPath ClearRefsPath { get; } = new(PathId.ClearRefs, "clear_refs_write()", ClearRefsWrite);

    /// <summary>UFFDIO_WRITEPROTECT.</summary>
    public static KernelPath UffdPath { get; } = new(PathId.UffdWriteProtect, "UFFDIO_WRITEPROTECT", MwriteprotectRange);

    private static bool IsPinned(in MachineState s, Pte pte) => s.Folios[pte.Pfn.Value].MaybeDmaPinned;
}
