using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Xunit;

namespace Hooks.Properties.Paths;

/// <summary>Pages of zeroes are not written to swap from 6.12 on: seen in the lab, where reads of them did not fail.</summary>
public class ZeromapTests
{
    private static readonly MmId P0 = new(0);

    [Theory]
    [InlineData("v6.11", false)]
    [InlineData("debian-6.12.117", true)]
    [InlineData("v6.14", true)]
    [InlineData("v7.0", true)]
    [InlineData("v7.3", true)]
    public void A_page_of_zeroes_is_gone_at_once_whatever_the_device_and_no_read_of_it_fails(string kernel, bool marks)
    {
        var machine = Machines.Machine(kernel, Machines.Arm64);
        var broken = machine.Run(Machines.Program("disk", "P0 map a tagged", "P0 tag a 3", "P0 pageout a writeback"), machine.Checked);
        Assert.Equal(InvariantSet.None, broken);
        var entry = machine.State.Pte(P0, new Vpn(0)).Entry;
        Assert.Equal(marks, machine.State.Slot(entry).IsZero);
        Assert.Equal(marks, machine.State.Slot(entry).Folio.IsNone);

        var trace = Machines.Run(kernel, Machines.Arm64, Machines.Program("disk", "P0 map a tagged", "P0 tag a 3", "P0 pageout a", "P0 fail read", "P0 read a", "P0 readtag a"));
        Assert.Equal(marks ? OpResult.Applied : OpResult.SigBus, trace.Operations[^2].Result);
    }

    [Fact]
    public void A_slot_that_is_written_anew_with_something_else_is_not_zero_any_more()
    {
        var machine = Machines.Machine("v7.3", Machines.None);
        machine.Run(Machines.Program("disk", "P0 map a", "P0 write a 1", "P0 unmap a", "P0 map a", "P0 fork P1", "P0 pageout a", "P0 read a", "P0 write a 7", "P0 pageout a", "P0 read a"), machine.Checked);
        Assert.Equal(7, machine.State.Frame(machine.State.Pte(P0, new Vpn(0)).Pfn).Data);
    }
}
