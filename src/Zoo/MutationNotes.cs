using System.Collections.Frozen;
using Hooks.Core.Paths;
using Hooks.Core.Search;

namespace Hooks.Zoo;

/// <summary>
/// Why a mutant of a path breaks nothing. Each entry was looked at; what is not here is a hole to close. docs/mutation.md
/// has the words behind the reasons.
/// </summary>
internal static class MutationNotes
{
    private const string AsksAgain = "asks the same again at once, and nobody can have changed the answer";
    private const string SetAlready = "what it stores is there already: the second time stores the same";
    private const string DoneAlready = "the second time finds that there is nothing left to do, or is refused as the first time was";
    private const string JumpsAway = "the step jumps away, so its copy is never reached";
    private const string Kept = "the second time is refused, as the first has it, and what the first took counts";
    private const string OnlySparc = "only sparc has this hook, and as it is sparc breaks what it could break anyway";
    private const string Interleaving = "matters only if another task runs in between, which no generated program asks for yet";
    private const string Independent = "the two steps touch different things, or both under the same lock";
    private const string Optimisation = "an early exit or a hint: what it decides is decided again under the lock";
    private const string Rare = "wrong, and caught with four times as many workloads: an exclusive page that swap cache, LRU batch and pin refer to is copied away from its pin";
    private const string Laziness = "memory or slots are given back later than they could be; no invariant says when they must";
    private const string HeldAnyway = "from 6.8 on swap cache or claim hold the slot here, so it is freed in the next step or later: the bug of 5.18 needs a slot that swap_free() frees";
    private const string Unreachable = "the way out of a lost race, which no sequential run takes";
    private const string NotModelled = "stands for something the model does not have (TLB, memory ordering)";
    private const string Elsewhere = "another step does it as well";

