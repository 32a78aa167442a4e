using System.Collections.Immutable;
using Hooks.Arch.Arm64;
using Hooks.Arch.Sparc;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;

namespace Hooks.Zoo;

/// <summary>The zoo: the real bugs of the swap path that need no second thread, each with its fix. docs/zoo.md tells their stories.</summary>
public static class ZooCatalogue
{
    private static readonly NoArchitecture None = new();
    private static readonly Arm64Architecture Arm64 = new();
    private static readonly SparcArchitecture Sparc = new();

    /// <summary>The bugs that are caught.</summary>
    public static ImmutableArray<Specimen> All { get; } =
    [
        new("tags-freed-before-restore", "6dca4ac6fc91", "swap_free() before the restore in set_pte_at(): freeing the slot drops the saved tags",
            In("v5.19", Arm64), In("v6.5", Arm64), InvariantId.TagPreservation, 4),
        new("exclusive-not-detected", "series v1 1/3, never merged", "folio_free_swap() after the reference count check: the cache's reference hides that the page is exclusive",
            In("series-v1-1", Arm64), In("v6.5", Arm64), InvariantId.ExclusiveDetected, 6),
        new("exclusive-not-detected-again", "4b34f1d82c65 broke it (7.0); 7.3 asks no more", "the same in a release: the swap cache is left after the mapping, and holds a reference when the count is asked",
            In("v7.0", Arm64), In("v6.14", Arm64), InvariantId.ExclusiveDetected, 6),
        new("hook-after-map", "none for sparc", "the hook stands after set_pte_at(): other threads see tags that are not theirs",
            In("v6.11", Sparc), In(Mutants.HookBeforeMap, Sparc), InvariantId.TagPreservation, 4),
        new("hook-given-new-pte", "1eba86c096e3 broke it", "the hook is told the new PTE as the old one, so one that needs the swap entry restores nothing",
            In(Mutants.HookGivenNewPte, Arm64), In("series-v1-2", Arm64), InvariantId.TagPreservation, 4),
        new("swapoff-without-hook", "6.5, \"mm: call arch_swap_restore() from unuse_pte()\"", "swapoff brings pages back without restoring",
            In(Mutants.SwapoffWithoutHook, Arm64), In("v6.5", Arm64), InvariantId.TagPreservation, 4),
        new("unmap-one-fails", "322842ea3c72", "a failing arch_unmap_one() leaves the slot's count too high",
            In("v5.18", Sparc), In("v5.19", Sparc), InvariantId.SwapCount, 4),
        new("restore-overwrites", "series v4 (v3 withdrawn)", "restoring does not expect tags that are there already, and newer: once per sharer, and from the swap cache",
            In("v6.11", Arm64Mutants.RestoreOverwrites), In("v6.11", Arm64), InvariantId.TagPreservation, 5),
        new("prepare-fails", "none known", "arch_prepare_to_swap() fails half-way and leaves what it had saved",
            In("v6.11", Arm64Mutants.PrepareFails), In("v6.11", Arm64), InvariantId.MetadataLifetime, 4),
        new("tags-freed-in-set-pte", "discarded in the thread", "saved tags are dropped in set_pte_at() only: they stay when the process dies",
            In("v5.17", Arm64Mutants.FreedInSetPte), In("v6.5", Arm64), InvariantId.MetadataLifetime, 4),
        new("over-tagging", "a8e5e5146ad0", "every page mapped is flagged as tagged though its tags were never set",
            In("v6.11", Arm64Mutants.OverTagging), In("v6.11", Arm64), InvariantId.NoStaleTags, 3),
        new("reuse-ignores-pins", "c145e0b47c77", "a page is reused by map count though a former sharer has it pinned: the pin sees the new owner's writes",
            In(Mutants.ReuseIgnoresPins, None), In("v6.11", None), InvariantId.PinStability, 6),
        new("exclusive-lost-over-swap", "1493a1913e34", "swap PTEs do not remember exclusive pages: a write after swap-in copies away from a reference for writing",
            In("v5.18", None), In("v5.19", None), InvariantId.PinStability, 4),
        new("exclusive-bit-in-offset", "6f9e98849eda, 20aae9eff5ac", "the exclusive bit of swap PTEs lies in the offset: entries are taken for others, or for exclusive ones (a law of its own too: ArchitectureLaws)",
            In("v6.11", LayoutMutants.ExclusiveInOffset), In("v6.11", None), InvariantId.Exclusivity, 4),
        new("stable-writes", "rule in 1493a1913e34", "an exclusive page is mapped writable while it is written to a device that needs stable pages",
            In(Mutants.StableWrites, None), In("v6.11", None), InvariantId.DeviceStability, 4),
        new("lost-through-a-pin", "c18160dba5ff broke it (6.11)", "a read fault maps an exclusive page writable and clean; what a device stores through a pin then makes nothing dirty, and the clean page is dropped",
            In("v7.3", None), In("v6.8", None), InvariantId.DataPreservation, 9),
        new("free-drops-others-page", "none known; 4b34f1d82c65 (7.0) took the cause away", "MADV_FREE takes a page that was read around the swap cache for one given up before, and marks it though others map it: reclaim drops it for all",
            In("v6.8", None), In(KernelCatalogue.AskingMapcount(KernelCatalogue.Get("v6.8")), None), InvariantId.DataPreservation, 7),
        new("free-drops-pinned-page", "6c8e2a256915", "a page given up with MADV_FREE is dropped though it is pinned",
            In(Mutants.FreeIgnoresPins, None), In("v6.11", None), InvariantId.PinStability, 4),
        new("unuse-drops-bits", "14a762dd1977", "swapoff forgets the soft-dirty and uffd-wp bits of the swap PTE",
            In("v5.18", None), In("v5.19", None), InvariantId.BitPreservation, 5),
        new("unuse-maps-garbage", "9f186f9e5fa9", "swapoff maps a page whose read has failed",
            In(KernelCatalogue.AskingMapcount(KernelCatalogue.Get("v5.18")), None), In("v5.19", None), InvariantId.DataPreservation, 5),
        Large(new("split-clones-arch-flag", "none known", "splitting a large folio gives every page the first one's PG_arch_2: the others' tags are cleared when they are mapped again, or a previous owner's never are",
            In("v6.11", Arm64), In(LargeMutants.SplitFixed, Arm64), InvariantId.TagPreservation, 5)),
        Large(new("restore-for-one-entry", "f238b8c33c67", "a large folio is restored from the slot of the page that was faulted on, as if it were the first page's",
            In(LargeMutants.RestoresFromThisEntry, Arm64), In("v6.14", Arm64), InvariantId.TagPreservation, 4)),
        Large(new("prepare-fails-half-way", "f238b8c33c67 rolls back", "arch_prepare_to_swap() fails at the second page of a folio, and leaves the first one's tags saved",
            In("v6.11", LargeMutants.NoRollBack), In("v6.11", Arm64), InvariantId.MetadataLifetime, 4)),
        Large(new("batch-exclusive-of-one", "none needed: swap_pte_batch() compares the marker", "the pages of a large folio are mapped together with the exclusive marker of the one that was faulted on",
            In(LargeMutants.BatchIgnoresExclusive, None), In("v7.3", None), InvariantId.Exclusivity, 9) { Effort = 10 }),
    ];

