using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>mmap() and mlock2(MLOCK_ONFAULT) of one page: each one atomic step under the mmap lock.</summary>
public static class Mmap
{
    /// <summary>A private anonymous mapping, with PROT_MTE or PROT_ADI if tagged. Nothing is faulted in.</summary>
    public static Step DoMmap { get; } = Step.Of("mm/mmap.c: do_mmap()", "all kernels", static (ref s, ref t, arch) =>
    {
        ref var vma = ref s.Vma(t.Mm, t.Page);
        if (vma != VmaFlags.None)
        {
            t.Result = OpResult.NotApplicable;
            return Flow.Return;
        }

        if (s.Mm(t.Mm).MmapWriter != 0 || s.Mm(t.Mm).MmapReaders != 0) return Flow.Block;
        vma = VmaFlags.Mapped | VmaFlags.SoftDirty | (t.Value != 0 && arch.HasTags ? VmaFlags.Tagged : VmaFlags.None);
        t.Result = OpResult.Applied;
        s.Events |= Event.UserMapped;
        return Flow.Return;
    });

    /// <summary>Sets VM_LOCKED; a present page is mlocked, one that is not becomes so when it is mapped.</summary>
    public static Step MlockFixup { get; } = Step.Of("mm/mlock.c: mlock_fixup(), mlock_vma_pages_range()", "5.18 on (by populating until 5.17)", static (ref s, ref t, arch) =>
    {
        ref var vma = ref s.Vma(t.Mm, t.Page);
        if ((vma & VmaFlags.Mapped) == 0 || (vma & VmaFlags.Locked) != 0)
        {
            t.Result = OpResult.NotApplicable;
            return Flow.Return;
        }

        if (s.Mm(t.Mm).MmapWriter != 0 || s.Mm(t.Mm).MmapReaders != 0) return Flow.Block;
        PageAlloc.LruAddDrain(ref s);
        vma |= VmaFlags.Locked;
        var pte = s.Pte(t.Mm, t.Page);
        if (pte.IsPresent) s.Folio(pte.Pfn).Set(FolioFlags.Mlocked);
        t.Result = OpResult.Applied;
        return Flow.Return;
    });

    /// <summary>mmap().</summary>
    public static KernelPath MapPath { get; } = new(PathId.Mmap, "mmap(MAP_PRIVATE | MAP_ANONYMOUS)", DoMmap);

    /// <summary>mlock2().</summary>
    public static KernelPath MlockPath { get; } = new(PathId.Mlock, "mlock2(MLOCK_ONFAULT)", MlockFixup);
}
