using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;

namespace Hooks.Zoo;

/// <summary>Kernels with one bug each that no release had alone, and the kernels that have the fix and nothing else.</summary>
public static class Mutants
{
    private static Step PteSwpExclusiveAlways { get; } = Step.Of("mm/memory.c: do_swap_page(), pte_swp_exclusive() without the writeback rule", Era.Never, static (in m, ref t) =>
    {
        if (t.OrigPte.IsSwpExclusive || t.Swapcache.IsNone) t.Set(TaskFlags.Exclusive);
    }, Locals.OrigPte | Locals.Swapcache);

    private static Step CheckMapCount { get; } = Step.Of("mm/swapfile.c: reuse_swap_page(), map and swap count only", Era.Never.With("until 5.17, in v6.11's place"), static (in m, ref t) =>
    {
        ref readonly var folio = ref m.ReadFolio(t.Folio);
        var users = m.ReadFrame(t.Folio).MapCount + (folio.Test(FolioFlags.SwapCache) ? m.ReadSlot(folio.Entry).Count : 0);
        if (!t.Is(TaskFlags.Exclusive) && users != 0) return;
        t.Set(TaskFlags.Exclusive);
        if (!t.Is(TaskFlags.WriteLeft)) return;
        t.NewPte = t.NewPte.MkWriteDirty(m.Arch);
        t.Clear(TaskFlags.WriteLeft);
    }, Locals.Folio | Locals.NewPte, Locals.NewPte);

    /// <summary>6.5 with the swapoff of 6.4: arm64 no longer restores by itself, and nobody asks it to.</summary>
    public static Kernel SwapoffWithoutHook { get; } = Get("v6.5").With("swapoff-without-hook", "6dca4ac6fc91 without the next patch of the series",
        "v6.5 without arch_swap_restore() in unuse_pte()", SwapOff.Linux5_19);

    /// <summary>Series v1 with 5.17's argument: the hook is told the new PTE where the swap PTE belongs.</summary>
    public static Kernel HookGivenNewPte { get; } = Get("series-v1-2").With("hook-given-new-pte", "1eba86c096e3",
        "series v1, 2/3, with the hook passed the new PTE as the old one",
        Get("series-v1-2")[PathId.DoSwapPage].Replace(DoSwapPage.ArchDoSwapPageOldPte, DoSwapPage.ArchDoSwapPageNewPte));

    /// <summary>v6.11 with the hook of 5.16's arguments where it stood before 1eba86c096e3's predecessors: before the page is visible.</summary>
    public static Kernel HookBeforeMap { get; } = Get("v6.11").With("hook-before-map", "none: what sparc needs",
        "v6.11 with arch_do_swap_page() before set_pte_at(), told the swap PTE",
        Get("v6.11")[PathId.DoSwapPage].Without(DoSwapPage.ArchDoSwapPageNewPte).Replace(DoSwapPage.SetPteAt, DoSwapPage.ArchDoSwapPageOldPte, DoSwapPage.SetPteAt));

    /// <summary>v6.11 without the rule of 1493a1913e34 for devices that need stable pages.</summary>
    public static Kernel StableWrites { get; } = Get("v6.11").With("stable-writes", "1493a1913e34 without its rule",
        "v6.11 keeps the exclusive marker of a page that is being written to a stable-writes device",
        Get("v6.11")[PathId.DoSwapPage].Replace(DoSwapPage.PteSwpExclusive, PteSwpExclusiveAlways));

    /// <summary>v6.11 that decides as until 5.17 whether a page is nobody else's: by map and swap count, not by references.</summary>
    public static Kernel ReuseIgnoresPins { get; } = Get("v6.11").With("reuse-ignores-pins", "before c145e0b47c77",
        "v6.11 with reuse_swap_page()'s question in do_swap_page(): other references, such as pins, are not looked at",
        Get("v6.11")[PathId.DoSwapPage].Replace(DoSwapPage.CheckExclusiveWritable, CheckMapCount));

    /// <summary>v6.11 that drops a page given up with MADV_FREE as until 5.17, whoever refers to it.</summary>
    public static Kernel FreeIgnoresPins { get; } = Get("v6.11").With("free-ignores-pins", "before 6c8e2a256915",
        "v6.11 with 5.17's question in try_to_unmap_one(): a page marked by MADV_FREE is dropped unless it is dirty",
        Get("v6.11")[PathId.ShrinkFolioList].Replace(ShrinkFolioList.LazyfreeUnlessInUse, ShrinkFolioList.LazyfreeUnlessDirty));

    private static Kernel Get(string name) => KernelCatalogue.Get(name);
}
