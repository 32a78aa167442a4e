using System.Collections.Immutable;
using Hooks.Arch.Arm64;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;

namespace Hooks.Zoo;

/// <summary>The zoo's second tier: real bugs of the swap path that take two tasks, each with its fix and a scope that is searched whole. docs/zoo.md tells their stories.</summary>
public static class RaceCatalogue
{
    private static readonly NoArchitecture None = new();
    private static readonly Arm64Architecture Arm64 = new();

    /// <summary>All.</summary>
    public static ImmutableArray<Race> All { get; } =
    [
        new("skip-cache-aba", "13ddaf26be32 (0bcac06f27d7 broke it), CVE-2024-26759", "two faults read around the swap cache; one writes, its page goes to the same slot again, and the other maps what it read before",
            In("v6.5", None), In("v6.8", None), InvariantId.DataPreservation, 6, """
            swap zram
            P0 map a
            P0 write a 1
            P0 pageout a
            together
            P0 read a
            P0.1 write a 2
            P0.1 pageout a

            """),
        new("folio-changed-entry", "4969c1192d15, then 31c4a3d3a0f8", "a folio leaves the swap cache while a fault waits for its lock, and is mapped though it is the entry's no more",
            In(RaceMutants.FolioChangedEntry, None), In("v6.11", None), InvariantId.DataPreservation, 7, """
            swap disk
            P0 map a
            P0 write a 1
            P0 pageout a cached
            together
            P0 read a
            P0.1 dontneed a
            P0.1 write a 2
            P0.1 pageout a

            """),
        new("readpage-hook-uaf", "discarded in the thread", "a hook in swap_readpage() looks tags up and copies them without a lock: a second fault frees the entry, and the tags with it, in between",
            In(RaceMutants.ReadpageHook, Arm64), In(RaceMutants.ReadpageHookLocked, Arm64), InvariantId.MetadataLifetime, 5, """
            swap zram
            P0 map a tagged
            P0 tag a 1
            P0 pageout a
            together
            P0 read a
            P0.1 read a

            """),
        new("flag-before-tags", "e059853d14ca", "a page is flagged as tagged before its tags are cleared: a copy made in between copies the previous owner's",
            In(RaceMutants.FlagBeforeTags, Arm64), In(RaceMutants.TagsBeforeFlag, Arm64), InvariantId.TagPreservation, 5, """
            swap zram
            P0 map a
            P0 write a 1
            P0 fork P1
            together
            P0 mprotect a
            P1 write a 2
            P1 mprotect a

            """),
        new("gup-fast-race", "088b8aa537c2", "GUP-fast looks at the entry a second time before its pin can be seen, and reclaim looks for pins before: the page goes though it is pinned",
            In(RaceMutants.GupFastReordered, None), In("v6.11", None), InvariantId.PinStability, 4, """
            swap zram
            P0 map a
            P0 write a 1
            together
            P0 pin a write
            P0.1 pageout a

            """),
        new("tag-lost-in-window", "none for sparc", "the hook stands after set_pte_at(): a tag that another thread stores in between is overwritten with the saved one",
            In("v6.11", SparcVariants.OwnPageAgain), In(Mutants.HookBeforeMap, SparcVariants.OwnPageAgain), InvariantId.TagPreservation, 5, """
            swap zram
            P0 map a tagged
            P0 tag a 1
            P0 pageout a
            together
            P0 read a
            P0.1 tag a 2

            """),
        new("free-vs-swapoff", "82b1c07a0af6", "MADV_DONTNEED gives a slot back, swapoff finds none in use and frees the area's swap_map, and then it is looked into",
            In(RaceMutants.FreeSwapUnheld, None), In(RaceMutants.FreeSwapHeld, None), InvariantId.SwapCount, 5, """
            swap zram
            P0 map a
            P0 write a 1
            P0 pageout a
            together
            P0 swapoff 0
            P0.1 dontneed a

            """),
        new("swapoff-large-not-anon", "none known", "swapoff maps one page of a large folio that a fault has read and not yet mapped: all its pages count as mapped, and as exclusive",
            In("v7.3", None), In(LargeMutants.UnuseFixed, None), InvariantId.Refcount, 5, """
            swap zram
            P0 map a-b large
            P0 write a 1
            P0 reclaim a
            together
            P0 read a
            P0.1 swapoff 0

            """),
    ];

    /// <summary>The kernels that are in no other catalogue.</summary>
    public static IEnumerable<Kernel> Kernels =>
        All.SelectMany(r => new[] { r.Bug.Kernel, r.Fixed.Kernel }).Where(k => !KernelCatalogue.TryGet(k.Name, out _)).DistinctBy(k => k.Name);

    /// <summary>The architectures that are variants of others.</summary>
    public static IEnumerable<IArchitecture> Architectures => All.SelectMany(r => new[] { r.Bug.Arch, r.Fixed.Arch }).OfType<ArchVariant>().DistinctBy(a => a.Name);

    private static Habitat In(string kernel, IArchitecture arch) => new(KernelCatalogue.Get(kernel), arch);

    private static Habitat In(Kernel kernel, IArchitecture arch) => new(kernel, arch);
}
