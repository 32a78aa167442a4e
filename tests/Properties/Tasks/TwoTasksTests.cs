using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Xunit;
using static Hooks.Properties.Tasks.ByHand;

namespace Hooks.Properties.Tasks;

/// <summary>Two tasks at one page: by hand, and in every order there is.</summary>
public class TwoTasksTests
{
    private static readonly string[] Swapped = ["P0 map a", "P0 write a 1", "P0 pageout a"];
    private static readonly string[] Present = ["P0 map a", "P0 write a 1"];

    // P1 has nothing to do with the page, and does the swapoff.
    private static readonly string[] WithOther = [.. Swapped, "P0 fork P1", "P1 unmap a"];

    [Fact]
    public void Two_faults_read_around_the_swap_cache_and_a_write_between_them_is_lost_until_6_8()
    {
        var hand = new ByHand("v6.5", "zram", Swapped);
        hand.To(hand.Begin("P0 read a"), "PteOffsetMapLock");
        hand.End(hand.Begin("P0.1 write a 2"));
        Assert.Equal((byte)2, hand.Data(default));
        hand.End(hand.Begin("P0.1 pageout a"));

        // The slot is the same, and so is its swap PTE: nobody can tell.
        Assert.Equal(hand.Of(P0).OrigPte, hand.State.Pte(default));
        hand.To(P0, "SetPteAt");
        Assert.Equal(InvariantSet.None, hand.Broken);
        hand.Step(P0);
        Assert.Equal(Machines.Set(InvariantId.DataPreservation), hand.Broken);
        Assert.Equal((byte)1, hand.Data(default));
    }

    [Theory]
    [InlineData("v6.8")]
    [InlineData("v6.11")]
    [InlineData("debian-6.1.192")]
    [InlineData("debian-6.12.117")]
    public void With_the_claim_the_second_fault_waits_for_the_first(string kernel)
    {
        var hand = new ByHand(kernel, "zram", Swapped);
        hand.To(hand.Begin("P0 read a"), "PteOffsetMapLock");
        var entry = hand.State.Pte(default).Entry;
        Assert.Equal(BitSet<SwapEntry>.Of(entry), hand.Of(P0).Claimed);
        hand.To(hand.Begin("P0.1 write a 2"), "ScheduleTimeout");
        hand.Waits(P01, WaitKind.Claim, P0);
        Assert.Equal(entry.Number, hand.Report.Wait.Number);
        hand.End(P0);
        Assert.False(hand.Of(P0).Claimed.Any);
        hand.End(P01);
        Assert.Equal((byte)2, hand.Data(default));
        Assert.Equal(InvariantSet.None, hand.Broken);
    }

    [Theory]
    [InlineData("v6.11", false)]
    [InlineData("v6.14", true)]
    [InlineData("debian-6.12.117", true)]
    public void Who_waits_for_the_claim_holds_a_page_of_its_own_from_6_12_on_and_gives_it_back(string kernel, bool holds)
    {
        var hand = new ByHand(kernel, "zram", Swapped);
        hand.To(hand.Begin("P0 read a"), "PteOffsetMapLock");
        hand.To(hand.Begin("P0.1 write a 2"), "ScheduleTimeout");
        var page = hand.Of(P01).Folio;
        Assert.Equal(holds, !page.IsNone);
        Assert.False(hand.Of(P01).Claimed.Any);
        hand.Waits(P01, WaitKind.Claim, P0);
        if (holds) Assert.Equal((1, P01), ((int)hand.State.Folio(page).RefCount, hand.State.FolioLock(page).Task));
        hand.End(P0);
        hand.Step(P01);
        if (holds) hand.To(P01, "OutFolioPut").Step(P01);
        Assert.Equal((0, true), ((int)hand.State.Folio(page).RefCount, hand.State.FolioLock(page).IsFree));
        hand.End(P01);
        Assert.Equal((byte)2, hand.Data(default));
        Assert.Equal(InvariantSet.None, hand.Broken);
    }

    [Fact]
    public void A_large_folio_claims_all_its_slots_or_none()
    {
        var hand = new ByHand("v6.14", "zram", "P0 map a-b large", "P0 write a 1", "P0 write b 2", "P0 reclaim a");
        hand.To(hand.Begin("P0 read b"), "SwapcachePrepare");
        Assert.Equal(1, hand.State.Folio(hand.Of(P0).Folio).Order);
        Assert.False(hand.Of(P0).Claimed.Any);

        // Somebody else gets there first. Of what that has left none is claimed.
        hand.To(hand.Begin("P0.1 read a"), "PteOffsetMapLock");
        Assert.Equal(2, hand.Of(P01).Claimed.Count);
        hand.To(P0, "ScheduleTimeout");
        Assert.False(hand.Of(P0).Claimed.Any);
        hand.Waits(P0, WaitKind.Claim, P01);
        hand.End(P01).End(P0);
        Assert.Equal((byte?)1, hand.Data(default));
        Assert.Equal(0, hand.State.Area(0).InUse);
        Assert.Equal(InvariantSet.None, hand.Broken);
    }

