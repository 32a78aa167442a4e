using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Search;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Search.Strategies;
using Hooks.Core.Workloads;
using Hooks.Properties.Search.Exploring;
using Hooks.Zoo;
using Xunit;

namespace Hooks.Properties.Search.Strategies;

/// <summary>The power of each strategy, after Shuttle's tests: a bug that it must find within its bound, and one that a weaker one must miss.</summary>
public class StrategyTests
{
    private static readonly Kernel V6_5 = KernelCatalogue.Get("v6.5");

    /// <summary>The race of 13ddaf26be32: the reader has to stop once, at the right place. Two moves in order, so depth 2.</summary>
    private static readonly FixedPrograms TwoFaults = Scopes.Fixed(V6_5, Machines.None, "zram", ["P0 map a", "P0 write a 1", "P0 pageout a"], "P0 read a", "P0.1 write a 2", "P0.1 pageout a");

    [Fact]
    public void A_random_walk_finds_the_race_but_seldom()
    {
        var found = Found(TwoFaults, new RandomWalk(new Choices(1UL)), runs: 2000);
        Assert.InRange(found, 1, 100);
    }

    [Fact]
    public void Pct_of_depth_2_finds_the_race_at_least_as_often_as_it_promises()
    {
        var pct = new Pct(new Choices(1UL), depth: 2);
        var found = Found(TwoFaults, pct, runs: 2000, out var longest);
        Assert.True(found >= 2000 * pct.Bound(tasks: 2, longest), $"{found} of 2000; {pct.Promise(2, longest)}");
    }

    [Fact]
    public void Pct_of_depth_1_cannot_find_it() => Assert.Equal(0, Found(TwoFaults, new Pct(new Choices(1UL), depth: 1), runs: 2000));

    [Fact]
    public void Schedules_without_a_preemption_do_not_have_it_and_one_preemption_is_enough()
    {
        Assert.Equal(0, Found(TwoFaults, new PreemptionBounded(0), runs: int.MaxValue, out _, out var none));
        Assert.True(Found(TwoFaults, new PreemptionBounded(1), runs: int.MaxValue, out _, out var one) > 0);

        // Without any, who begins is all there is to choose, and who goes on where somebody waits.
        Assert.InRange(none, 2, 20);
        Assert.InRange(one, 50, 2000);
    }

    [Fact]
    public void The_race_of_gup_fast_takes_two_preemptions_or_the_whole_scope()
    {
        var race = RaceCatalogue.All.Single(r => r.Id == "gup-fast-race");
        Assert.Equal(0, Found(race, new RandomWalk(new Choices(1UL)), runs: 2000));
        Assert.Equal(0, Found(race, new Pct(new Choices(1UL), depth: 2), runs: 2000));
        Assert.Equal(0, Found(race, new PreemptionBounded(1), runs: int.MaxValue));
        Assert.True(Found(race, new PreemptionBounded(2), runs: 100) > 0);
        Assert.Contains(race.CaughtBy, Scopes.Searched(race.Bug.Kernel, race.Bug.Arch, race.Programs(race.Bug)).Ways.Select(w => w.Invariant));
    }

    [Fact]
    public void A_race_that_two_thousand_random_walks_miss_one_preemption_finds()
    {
        var race = RaceCatalogue.All.Single(r => r.Id == "folio-changed-entry");
        Assert.Equal(0, Found(race, new RandomWalk(new Choices(1UL)), runs: 2000));
        Assert.True(Found(race, new PreemptionBounded(1), runs: 100) > 0);
    }

    [Fact]
    public void All_schedules_together_meet_the_states_that_the_search_meets()
    {
        // So small that all schedules can be run.
        var small = Scopes.Fixed(V6_5, Machines.None, "zram", ["P0 map a"], "P0 write a 1", "P0.1 mlock a");
        var run = new ScheduledRun(V6_5, Machines.None);
        var all = new PreemptionBounded(int.MaxValue);
        var stepper = new Stepper(V6_5, Machines.None);
        var schedules = new HashSet<string>();
        var states = new HashSet<UInt128>();
        var runs = 0;
        while (all.Begin())
        {
            runs++;
            var moves = run.Run(small, all);
            schedules.Add(string.Join(' ', moves.Select(m => m.Bits)));
            var world = small.Start;
            ulong progress = 0;
            states.Add(Canonical.Hash(in world, small.Size, small.NameOf(progress)));
            foreach (var move in moves)
            {
                if (move.Begins)
                {
                    Executor.Begin(ref world, move.Task, small.Next(move.Task, progress)[move.Choice]);
                    progress = small.After(progress, move.Task);
                }
                else if (stepper.Step(ref world, move.Task) == StepOutcome.Ended)
                {
                    Stepper.Forget(ref world, move.Task);
                }

                states.Add(Canonical.Hash(in world, small.Size, small.NameOf(progress)));
            }
        }

        Assert.Equal(runs, schedules.Count);
        Assert.True(runs > 20, $"{runs} schedules");
        Assert.Equal(Scopes.Searched(V6_5, Machines.None, small).States.Order(), states.Order());
    }

    [Fact]
    public void The_canary_is_caught_by_all_of_them()
    {
        // The window of sparc's hook is seen whoever moves when; what does not see it sees nothing.
        var v6_11 = KernelCatalogue.Get("v6.11");
        var canary = Scopes.Fixed(v6_11, Machines.Sparc, "zram", ["P0 map a tagged", "P0 tag a 1", "P0 pageout a"], "P0 read a", "P0.1 read a");
        foreach (var strategy in new IStrategy[] { new RandomWalk(new Choices(1UL)), new Pct(new Choices(1UL), 1), new PreemptionBounded(0) })
        {
            Assert.True(strategy.Begin());
            var machine = new Machine(v6_11, Machines.Sparc);
            Assert.True(machine.Run(new ScheduledRun(v6_11, Machines.Sparc).RunAsText(canary, strategy), machine.Checked).Contains(InvariantId.TagPreservation), strategy.Name);
        }
    }

    private static int Found(Race race, IStrategy strategy, int runs)
    {
        var (run, programs) = (new ScheduledRun(race.Bug.Kernel, race.Bug.Arch), race.Programs(race.Bug));
        var found = 0;
        for (var ran = 0; ran < runs && strategy.Begin(); ran++)
        {
            if (run.Run(programs, strategy, InvariantSet.Of(race.CaughtBy), InvariantSet.Of(race.CaughtBy)).Count > 0) found++;
        }

        return found;
    }

    private static int Found(FixedPrograms programs, IStrategy strategy, int runs) => Found(programs, strategy, runs, out _);

    private static int Found(FixedPrograms programs, IStrategy strategy, int runs, out int longest) => Found(programs, strategy, runs, out longest, out _);

    private static int Found(FixedPrograms programs, IStrategy strategy, int runs, out int longest, out int ran)
    {
        var machine = new Machine(V6_5, Machines.None);
        var run = new ScheduledRun(V6_5, Machines.None);
        var found = 0;
        longest = 0;
        for (ran = 0; ran < runs && strategy.Begin(); ran++)
        {
            var moves = run.Run(programs, strategy);
            longest = Math.Max(longest, moves.Length);
            if (machine.Run(Schedule.Of(V6_5, Machines.None, programs, moves), Machines.Set(InvariantId.DataPreservation)).Count > 0) found++;
        }

        return found;
    }
}