    private static readonly FrozenDictionary<(PathId Path, string Name), string> Notes = new (PathId Path, string Reason, string[] Names)[]
    {
        (PathId.DoSwapPage, Interleaving,
        [
            "drop SwapcachePrepare", "swap SwapcachePrepare, VmaAllocFolio", "drop FolioTestSwapcache", "swap PteOffsetMapLock, PteSame",
            "drop PteSame", "swap PteSame, FolioTestUptodate", "swap OutFolioUnlock, OutFolioPut",
            "swap PteOffsetMapLock#2, PteSameWithoutFolio", "swap PteSameWithoutFolio, PteUnmapUnlock#3",
        ]),
        (PathId.DoSwapPage, "each sharer reads a copy of its own: right, but nothing is shared any more and the swap cache not used", ["drop SkipSwapcache"]),
        (PathId.DoSwapPage, Independent,
        [
            "swap EndSwapRead, LruAddDrain", "swap FolioTestSwapcache, LruAddDrainForWrite", "swap FolioTestUptodate, PteSwpExclusive", "swap PteSwpExclusive, ArchSwapRestore",
            "swap FolioFreeSwap, IncMmCounter", "swap IncMmCounter, MkPte", "swap PteSwpBits, CheckExclusiveWritable", "swap ArchDoSwapPageNewPte, FolioUnlock",
        ]),
        (PathId.DoSwapPage, HeldAnyway, ["swap ArchSwapRestore, SwapFree"]),
        (PathId.DoSwapPage, Laziness, ["drop LruAddDrain", "drop LruAddDrainForWrite", "swap SwapFree, FolioFreeSwap", "drop FolioFreeSwap"]),
        (PathId.DoSwapPage, "the access is tried again and faults once more: slower, nothing else", ["drop WriteFaultLeft", "drop PteSameWithoutFolio"]),
        (PathId.DoSwapPage, OnlySparc, ["drop ArchDoSwapPageNewPte", "swap SetPteAt, ArchDoSwapPageNewPte"]),
        (PathId.DoWpPage, Independent, ["swap HandleUserfault, VmNormalPage", "swap WpPageReuse, PteUnmapUnlock", "swap SetPteAtNotify, PageRemoveRmap", "swap PtepClearFlush, PageAddNewAnonRmapExclusive", "swap VmNormalPage, PageAnonExclusive"]),
        (PathId.DoWpPage, Rare, ["swap PageAnonExclusive, EarlyChecks"]),
        (PathId.DoWpPage, Optimisation, ["drop EarlyChecks", "swap EarlyChecks, CheckRefCount", "drop CheckRefCount"]),
        (PathId.DoWpPage, Laziness, ["drop FolioFreeSwap", "swap FolioFreeSwap, RefCountIsOne", "drop FreeSwapCache"]),
        (PathId.DoWpPage, Interleaving,
        [
            "swap FolioTrylock, FolioFreeSwap", "swap GetPage, PteUnmapUnlock#2", "swap CopyUserHighpage, PteOffsetMapLock", "swap PteOffsetMapLock, PteSame", "drop PteSame", "swap PteUnmapUnlock#3, FreeSwapCache",
        ]),
        (PathId.DoWpPage, NotModelled, ["drop PtepClearFlush"]),
        (PathId.DoWpPage, Unreachable,
        [
            "drop PutNewPage", "swap PutNewPage, PteUnmapUnlock#4", "drop PteUnmapUnlock#4", "swap PteUnmapUnlock#4, PutOldPage#2", "drop PutOldPage#2",
        ]),
        (PathId.SwapOff, Elsewhere, ["drop SwapCacheGetFolio", "drop FolioFreeSwap"]),
        (PathId.SwapOff, Laziness, ["drop LruAddDrain"]),
        (PathId.SwapOff, Interleaving,
        [
            "swap FolioLock, FolioWaitWriteback", "drop FolioWaitWriteback", "swap FolioWaitWriteback, PteOffsetMapLock", "swap PteOffsetMapLock, PteSameAsSwp", "drop PteSameAsSwp", "swap PteSameAsSwp, FolioTestUptodate",
            "swap FolioFreeSwap, FolioPut",
        ]),
        (PathId.SwapOff, Independent,
        [
            "swap EndSwapRead, LruAddDrain", "swap FolioTestUptodate, ArchSwapRestore", "swap ArchSwapRestore, IncMmCounter", "swap IncMmCounter, PageAddAnonRmapExclusive", "swap PageAddAnonRmapExclusive, MkPteWithBits",
        ]),
        (PathId.ShrinkFolioList, Independent,
        [
            "swap FolioTestDirty, IsPageCacheFreeable",
        ]),
        (PathId.ShrinkFolioList, OnlySparc, ["drop ArchUnmapOne"]),
        (PathId.ShrinkFolioList, Laziness, ["drop SwapWritepage", "drop ActivateLocked", "drop FolioRefFreeze"]),
        (PathId.ShrinkFolioList, "a page that is no longer needed in swap is written in vain, under a slot that is then given back", ["swap SwapWritepage, ArchPrepareToSwap"]),
        (PathId.DoSwapPage, Interleaving, ["drop ScheduleTimeout"]),
        (PathId.DoSwapPage, AsksAgain, ["duplicate SwapCacheGetFolio", "duplicate SkipSwapcache", "duplicate FolioTestSwapcache", "duplicate PteSame", "duplicate FolioTestUptodate", "duplicate WriteFaultLeft", "duplicate ScheduleTimeout", "duplicate PteSameWithoutFolio"]),
        (PathId.DoSwapPage, SetAlready, ["duplicate PteSwpExclusive", "duplicate MkPte", "duplicate PteSwpBits", "duplicate CheckExclusiveWritable", "duplicate SetPteAt"]),
        (PathId.DoSwapPage, DoneAlready, ["duplicate LruAddDrain", "duplicate LruAddDrainForWrite", "duplicate ArchSwapRestore", "duplicate FolioFreeSwap", "duplicate SwapcacheClear"]),
        (PathId.DoSwapPage, Kept, ["duplicate SwapcachePrepare"]),
        (PathId.DoSwapPage, OnlySparc, ["duplicate ArchDoSwapPageNewPte"]),
        (PathId.DoWpPage, AsksAgain, ["duplicate HandleUserfault", "duplicate PageAnonExclusive", "duplicate CheckRefCount", "duplicate PteSame", "duplicate RefCountIsOne"]),
        (PathId.DoWpPage, Optimisation, ["duplicate EarlyChecks"]),
        (PathId.DoWpPage, SetAlready, ["duplicate VmNormalPage", "duplicate WpPageReuse", "duplicate CopyUserHighpage", "duplicate PtepClearFlush", "duplicate SetPteAtNotify"]),
        (PathId.DoWpPage, DoneAlready, ["duplicate FolioFreeSwap", "duplicate FreeSwapCache"]),
        (PathId.DoWpPage, Unreachable, ["duplicate PutNewPage", "duplicate PteUnmapUnlock#4", "duplicate PutOldPage#2"]),
        (PathId.SwapOff, AsksAgain, ["duplicate UnusePteRange", "duplicate SwapCacheGetFolio", "duplicate PteSameAsSwp", "duplicate FolioTestUptodate", "duplicate FindNextToUnuse"]),
        (PathId.SwapOff, SetAlready, ["duplicate MkPteWithBits", "duplicate SetPteAt"]),
        (PathId.SwapOff, DoneAlready, ["duplicate LruAddDrain", "duplicate FolioWaitWriteback", "duplicate ArchSwapRestore", "duplicate FolioFreeSwap", "duplicate MmputLast"]),
        (PathId.SwapOff, JumpsAway, ["duplicate MakePoisoned", "duplicate ArchSwapInvalidateArea"]),
        (PathId.SwapOff, Interleaving, ["duplicate ReinsertSwapInfo"]),
        (PathId.ShrinkFolioList, AsksAgain, ["duplicate AddToSwap", "duplicate FolioTestDirty", "duplicate IsPageCacheFreeable"]),
        (PathId.ShrinkFolioList, SetAlready, ["duplicate PageTryShareAnonRmap", "duplicate ArchPrepareToSwap", "duplicate EndPageWriteback"]),
        (PathId.ShrinkFolioList, DoneAlready, ["duplicate SwapWritepage", "duplicate ActivateLocked"]),
        (PathId.ShrinkFolioList, JumpsAway, ["duplicate PteUnmapUnlock", "duplicate UnmapFailedSetPteAt", "duplicate FreeIt", "duplicate LazyfreeUnlessInUse", "duplicate FolioRefFreeze"]),
        (PathId.ShrinkFolioList, OnlySparc, ["duplicate ArchUnmapOne"]),
    }.SelectMany(group => group.Names.Select(name => (Key: (group.Path, name), group.Reason))).ToFrozenDictionary(n => n.Key, n => n.Reason);

    /// <summary>The mutants that have an entry.</summary>
    public static IEnumerable<(PathId Path, string Name)> Explained => Notes.Keys;

    /// <summary>Why a mutant survives; null: nobody knows, so it is a hole.</summary>
    public static string? Of(PathMutant mutant) =>
        Notes.GetValueOrDefault((mutant.Path, mutant.Name));
}