    [Fact]
    public void A_claim_is_given_up_after_the_page_is_mapped_and_the_slot_is_free_only_then()
    {
        var hand = new ByHand("v6.8", "zram", Swapped);
        var slot = hand.State.Pte(default).Entry;
        hand.To(hand.Begin("P0 read a"), "SwapcacheClear");
        Assert.True(hand.State.Slot(slot).HasCache);
        Assert.Equal(1, hand.State.Area(0).InUse);
        hand.Step(P0);
        Assert.False(hand.Of(P0).Claimed.Any);
        Assert.False(hand.State.Slot(slot).HasCache);
        Assert.Equal(0, hand.State.Area(0).InUse);
    }

    [Fact]
    public void Who_reads_into_the_swap_cache_waits_for_the_claim_too()
    {
        // swapoff reads into the cache whatever the count.
        var off = new ByHand("v6.8", "zram", WithOther);
        off.To(off.Begin("P0 read a"), "VmaAllocFolio");
        off.To(off.Begin("P1 swapoff 0"), "SwapinReadahead");
        off.Waits(P1, WaitKind.Claim, P0);
        off.End(P0).End(P1);
        Assert.Equal(InvariantSet.None, off.Broken);
        Assert.Equal((byte)1, off.Data(default));
    }

    [Theory]
    [InlineData("v6.5", "zram", InvariantId.DataPreservation)]
    [InlineData("v5.19", "zram", InvariantId.DataPreservation)]
    [InlineData("v6.5", "disk", null)]
    [InlineData("v5.19", "disk", null)]
    [InlineData("v6.8", "zram", null)]
    [InlineData("v6.8", "disk", null)]
    [InlineData("v6.11", "zram", null)]
    [InlineData("v6.11", "disk", null)]
    [InlineData("debian-6.1.192", "zram", null)]
    [InlineData("debian-6.12.117", "zram", null)]
    public void Two_faults_on_one_swap_entry_in_every_order(string kernel, string swap, InvariantId? broken)
    {
        var outcome = EveryOrder.Of(new ByHand(kernel, swap, Swapped), "P0 read a", "P0.1 write a 2;P0.1 pageout a");
        Assert.Equal(broken is { } id ? Machines.Set(id) : InvariantSet.None, outcome.Broken);
        Assert.Equal(0, outcome.Deadlocks);
        Assert.True(outcome.Ends >= 2);
    }

    [Theory]
    [InlineData("v5.18", "zram")]
    [InlineData("v6.5", "zram")]
    [InlineData("v6.8", "disk")]
    [InlineData("v6.11", "zram")]
    public void Two_writes_alone_lose_nothing_whichever_maps_the_page_first(string kernel, string swap)
    {
        var outcome = EveryOrder.Of(new ByHand(kernel, swap, Swapped), "P0 write a 2", "P0.1 write a 3");
        outcome.Good(ends: 2);
    }

    [Theory]
    [InlineData("v5.19", "zram")]
    [InlineData("v6.5", "disk")]
    [InlineData("v6.8", "zram")]
    [InlineData("v6.11", "disk")]
    public void A_fault_beside_reclaim_in_every_order(string kernel, string swap)
    {
        EveryOrder.Of(new ByHand(kernel, swap, Present), "P0 write a 2;P0 read a", "kswapd reclaim P0 a").Good(ends: 2);
        EveryOrder.Of(new ByHand(kernel, swap, Swapped), "P0 write a 2", "kswapd reclaim P0 a").Good(ends: 2);
    }

    [Fact]
    public void Reclaim_has_the_folio_locked_and_a_fault_waits_for_it()
    {
        var hand = new ByHand("v6.8", "disk", Present);
        hand.To(hand.Begin("kswapd reclaim P0 a"), "FolioTestDirty");
        hand.To(hand.Begin("P0 write a 2"), "FolioLock");
        hand.Waits(P0, WaitKind.Folio, Kswapd);

        // kswapd sees a second reference to the page, and leaves it.
        Assert.Equal(1, hand.Of(P0).Held[hand.Of(P0).Folio]);
        hand.End(Kswapd).End(P0);
        Assert.Equal((byte)2, hand.Data(default));
        Assert.Equal(InvariantSet.None, hand.Broken);
    }

    [Theory]
    [InlineData("v5.19", "disk")]
    [InlineData("v6.8", "zram")]
    [InlineData("v6.11", "disk")]
    public void A_fault_beside_swapoff_in_every_order(string kernel, string swap) =>
        EveryOrder.Of(new ByHand(kernel, swap, WithOther), "P0 write a 2", "P1 swapoff 0").Good();

    [Fact]
    public void Swapoff_waits_for_slots_that_nobody_in_particular_has_and_ends_when_they_are_given_back()
    {
        // The page is mapped, but the slot is free only with the end of the claim.
        var hand = new ByHand("v6.8", "zram", WithOther);
        hand.To(hand.Begin("P0 read a"), "SwapcacheClear");
        hand.To(hand.Begin("P1 swapoff 0"), "FindNextToUnuse");
        hand.Waits(P1, WaitKind.Slots, holder: null);
        hand.End(P0).End(P1);
        Assert.Equal(InvariantSet.None, hand.Broken);
    }

