using Hooks.Core.Mm;
using static Hooks.Core.Paths.DoSwapPage;
using static Hooks.Core.Paths.Instruction;
using static Hooks.Core.Paths.SwapIn;

namespace Hooks.Core.Paths;

/// <summary>
/// The orders in which the kernels take the steps of do_swap_page(). What each era changed is what these lists differ
/// in: <c>hooks show v6.5 --diff v5.19</c>.
/// </summary>
public static class DoSwapPageOrders
{
    /// <summary>Until 5.16: map the page, call the hook with the swap PTE, and only then give the entry back.</summary>
    public static KernelPath Linux5_16 { get; } = Order(Claims.None, drain: false,
    [
        IncMmCounter,
        MkPte,
        ReuseSwapPage,
        PteSwpBits,
        SetPteAt,
        ArchDoSwapPageOldPte,
        PageAddAnonRmap,
        SwapFree,
        TryToFreeSwap,
    ]);

    /// <summary>5.17 (1eba86c096e3): the hook is passed the new PTE as the old one.</summary>
    public static KernelPath Linux5_17 { get; } = Order(Claims.None, drain: false,
    [
        IncMmCounter,
        MkPte,
        ReuseSwapPage,
        PteSwpBits,
        PageAddAnonRmap,
        SetPteAt,
        ArchDoSwapPageNewPte,
        SwapFree,
        TryToFreeSwap,
    ]);

    /// <summary>5.18 (c145e0b47c77): the entry is given back first, so that the reference count tells whether the page is exclusive.</summary>
    public static KernelPath Linux5_18 { get; } = Order(Claims.None, drain: true,
    [
        SwapFree,
        FolioFreeSwap,
        IncMmCounter,
        MkPte,
        CheckPageCount,
        PteSwpBits,
        PageAddAnonRmap,
        SetPteAt,
        ArchDoSwapPageNewPte,
    ]);

    /// <summary>5.19 to 6.4 (1493a1913e34): the exclusive marker of the swap PTE.</summary>
    public static KernelPath Linux5_19 { get; } = Order(Claims.None, drain: true, Body5_19);

    /// <summary>6.1 stable without the restore but with the claim on the slot.</summary>
    public static KernelPath Linux5_19WithClaim { get; } = Order(Claims.First, drain: true, Body5_19);

    /// <summary>Series v1, patch 1/3: hook before swap_free(), and the exclusive check before both.</summary>
    public static KernelPath SeriesV1 { get; } = Order(Claims.None, drain: true,
    [
        PteSwpExclusive,
        MkPte,
        CheckExclusive,
        PteSwpBits,
        ArchDoSwapPageOldPte,
        SwapFree,
        FolioFreeSwap,
        IncMmCounter,
        PageAddAnonRmapExclusive,
        SetPteAt,
    ]);

    /// <summary>6.5 to 6.7 (6dca4ac6fc91): restore before the entry is given back.</summary>
    public static KernelPath Linux6_5 { get; } = Order(Claims.None, drain: true, Body6_5);

    /// <summary>6.8 on, and 6.1 stable: as 6.5, and a read around the swap cache claims the slot (13ddaf26be32).</summary>
    public static KernelPath Linux6_8 { get; } = Order(Claims.First, drain: true, Body6_5);

    /// <summary>6.11 on: as 6.8, and an exclusive page is mapped writable on a read fault too (c18160dba5ff); batches are not modelled.</summary>
    public static KernelPath Linux6_11 { get; } = MappingWritable(Linux6_8);

    /// <summary>6.12 to 6.19 (242d12c98174): as 6.11, and the folio is there before its slots are claimed.</summary>
    public static KernelPath Linux6_12 { get; } = MappingWritable(Order(Claims.WithFolio, drain: true, Body6_5));

    /// <summary>7.0 to 7.2 (4b34f1d82c65): always through the swap cache, which is left after the mapping; the reference count is asked before that.</summary>
    public static KernelPath Linux7_0 { get; } = ThroughCache([SwapinSync, LruAddDrain], [LruAddDrainForWrite], CheckExclusiveWritable, FolioFreeSwapAfter);

    /// <summary>7.3: the swap PTE only says whether the page is exclusive; no LRU batch is drained.</summary>
    public static KernelPath Linux7_3 { get; } = ThroughCache([], [], CheckMarkerWritable, FolioFreeSwapIfExclusive);

