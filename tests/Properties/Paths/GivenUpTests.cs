using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Traces;
using Xunit;

namespace Hooks.Properties.Paths;

/// <summary>What a program gives up and keeps the mapping of: MADV_DONTNEED and MADV_FREE; and munlock().</summary>
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

    [Theory]
    [InlineData("v5.16")]
    [InlineData("debian-6.12.117")]
    [InlineData("v7.3")]
    public void MADV_FREE_of_what_is_swapped_out_gives_the_slot_back_at_once(string kernel)
    {
        var machine = After(kernel, [.. Written, "P0 pageout a", "P0 free a"], out _);
        Assert.Equal(Pte.None, machine.State.Pte(default));
        Assert.True(machine.State.Slot(First).IsFree);
        Assert.False(machine.State.Metadata.Saved.Any);
    }

    /// <summary>Freed, the page stays as it is until memory is short; then it is gone, and nothing was written to swap. Written again, it is a page like others.</summary>
    [Theory]
    [InlineData("v5.16")]
    [InlineData("debian-6.12.117")]
    [InlineData("v7.3")]
    public void MADV_FREE_of_what_is_there_lets_reclaim_drop_it_unless_it_is_written_again(string kernel)
    {
        foreach (var device in new[] { "zram", "disk" })
        {
            var machine = After(kernel, [.. Written, "P0 free a"], out _, device);
            var pte = machine.State.Pte(default);
            Assert.True(pte is { IsPresent: true, IsDirty: false, IsWritable: true });
            Assert.True(machine.State.Folio(pte.Pfn).Test(FolioFlags.LazyFree));
            Assert.True(machine.World.Oracle.Of(default) is { MayBeZero: true, Data: 1 });
            foreach (var reclaim in new[] { "reclaim a", "pageout a" })
            {
                machine = After(kernel, [.. Written, "P0 free a", "P0 " + reclaim], out _, device);
                Assert.Equal(Pte.None, machine.State.Pte(default));
                Assert.True(machine.State.Slot(First).IsFree);
                Assert.True(machine.World.Oracle.Of(default) is { MayBeZero: false, Data: 0, Dropped: false });
                foreach (var (store, data) in new[] { ("write a 2", 2), ("tag a 2", 1) })
                {
                    machine = After(kernel, [.. Written, "P0 free a", "P0 " + store, "P0 " + reclaim, "P0 reclaim a", "P0 read a"], out var trace, device);
                    Assert.Equal(data, machine.State.Frame(machine.State.Pte(default).Pfn).Data);
                    Assert.Equal(OpResult.Applied, trace.Operations[^1].Result);
                }
            }
        }
    }

    [Fact]
    public void MADV_FREE_of_a_shared_page_in_the_swap_cache_or_dirty_does_nothing()
    {
        foreach (var swapped in new[] { false, true })
        {
            string[] lines = [.. Written, "P0 fork P1", .. swapped ? ["P0 reclaim a cached", "P0 read a", "P1 read a"] : Array.Empty<string>(), "P1 free a", "P0 reclaim a cached", "P0 reclaim a"];
            var machine = After("v6.8", lines, out _, "disk");
            Assert.False(machine.World.Oracle.Of(default).Dropped);
            Assert.True(machine.State.Pte(default).IsSwap);
        }
    }

    /// <summary>A page that somebody refers to is not dropped; whether it stays marked is what 6.15 changed, and that it is not dropped, 5.18.</summary>
    [Theory]
    [InlineData("v6.8", false)]
    [InlineData("v6.14", false)]
    [InlineData("v7.0", true)]
    [InlineData("v7.3", true)]
    public void A_pinned_page_is_not_dropped_and_stays_marked_from_6_15_on(string kernel, bool marked)
    {
        var machine = After(kernel, [.. Written, "P0 pin a write", "P0 free a", "P0 reclaim a"], out _);
        var pte = machine.State.Pte(default);
        Assert.Equal(machine.State.Pin(default).Pfn, pte.Pfn);
        Assert.Equal(marked, machine.State.Folio(pte.Pfn).Test(FolioFlags.LazyFree));
    }

    [Fact]
    public void A_pinned_page_was_dropped_until_5_17() =>
        Assert.Equal(Machines.Set(InvariantId.PinStability), Machines.Broken("v5.17", Machines.Arm64, Machines.Program("zram", [.. Written, "P0 pin a write", "P0 free a", "P0 reclaim a"])));

    /// <summary>Read around the swap cache, a page is clean and in no cache, as if it had been given up: who shares it has it dropped for all.</summary>
    [Theory]
    [InlineData("v5.16", "zram", true)]
    [InlineData("v6.8", "zram", true)]
    [InlineData("debian-6.1.192", "zram", true)]
    [InlineData("debian-6.12.117", "zram", true)]
    [InlineData("v7.0", "zram", false)]
    [InlineData("v7.3", "zram", false)]
    [InlineData("v6.8", "disk", false)]
    public void MADV_FREE_of_a_page_that_was_read_around_the_swap_cache_drops_it_for_others_too(string kernel, string device, bool lost)
    {
        var program = Machines.Program(device, "P0 map a", "P0 write a 1", "P0 pageout a", "P0 read a", "P0 fork P1", "P1 free a", "P0 reclaim a");
        Assert.Equal(lost ? Machines.Set(InvariantId.DataPreservation) : InvariantSet.None, Machines.Broken(kernel, Machines.None, program));
        Assert.Equal(InvariantSet.None, InvariantSet.Of([.. Trace.Record(program, KernelCatalogue.AskingMapcount(KernelCatalogue.Get(kernel)), Machines.None).Violations.Select(v => v.Breach.Invariant)]));
    }

    private static string[] Written => ["P0 map a tagged", "P0 write a 1", "P0 tag a 5"];

    private static Machine After(string kernel, string[] lines, out Trace trace, string swap = "zram")
    {
        var program = Machines.Program(swap, lines);
        var machine = Machines.Machine(kernel, Machines.Arm64);
        Assert.Equal(InvariantSet.None, machine.Run(program, machine.Checked));
        trace = Machines.Run(kernel, Machines.Arm64, program);
        return machine;
    }
}
