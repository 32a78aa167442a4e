using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Xunit;

namespace Hooks.Properties.Kernels;

/// <summary>What 6.14, 7.0 and 7.3 do otherwise than the kernels before them.</summary>
public class Linux7Tests
{
    private static readonly SwapEntry First = SwapEntry.Of(0, 1);

    [Theory]
    [InlineData("v6.11", true)]
    [InlineData("v6.14", false)]
    [InlineData("v7.3", false)]
    public void A_freed_slot_is_held_back_until_6_13(string kernel, bool heldBack)
    {
        var after = After(kernel, "disk slot-cache=on", "P0 map a", "P0 write a 1", "P0 pageout a", "P0 unmap a");
        Assert.Equal(heldBack, after.State.Slot(First).IsHeldBack);
        Assert.Equal(!heldBack, after.State.Slot(First).IsFree);
    }

    [Theory]
    [InlineData("v6.14", 1)]
    [InlineData("v7.0", 2)]
    [InlineData("v7.3", 2)]
    public void A_freed_slot_is_given_out_again_at_once_or_in_its_turn(string kernel, int offset)
    {
        var after = After(kernel, "zram", "P0 map a", "P0 write a 1", "P0 pageout a", "P0 write a 2", "P0 pageout a");
        Assert.Equal(SwapEntry.Of(0, offset), after.State.Pte(default).Entry);
    }

    [Fact]
    public void In_turn_comes_the_lowest_free_slot_again_behind_the_last()
    {
        var after = After("v7.3", "zram slots=2", "P0 map a", "P0 write a 1", "P0 pageout a", "P0 write a 2", "P0 pageout a", "P0 write a 3", "P0 pageout a");
        Assert.Equal(First, after.State.Pte(default).Entry);
    }

    [Theory]
    [InlineData("v6.14", 1)]
    [InlineData("v7.3", 0)]
    public void Of_areas_of_one_priority_each_gives_a_slot_or_a_cluster(string kernel, int type)
    {
        var after = After(kernel, "zram priority=1\nswap zram priority=1", "P0 map a", "P0 map b", "P0 write a 1", "P0 write b 1", "P0 pageout a", "P0 pageout b");
        Assert.Equal(0, after.State.Pte(default).Entry.Type);
        Assert.Equal(type, after.State.Pte(new MmId(0), new Vpn(1)).Entry.Type);
    }

    [Fact]
    public void At_the_end_of_a_cluster_its_equal_comes_next()
    {
        var after = After("v7.3", "zram slots=1 priority=1\nswap zram priority=1", "P0 map a", "P0 map b", "P0 write a 1", "P0 write b 1", "P0 pageout a", "P0 pageout b");
        Assert.Equal(1, after.State.Pte(new MmId(0), new Vpn(1)).Entry.Type);
    }

    /// <summary>A synchronous device leaves the swap cache with the last swap PTE; until 6.14 the folio stays there until swap is half full.</summary>
    [Theory]
    [InlineData("v6.14", true)]
    [InlineData("v7.0", false)]
    [InlineData("v7.3", false)]
    public void After_both_sharers_have_read_the_slot_is_kept_or_freed(string kernel, bool kept)
    {
        var after = After(kernel, "zram slots=8191", "P0 map a", "P0 write a 1", "P0 pageout a", "P0 fork P1", "P0 read a", "P1 read a");
        Assert.Equal(kept, !after.State.Slot(First).IsFree);
        Assert.Equal(after.State.Pte(default).Pfn, after.State.Pte(new MmId(1), default).Pfn);
    }