    /// <summary>How a read around the swap cache claims its slot.</summary>
    private enum Claims
    {
        /// <summary>Not at all.</summary>
        None,

        /// <summary>Before it has a page.</summary>
        First,

        /// <summary>Once it has a folio, as many slots as that has pages.</summary>
        WithFolio,
    }

    private static PathItem[] Body5_19 =>
    [
        PteSwpExclusive,
        SwapFree,
        FolioFreeSwap,
        IncMmCounter,
        MkPte,
        CheckExclusive,
        PteSwpBits,
        PageAddAnonRmapExclusive,
        SetPteAt,
        ArchDoSwapPageNewPte,
    ];

    private static PathItem[] Body6_5 =>
    [
        PteSwpExclusive,
        ArchSwapRestore,
        SwapFree,
        FolioFreeSwap,
        IncMmCounter,
        MkPte,
        CheckExclusive,
        PteSwpBits,
        PageAddAnonRmapExclusive,
        SetPteAt,
        ArchDoSwapPageNewPte,
    ];

    /// <summary>From 7.0 on: the folio in the swap cache is the claim, and who loses a race finds it and waits for its lock.</summary>
    private static KernelPath ThroughCache(PathItem[] afterRead, PathItem[] drain, Step exclusive, Step leaveCache) => new(PathId.DoSwapPage, "do_swap_page()",
    [
        SwapCacheGetFolio,
        ReadSwapCacheAsync,
        EndSwapRead,
        .. afterRead,
        LockFolio,
        FolioLock,
        FolioTestSwapcache,
        .. drain,
        Fault.PteOffsetMapLock,
        PteSame,
        FolioTestUptodate,
        PteSwpExclusive,
        ArchSwapRestore,
        IncMmCounter,
        MkPte,
        PteSwpBits,
        exclusive,
        PageAddAnonRmapExclusive,
        FolioPutSwap,
        SetPteAt,
        ArchDoSwapPageNewPte,
        leaveCache,
        .. WaysOut([OutFolioFreeSwap]),
        Return,
    ]);

    /// <summary>The common beginning and ways out around the part that the eras order differently.</summary>
    private static KernelPath Order(Claims claims, bool drain, PathItem[] body) => new(PathId.DoSwapPage, "do_swap_page()",
    [
        SwapCacheGetFolio,
        SkipSwapcache,
        .. Folio(claims),
        SwapReadpage,
        Goto(LockFolio),
        Readahead,
        ReadSwapCacheAsync,
        EndSwapRead,
        LruAddDrain,
        LockFolio,
        FolioLock,
        If(static (in m, in t) => t.Swapcache.IsNone, HaveFolio, Locals.Swapcache),
        FolioTestSwapcache,
        .. drain ? [LruAddDrainForWrite] : Array.Empty<PathItem>(),
        HaveFolio,
        Fault.PteOffsetMapLock,
        PteSame,
        FolioTestUptodate,
        .. body,
        .. WaysOut([]),
        .. claims == Claims.None ? Array.Empty<PathItem>() : [SwapcacheClear],
        Return,
        .. claims == Claims.None ? Array.Empty<PathItem>() : [ClaimTaken, ScheduleTimeout, Goto(claims == Claims.First ? Out : OutPage)],
    ]);

    private static PathItem[] Folio(Claims claims) => claims switch
    {
        Claims.None => [VmaAllocFolio],
        Claims.First => [SwapcachePrepare, VmaAllocFolio],
        _ => [AllocSwapFolio, SwapcachePrepareAll],
    };

    private static KernelPath MappingWritable(KernelPath path) => path.Without(PteSwpBits).Replace(CheckExclusive, PteSwpBits, CheckExclusiveWritable);

    /// <summary>How do_swap_page() ends: mapped, too late, or without a page.</summary>
    private static PathItem[] WaysOut(PathItem[] leaveCache) =>
    [
        FolioUnlock,
        WriteFaultLeft,
        Call(PathId.DoWpPage),
        Goto(Out),
        Unlock,
        Fault.PteUnmapUnlock,
        Goto(Out),
        OutNomap,
        Fault.PteUnmapUnlock,
        OutPage,
        .. leaveCache,
        OutFolioUnlock,
        OutFolioPut,
        Goto(Out),
        NoFolio,
        Fault.PteOffsetMapLock,
        PteSameWithoutFolio,
        Fault.PteUnmapUnlock,
        Out,
    ];
}
