using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Paths;

namespace Hooks.Core.Kernels;

/// <summary>
/// The known kernels. Expectations are facts about the real ones where there are any (arm64: the thread of May 2023 and
/// kernels run under QEMU), and what the model found where there are none (sparc: docs/fidelity.md says how sure we are).
/// </summary>
public static class KernelCatalogue
{
    private const string Arm64 = "arm64";
    private const string Sparc = "sparc";

    // sparc's hook stands after set_pte_at() in every release, its store is per mm and address: see docs/fidelity.md.
    private static readonly InvariantSet SparcAsItIs = InvariantSet.Of(InvariantId.TagPreservation, InvariantId.NoStaleTags, InvariantId.MetadataLifetime);

    // Until 5.18 swapoff forgets the bits of swap PTEs and maps what could not be read, and nothing remembers that a page is exclusive.
    private static readonly InvariantSet Before5_19 = InvariantSet.Of(InvariantId.DataPreservation, InvariantId.PinStability);
    private static readonly InvariantSet Before5_19WithBits = Before5_19.With(InvariantId.BitPreservation);

    // … and a failing arch_unmap_one() leaves the slot's count too high (322842ea3c72): never free, never alone, and swapoff goes round for ever.
    private static readonly InvariantSet SparcBefore5_19 = SparcAsItIs | Before5_19 | InvariantSet.Of(InvariantId.SwapCount, InvariantId.Exclusivity, InvariantId.Progress);

    // sparc's swap PTEs have the exclusive bit from 6.3 on only: without it a page written through a plain reference is copied away from it.
    private static readonly InvariantSet SparcBefore6_3 = SparcAsItIs.With(InvariantId.PinStability);
    private static readonly InvariantSet TagsLost = InvariantSet.Of(InvariantId.TagPreservation);

    /// <summary>All, in order of time; the series and the distribution's kernels after the releases.</summary>
    public static ImmutableArray<Kernel> All { get; } =
    [
        new Kernel("v5.16", "df0cc57e057f", "maps the page before it gives the swap entry back; reuse_swap_page()", HookEra.Linux5_16, marksExclusive: false,
            Paths5_16(DoSwapPageOrders.Linux5_16, SwapOff.Linux5_16)) { ExpectedBreaches = Expect(arm64: Before5_19, sparc: SparcBefore5_19, none: Before5_19WithBits) },
        new Kernel("v5.17", "1eba86c096e3", "passes the hook the new PTE as the old one", HookEra.Linux5_16, marksExclusive: false,
            Paths5_16(DoSwapPageOrders.Linux5_17, SwapOff.Linux5_17)) { ExpectedBreaches = Expect(arm64: Before5_19, sparc: SparcBefore5_19, none: Before5_19WithBits) },
        new Kernel("v5.18", "c145e0b47c77", "gives the swap entry back first, for the reference count's sake: arm64 tags lost", HookEra.Linux5_16, marksExclusive: false,
            Paths5_18()) { ExpectedBreaches = Expect(arm64: TagsLost | Before5_19, sparc: SparcBefore5_19, none: Before5_19WithBits) },
        new Kernel("v5.19", "1493a1913e34", "marks pages exclusive, and remembers it in swap PTEs: arm64 tags still lost", HookEra.Linux5_19, marksExclusive: true,
            Paths5_19(DoSwapPageOrders.Linux5_19, claim: false, mprotect: Mprotect.Linux5_16)) { ExpectedBreaches = Expect(arm64: TagsLost, sparc: SparcBefore6_3) },
        new Kernel("v6.5", "6dca4ac6fc91", "the fix: arch_swap_restore() before swap_free()", HookEra.Linux6_5, marksExclusive: true,
            Paths5_19(DoSwapPageOrders.Linux6_5, claim: false, SwapOff.Linux6_5)) { ExpectedBreaches = Expect(arm64: default, sparc: SparcAsItIs) },
        new Kernel("v6.8", "13ddaf26be32", "a read around the swap cache claims its slot", HookEra.Linux6_5, marksExclusive: true,
            Paths5_19(DoSwapPageOrders.Linux6_8, claim: true, SwapOff.Linux6_5)) { ExpectedBreaches = Expect(arm64: default, sparc: SparcAsItIs) },
        new Kernel("v6.11", "c18160dba5ff", "maps an exclusive page writable on a read fault too; its batches are one page each here", HookEra.Linux6_10, marksExclusive: true,
            Paths5_19(DoSwapPageOrders.Linux6_11, claim: true, SwapOff.Linux6_5)) { ExpectedBreaches = Expect(arm64: default, sparc: SparcAsItIs) },
        new Kernel("series-v1-1", "20230512235755.1589034-2-pcc@google.com", "series v1, 1/3: arch_do_swap_page() before swap_free(), both after the exclusive check", HookEra.Linux6_4, marksExclusive: true,
            Paths5_19(DoSwapPageOrders.SeriesV1, claim: false)) { ExpectedBreaches = Expect(
                arm64: TagsLost.With(InvariantId.ExclusiveDetected), sparc: SparcAsItIs.With(InvariantId.ExclusiveDetected), none: InvariantSet.Of(InvariantId.ExclusiveDetected)) },
        new Kernel("series-v1-2", "20230512235755.1589034-3-pcc@google.com", "series v1, 2/3 on top: the generic hook calls arch_swap_restore()", HookEra.SeriesV1Part2, marksExclusive: true,
            Paths5_19(DoSwapPageOrders.SeriesV1, claim: false)) { ExpectedBreaches = Expect(
                arm64: InvariantSet.Of(InvariantId.ExclusiveDetected), sparc: SparcAsItIs.With(InvariantId.ExclusiveDetected), none: InvariantSet.Of(InvariantId.ExclusiveDetected)) },
        new Kernel("debian-6.1.192", "linux 6.1.192-2", "Debian 12: arch_swap_restore() and the claim backported; old arm64 hooks", HookEra.Linux5_19, marksExclusive: true,
            Paths5_19(DoSwapPageOrders.Linux6_8, claim: true, mremap: Mremap.Linux6_13)) { ExpectedBreaches = Expect(arm64: default, sparc: SparcBefore6_3) },
        new Kernel("debian-6.1.192-norestore", "linux 6.1.192-2 without arch_swap_restore()", "without the first backport: the claim keeps tags on zram, a disk loses them", HookEra.Linux5_19, marksExclusive: true,
            Paths5_19(DoSwapPageOrders.Linux5_19WithClaim, claim: true, mremap: Mremap.Linux6_13)) { ExpectedBreaches = Expect(arm64: TagsLost, sparc: SparcBefore6_3) },
        new Kernel("debian-6.1.192-norestore-noprepare", "linux 6.1.192-2 without arch_swap_restore() and swapcache_prepare()", "without both backports, close to 6.1.0: tags lost on zram and disk", HookEra.Linux5_19, marksExclusive: true,
            Paths5_19(DoSwapPageOrders.Linux5_19, claim: false, mremap: Mremap.Linux6_13)) { ExpectedBreaches = Expect(arm64: TagsLost, sparc: SparcBefore6_3) },
        new Kernel("debian-6.12.117", "linux 6.12.117", "Debian 13: as v6.11, with the stable fixes", HookEra.Linux6_10, marksExclusive: true,
            Paths5_19(DoSwapPageOrders.Linux6_11, claim: true, SwapOff.Linux6_5, mremap: Mremap.Linux6_13)) { ExpectedBreaches = Expect(arm64: default, sparc: SparcAsItIs) },
    ];

