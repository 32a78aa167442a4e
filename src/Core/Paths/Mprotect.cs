using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>mprotect() of one page that turns tags on (PROT_MTE, PROT_ADI). What is mapped already is mapped anew.</summary>
public static class Mprotect
{
    /// <summary>mmap lock for writing; the VMA has tags from here on.</summary>
    public static Step MprotectFixup { get; } = Step.Of("mm/mprotect.c: mprotect_fixup()", Era.All,
    [
        EndIf(static (in m, in t) => !m.Arch.Metadata.Any || !m.ReadVma(t.Mm, t.Page).IsMapped || m.ReadVma(t.Mm, t.Page).IsTagged, OpResult.NotApplicable),
        Acquire(LockName.MmapWrite),
        Do(static (in m, ref t) => m.WriteVma(t.Mm, t.Page, m.ReadVma(t.Mm, t.Page).With(VmaFlags.Tagged))),
    ]);

    /// <summary>A present page gets the new protection, and is read-only until the next write fault, as private mappings are. A swap PTE keeps what it has.</summary>
    public static Step ChangePte { get; } = Step.Of("mm/mprotect.c: change_pte_range(), ptep_modify_prot_commit()", Era.Until("5.19"), static (in m, ref t) =>
    {
        var pte = m.ReadPte(t.Mm, t.Page);
        if (pte.IsPresent) Commit(in m, in t, pte.Without(PteFlags.Write));
    });

    /// <summary>As ChangePte, but an exclusive page that is dirty stays writable, if nobody wants to be told of the first write.</summary>
    public static Step ChangePteWritable { get; } = Step.Of("mm/mprotect.c: change_pte_range(), can_change_pte_writable(), pte_dirty()", Era.Since("6.0", "64fe24a3e05e").To("6.1"),
        static (in m, ref t) => ChangeWritable(in m, in t, mayBeClean: false));

    /// <summary>As ChangePteWritable, and a clean page too is mapped writable.</summary>
    public static Step ChangePteWritableClean { get; } = Step.Of("mm/mprotect.c: change_pte_range(), can_change_pte_writable()", Era.Since("6.2", "7ea7e333842e"),
        static (in m, ref t) => ChangeWritable(in m, in t, mayBeClean: true));

    /// <summary>Done.</summary>
    public static Step MmapWriteUnlock { get; } = Step.Of("mm/mprotect.c: mmap_write_unlock()", Era.All, [Release(LockName.MmapWrite), Result(OpResult.Applied), Return]);

    /// <summary>mprotect() until 5.19.</summary>
    public static KernelPath Linux5_16 { get; } = Order(ChangePte);

    /// <summary>mprotect() in 6.0 and 6.1.</summary>
    public static KernelPath Linux6_0 { get; } = Order(ChangePteWritable);

    /// <summary>mprotect() from 6.2 on.</summary>
    public static KernelPath Linux6_2 { get; } = Order(ChangePteWritableClean);

    private static void ChangeWritable(in Memory m, in KTask t, bool mayBeClean)
    {
        var pte = m.ReadPte(t.Mm, t.Page);
        if (!pte.IsPresent) return;
        var vma = m.ReadVma(t.Mm, t.Page);
        var tracked = (!vma.Is(VmaFlags.SoftDirty) && !pte.IsSoftDirty) || (vma.Is(VmaFlags.UffdWp) && pte.IsUffdWp);
        var writable = m.ReadFrame(pte.Pfn).Test(PageFlags.AnonExclusive) && !tracked && (mayBeClean || pte.IsDirty || pte.IsWritable);
        Commit(in m, in t, writable ? (pte.IsWritable ? pte : pte.MkWrite(m.Arch)) : pte.Without(PteFlags.Write));
    }

    private static void Commit(in Memory m, in KTask t, Pte pte)
    {
        m.WritePte(t.Mm, t.Page, Pte.None);
        m.Arch.SetPteAt(in m, t.Mm, t.Page, pte.With(PteFlags.Tagged));
    }

    private static KernelPath Order(Step change) => new(PathId.Mprotect, "mprotect(), change_pte_range()",
        MprotectFixup, Fault.PteOffsetMapLock, change, Fault.PteUnmapUnlock, MmapWriteUnlock);
}
