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
    public void A_copy_on_write_holds_the_old_page_twice_between_the_mappings_end_and_the_put()
    {
        var hand = new ByHand("v6.8", "zram", "P0 map a", "P0 write a 1", "P0 fork P1");
        var old = hand.State.Pte(default).Pfn;
        hand.Begin("P0 write a 2");
        var most = 0;
        do
        {
            most = Math.Max(most, hand.Of(P0).Held[old]);
        }
        while (hand.Step(P0) == StepOutcome.Moved);

        Assert.Equal(2, most);
        Assert.Equal(StepOutcome.Ended, hand.Report.Outcome);
        Assert.False(hand.Of(P0).Held.Any);
        Assert.Equal(1, hand.State.Folio(old).RefCount);
        Assert.Equal(Core.Invariants.InvariantSet.None, hand.Broken);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void After_a_synchronous_read_the_folio_is_unlocked_until_do_swap_page_locks_it_again(string kernel)
    {
        var hand = new ByHand(kernel, "zram", "P0 map a", "P0 write a 1", "P0 pageout a");
        hand.To(hand.Begin("P0 read a"), "SwapReadpage");
        var folio = hand.Of(P0).Folio;
        Assert.Equal(LockOwner.Of(P0), hand.State.FolioLock(folio));
        Assert.False(hand.State.Folio(folio).Test(FolioFlags.Uptodate));
        hand.Step(P0);
        Assert.Equal("FolioLock", hand.At(P0));
        Assert.True(hand.State.Folio(folio).Test(FolioFlags.Uptodate));
        Assert.True(hand.State.FolioLock(folio).IsFree);
        hand.Step(P0);
        Assert.Equal("PteOffsetMapLock", hand.At(P0));
        Assert.Equal(LockOwner.Of(P0), hand.State.FolioLock(folio));
        hand.End(P0);
        Assert.True(hand.State.FolioLock(folio).IsFree);
    }
}
