using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Paths;
using Xunit;
using static Hooks.Properties.Machines;

namespace Hooks.Properties.Story;

/// <summary>What was said in the thread of May 2023 ("mm: Move arch_do_swap_page() call to before swap_free()"), statement by statement.</summary>
public class ThreadStoryTests
{
    private static readonly string[] TagsRead = ["P0 map a tagged", "P0 tag a 5", "P0 pageout a", "P0 read a"];
    private static readonly string[] TagsWritten = ["P0 map a tagged", "P0 tag a 5", "P0 pageout a", "P0 write a 1"];
    private static readonly string[] SoleOwnerWithoutMarker = ["P0 map a", "P0 write a 1", "P0 pageout a", "P0 fork P1", "P1 exit", "P0 write a 2"];

    [Theory]
    [InlineData("v5.16")]
    [InlineData("v5.17")]
    public void Statement_1_until_5_17_the_page_is_mapped_before_the_entry_is_given_back_and_tags_survive(string kernel)
    {
        Assert.True(Position(kernel, DoSwapPage.SetPteAt) < Position(kernel, DoSwapPage.SwapFree));
        foreach (var swap in new[] { "zram", "disk", "disk slots=1" })
        {
            var trace = Run(kernel, Arm64, Program(swap, TagsWritten));
            Assert.Empty(trace.Violations);
            Assert.Equal(1, Taken(trace, DoSwapPage.SetPteAt));
        }
    }

    [Theory]
    [InlineData("v5.18")]
    [InlineData("v5.19")]
    [InlineData("debian-6.1.192-norestore-noprepare")]
    public void Statement_2_from_5_18_on_the_entry_is_given_back_first_and_arm64_finds_nothing_to_restore(string kernel)
    {
        Assert.True(Position(kernel, DoSwapPage.SwapFree) < Position(kernel, DoSwapPage.SetPteAt));
        Assert.Equal(Set(InvariantId.TagPreservation), Broken(kernel, Arm64, Program("zram", TagsRead)));
        Assert.Equal(Set(InvariantId.TagPreservation), Broken(kernel, Arm64, Program("zram", TagsWritten)));
        Assert.Equal(Set(InvariantId.TagPreservation), Broken(kernel, Arm64, Program("disk", TagsWritten)));
        Assert.Equal(Set(), Broken(kernel, Arm64, Program("disk", TagsRead)));
        Assert.Equal(Set(InvariantId.TagPreservation), Broken(kernel, Arm64, Program("disk slots=1", TagsRead)));
        Assert.Equal(Set(InvariantId.TagPreservation), Broken(kernel, Arm64, Program("disk", "P0 map a tagged", "P0 tag a 5", "P0 pageout a", "P0 mlock a", "P0 read a")));
    }

    [Fact]
    public void Statement_3_series_v1_1_no_longer_sees_an_exclusive_page_because_the_swap_cache_holds_a_reference()
    {
        var workload = Program("disk", SoleOwnerWithoutMarker);
        var violation = Assert.Single(Run("series-v1-1", None, workload).Violations);
        Assert.Equal(InvariantId.ExclusiveDetected, violation.Breach.Invariant);
        Assert.Equal("P0:write:FolioUnlock", violation.Place.OldName);
        Assert.Contains("the swap cache still held a reference", InvariantCatalogue.Of(InvariantId.ExclusiveDetected).Describe(violation.Breach), StringComparison.Ordinal);

        Assert.Equal(Set(), Broken("v5.19", None, workload));
        Assert.Equal(Set(InvariantId.ExclusiveDetected), Broken("series-v1-2", None, workload));
    }

    [Fact]
    public void Statement_3_series_v1_1_still_loses_arm64_tags_and_v1_2_keeps_them()
    {
        Assert.Equal(Set(InvariantId.TagPreservation), Broken("series-v1-1", Arm64, Program("zram", TagsRead)));
        Assert.Equal(Set(), Broken("series-v1-2", Arm64, Program("zram", TagsRead)));
        Assert.Equal(Set(), Broken("series-v1-2", Arm64, Program("disk", TagsWritten)));
    }

    [Theory]
    [InlineData("v6.5")]
    [InlineData("v6.8")]
    [InlineData("v6.11")]
    [InlineData("debian-6.1.192")]
    public void Statement_4_restoring_before_the_entry_is_given_back_keeps_tags_and_exclusivity(string kernel)
    {
        Assert.True(Position(kernel, DoSwapPage.ArchSwapRestore) < Position(kernel, DoSwapPage.SwapFree));
        Assert.True(Position(kernel, DoSwapPage.SwapFree) < Position(kernel, kernel == "v6.11" ? DoSwapPage.CheckExclusiveWritable : DoSwapPage.CheckExclusive));
        foreach (var swap in new[] { "zram", "disk", "disk slots=1", "zram slots=8191" })
        {
            Assert.Equal(Set(), Broken(kernel, Arm64, Program(swap, TagsRead)));
            Assert.Equal(Set(), Broken(kernel, Arm64, Program(swap, TagsWritten)));
            Assert.Equal(Set(), Broken(kernel, Arm64, Program(swap, SoleOwnerWithoutMarker)));
        }
    }