    /// <summary>The kernel with a name.</summary>
    public static bool TryGet(string name, [NotNullWhen(true)] out Kernel? kernel)
    {
        kernel = All.FirstOrDefault(k => k.Name == name);
        return kernel is not null;
    }

    /// <summary>The kernel with a name that is known to exist.</summary>
    public static Kernel Get(string name) =>
        TryGet(name, out var kernel) ? kernel : throw new ArgumentException($"no kernel {name}", nameof(name));

    private static KernelPath[] SharedPaths() =>
    [
        UserAccess.Path, Mmap.MapPath, Mmap.MlockPath, Zap.MunmapPath, Zap.ExitPath, Fault.Path,
        Pageout.MadvisePath, Pageout.ReclaimPath, EndWriteback.Path, WriteTracking.ClearRefsPath, WriteTracking.UffdPath,
        Gup.UnpinPath, Gup.DevicePath, SwapOff.SwapOnPath, SwapOff.DrainPath, SwapOff.InjectPath,
    ];

    private static KernelPath[] Paths5_16(KernelPath doSwapPage, KernelPath swapOff) =>
    [
        .. SharedPaths(), Mremap.Linux5_16, swapOff, Mprotect.Linux5_16, Gup.Linux5_16, Fault.FinishPath, DupMmap.Linux5_16, DoAnonymousPage.Linux5_16, doSwapPage, DoWpPage.Linux5_16, ShrinkFolioList.Linux5_16,
    ];

    private static KernelPath[] Paths5_18() =>
    [
        .. SharedPaths(), Mremap.Linux5_16, SwapOff.Linux5_17, Mprotect.Linux5_16, Gup.Linux5_16, Fault.FinishPath, DupMmap.Linux5_16, DoAnonymousPage.Linux5_16, DoSwapPageOrders.Linux5_18, DoWpPage.Linux5_18, ShrinkFolioList.Linux5_16,
    ];

    private static KernelPath[] Paths5_19(KernelPath doSwapPage, bool claim, KernelPath? swapOff = null, KernelPath? mprotect = null, KernelPath? mremap = null) =>
    [
        .. SharedPaths(), mremap ?? Mremap.Linux5_16, swapOff ?? SwapOff.Linux5_19, mprotect ?? Mprotect.Linux6_0, Gup.Linux5_19, claim ? Fault.FinishPathWithClaim : Fault.FinishPath,
        DupMmap.Linux5_19, DoAnonymousPage.Linux5_19, doSwapPage, DoWpPage.Linux5_19, ShrinkFolioList.Linux5_19,
    ];

    private static ImmutableDictionary<string, InvariantSet> Expect(InvariantSet arm64, InvariantSet sparc, InvariantSet none = default) =>
        ImmutableDictionary<string, InvariantSet>.Empty.Add(Arm64, arm64).Add(Sparc, sparc).Add("none", none);
}
