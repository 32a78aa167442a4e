using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Hooks.Core.Invariants;
using Hooks.Core.Paths;

namespace Hooks.Core.Kernels;

/// <summary>
/// The known kernels, each made from the one before it as history made it. What a kernel breaks on any architecture stands here; what an
/// architecture breaks stands with the architecture.
/// </summary>
public static class KernelCatalogue
{
    /// <summary>Series v1, patch 1/3 (never merged): by its message.</summary>
    public const string SeriesV1Part1 = "20230512235755.1589034-2-pcc@google.com";

    /// <summary>Series v1, patch 2/3 (never merged): by its message.</summary>
    public const string SeriesV1Part2 = "20230512235755.1589034-3-pcc@google.com";

    /// <summary>arch_swap_restore() before swap_free() (6.5).</summary>
    public const string Restore = "6dca4ac6fc91";

    /// <summary>The claim on the slot of a read around the swap cache (6.8).</summary>
    public const string Claim = "13ddaf26be32";

    /// <summary>Freed slots are returned at once (6.14): "mm, swap_slots: remove slot cache for freeing path", by its message.</summary>
    public const string NothingHeldBack = "20250113175732.48099-14-ryncsn@gmail.com";

    /// <summary>Slots are given out in turn (6.15, by date): the series of March 2025 that ends the slot cache.</summary>
    public const string SlotsInTurn = "mm, swap: remove swap slot cache";

    /// <summary>Nothing is read around the swap cache any more (7.0).</summary>
    public const string NothingAroundTheCache = "4b34f1d82c65";

    /// <summary>arm64's pte_mkwrite() leaves a clean entry clean (6.18, by date; stable 6.1 and 6.12 have it).</summary>
    public const string MkwriteKeepsClean = "143937ca51cc";

    /// <summary>MADV_FREE leaves every page alone that others map too: a fix that no kernel has (docs/findings.md).</summary>
    public const string FreeAsksMapcount = "a fix for MADV_FREE of a page read around the swap cache";

    /// <summary>A page fresh from swap is mapped with folio_add_new_anon_rmap() (6.11).</summary>
    public const string FreshIsNew = "9ae2feacedde";

    private const string ClearUffdWp = "0cef0bb836e3";

    private static readonly Kernel V5_16 = new Kernel("v5.16", new(5, 16), "df0cc57e057f", "maps the page before it gives the swap entry back; reuse_swap_page()",
        UserAccess.Path, Mmap.MapPath, Mmap.MlockPath, Mmap.MunlockPath, Zap.MunmapPath, Dontneed.Path, MadviseFree.Path, Zap.DoExitPath, Zap.ExitMmapPath, Fault.Path,
        Pageout.MadvisePath, Pageout.ReclaimPath, EndWriteback.Path, WriteTracking.ClearRefsPath, WriteTracking.UffdPath, UffdMove.Linux5_16,
        Gup.UnpinPath, Gup.DevicePath, SwapOff.SwapOnPath, SwapOff.DrainPath, SwapOff.InjectPath, SwapOff.SwapMaxPath,
        Mremap.Linux5_16, SwapOff.Linux5_16, Mprotect.Linux5_16, Gup.Linux5_16, DupMmap.Linux5_16, DoAnonymousPage.Linux5_16, DoSwapPageOrders.Linux5_16, DoWpPage.Linux5_16, ShrinkFolioList.Linux5_16)

        // Until 5.18 swapoff forgets the bits of swap PTEs and maps what could not be read, and nothing remembers that a page is exclusive.
        .Breaking(InvariantId.DataPreservation, InvariantId.PinStability, InvariantId.BitPreservation);

    private static readonly Kernel V5_17 = V5_16.With("v5.17", new(5, 17), "1eba86c096e3", "passes the hook the new PTE as the old one",
        DoSwapPageOrders.Linux5_17, SwapOff.Linux5_17);

    private static readonly Kernel V5_18 = V5_17.With("v5.18", new(5, 18), "c145e0b47c77", "gives the swap entry back first, for the reference count's sake: arm64 tags lost",
        DoSwapPageOrders.Linux5_18, DoWpPage.Linux5_18, ShrinkFolioList.Linux5_18);

    private static readonly Kernel V5_19 = V5_18.With("v5.19", new(5, 19), "1493a1913e34", "marks pages exclusive, and remembers it in swap PTEs: arm64 tags still lost",
        DoSwapPageOrders.Linux5_19, DoWpPage.Linux5_19, DupMmap.Linux5_19, DoAnonymousPage.Linux5_19, ShrinkFolioList.Linux5_19, Gup.Linux5_19, SwapOff.Linux5_19).Breaking();

    private static readonly Kernel V6_1 = V5_19.With("v6.1", new(6, 1), "830b3c68c1fb", "mprotect() keeps exclusive pages writable", Mprotect.Linux6_0);

    private static readonly Kernel V6_4 = V6_1.With("v6.4", new(6, 4), "6995e2de6891", "the exclusive marker in every architecture's swap PTEs", Mprotect.Linux6_2, WriteTracking.UffdPath6_3);

