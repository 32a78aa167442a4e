using Hooks.Arch.Arm64;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;

namespace Hooks.Zoo;

/// <summary>Kernels and hooks with one bug each that takes a folio of several pages, and the kernels that have a fix and nothing else.</summary>
public static class LargeMutants
{
    private static Step RestoreFromThisEntry { get; } = Step.Of("mm/memory.c: do_swap_page(), arch_swap_restore(entry, folio), entry that of the fault", Era.Never.With("f238b8c33c67 without folio_swap()"),
        static (in m, ref t) => m.Arch.ArchSwapRestore(in m, t.Entry, t.Folio), Locals.Entry | Locals.Folio);

    /// <summary>v6.11 whose split leaves each page its own PG_arch_2: the fix that docs/findings.md proposes.</summary>
    public static Kernel SplitFixed { get; } = Get("v6.11").Mutated("v6.11-split-fixed", "v6.11 whose __split_folio_to_order() leaves each page its own PG_arch_2", MmRules.SplitKeepsArchFlag);

    /// <summary>v7.3 whose swapoff does not map a page of a large folio that was never mapped: the fix that docs/findings.md proposes.</summary>
    public static Kernel UnuseFixed { get; } = Get("v7.3").Mutated("v7.3-unuse-fixed", "v7.3 whose unuse_pte() takes a large folio that is not anon yet out of the swap cache, and reads its pages one by one", MmRules.UnuseDropsNewLarge);

    /// <summary>v6.14 that restores a large folio's tags from the slot of the page that was faulted on, as if it were the first page's. (Splitting loses none, so that this is what is found.)</summary>
    public static Kernel RestoresFromThisEntry { get; } = Get("v6.14").With("restores-from-this-entry", "f238b8c33c67 without folio_swap()", "v6.14 whose do_swap_page() gives arch_swap_restore() the entry of the fault for the whole folio",
        Get("v6.14")[PathId.DoSwapPage].Replace(DoSwapPage.ArchSwapRestore, RestoreFromThisEntry)).Mutated("restores-from-this-entry", "v6.14 whose do_swap_page() gives arch_swap_restore() the entry of the fault for the whole folio", MmRules.SplitKeepsArchFlag);

    /// <summary>v7.3 that reads and maps as one what differs in the exclusive marker, with that of the page that was faulted on.</summary>
    public static Kernel BatchIgnoresExclusive { get; } = Get("v7.3").Mutated("batch-exclusive-of-one", "v7.3 whose swap_pte_batch() does not look at the exclusive marker", MmRules.BatchIgnoresExclusive);

    /// <summary>Saving gives up at the page that cannot be saved, and leaves what it has saved of those before it.</summary>
    public static IArchitecture NoRollBack { get; } = new ArchVariant("arm64-no-roll-back", "leaves the tags of pages 0 … n−1 saved when those of page n cannot be", kernel => new SavedHalfWay(new Mte(kernel)));

    private static Kernel Get(string name) => KernelCatalogue.Get(name);

    private sealed class SavedHalfWay(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override bool ArchPrepareToSwap(in Memory m, Pfn folio)
        {
            if (base.ArchPrepareToSwap(in m, folio)) return true;
            ref readonly var f = ref m.ReadFolio(folio);
            if (f.IsLarge && m.ReadFrame(folio).Test(PageFlags.ArchTagged)) m.Save(f.Entry, m.ReadFrame(folio).Tags);
            return false;
        }
    }
}
