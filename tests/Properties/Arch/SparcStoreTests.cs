using Hooks.Core.Invariants;
using Xunit;
using static Hooks.Properties.Machines;

namespace Hooks.Properties.Arch;

/// <summary>
/// What follows for sparc from its store by mm and address, on series v1, where the window after set_pte_at() does not hide
/// it. The kernel lines they rest on, and which of these were known, are in docs/findings.md.
/// </summary>
public class SparcStoreTests
{
    private const string Kernel = "series-v1-2";

    [Fact]
    public void Tags_come_back_once_twice_and_page_by_page()
    {
        var program = Program("zram",
            "P0 map a tagged", "P0 map b tagged", "P0 map c tagged", "P0 tag a 1", "P0 tag b 2", "P0 tag c.1 3",
            "P0 pageout b", "P0 pageout a", "P0 pageout c", "P0 read c", "P0 read a", "P0 read b",
            "P0 pageout a", "P0 pageout b", "P0 read b", "P0 read a");
        Assert.Equal(Set(), Broken(Kernel, Sparc, program));
    }

    [Fact]
    public void Copying_on_write_copies_the_tags() =>
        Assert.Equal(Set(), Broken(Kernel, Sparc, Program("zram", "P0 map a tagged", "P0 tag a 5", "P0 fork P1", "P1 write a 2", "P0 tag a.1 6", "P1 readtag a")));

    [Fact]
    public void A_child_forked_while_a_page_is_swapped_out_finds_somebody_elses_tags()
    {
        var program = Program("zram", "P0 map a tagged", "P0 tag a 5", "P0 pageout a", "P0 fork P1", "P1 read a");
        Assert.Equal(Set(InvariantId.TagPreservation, InvariantId.NoStaleTags), Broken(Kernel, Sparc, program));
    }

    [Fact]
    public void A_page_whose_tags_were_never_saved_gets_zeroes_when_a_neighbours_range_covers_it_and_the_neighbours_are_lost()
    {
        // P1 has b in swap without saved tags; its a is paged out after the fork, and the range of a covers b.
        string[] lines = ["P0 map a tagged", "P0 map b tagged", "P0 tag a 5", "P0 tag b 6", "P0 pageout b", "P0 fork P1", "P0 exit", "P1 pageout a", "P1 read b"];
        var trace = Run(Kernel, Sparc, Program("zram", lines));
        var tags = Assert.Single(trace.Violations, v => v.Breach.Invariant == InvariantId.TagPreservation);
        Assert.Equal("P1:read:SetPteAt", tags.Place.OldName);
        Assert.Equal(0, tags.Breach.Actual);
        Assert.DoesNotContain(trace.Violations, v => v.Breach.Invariant == InvariantId.NoStaleTags);
        Assert.Contains(Run(Kernel, Sparc, Program("zram", [.. lines, "P1 read a"])).Violations, v => v.Breach.Invariant == InvariantId.NoStaleTags);
    }

    [Fact]
    public void Unmapping_a_swapped_out_page_leaves_its_tags_in_the_store()
    {
        var program = Program("zram", "P0 map a tagged", "P0 tag a 5", "P0 pageout a", "P0 unmap a");
        Assert.Equal(Set(InvariantId.MetadataLifetime), Broken(Kernel, Sparc, program));
    }

    [Fact]
    public void The_leak_is_reported_at_the_step_that_should_have_dropped_the_tags() =>
        Assert.Equal("P0:unmap:PteClear", Assert.Single(Run(Kernel, Sparc, Program("zram", "P0 map a tagged", "P0 tag a 5", "P0 pageout a", "P0 unmap a")).Violations).Place.OldName);

    [Fact]
    public void A_process_that_exits_with_pages_swapped_out_leaves_nothing() =>
        Assert.Equal(Set(), Broken(Kernel, Sparc, Program("zram", "P0 map a tagged", "P0 map b tagged", "P0 tag a 5", "P0 tag b 6", "P0 pageout a", "P0 fork P1", "P0 pageout b", "P0 exit")));

    [Fact]
    public void The_store_goes_with_the_process() =>
        Assert.Equal(Set(), Broken(Kernel, Sparc, Program("zram", "P0 map a tagged", "P0 tag a 5", "P0 pageout a", "P0 fork P1", "P1 exit", "P0 read a")));
}