    /// <summary>The bugs that are not, and why.</summary>
    public static ImmutableArray<Escapee> Escaped { get; } =
    [
        new("untagged-pte-not-synced", "69e3b846d8a7", "nothing is restored through an untagged mapping, and a second, tagged one finds nothing",
            In("v5.17", Arm64Mutants.UntaggedNotSynced),
            "with private memory each mapping that expects tags has a swap PTE of its own, which keeps the saved tags until it faults itself; it takes two mappings of different kind with one swap entry (shmem, or KVM's guest mapping)"),
    ];

    /// <summary>The kernels and architectures of the zoo that are in no other catalogue.</summary>
    public static IEnumerable<Kernel> Kernels => Habitats().Select(h => h.Kernel).Where(k => !KernelCatalogue.TryGet(k.Name, out _)).DistinctBy(k => k.Name);

    /// <summary>The architectures of the zoo that are variants of others.</summary>
    public static IEnumerable<IArchitecture> Architectures => Habitats().Select(h => h.Arch).OfType<ArchVariant>().DistinctBy(a => a.Name);

    private static Specimen Large(Specimen specimen) => specimen with { TakesLarge = true };

    private static IEnumerable<Habitat> Habitats() => All.SelectMany(s => new[] { s.Bug, s.Fixed }).Concat(Escaped.Select(e => e.Bug));

    private static Habitat In(string kernel, IArchitecture arch) => new(KernelCatalogue.Get(kernel), arch);

    private static Habitat In(Kernel kernel, IArchitecture arch) => new(kernel, arch);
}
