using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>mmap(), mlock2(MLOCK_ONFAULT) and munlock() of one page: each one atomic step under the mmap lock.</summary>
public static class Mmap
{
    /// <summary>A private anonymous mapping, with PROT_MTE or PROT_ADI if tagged; of several pages if large folios are asked for (MADV_HUGEPAGE). Nothing is faulted in.</summary>
    public static Step DoMmap { get; } = Step.Of("mm/mmap.c: do_mmap()", Era.All,
    [
        EndIf(static (in m, in t) => AnyMapped(in m, in t), OpResult.NotApplicable),
        Acquire(LockName.MmapWrite),
        Do(static (in m, ref t) =>
        {
            var asked = (MapFlags)t.Value;
            var vma = Vma.Anonymous.With((asked & MapFlags.Tagged) != 0 && m.Arch.Metadata.Any ? VmaFlags.Tagged : VmaFlags.None);
            if ((asked & MapFlags.Large) != 0)
            {
                vma = vma.With(VmaFlags.Large);
                if (!HasLarge(in m, in t)) m.WriteMm(t.Mm).Flags &= ~(MmFlags.HasAnonVma | MmFlags.WalkedLast);
            }

            for (var page = t.Page; page.Value <= Last(in t).Value; page = page.Next)
            {
                m.WriteVma(t.Mm, page, vma);
                m.Observe(Observation.Mapped(new PageAt(t.Mm, page)));
            }
        }),
        Release(LockName.MmapWrite),
        Result(OpResult.Applied),
        Return,
    ]);

    /// <summary>Sets VM_LOCKED; a present page is mlocked, one that is not becomes so when it is mapped.</summary>
    public static Step MlockFixup { get; } = Step.Of("mm/mlock.c: mlock_fixup(), mlock_vma_pages_range()", Era.All.With("by populating until 5.17"),
    [
        EndIf(static (in m, in t) => !m.ReadVma(t.Mm, t.Page).IsMapped || m.ReadVma(t.Mm, t.Page).IsLocked, OpResult.NotApplicable),
        Acquire(LockName.MmapWrite),
        Do(static (in m, ref t) =>
        {
            PageAlloc.LruAddDrain(in m);
            m.WriteVma(t.Mm, t.Page, m.ReadVma(t.Mm, t.Page).With(VmaFlags.Locked).Without(VmaFlags.Apart));
            var pte = m.ReadPte(t.Mm, t.Page);

            // A large folio would have to lie in the range whole (allow_mlock_munlock()), and this is about a page: that is left to reclaim.
            if (pte.IsPresent && !m.ReadFolio(m.FolioOf(pte.Pfn)).IsLarge) m.WriteFolio(m.FolioOf(pte.Pfn)).Set(FolioFlags.Mlocked);
        }),
        Release(LockName.MmapWrite),
        Result(OpResult.Applied),
        Return,
    ]);

    /// <summary>Clears VM_LOCKED; a present page that no other locked VMA maps is evictable again.</summary>
    public static Step MunlockFixup { get; } = Step.Of("mm/mlock.c: mlock_fixup(), mlock_vma_pages_range(), munlock_folio()", Era.All.With("munlock_vma_pages_range() until 5.17"),
    [
        EndIf(static (in m, in t) => !m.ReadVma(t.Mm, t.Page).IsLocked, OpResult.NotApplicable),
        Acquire(LockName.MmapWrite),
        Do(static (in m, ref t) =>
        {
            PageAlloc.LruAddDrain(in m);
            m.WriteVma(t.Mm, t.Page, m.ReadVma(t.Mm, t.Page).Without(VmaFlags.Locked | VmaFlags.Apart));
            var pte = m.ReadPte(t.Mm, t.Page);
            if (pte.IsPresent) Rmap.MunlockFolio(in m, pte.Pfn);
        }),
        Release(LockName.MmapWrite),
        Result(OpResult.Applied),
        Return,
    ]);

    /// <summary>mmap().</summary>
    public static KernelPath MapPath { get; } = new(PathId.Mmap, "mmap(MAP_PRIVATE | MAP_ANONYMOUS)", DoMmap);

    /// <summary>munlock().</summary>
    public static KernelPath MunlockPath { get; } = new(PathId.Munlock, "munlock()", MunlockFixup);

    /// <summary>mlock2().</summary>
    public static KernelPath MlockPath { get; } = new(PathId.Mlock, "mlock2(MLOCK_ONFAULT)", MlockFixup);

    private static Vpn Last(in KTask t) => ((MapFlags)t.Value & MapFlags.Large) != 0 ? t.To : t.Page;

    private static bool HasLarge(in Memory m, in KTask t)
    {
        for (var page = Vpn.First; page.Value < Capacity.Pages; page = page.Next)
        {
            if (m.ReadVma(t.Mm, page).Is(VmaFlags.Large)) return true;
        }

        return false;
    }

    private static bool AnyMapped(in Memory m, in KTask t)
    {
        for (var page = t.Page; page.Value <= Last(in t).Value; page = page.Next)
        {
            if (m.ReadVma(t.Mm, page).IsMapped) return true;
        }

        return false;
    }
}
