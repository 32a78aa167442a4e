using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Traces;
using Xunit;

namespace Hooks.Properties.Paths;

/// <summary>What a program gives up and keeps the mapping of: MADV_DONTNEED; and munlock().</summary>
public class GivenUpTests
{
    private static readonly SwapEntry First = SwapEntry.Of(0, 1);

    [Theory]
    [InlineData("v5.16")]
    [InlineData("debian-6.12.117")]
    [InlineData("v7.3")]
    public void A_page_given_up_reads_as_zero_without_tags_whether_it_was_there_or_swapped_out(string kernel)
    {
        foreach (var pageout in new[] { false, true })
        {
            var machine = After(kernel, [.. Written, .. pageout ? ["P0 pageout a"] : Array.Empty<string>(), "P0 dontneed a"], out var trace);
            Assert.Equal(Pte.None, machine.State.Pte(default));
            Assert.True(machine.State.Vma(default).IsMapped);
            Assert.Equal(0, machine.State.Counters(default).AnonPages + machine.State.Counters(default).SwapEnts);
            Assert.True(machine.State.Slot(First).IsFree);
            Assert.False(machine.State.Metadata.Saved.Any);
            Assert.Equal((byte)0, machine.World.Oracle.Of(default).Data);
            Assert.Equal(default, machine.World.Oracle.Of(default).Tags);
            Assert.Equal(OpResult.Applied, trace.Operations[^1].Result);

            // A page of zeroes comes, with tags of its own.
            machine = After(kernel, [.. Written, .. pageout ? ["P0 pageout a"] : Array.Empty<string>(), "P0 dontneed a", "P0 tag a.1 3"], out _);
            var frame = machine.State.Frame(machine.State.Pte(default).Pfn);
            Assert.Equal((0, "0300"), (frame.Data, frame.Tags.ToString()));
        }
    }

    [Fact]
    public void A_locked_mapping_keeps_its_page_until_it_is_unlocked()
    {
        var machine = After("v6.8", [.. Written, "P0 mlock a", "P0 dontneed a"], out var trace);
        Assert.Equal(OpResult.NotApplicable, trace.Operations[^1].Result);
        Assert.True(machine.State.Pte(default).IsPresent);
        machine = After("v6.8", [.. Written, "P0 mlock a", "P0 munlock a", "P0 dontneed a"], out trace);
        Assert.Equal(OpResult.Applied, trace.Operations[^1].Result);
        Assert.Equal(Pte.None, machine.State.Pte(default));
    }

    [Fact]
    public void A_pin_keeps_what_was_given_up_and_the_program_gets_another_page()
    {
        var machine = After("v6.8", [.. Written, "P0 pin a write", "P0 dontneed a", "P0 dma a 2", "P0 write a 3"], out _);
        var pin = machine.State.Pin(default);
        Assert.NotEqual(pin.Pfn, machine.State.Pte(default).Pfn);
        Assert.Equal(2, machine.State.Frame(pin.Pfn).Data);
        Assert.Equal(3, machine.State.Frame(machine.State.Pte(default).Pfn).Data);
    }

    [Fact]
    public void A_poison_marker_goes_with_what_is_given_up()
    {
        var machine = After("v6.8", [.. Written, "P0 pageout a", "P0 fail read", "P0 swapoff 0"], out _);
        Assert.True(machine.State.Pte(default).IsPoisoned);
        After("v6.8", [.. Written, "P0 pageout a", "P0 fail read", "P0 swapoff 0", "P0 dontneed a", "P0 read a"], out var trace);
        Assert.Equal(OpResult.Applied, trace.Operations[^1].Result);
    }

    [Theory]
    [InlineData("v5.16")]
    [InlineData("v6.8")]
    [InlineData("v7.3")]
    public void An_unlocked_page_can_be_reclaimed_again(string kernel)
    {
        foreach (var unlocked in new[] { false, true })
        {
            var machine = After(kernel, [.. Written, "P0 mlock a", .. unlocked ? ["P0 munlock a"] : Array.Empty<string>(), "P0 reclaim a"], out _);
            Assert.Equal(unlocked, machine.State.Pte(default).IsSwap);
        }
    }

    [Fact]
    public void A_page_that_another_process_has_locked_stays_mlocked()
    {
        string[] shared = [.. Written, "P0 mlock a", "P0 fork P1", "P1 mlock a", "P0 munlock a"];
        var machine = After("v6.8", shared, out _);
        Assert.True(machine.State.Folio(machine.State.Pte(default).Pfn).Test(FolioFlags.Mlocked));
        machine = After("v6.8", [.. shared, "P1 munlock a"], out _);
        Assert.False(machine.State.Folio(machine.State.Pte(default).Pfn).Test(FolioFlags.Mlocked));
    }

    private static string[] Written => ["P0 map a tagged", "P0 write a 1", "P0 tag a 5"];

    private static Machine After(string kernel, string[] lines, out Trace trace)
    {
        var program = Machines.Program("zram", lines);
        var machine = Machines.Machine(kernel, Machines.Arm64);
        Assert.Equal(InvariantSet.None, machine.Run(program, machine.Checked));
        trace = Machines.Run(kernel, Machines.Arm64, program);
        return machine;
    }
}
