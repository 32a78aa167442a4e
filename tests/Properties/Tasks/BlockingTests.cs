using Hooks.Core;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Xunit;
using static Hooks.Properties.Tasks.ByHand;

namespace Hooks.Properties.Tasks;

/// <summary>Steps that cannot be taken, what tasks hold, and the folio lock around a synchronous read.</summary>
public class BlockingTests
{
    public static TheoryData<string> Kernels() => [.. KernelCatalogue.All.Select(k => k.Name)];

    [Fact]
    public void A_step_that_is_blocked_changes_nothing_and_says_what_it_waits_for()
    {
        var kinds = new HashSet<WaitKind>();
        int blocked = 0, held = 0;
        foreach (var name in new[] { "v5.19", "v6.8" })
        {
            var run = new Interleaved(KernelCatalogue.Get(name), Machines.Arm64);
            for (var i = 0; i < 400; i++)
            {
                run.Run(Interleaved.Program(7, i), (ulong)i, (in World before, in World after, in StepReport report) =>
                {
                    if (report.Outcome != StepOutcome.Blocked) return;
                    blocked++;
                    kinds.Add(report.Wait.Kind);
                    Assert.True(before == after, $"{report.Task} waits for {report.Wait} and has changed something");
                    Assert.NotEqual(WaitKind.None, report.Wait.Kind);
                    Assert.Equal((default, Mark.None, 0), (report.Written, report.Marks, report.Observations.Count));
                    if (Core.Tasks.HolderOf(in after, report.Wait, report.Task) is not { } holder) return;
                    held++;
                    Assert.NotEqual(report.Task, holder);
                    Assert.True(after.Tasks[holder.Value].IsUnderWay);
                });
            }
        }

        Assert.True(blocked > 300, $"blocked {blocked} times");
        Assert.True(held > blocked / 2, $"somebody in particular had it {held} times of {blocked}");
        Assert.Superset(new HashSet<WaitKind> { WaitKind.MmapRead, WaitKind.MmapWrite, WaitKind.PageTable, WaitKind.Folio, WaitKind.Claim }, kinds);
    }

    [Fact]
    public void Both_page_table_locks_or_none()
    {
        // fork() takes the child's, then the parent's: if it must wait for the second, it gives the first back.
        var hand = new ByHand("v6.8", "zram", "P0 map a", "P0 write a 1");
        hand.To(hand.Begin("kswapd reclaim P0 a"), "PtepClearFlush");
        Assert.Equal(BitSet<MmId>.Of(default), hand.Of(Kswapd).PageTableLocks);
        hand.To(hand.Begin("P0 fork P1"), "PteLocks");
        hand.Waits(P0, WaitKind.PageTable, Kswapd);
        Assert.True(hand.State.PageTableLock(new MmId(1)).IsFree);
        Assert.False(hand.Of(P0).PageTableLocks.Any);
    }

    [Fact]
    public void Held_references_are_counts()
    {
        Pfn one = new(1), two = new(2), last = new(Capacity.Frames);
        var held = default(HeldReferences).Take(one).Take(one).Take(last);
        Assert.Equal((2, 0, 1), (held[one], held[two], held[last]));
        Assert.Equal(BitSet<Pfn>.Of(one).With(last), held.Folios);
        held = held.Give(one).Give(two);
        Assert.Equal((1, 0, 1), (held[one], held[two], held[last]));
        Assert.Equal(default, held.Give(one).Give(last));

        // Three are the most it can count.
        Assert.Equal(3, default(HeldReferences).Take(one).Take(one).Take(one).Take(one)[one]);
    }

    [Fact]
    public void Swapoff_holds_the_page_twice_between_the_look_up_and_the_mapping()
    {
        // The look-up's reference and the one that is to be the mapping's: a set of folios would lose one.
        var hand = new ByHand("v6.8", "disk", "P0 map a", "P0 write a 1", "P0 pageout a", "P0 fork P1", "P1 unmap a");
        hand.Begin("P1 swapoff 0");
        var held = new List<int>();
        do
        {
            var folio = hand.Of(P1).Folio;
            if (!folio.IsNone && held.LastOrDefault() != hand.Of(P1).Held[folio]) held.Add(hand.Of(P1).Held[folio]);
        }
        while (hand.Step(P1) == StepOutcome.Moved);

        Assert.Equal(StepOutcome.Ended, hand.Report.Outcome);
        Assert.Equal([1, 2, 1, 0], held);
        Assert.False(hand.Of(P1).Held.Any);
        Assert.Equal(1, hand.State.Folio(hand.State.Pte(default).Pfn).RefCount);
        Assert.Equal(Core.Invariants.InvariantSet.None, hand.Broken);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void After_a_synchronous_read_the_folio_is_unlocked_until_do_swap_page_locks_it_again(string kernel)
    {
        var hand = new ByHand(kernel, "zram", "P0 map a", "P0 write a 1", "P0 pageout a");
        hand.To(hand.Begin("P0 read a"), KernelCatalogue.Get(kernel).Version >= new KernelVersion(7, 0) ? "EndSwapRead" : "SwapReadpage");
        var folio = hand.Of(P0).Folio;
        Assert.Equal(LockOwner.Of(P0), hand.State.FolioLock(folio));
        Assert.False(hand.State.Folio(folio).Test(FolioFlags.Uptodate));
        hand.Step(P0);
        Assert.True(hand.State.Folio(folio).Test(FolioFlags.Uptodate));
        Assert.True(hand.State.FolioLock(folio).IsFree);
        hand.To(P0, "FolioLock");
        hand.Step(P0);
        Assert.Equal(LockOwner.Of(P0), hand.State.FolioLock(folio));
        hand.End(P0);
        Assert.True(hand.State.FolioLock(folio).IsFree);
    }
}
