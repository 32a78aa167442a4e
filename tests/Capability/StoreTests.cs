using Hooks.Core.Invariants;
using Xunit;

namespace Hooks.Capability;

/// <summary>A data store clears the tag of its granule, whoever stores, and the oracle knows.</summary>
public class StoreTests
{
    public static TheoryData<string> Kernels => Machines.Kernels;

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_programs_store_clears_the_tag_of_its_granule_and_no_other(string kernel) => Shows("0111", kernel, "P0 map a tagged", "P0 tag a 1", "P0 write a 3");

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_devices_store_through_a_pin_does_too(string kernel) => Shows("0111", kernel, "P0 map a tagged", "P0 tag a 1", "P0 pin a write", "P0 dma a 3");

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_devices_store_to_a_page_that_reclaim_has_unmapped_does_too(string kernel) =>
        Shows("0111", kernel, "P0 map a tagged", "P0 tag a 1", "P0 pin a write get", "P0 reclaim a", "P0 dma a 3", "P0 read a");

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_tag_stored_afterwards_stays(string kernel) => Shows("1101", kernel, "P0 map a tagged", "P0 tag a 1", "P0 write a 3", "P0 tag a.0 1", "P0 tag a.2 0");

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Of_a_tag_the_lowest_bit_counts(string kernel) => Shows("1010", kernel, "P0 map a tagged", "P0 tag a 14", "P0 tag a.0 9", "P0 tag a.2 3");

    [Theory]
    [MemberData(nameof(Kernels))]
    public void What_a_store_cleared_stays_cleared_through_swap(string kernel) => Shows("0111", kernel, "P0 map a tagged", "P0 tag a 1", "P0 write a 3", "P0 pageout a", "P0 read a");

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_store_after_a_fork_clears_the_tag_of_one_process_only(string kernel) =>
        Shows("1111", kernel, "P0 map a tagged", "P0 tag a 1", "P0 fork P1", "P1 write a 3", "P1 pageout a", "P0 pageout a", "P1 read a", "P0 read a");

    [Theory]
    [MemberData(nameof(Kernels))]
    public void What_was_saved_before_the_store_is_not_given_back(string kernel) =>
        Shows("0111", kernel, "P0 map a tagged", "P0 tag a 1", "P0 pageout a cached", "P0 read a", "P0 write a 3", "P0 pin a get", "P0 reclaim a", "P0 read a");

    [Fact]
    public void Giving_it_back_would_make_an_overwritten_pointer_valid()
    {
        var machine = Machines.Run("v6.11", new Machines.Variant(hooks => new Machines.RestoresAgain(hooks)), "disk",
            "P0 map a tagged", "P0 tag a 1", "P0 pageout a cached", "P0 read a", "P0 write a 3", "P0 pin a get", "P0 reclaim a", "P0 read a");
        Assert.Equal(InvariantSet.Of(InvariantId.TagPreservation), machine.Broken);
        Assert.Equal(("1111", "0111"), (Machines.Seen(machine), Machines.Expected(machine)));
    }

    [Fact]
    public void A_store_that_clears_more_than_its_granule_is_noticed()
    {
        var machine = Machines.Run("v6.11", new Machines.Variant(hooks => new Machines.ClearsTooMuch(hooks)), "zram", "P0 map a tagged", "P0 tag a 1", "P0 write a 3");
        Assert.Equal(InvariantSet.Of(InvariantId.TagPreservation), machine.Broken);
        Assert.Equal(("0000", "0111"), (Machines.Seen(machine), Machines.Expected(machine)));
    }

    private static void Shows(string tags, string kernel, params string[] lines)
    {
        var machine = Machines.Run(kernel, Machines.Cap, "disk", lines);
        Assert.Equal(InvariantSet.None, machine.Broken);
        Assert.Equal((tags, tags), (Machines.Seen(machine), Machines.Expected(machine)));
    }
}
