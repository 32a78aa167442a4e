using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>
/// mprotect() of one page: turns tags on (PROT_MTE, PROT_ADI), takes all access away (PROT_NONE), or gives it back. What is mapped already is mapped anew. Tags stay on: arm64
/// cannot turn them off, and a program on sparc passes PROT_ADI along.
/// </summary>
public static class Mprotect
{
    /// <summary>mmap lock for writing; the VMA has tags, or other rights, from here on. Nothing is done if it is as asked already.</summary>
    public static Step MprotectFixup { get; } = Step.Of("mm/mprotect.c: mprotect_fixup()", Era.All,
    [
        EndIf(static (in m, in t) => !IsAskedAnew(in m, in t), OpResult.NotApplicable),
        Acquire(LockName.MmapWrite),
        Do(static (in m, ref t) => m.WriteVma(t.Mm, t.Page, Asked(in m, in t))),
    ]);

    /// <summary>A present page gets the new protection, and is read-only until the next write fault, as private mappings are. A swap PTE keeps what it has.</summary>
    public static Step ChangePte { get; } = Step.Of("mm/mprotect.c: change_pte_range(), ptep_modify_prot_commit()", Era.Until("5.19"), static (in m, ref t) =>
    {
        var pte = m.ReadPte(t.Mm, t.Page);
        if (pte.IsPresent) Commit(in m, in t, pte.Modify(m.ReadVma(t.Mm, t.Page)));
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
        var writable = (mayBeClean || pte.IsDirty || pte.IsWritable) && CanChangePteWritable(in m, vma, pte);
        Commit(in m, in t, !writable ? pte.Modify(vma) : pte.IsWritable ? pte.Modify(vma).With(PteFlags.Write) : pte.Modify(vma).MkWrite(m.Arch));
    }

    /// <summary><c>can_change_pte_writable()</c>: an exclusive page of a writable mapping, of whose first write nobody wants to be told.</summary>
    internal static bool CanChangePteWritable(in Memory m, Vma vma, Pte pte)
    {
        var tracked = (!vma.Is(VmaFlags.SoftDirty) && !pte.IsSoftDirty) || (vma.Is(VmaFlags.UffdWp) && pte.IsUffdWp);
        return vma.Is(VmaFlags.Write) && m.ReadFrame(pte.Pfn).Test(PageFlags.AnonExclusive) && !tracked;
    }

    private static void Commit(in Memory m, in KTask t, Pte pte)
    {
        m.WritePte(t.Mm, t.Page, Pte.None);
        m.Arch.SetPteAt(in m, t.Mm, t.Page, pte);
    }

    private static Vma Asked(in Memory m, in KTask t)
    {
        const VmaFlags all = VmaFlags.Read | VmaFlags.Write;

        // Merged with neighbours that are alike then (vma_modify()).
        var vma = m.ReadVma(t.Mm, t.Page).Without(VmaFlags.Apart);
        return (Protection)t.Value switch
        {
            Protection.None => vma.Without(all),
            Protection.ReadWrite => vma.With(all),
            _ => vma.With(all | VmaFlags.Tagged),
        };
    }

    private static bool IsAskedAnew(in Memory m, in KTask t)
    {
        var vma = m.ReadVma(t.Mm, t.Page);
        if (!vma.IsMapped) return false;
        return (Protection)t.Value == Protection.Tagged ? m.Arch.Metadata.Any && !vma.IsTagged : Asked(in m, in t) != vma;
    }

    private static KernelPath Order(Step change) => new(PathId.Mprotect, "mprotect(), change_pte_range()",
        MprotectFixup, Fault.PteOffsetMapLock, change, Fault.PteUnmapUnlock, MmapWriteUnlock);
}
