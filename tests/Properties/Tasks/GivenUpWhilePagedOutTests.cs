using Hooks.Core.Invariants;
using Xunit;

namespace Hooks.Properties.Tasks;

/// <summary>Found by <c>hooks check</c>'s interleaved runs: the model had left out what pageout() asks after is_page_cache_freeable().</summary>
public class GivenUpWhilePagedOutTests
{
    [Fact]
    public void A_page_that_is_not_in_the_swap_cache_is_not_written()
    {
        // Reclaim finds the page marked by MADV_FREE, so it gets no slot; MADV_DONTNEED takes it away under reclaim's hands, and leaves it dirty, with the mapping's reference in the place of the swap cache's.
        var program = Machines.Program(
            "disk slots=1 slot-cache=off",
            "P0 map a tagged",
            "P0 tag a 13",
            "P0 pin a write",
            "P0 free a",
            "P0 unpin a dirty",
            "P0 tag a 11",
            "P0 free a until MadviseLock",
            "P0.2 pageout a cached until IsolateLruPage",
            "P0 go until PteOffsetMapLock",
            "P0.2 go until ReclaimPages",
            "P0.1 dontneed a until MadviseLock",
            "P0.2 go until FolioTrylock",
            "P0.1 go until PtepGetAndClear",
            "P0.2 go until AddToSwap",
            "P0.1 go until PteUnmapUnlock",
            "P0.2 go until TryToUnmapOne",
            "P0.1 go until FreeSwapCache",
            "P0 go until MmapReadUnlock",
            "P0.2 go until FolioTestDirty",
            "P0 go",
            "P0 tag a.3 3",
            "P0.2 go");
        foreach (var arch in Machines.Architectures)
        {
            var machine = Machines.Machine("v6.5", arch);
            Assert.Equal(InvariantSet.None, machine.Run(program, machine.Checked));
        }
    }
}
