using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Paths;
using Hooks.Core.Search;
using Hooks.Core.Search.Exploring;
using Xunit;

namespace Hooks.Properties.Search.Exploring;

/// <summary>
/// Mutants of paths that no sequential program tells from the kernel (<c>hooks mutate</c> lets them live): re-checks under a lock, and the order of unlocking and putting. With a second task each breaks something in a
/// small scope, in which the kernel itself breaks nothing.
/// </summary>
public class SecondTaskTests
{
    private static readonly Kernel Good = KernelCatalogue.AskingMapcount(KernelCatalogue.Get("v6.11"));

    private static readonly Dictionary<string, (string Swap, string[] First, string[] Together)> Situations = new()
    {
        ["read around the cache twice"] = ("zram", ["P0 map a", "P0 write a 1", "P0 pageout a"], ["P0 read a", "P0.1 write a 2", "P0.1 pageout a"]),
        ["cached folio given up"] = ("disk", ["P0 map a", "P0 write a 1", "P0 pageout a cached"], ["P0 read a", "P0.1 dontneed a", "P0.1 write a 2", "P0.1 pageout a"]),
        ["three who write a shared page"] = ("zram", ["P0 map a", "P0 write a 1", "P0 fork P1"], ["P0 write a 2", "P0.1 write a 3", "P1 write a 4"]),
        ["swapoff and a fault"] = ("zram", ["P0 map a", "P0 write a 1", "P0 pageout a"], ["P0 swapoff 0", "P0.1 write a 2", "P0.1 dontneed a"]),
        ["swapoff and the page out again"] = ("zram", ["P0 map a", "P0 write a 1", "P0 pageout a"], ["P0 swapoff 0", "P0.1 write a 2", "P0.1 pageout a"]),
        ["swapoff that cannot read, and a page given up"] = ("disk", ["P0 map a", "P0 write a 1", "P0 pageout a"], ["P0 fail read", "P0 swapoff 0", "P0.1 read a", "P0.1 dontneed a"]),
        ["swapoff while the device reads the page"] = ("disk stable-writes", ["P0 map a", "P0 write a 1", "P0 pageout a writeback"], ["P0 swapoff 0", "P0.1 write a 2", "P0.1 endio a"]),
        ["reclaim and a write to what was shared"] = ("zram", ["P0 map a", "P0 write a 1", "P0 fork P1", "P1 exit"], ["P0 write a 2", "kswapd reclaim P0 a"]),
    };

    public static TheoryData<PathId, string, string> Killed() => new()
    {
        { PathId.DoSwapPage, "drop SwapcachePrepare", "read around the cache twice" },
        { PathId.DoSwapPage, "swap SwapcachePrepare, VmaAllocFolio", "read around the cache twice" },
        { PathId.DoSwapPage, "drop FolioTestSwapcache", "cached folio given up" },
        { PathId.DoSwapPage, "swap PteOffsetMapLock, PteSame", "cached folio given up" },
        { PathId.DoSwapPage, "drop PteSame", "cached folio given up" },
        { PathId.DoSwapPage, "swap OutFolioUnlock, OutFolioPut", "cached folio given up" },
        { PathId.DoWpPage, "swap FolioTrylock, FolioFreeSwap", "reclaim and a write to what was shared" },
        { PathId.DoWpPage, "swap PteOffsetMapLock, PteSame", "three who write a shared page" },
        { PathId.DoWpPage, "drop PteSame", "three who write a shared page" },
        { PathId.DoWpPage, "drop PutNewPage", "three who write a shared page" },
        { PathId.DoWpPage, "drop PteUnmapUnlock#4", "three who write a shared page" },
        { PathId.DoWpPage, "duplicate PteUnmapUnlock#4", "three who write a shared page" },
        { PathId.DoWpPage, "drop PutOldPage#2", "three who write a shared page" },
        { PathId.DoWpPage, "duplicate PutOldPage#2", "three who write a shared page" },
        { PathId.SwapOff, "swap PteOffsetMapLock, PteSameAsSwp", "swapoff and a fault" },
        { PathId.SwapOff, "drop PteSameAsSwp", "swapoff and a fault" },
        { PathId.SwapOff, "swap PteSameAsSwp, FolioTestUptodate", "swapoff that cannot read, and a page given up" },
        { PathId.SwapOff, "drop FolioWaitWriteback", "swapoff while the device reads the page" },
        { PathId.SwapOff, "swap FolioFreeSwap, FolioPut", "swapoff and the page out again" },
    };

    public static TheoryData<string> Kinds() => [.. Situations.Keys];

    [Theory]
    [MemberData(nameof(Killed))]
    public void A_mutant_that_one_task_cannot_kill_two_can(PathId path, string mutant, string situation)
    {
        var kernel = PathMutant.Of(Good, path).Single(m => m.Name == mutant).Kernel;
        var scope = Of(kernel, situation);
        var search = new Exploration(kernel, Machines.None, scope, Scopes.All, new ExploreOptions { StopsAtFirst = true });
        search.Run();
        var way = search.Ways.First();

        // And the case that shows it is replayed.
        var machine = new Machine(kernel, Machines.None);
        Assert.True(machine.Run(Schedule.Of(kernel, Machines.None, scope, way.Moves), InvariantSet.Of(way.Invariant)).Contains(way.Invariant));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_kernel_itself_takes_the_scope_whole(string situation) => Assert.Empty(Scopes.Searched(Good, Machines.None, Of(Good, situation)).Ways);

    private static FixedPrograms Of(Kernel kernel, string situation)
    {
        var (swap, first, together) = Situations[situation];
        return Scopes.Fixed(kernel, Machines.None, swap, first, together);
    }
}