    private static readonly Kernel V6_5 = V6_4.With("v6.5", new(6, 5), Restore, "the fix: arch_swap_restore() before swap_free()",
        DoSwapPageOrders.Linux6_5, SwapOff.Linux6_5);

    private static readonly Kernel V6_8 = V6_5.With("v6.8", new(6, 8), Claim, "a read around the swap cache claims its slot", DoSwapPageOrders.Linux6_8, UffdMove.Linux6_8);

    private static readonly Kernel V6_11 = V6_8.With("v6.11", new(6, 11), "c18160dba5ff", "maps an exclusive page writable on a read fault too; its batches are one page each here", DoSwapPageOrders.Linux6_11);

    private static readonly Kernel V6_14 = V6_11.With("v6.14", new(6, 14), NothingHeldBack, "returns freed slots at once; the slot cache is gone", DoSwapPageOrders.Linux6_12, Mremap.Linux6_13, SwapOff.NoSlotCachePath, ShrinkFolioList.Linux6_12);

    private static readonly Kernel V7_0 = V6_14.With("v7.0", new(7, 0), NothingAroundTheCache,
            "7.0 to 7.2: reads through the swap cache only, and leaves it after the exclusive check: the mistake of series v1 1/3 again", DoSwapPageOrders.Linux7_0, ShrinkFolioList.Linux6_15, Zap.MunmapPath7_0, Zap.ExitMmapPath7_0, Dontneed.Path7_0)
        .Breaking(InvariantId.ExclusiveDetected);

    private static readonly Kernel V7_3 = V7_0.With("v7.3", new(7, 3), "linux 7.3.4", "asks the swap PTE only whether a page is exclusive, not the reference count", DoSwapPageOrders.Linux7_3, DoWpPage.Linux7_3, SwapOff.Linux7_3)
        .Breaking().Waiving(InvariantId.ExclusiveDetected);

    private static readonly Kernel SeriesV1_1 = V6_4.With("series-v1-1", SeriesV1Part1, "series v1, 1/3: arch_do_swap_page() before swap_free(), both after the exclusive check", DoSwapPageOrders.SeriesV1)
        .Carrying(SeriesV1Part1).Breaking(InvariantId.ExclusiveDetected);

    private static readonly Kernel SeriesV1_2 = SeriesV1_1.With("series-v1-2", SeriesV1Part2, "series v1, 2/3 on top: the generic hook calls arch_swap_restore()").Carrying(SeriesV1Part2);

    private static readonly Kernel Debian6_1NoPrepare = V6_1.With("debian-6.1.192-norestore-noprepare", "linux 6.1.192-2 without arch_swap_restore() and swapcache_prepare()",
        "without both backports, close to 6.1.0: tags lost on zram and disk", Mremap.Linux6_13).Carrying(ClearUffdWp, MkwriteKeepsClean);

    private static readonly Kernel Debian6_1NoRestore = Debian6_1NoPrepare.With("debian-6.1.192-norestore", "linux 6.1.192-2 without arch_swap_restore()",
        "without the first backport: the claim keeps tags on zram, a disk loses them", DoSwapPageOrders.Linux5_19WithClaim).Carrying(Claim);

    private static readonly Kernel Debian6_1 = Debian6_1NoRestore.With("debian-6.1.192", "linux 6.1.192-2", "Debian 12: arch_swap_restore() and the claim backported; old arm64 hooks", DoSwapPageOrders.Linux6_8)
        .Carrying(Restore);

    private static readonly Kernel Debian6_12 = V6_11.With("debian-6.12.117", new(6, 12), "linux 6.12.117", "Debian 13: as v6.11, with the stable fixes", DoSwapPageOrders.Linux6_12, Mremap.Linux6_13, ShrinkFolioList.Linux6_12).Carrying(ClearUffdWp, MkwriteKeepsClean);

    /// <summary>All, in order of time; the series and the distribution's kernels after the releases.</summary>
    public static ImmutableArray<Kernel> All { get; } =
    [
        V5_16, V5_17, V5_18, V5_19, V6_5, V6_8, V6_11, V6_14, V7_0, V7_3,
        SeriesV1_1, SeriesV1_2,
        Debian6_1, Debian6_1NoRestore, Debian6_1NoPrepare, Debian6_12,
    ];

    /// <summary>The kernel with a name.</summary>
    public static bool TryGet(string name, [NotNullWhen(true)] out Kernel? kernel)
    {
        kernel = All.FirstOrDefault(k => k.Name == name);
        return kernel is not null;
    }

    /// <summary>A kernel with that fix: for whoever wants to know what else breaks data-preservation.</summary>
    public static Kernel AskingMapcount(Kernel kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        return kernel.With(kernel.Name + "-free-fixed", kernel.Commit, kernel.Description + "; MADV_FREE fixed", MadviseFree.AsksMapcount).Carrying(FreeAsksMapcount);
    }

    /// <summary>The kernel with a name that is known to exist.</summary>
    public static Kernel Get(string name) =>
        TryGet(name, out var kernel) ? kernel : throw new ArgumentException($"no kernel {name}", nameof(name));
}