    [Theory]
    [InlineData("v5.19", "zram")]
    [InlineData("v6.8", "zram")]
    [InlineData("v6.11", "disk")]
    public void A_fault_beside_fork_in_every_order(string kernel, string swap)
    {
        EveryOrder.Of(new ByHand(kernel, swap, Swapped), "P0 fork P1", "P0.1 write a 2").Good(ends: 2);
        EveryOrder.Of(new ByHand(kernel, swap, Present), "P0 fork P1;P0 write a 3", "P0.1 write a 2").Good(ends: 2);
    }

    [Fact]
    public void Fork_and_a_fault_wait_for_each_others_mmap_lock()
    {
        var hand = new ByHand("v6.8", "zram", Swapped);
        hand.To(hand.Begin("P0 fork P1"), "PteLocks");
        hand.To(hand.Begin("P0.1 write a 2"), "MmapReadLock");
        hand.Waits(P01, WaitKind.MmapRead, P0);
        hand.End(P0).End(P01);
        Assert.Equal(((byte?)2, (byte?)null), (hand.Data(default), hand.Data(new MmId(1))));

        var other = new ByHand("v6.8", "zram", Swapped);
        other.To(other.Begin("P0.1 write a 2"), "SwapcachePrepare");
        other.Waits(other.Begin("P0 fork P1"), WaitKind.MmapWrite, P01);
        other.End(P01).End(P0);
        Assert.Equal(((byte?)2, (byte?)2), (other.Data(default), other.Data(new MmId(1))));
    }

    [Theory]
    [InlineData("v5.19", "zram")]
    [InlineData("v6.8", "zram")]
    [InlineData("v6.11", "disk")]
    public void A_fault_beside_exit_in_every_order(string kernel, string swap)
    {
        EveryOrder.Of(new ByHand(kernel, swap, Swapped), "P0 exit", "P0.1 write a 2").Good();
        EveryOrder.Of(new ByHand(kernel, swap, WithOther), "P0 exit", "P1 swapoff 0").Good();
        EveryOrder.Of(new ByHand(kernel, swap, Present), "P0 exit", "kswapd reclaim P0 a").Good();
    }

    [Fact]
    public void The_last_thread_to_leave_takes_the_address_space_down()
    {
        var hand = new ByHand("v6.8", "zram", Swapped);
        hand.To(hand.Begin("P0.1 read a"), "PteOffsetMapLock");
        Assert.Equal(2, hand.State.Mm(default).Users);
        hand.End(hand.Begin("P0 exit"));
        Assert.Equal((MmFlags.Alive | MmFlags.Exiting, 1), (hand.State.Mm(default).Flags, (int)hand.State.Mm(default).Users));

        // It still gets its page, and on its way back to user space it is the last one.
        hand.To(P01, "ExitMmapLock");
        Assert.Equal((byte)1, hand.Data(default));
        hand.End(P01);
        Assert.Equal(MmFlags.None, hand.State.Mm(default).Flags);
        Assert.Equal(0, hand.State.Area(0).InUse);
        Assert.Equal(InvariantSet.None, hand.Broken);
    }

    [Fact]
    public void Nothing_begins_in_a_process_that_has_exited()
    {
        var hand = new ByHand("v6.8", "zram", Swapped);
        hand.To(hand.Begin("P0.1 read a"), "PteOffsetMapLock");
        hand.End(hand.Begin("P0 exit"));
        Assert.False(Core.Executor.Begin(ref hand.World, P0, Machines.Program("zram", "P0 read a").Operations[0]));
        Assert.False(hand.Of(P0).IsUnderWay);
    }

    [Fact]
    public void Swapoff_takes_down_the_address_space_that_it_alone_still_holds()
    {
        var hand = new ByHand("v6.8", "zram", WithOther);
        hand.To(hand.Begin("P1 swapoff 0"), "FolioLock");
        Assert.Equal(1, hand.Of(P1).Busy);
        hand.End(hand.Begin("P0 exit"));
        Assert.Equal((MmFlags.Alive | MmFlags.Exiting, 1), (hand.State.Mm(default).Flags, (int)hand.State.Mm(default).Users));
        hand.To(P1, "ExitMmapLock");
        Assert.Equal(0, hand.State.Mm(default).Users);
        hand.End(P1);
        Assert.Equal(MmFlags.None, hand.State.Mm(default).Flags);
        Assert.Equal(MmFlags.Alive, hand.State.Mm(new MmId(1)).Flags);
        Assert.Equal(0, hand.State.Area(0).InUse);
        Assert.Equal(InvariantSet.None, hand.Broken);
    }

    [Fact]
    public void A_task_cannot_begin_an_operation_while_another_of_its_own_is_under_way()
    {
        var hand = new ByHand("v6.8", "zram", Swapped);
        hand.To(hand.Begin("P0 read a"), "PteOffsetMapLock");
        Assert.Throws<InvalidOperationException>(() => hand.Begin("P0 write a 2"));
        Assert.Equal(2, hand.State.Mm(default).Users);
    }
}