    /// <summary>The child has gone when the parent reads: 6.14 asks the reference count, 7.0 asks it too early, 7.3 does not ask.</summary>
    [Theory]
    [InlineData("v6.14", true)]
    [InlineData("v7.0", false)]
    [InlineData("v7.3", false)]
    public void A_page_that_was_shared_while_swapped_out_is_its_last_owners_again_or_takes_one_more_fault(string kernel, bool exclusive)
    {
        var after = After(kernel, "zram", "P0 map a", "P0 write a 1", "P0 pageout a", "P0 fork P1", "P1 exit", "P0 read a");
        Assert.Equal(exclusive, after.State.Pte(default).IsWritable);
        Assert.Equal(exclusive, after.State.Frame(after.State.Pte(default).Pfn).Test(PageFlags.AnonExclusive));
    }

    /// <summary>7.0 to 7.2 clear the write flag when they map the page writable, and then do not see that it was a write.</summary>
    [Theory]
    [InlineData("v6.14", true)]
    [InlineData("v7.0", true)]
    [InlineData("v7.3", false)]
    public void A_write_to_an_exclusive_page_on_a_disk_keeps_its_slot_or_frees_it(string kernel, bool kept)
    {
        // Somebody else's plain reference is one too many for those who count.
        var after = After(kernel, "disk slots=8191", "P0 map a", "P0 write a 1", "P0 pageout a cached", "P0 pin a get", "P0 pageout a", "P0 write a 2");
        Assert.Equal(kept, after.State.Slot(First).HasCache);
    }

    [Theory]
    [InlineData("v6.14", true)]
    [InlineData("v7.0", false)]
    [InlineData("v7.3", false)]
    public void Who_loses_the_race_for_a_page_takes_it_out_of_the_swap_cache_from_7_0_on(string kernel, bool inCache)
    {
        var after = After(kernel, "disk slots=8191", "P0 map a", "P0 write a 1", "P0 pageout a", "P0 read a until FolioLock", "P0.1 read a", "P0 go");
        Assert.Equal(inCache, after.State.Slot(First).HasCache);
    }

    [Theory]
    [InlineData("debian-6.1.192", "none", false)]
    [InlineData("v6.8", "none", false)]
    [InlineData("v6.11", "none", true)]
    [InlineData("v6.11", "arm64", false)]
    [InlineData("v6.11", "sparc", true)]
    [InlineData("debian-6.12.117", "arm64", true)]
    [InlineData("v7.0", "arm64", true)]
    [InlineData("v7.3", "arm64", true)]
    public void What_a_device_wrote_through_a_pin_to_a_page_mapped_writable_and_clean_is_lost(string kernel, string arch, bool lost)
    {
        string[] program = ["P0 map a", "P0 write a 1", "P0 pageout a", "P0 read a", "P0 pin a write", "P0 dma a 2", "P0 unpin a", "P0 pageout a", "P0 read a"];
        Assert.Equal(lost, Breaks(kernel, arch, program));
        program[6] = "P0 unpin a dirty";
        Assert.False(Breaks(kernel, arch, program));
    }

    [Theory]
    [InlineData("debian-6.1.192", "arm64", false)]
    [InlineData("v6.5", "arm64", false)]
    [InlineData("v6.5", "sparc", true)]
    [InlineData("debian-6.12.117", "arm64", true)]
    public void So_is_what_it_wrote_after_mprotect_had_made_a_clean_page_writable(string kernel, string arch, bool lost)
    {
        string[] program = ["P0 map a", "P0 write a 1", "P0 pageout a", "P0 read a", "P0 mprotect a", "P0 pin a write", "P0 dma a 2", "P0 unpin a", "P0 pageout a", "P0 read a"];
        Assert.Equal(lost, Breaks(kernel, arch, program));
    }

    private static bool Breaks(string kernel, string arch, string[] program) =>
        Machines.Broken(kernel, Machines.Architectures.Single(a => a.Name == arch), Machines.Program("disk", program)).Contains(InvariantId.DataPreservation);

    private static World After(string kernel, string swap, params string[] program)
    {
        var machine = Machines.Machine(kernel, Machines.None);
        machine.Run(Machines.Program(swap, program), InvariantSet.None);
        return machine.World;
    }
}
