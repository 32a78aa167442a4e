using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using Xunit;

namespace Hooks.Properties.Paths;

/// <summary>memory.swap.max of the cgroup that all processes are in: the lab has seen a real 6.1, 6.12 and 7.3 do the same.</summary>
public class SwapMaxTests
{
    private static readonly MmId P0 = new(0);

    [Theory]
    [InlineData("v6.5")]
    [InlineData("debian-6.12.117")]
    [InlineData("v7.3")]
    public void No_more_slots_are_given_out_than_the_cgroup_may_have_and_what_it_has_it_keeps(string kernel)
    {
        var machine = After(kernel, "zram", "P0 map a", "P0 map b", "P0 map c", "P0 write a 1", "P0 write b 2", "P0 write c 3", "P0 swapmax 2", "P0 pageout a", "P0 pageout b", "P0 pageout c", "P0 swapmax 1");
        Assert.True(Swapped(machine, 0) && Swapped(machine, 1));
        Assert.False(Swapped(machine, 2));
        Assert.Equal(2, machine.State.Area(0).InUse);
        Assert.False(machine.State.Folio(machine.State.Pte(P0, new Vpn(2)).Pfn).Test(FolioFlags.SwapCache));
    }

    [Fact]
    public void A_limit_that_is_lifted_is_none_any_more() =>
        Assert.True(Swapped(After("v7.3", "zram", "P0 map a", "P0 write a 1", "P0 swapmax 0", "P0 pageout a", "P0 swapmax max", "P0 pageout a"), 0));

    /// <summary>mem_cgroup_swap_full(): the page leaves the swap cache at the fault, as it does when all of swap is half full.</summary>
    [Theory]
    [InlineData("P0 swapmax 2", true)]
    [InlineData("P0 swapmax 3", false)]
    [InlineData("P0 swapmax max", false)]
    public void A_cgroup_that_uses_half_of_what_it_may_gives_slots_back_early(string limit, bool givesBack)
    {
        var machine = After("v6.5", "disk", "P0 map a", "P0 write a 1", "P0 pageout a", limit, "P0 read a");
        Assert.Equal(givesBack ? 0 : 1, machine.State.Area(0).InUse);
        Assert.Equal(!givesBack, machine.State.Folio(machine.State.Pte(P0, new Vpn(0)).Pfn).Test(FolioFlags.SwapCache));
    }

    [Theory]
    [InlineData("P0 swapmax 3", 3)]
    [InlineData("P0 swapmax 0", 0)]
    [InlineData("P0 swapmax max", Operation.NoSwapMax)]
    public void A_limit_is_text(string line, byte value)
    {
        var workload = Machines.Program("zram", line);
        Assert.Equal(new Operation(P0, Verb.SwapMax, Value: value), workload.Operations[0]);
        Assert.Contains(line["P0 ".Length..], workload.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("P0 swapmax 255")]
    [InlineData("P0 swapmax -1")]
    [InlineData("P0 swapmax some")]
    [InlineData("P0 swapmax")]
    public void What_is_no_limit_is_refused(string line) =>
        Assert.Contains("max", Assert.Throws<CaseSyntaxException>(() => Machines.Program("zram", line)).Message, StringComparison.Ordinal);

    private static Machine After(string kernel, string swap, params string[] lines)
    {
        var machine = Machines.Machine(kernel, Machines.None);
        Assert.Equal(InvariantSet.None, machine.Run(Machines.Program(swap, lines), machine.Checked));
        return machine;
    }

    private static bool Swapped(Machine machine, byte page) => machine.State.Pte(P0, new Vpn(page)).IsSwap;
}
