using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Xunit;

namespace Hooks.Properties.Paths;

public class UffdMoveTests
{
    [Theory]
    [InlineData("v6.14", "zram", false)]
    [InlineData("debian-6.12.117", "disk", false)]
    [InlineData("v7.3", "zram", false)]
    [InlineData("v7.3", "disk", false)]
    [InlineData("v6.14", "zram", true)]
    [InlineData("debian-6.12.117", "disk", true)]
    [InlineData("v7.3", "zram", true)]
    public void A_page_moves_with_its_tags_there_or_swapped_out_and_leaves_a_mapping_with_nothing_in_it(string kernel, string swap, bool pageout)
    {
        var machine = Machines.Machine(kernel, Machines.Arm64);
        Assert.True(Moves(machine, swap, ["P0 map a tagged", "P0 map b tagged", "P0 write a 1", "P0 tag a 3", .. pageout ? ["P0 pageout a"] : None]));
        var to = machine.State.Pte(P0, B);
        Assert.Equal(pageout, to.IsSwap);
        Assert.Equal(!pageout, to.IsPresent);
        Assert.True(machine.State.Pte(P0, A).IsNone);
        Assert.True(machine.State.Vma(P0, A).IsMapped);
    }

    [Fact]
    public void Until_6_7_there_is_no_such_call() =>
        Assert.False(Moves(Machines.Machine("v6.5", Machines.Arm64), "zram", ["P0 map a", "P0 map b", "P0 write a 1"]));

    [Theory]
    [InlineData("nothing mapped there", "P0 map a", "P0 write a 1")]
    [InlineData("something there", "P0 map a", "P0 map b", "P0 write a 1", "P0 write b 1")]
    [InlineData("nothing to move", "P0 map a", "P0 map b")]
    [InlineData("tagged and not", "P0 map a tagged", "P0 map b", "P0 write a 1")]
    [InlineData("locked and not", "P0 map a", "P0 map b", "P0 write a 1", "P0 mlock a")]
    [InlineData("shared with a child", "P0 map a", "P0 map b", "P0 write a 1", "P0 fork P1")]
    [InlineData("shared with a child, swapped out", "P0 map a", "P0 map b", "P0 write a 1", "P0 fork P1", "P0 pageout a")]
    [InlineData("pinned", "P0 map a", "P0 map b", "P0 write a 1", "P0 pin a write")]
    public void What_is_not_the_callers_alone_or_not_alike_stays(string why, params string[] lines)
    {
        var machine = Machines.Machine("v7.3", Machines.Arm64);
        Assert.False(Moves(machine, "zram", lines), why);
    }

    /// <summary>A present page gets a new entry, a swapped one keeps its own: N4 of the notes on 7.3, the same in 6.8.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_write_protection_goes_along_only_with_a_page_that_is_swapped_out(bool pageout)
    {
        var machine = Machines.Machine("v7.3", Machines.Arm64);
        Assert.True(Moves(machine, "zram", ["P0 map a", "P0 map b", "P0 write a 1", "P0 uffdwp a", .. pageout ? ["P0 pageout a"] : None]));
        Assert.Equal(pageout, machine.State.Pte(P0, B).IsUffdWp);
    }

    private static readonly string[] None = [];
    private static readonly MmId P0 = new(0);
    private static readonly Vpn A = new(0);
    private static readonly Vpn B = new(1);

    private static bool Moves(Machine machine, string swap, string[] before)
    {
        Assert.Equal(InvariantSet.None, machine.Run(Machines.Program(swap, [.. before, "P0 uffdmove a b"]), machine.Checked));
        var moved = machine.State.Pte(P0, A).IsNone && !machine.State.Pte(P0, B).IsNone;
        Assert.Equal(InvariantSet.None, Machines.Machine(machine.Kernel.Name, Machines.Arm64).Run(Machines.Program(swap, [.. before, "P0 uffdmove a b", "P0 read b", "P0 read a", "P0 write b 2", "P0 read b"]), machine.Checked));
        return moved;
    }
}
