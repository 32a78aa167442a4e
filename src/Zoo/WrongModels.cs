using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Search;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Zoo;

/// <summary>A model that is wrong on purpose, to see what a comparison with a real kernel notices.</summary>
/// <param name="Name">What is wrong, in a few words.</param>
/// <param name="Kernel">The kernel.</param>
/// <param name="Arch">The architecture.</param>
/// <param name="Path">A mutant's path; null: a mistake that is none of a single step.</param>
/// <param name="Why">Why nothing can come of it, where <c>hooks mutate</c> knows; else null.</param>
internal sealed record WrongModel(string Name, Kernel Kernel, IArchitecture Arch, string? Path = null, string? Why = null);

/// <summary>Wrong models of a kernel: mistakes that a model's author could make, and every mutant of four paths.</summary>
internal static class WrongModels
{
    private static readonly PathId[] Mutated = [PathId.DoSwapPage, PathId.DoWpPage, PathId.SwapOff, PathId.ShrinkFolioList];

    private static Step ExclusiveBitIgnored { get; } = Step.Of("none: pte_swp_exclusive() not asked", Era.Never, static (in m, ref t) =>
    {
        if (t.Swapcache.IsNone) t.Set(TaskFlags.Exclusive);
    }, Locals.Swapcache);

    private static Step AlwaysCopies { get; } = Step.Of("none: wp_page_copy() whoever has the page", Era.Never, [Goto(DoWpPage.Copy)]);

    private static Step LeavesCacheAlways { get; } = Step.Of("none: folio_free_swap() whatever the references", Era.Never, static (in m, ref t) => SwapFile.FolioFreeSwap(in m, t.Folio), Locals.Folio);

    private static Step UnmapsLocked { get; } = Step.Of("none: try_to_unmap_one() in a locked VMA", Era.Never,
    [
        .. ShrinkFolioList.NextMapping,
        Acquire(LockName.PageTable.At(LockOf.Walk)),
    ]);

    /// <summary>All, made from the model that stands beside a real kernel.</summary>
    public static IEnumerable<WrongModel> Of(Kernel kernel, IArchitecture arch) =>
    [
        .. Mistakes(kernel, arch),
        .. Mutated.SelectMany(id => PathMutant.Of(kernel, id)).Select(m => new WrongModel(m.Name, m.Kernel, arch, m.Path.KernelName(), MutationNotes.Of(m))),
    ];

    /// <summary>Mistakes that a model's author could make.</summary>
    private static IEnumerable<WrongModel> Mistakes(Kernel kernel, IArchitecture arch)
    {
        var swapIn = kernel[PathId.DoSwapPage];
        yield return Path("the exclusive bit ignored", swapIn.Replace(DoSwapPage.PteSwpExclusive, ExclusiveBitIgnored));
        yield return Path("swapoff maps no page exclusive", kernel[PathId.SwapOff].Replace(UnusePte.PageAddAnonRmapExclusive, UnusePte.PageAddAnonRmap));
        yield return Path("do_wp_page() always copies", kernel[PathId.DoWpPage].Replace(DoWpPage.PageAnonExclusive, AlwaysCopies));
        foreach (var leave in new[] { DoSwapPage.FolioFreeSwap, DoSwapPage.FolioFreeSwapAfter, DoSwapPage.FolioFreeSwapIfExclusive })
        {
            if (swapIn.Steps.Contains(leave)) yield return Path("folio_free_swap() whatever the references", swapIn.Replace(leave, LeavesCacheAlways));
        }

        var locked = Path("a page in a locked VMA is reclaimed", kernel[PathId.ShrinkFolioList].Replace(ShrinkFolioList.TryToUnmapOne, UnmapsLocked));
        yield return locked with { Kernel = locked.Kernel.Mutated(locked.Kernel.Name, locked.Name, MmRules.LockedIsActivated) };
        yield return Path("pageout() at any reference count", kernel[PathId.ShrinkFolioList].Without(ShrinkFolioList.IsPageCacheFreeable));
        yield return Path("activate_locked keeps the slot", kernel[PathId.ShrinkFolioList].Without(ShrinkFolioList.ActivateLocked));
        yield return Rules("no slot reclaimed from the swap cache", MmRules.SlotsStay);
        yield return Rules("vm_swap_full() never", MmRules.NeverFull);
        if ((kernel.Rules & MmRules.HoldBack) != 0)
        {
            yield return Rules("the slot cache from 320 free slots on, not 321", MmRules.SlotCacheStartsEarly);
            yield return Rules("the slot cache until 129 free slots, not 128", MmRules.SlotCacheStopsEarly);
        }

        yield return Arch(Arm64Mutants.RestoresThree);
        yield return Arch(Arm64Mutants.OverTagging);
        yield return Arch(Arm64Mutants.UntaggedNotSynced);
        yield return Arch(Arm64Mutants.RestoreOverwrites);
        yield return Arch(Arm64Mutants.FreedInSetPte);

        WrongModel Path(string name, KernelPath path) => new(name, kernel.Mutated($"{kernel.Name}: {name}", name, path), arch);
        WrongModel Rules(string name, MmRules wrong) => new(name, kernel.Mutated($"{kernel.Name}: {name}", name, wrong), arch);
        WrongModel Arch(IArchitecture variant) => new(variant.Description, kernel, variant);
    }
}
