using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Xunit;

namespace Hooks.Properties.Paths;

/// <summary>mprotect(PROT_NONE) and back.</summary>
public class MprotectTests
{
    [Theory]
    [InlineData("v5.16")]
    [InlineData("debian-6.12.117")]
    [InlineData("v7.3")]
    public void Without_access_every_access_and_pin_is_refused_and_nothing_is_lost(string kernel)
    {
        foreach (var access in new[] { "read a", "write a 2", "tag a 2", "readtag a", "pin a write", "pin a get" })
        {
            foreach (var pageout in new[] { false, true })
            {
                string[] lines = ["P0 map a tagged", "P0 write a 1", "P0 tag a 5", .. pageout ? ["P0 pageout a"] : Array.Empty<string>(), "P0 mprotect a none", "P0 " + access];
                var trace = Machines.Run(kernel, Machines.Arm64, Machines.Program("disk", lines));
                Assert.Equal(OpResult.SegV, trace.Operations[^1].Result);
                trace = Machines.Run(kernel, Machines.Arm64, Machines.Program("disk", [.. lines, "P0 mprotect a rw", "P0 " + access, "P0 reclaim a", "P0 read a"]));
                Assert.Equal(OpResult.Applied, trace.Operations[^3].Result);
                Assert.Empty(trace.Violations);
            }
        }
    }

    [Theory]
    [InlineData("P0 read a")]
    [InlineData("P0 write a 1")]
    [InlineData("P0 pin a write")]
    public void An_untouched_page_is_refused_too(string access)
    {
        var trace = Machines.Run("v6.8", Machines.None, Machines.Program("zram", "P0 map a", "P0 mprotect a none", access));
        Assert.Equal(OpResult.SegV, trace.Operations[^1].Result);
    }

    [Fact]
    public void A_poisoned_page_is_SIGSEGV_before_it_is_SIGBUS()
    {
        string[] lines = ["P0 map a", "P0 write a 1", "P0 pageout a", "P0 fail read", "P0 swapoff 0", "P0 mprotect a none", "P0 read a", "P0 mprotect a rw", "P0 read a"];
        var trace = Machines.Run("v6.8", Machines.None, Machines.Program("zram", lines));
        Assert.Equal([OpResult.SegV, OpResult.Applied, OpResult.SigBus], trace.Operations.TakeLast(3).Select(op => op.Result));
    }

    /// <summary>Whether the page is writable at once again is what 6.0 and 6.2 changed.</summary>
    [Theory]
    [InlineData("v5.16", false)]
    [InlineData("v5.19", false)]
    [InlineData("debian-6.1.192", true)]
    [InlineData("v6.8", true)]
    public void A_dirty_exclusive_page_is_writable_again_from_6_0_on(string kernel, bool writable)
    {
        var machine = Machines.Machine(kernel, Machines.Arm64);
        machine.Run(Machines.Program("zram", "P0 map a", "P0 write a 1", "P0 mprotect a none"), machine.Checked);
        var pte = machine.State.Pte(default);
        Assert.True(pte is { IsPresent: true, IsAccessible: false, IsWritable: false, IsDirty: true });
        machine.Run(Machines.Program("zram", "P0 map a", "P0 write a 1", "P0 mprotect a none", "P0 mprotect a rw"), machine.Checked);
        pte = machine.State.Pte(default);
        Assert.True(pte.IsAccessible);
        Assert.Equal(writable, pte.IsWritable);
    }

    /// <summary>Reclaim does not ask for rights, and the swap PTE is as it would be otherwise.</summary>
    [Fact]
    public void A_page_without_access_is_swapped_out_exclusive_and_swapoff_maps_it_without_access()
    {
        var machine = Machines.Machine("v6.8", Machines.Arm64);
        machine.Run(Machines.Program("zram", "P0 map a", "P0 write a 1", "P0 mprotect a none", "P0 pageout a"), machine.Checked);
        Assert.True(machine.State.Pte(default).IsSwpExclusive);
        machine.Run(Machines.Program("zram", "P0 map a", "P0 write a 1", "P0 mprotect a none", "P0 pageout a", "P0 swapoff 0"), machine.Checked);
        Assert.True(machine.State.Pte(default) is { IsPresent: true, IsAccessible: false });
    }

    /// <summary>The child of a process with a pinned page gets a copy, and no more rights than its VMA gives.</summary>
    [Fact]
    public void A_copy_for_a_child_gives_no_access_either()
    {
        var machine = Machines.Machine("v6.8", Machines.None);
        machine.Run(Machines.Program("zram", "P0 map a", "P0 write a 1", "P0 pin a write", "P0 mprotect a none", "P0 fork P1"), machine.Checked);
        Assert.NotEqual(machine.State.Pte(default).Pfn, machine.State.Pte(new MmId(1), default).Pfn);
        Assert.True(machine.State.Pte(new MmId(1), default) is { IsPresent: true, IsAccessible: false, IsWritable: false });
    }

    /// <summary>Until 6.4 arm64 restored tags in set_pte_at(), which does nothing for an entry that gives no access; swapoff has no other way until 6.5 (stable 6.1 never got it).</summary>
    [Theory]
    [InlineData("v5.16", true)]
    [InlineData("v5.17", true)]
    [InlineData("debian-6.1.192", true)]
    [InlineData("v6.5", false)]
    [InlineData("debian-6.12.117", false)]
    [InlineData("v7.3", false)]
    public void Swapoff_of_a_page_without_access_lost_its_tags(string kernel, bool lost)
    {
        string[] lines = ["P0 map a tagged", "P0 tag a 1", "P0 pageout a", "P0 mprotect a none", "P0 swapoff 0", "P0 mprotect a rw"];
        Assert.Equal(lost ? Machines.Set(InvariantId.TagPreservation) : InvariantSet.None, Machines.Broken(kernel, Machines.Arm64, Machines.Program("zram", lines)));
    }
}