    [Theory]
    [InlineData("v5.18")]
    [InlineData("v5.19")]
    [InlineData("debian-6.1.192-norestore-noprepare")]
    public void Statement_5_the_bug_hides_while_a_slot_cache_holds_the_frees_back(string kernel)
    {
        Assert.Equal(Set(InvariantId.TagPreservation), Broken(kernel, Arm64, Program("zram slots=255", TagsRead)));
        Assert.Equal(Set(InvariantId.TagPreservation), Broken(kernel, Arm64, Program("zram slots=320", TagsRead)));
        Assert.Equal(Set(), Broken(kernel, Arm64, Program("zram slots=321", TagsRead)));
        Assert.Equal(Set(), Broken(kernel, Arm64, Program("zram slots=8191", TagsRead)));
        Assert.Equal(Set(), Broken(kernel, Arm64, Program("disk slots=8191", TagsWritten)));
        Assert.Equal(Set(InvariantId.TagPreservation), Broken(kernel, Arm64, Program("zram slots=8191 slot-cache=off", TagsRead)));
        Assert.Equal(Set(), Broken(kernel, Arm64, Program("zram slot-cache=on", TagsRead)));
    }

    [Fact]
    public void From_6_11_on_a_read_fault_maps_an_exclusive_page_writable_and_saves_the_next_fault()
    {
        string[] lines = ["P0 map a", "P0 write a 1", "P0 pageout a", "P0 read a", "P0 write a 2"];
        int Faults(string kernel) => Taken(Run(kernel, None, Program("zram", lines)), Fault.HandlePteFault);
        Assert.Equal(3, Faults("v6.8"));
        Assert.Equal(2, Faults("v6.11"));
    }

    [Fact]
    public void The_claim_on_the_slot_hides_the_missing_restore_on_zram_but_not_on_disk()
    {
        Assert.Equal(Set(), Broken("debian-6.1.192-norestore", Arm64, Program("zram", TagsRead)));
        Assert.Equal(Set(), Broken("debian-6.1.192-norestore", Arm64, Program("zram", TagsWritten)));
        Assert.Equal(Set(InvariantId.TagPreservation), Broken("debian-6.1.192-norestore", Arm64, Program("disk", TagsWritten)));
    }

    [Theory]
    [InlineData("v5.16")]
    [InlineData("v5.17")]
    [InlineData("v5.18")]
    [InlineData("v5.19")]
    [InlineData("v6.5")]
    [InlineData("v6.8")]
    [InlineData("v6.11")]
    public void Sparcs_hook_after_set_pte_at_leaves_a_window_that_shows_the_previous_owners_tags(string kernel)
    {
        var violations = Run(kernel, Sparc, Program("zram", TagsRead)).Violations;
        Assert.Equal(Set(InvariantId.TagPreservation, InvariantId.NoStaleTags), InvariantSet.Of([.. violations.Select(v => v.Breach.Invariant)]));
        Assert.All(violations, v => Assert.Equal("P0:read:SetPteAt", v.Place.OldName));
        var swapIn = Run(kernel, Sparc, Program("zram", TagsRead)).Operations[^1].Steps.Select(s => s.Place.Step.Name).ToList();
        Assert.True(swapIn.IndexOf("SetPteAt") < swapIn.FindIndex(n => n.StartsWith("ArchDoSwapPage", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("series-v1-1")]
    [InlineData("series-v1-2")]
    public void Sparcs_window_is_gone_in_series_v1(string kernel)
    {
        Assert.Equal(Set(), Broken(kernel, Sparc, Program("zram", TagsRead)));
        Assert.Equal(Set(), Broken(kernel, Sparc, Program("disk", TagsWritten)));
    }

    private static int Position(string kernel, Step step)
    {
        var at = KernelCatalogue.Get(kernel)[PathId.DoSwapPage].Steps.IndexOf(step);
        return at >= 0 ? at : throw new ArgumentException($"{kernel} has no step {step}", nameof(step));
    }

    private static int Taken(Core.Traces.Trace trace, Step step) => trace.Operations.Sum(op => op.Steps.Count(s => s.Place.Step == step));
}
