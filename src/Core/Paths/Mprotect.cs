using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>mprotect() of one page that turns tags on (PROT_MTE, PROT_ADI). What is mapped already is mapped anew.</summary>
public static class Mprotect
{
    /// <summary>mmap lock for writing; the VMA has tags from here on.</summary>
    public static Step MprotectFixup { get; } = Step.Of("mm/mprotect.c: mprotect_fixup()", "all kernels", static (ref s, ref t, arch) =>
    {
        ref var vma = ref s.Vma(t.Mm, t.Page);
        if (!arch.HasTags || (vma & VmaFlags.Mapped) == 0 || (vma & VmaFlags.Tagged) != 0)
        {
            t.Result = OpResult.NotApplicable;
            return Flow.Return;
        }

        if (!Locks.TryMmapWrite(ref s, ref t)) return Flow.Block;
        vma |= VmaFlags.Tagged;
        return Flow.Next;
    });

    /// <summary>A present page gets the new protection, and is read-only until the next write fault, as private mappings are. A swap PTE keeps what it has.</summary>
    public static Step ChangePte { get; } = Step.Of("mm/mprotect.c: change_pte_range(), ptep_modify_prot_commit()", "until 5.19", static (ref s, ref t, arch) =>
    {
        var pte = s.Pte(t.Mm, t.Page);
        if (pte.IsPresent) Commit(ref s, ref t, pte.Without(PteFlags.Write), arch);
        return Flow.Next;
    });

    /// <summary>As ChangePte, but an exclusive page stays writable, if nobody wants to be told of the first write.</summary>
    public static Step ChangePteWritable { get; } = Step.Of("mm/mprotect.c: change_pte_range(), can_change_pte_writable()", "6.0 on (64fe24a3e05e)", static (ref s, ref t, arch) =>
    {
        var pte = s.Pte(t.Mm, t.Page);
        if (!pte.IsPresent) return Flow.Next;
        var vma = s.Vma(t.Mm, t.Page);
        var tracked = ((vma & VmaFlags.SoftDirty) == 0 && !pte.IsSoftDirty) || ((vma & VmaFlags.UffdWp) != 0 && pte.IsUffdWp);
        var writable = s.Folio(pte.Pfn).Test(FolioFlags.AnonExclusive) && !tracked;
        Commit(ref s, ref t, writable ? pte.With(PteFlags.Write) : pte.Without(PteFlags.Write), arch);
        return Flow.Next;
    });

    /// <summary>Done.</summary>
    public static Step MmapWriteUnlock { get; } = Step.Of("mm/mprotect.c: mmap_write_unlock()", "all kernels", static (ref s, ref t, arch) =>
    {
        Locks.MmapUnlock(ref s, ref t);
        t.Result = OpResult.Applied;
        return Flow.Return;
    });

    /// <summary>mprotect() until 5.19.</summary>
    public static KernelPath Linux5_16 { get; } = Order(ChangePte);

    /// <summary>mprotect() from 6.0 on.</summary>
    public static KernelPath Linux6_0 { get; } = Order(ChangePteWritable);

    private static void Commit(ref MachineState s, ref KTask t, Pte pte, Arch.IArchHooks arch)
    {
        s.Pte(t.Mm, t.Page) = Pte.None;
        arch.SetPteAt(ref s, t.Mm, t.Page, pte.With(PteFlags.Tagged));
    }

    private static KernelPath Order(Step change) => new(PathId.Mprotect, "mprotect(), change_pte_range()",
        MprotectFixup, Fault.PteOffsetMapLock, change, Fault.PteUnmapUnlock, MmapWriteUnlock);
}
