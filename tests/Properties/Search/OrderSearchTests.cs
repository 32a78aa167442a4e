using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Paths;
using Hooks.Core.Search;
using Xunit;

namespace Hooks.Properties.Search;

/// <summary>The orders of a few steps of do_swap_page(): what a reviewer of series v1 would have liked to know comes out of the search.</summary>
public class OrderSearchTests
{
    private static readonly OrderResult Result = new OrderSearch(MovableTail.Of(KernelCatalogue.Get("v6.5"), DoSwapPage.ArchSwapRestore, DoSwapPage.CheckExclusive), [Machines.Arm64], seed: 1, workloads: 300).Run(CancellationToken.None);

    [Fact]
    public void Tags_are_restored_before_the_entry_is_given_back() =>
        Assert.Equal(InvariantId.TagPreservation, Needed(DoSwapPage.ArchSwapRestore, DoSwapPage.SwapFree).Finding!.Invariant);

    /// <summary>Where folio_free_swap() comes before swap_free() the page stays in the swap cache, which is a waste, and breaks nothing.</summary>
    [Fact]
    public void The_swap_cache_is_left_before_the_reference_count_is_looked_at_if_the_entry_has_been_given_back()
    {
        var needed = Needed(DoSwapPage.FolioFreeSwap, DoSwapPage.CheckExclusive);
        Assert.Equal(InvariantId.ExclusiveDetected, needed.Finding!.Invariant);
        Assert.Equal((DoSwapPage.SwapFree.Name, DoSwapPage.FolioFreeSwap.Name), (needed.When?.First.Name, needed.When?.Second.Name));
    }

    [Fact]
    public void The_rules_say_exactly_which_orders_are_safe()
    {
        Assert.True(Result.Safe > 1);
        Assert.True(Result.Safe < Result.Tried);
        Assert.Equal(Result.Safe, Result.Allowed);
        Assert.True(Result.Tried < Result.Orders);
    }

    [Fact]
    public void Where_tags_are_lost_in_any_order_none_is_asked_for()
    {
        // v5.19 with arm64's tags restored by nobody: nothing that moves can help.
        var result = new OrderSearch(MovableTail.Of(KernelCatalogue.Get("v5.19"), DoSwapPage.SwapFree, DoSwapPage.CheckExclusive), [Machines.Arm64], seed: 1, workloads: 300).Run(CancellationToken.None);
        Assert.DoesNotContain(result.Necessary, n => n.Finding?.Invariant == InvariantId.TagPreservation);
        Assert.Contains(result.Necessary, n => n.Finding?.Invariant == InvariantId.ExclusiveDetected);
    }

    private static NecessaryOrder Needed(Step first, Step second) => Assert.Single(Result.Necessary, n => n.First.Name == first.Name && n.Second.Name == second.Name);
}
