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

    /// <summary>
    /// Register the page, and write-protect it or take that away: present or swapped out, the entry keeps the bit. A present page is read-only afterwards in any
    /// case, as private mappings are, until the next write fault.
    /// </summary>
    public static Step MwriteprotectRange { get; } = Step.Of("mm/userfaultfd.c: mwriteprotect_range(), change_pte_range()", Era.Until("6.2").With("529b930b87d9, 5.7"),
        Mwriteprotect(static (in m, ref t) => ChangeUffdWp(in m, in t, upgrades: false)));

    /// <summary>As before, but an exclusive page is writable again at once when its protection is taken away.</summary>
    public static Step MwriteprotectRangeUpgrading { get; } = Step.Of("mm/userfaultfd.c: uffd_wp_range(), MM_CP_TRY_CHANGE_WRITABLE, can_change_pte_writable()",
        Era.Since("6.3", "mm/userfaultfd: rely on vma->vm_page_prot in uffd_wp_range()"), Mwriteprotect(static (in m, ref t) => ChangeUffdWp(in m, in t, upgrades: true)));

    /// <summary>Writing 4 to /proc/PID/clear_refs.</summary>
    public static KernelPath ClearRefsPath { get; } = new(PathId.ClearRefs, "clear_refs_write()", ClearRefsWrite);

    /// <summary>UFFDIO_WRITEPROTECT until 6.2.</summary>
    public static KernelPath UffdPath { get; } = new(PathId.UffdWriteProtect, "UFFDIO_WRITEPROTECT", MwriteprotectRange);

    /// <summary>UFFDIO_WRITEPROTECT from 6.3 on.</summary>
    public static KernelPath UffdPath6_3 { get; } = new(PathId.UffdWriteProtect, "UFFDIO_WRITEPROTECT", MwriteprotectRangeUpgrading);

    private static Instruction[] Mwriteprotect(Effect change) =>
    [
        EndIf(static (in m, in t) => !MayProtect(in m, in t), OpResult.NotApplicable),
        Acquire(LockName.MmapRead),
        Acquire(LockName.PageTable),
        Do(change),
        Release(LockName.PageTable),
        Release(LockName.MmapRead),
        Result(OpResult.Applied),
        Return,
    ];

    private static void ChangeUffdWp(in Memory m, in KTask t, bool upgrades)
    {
        var at = new PageAt(t.Mm, t.Page);
        var vma = m.ReadVma(t.Mm, t.Page).With(VmaFlags.UffdWp);
        m.WriteVma(t.Mm, t.Page, vma);
        var protect = t.Verb == Verb.UffdWp;
        var pte = m.ReadPte(at);
        pte = protect ? pte.With(PteFlags.UffdWp) : pte.Without(PteFlags.UffdWp);
        if (pte.IsPresent)
        {
            pte = pte.Modify(vma);
            if (upgrades && !protect && Mprotect.CanChangePteWritable(in m, vma, pte)) pte = pte.MkWrite(m.Arch);
            m.Arch.SetPteAt(in m, t.Mm, t.Page, pte);
        }
        else
        {
            m.WritePte(at, pte);
        }

        m.Observe(protect ? Observation.Protected(at) : Observation.Unprotected(at));
    }

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
