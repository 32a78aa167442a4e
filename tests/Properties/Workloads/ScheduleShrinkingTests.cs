using System.Collections.Immutable;
using FsCheck.Xunit;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using Xunit;

namespace Hooks.Properties.Workloads;

public class ScheduleShrinkingTests
{
    private static readonly string[] Race =
    [
        "P0 map a", "P0 write a 1", "P0 pageout a", "P0 read a until PteOffsetMapLock", "P0.1 write a 2", "P0.1 pageout a", "P0 go",
    ];

    [Fact]
    public void Fewer_operations_left_standing_are_simpler_whatever_else_there_is()
    {
        var one = WorkloadSize.Of(Machines.Program("disk slots=1", "P0.2 read d until SetPteAt#3", "P3 write d 9"));
        var two = WorkloadSize.Of(Machines.Program("zram", "P0 read a until SetPteAt", "P0 read a until SetPteAt"));
        Assert.True(one < two);
        Assert.True(WorkloadSize.Of(Machines.Program("zram", "P0 read a until SetPteAt", "P0 read a until SetPteAt")) < WorkloadSize.Of(Machines.Program("zram", "P0 read a", "P0 read a", "P0 go")));
        Assert.True(WorkloadSize.Of(Machines.Program("zram", "P0 read a until SetPteAt")) < WorkloadSize.Of(Machines.Program("zram", "P0 read a until SetPteAt#2")));
        Assert.True(WorkloadSize.Of(Machines.Program("zram", "P0 read a")) < WorkloadSize.Of(Machines.Program("zram", "P0.1 read a")));
        Assert.True(WorkloadSize.Of(Machines.Program("zram", "P0.1 read a")) < WorkloadSize.Of(Machines.Program("zram", "P0.2 read a")));
    }

    [Property(Arbitrary = [typeof(ScheduleArbitrary)], MaxTest = 60)]
    public bool Every_candidate_is_strictly_simpler_and_kswapd_is_given_nothing_that_it_cannot_do(Workload workload)
    {
        var size = WorkloadSize.Of(workload);
        return Shrinker.Candidates(workload).All(candidate => WorkloadSize.Of(candidate) < size
            && candidate.Operations.All(op => op.Actor != Actor.Kswapd || op.Verb is Verb.Reclaim or Verb.Go));
    }

    [Property(Arbitrary = [typeof(ScheduleArbitrary)], MaxTest = 100)]
    public bool A_program_shrinks_to_nothing_if_everything_fails(Workload workload) =>
        Shrinker.Shrink(workload, _ => true, out _).Operations.Length == 0;

    [Fact]
    public void The_race_with_noise_around_it_shrinks_to_the_race()
    {
        var machine = Machines.Machine("v6.5", Machines.None);
        var watch = Machines.Set(InvariantId.DataPreservation);
        bool Fails(Workload w) => machine.Run(w, watch).Count > 0;
        var noisy = 0;
        for (var i = 0; i < 12; i++)
        {
            var workload = WithNoise(new Choices(Choices.SeedOf(5, i)));
            if (!Fails(workload)) continue;
            noisy++;
            var minimal = Shrinker.Shrink(workload, Fails, out _);
            Assert.True(minimal.Operations.Length <= Race.Length && minimal.Operations.Count(op => op.Until is not null) <= 1, $"{workload}shrinks to\n{minimal}");
            Assert.True(Fails(minimal));
        }

        Assert.True(noisy >= 8, $"the race is still one in {noisy} of 12");
    }

    [Fact]
    public void Kswapds_part_is_kept_or_given_to_a_process_that_can_do_it()
    {
        var workload = Machines.Program("zram", "P0 map a", "kswapd reclaim P0 a until AddToSwap", "P0 read a", "kswapd go");
        var candidates = Shrinker.Candidates(workload).ToList();
        Assert.Contains(candidates, c => c.Operations.Length == 4 && c.Operations[1] == new Operation(default, Verb.Reclaim, Until: workload.Operations[1].Until));
        Assert.Contains(candidates, c => c.Operations.Length == 4 && c.Operations[1] is { Actor: Actor.Kswapd, Until: null });
        Assert.DoesNotContain(candidates, c => c.Operations.Any(op => op is { Actor: Actor.Kswapd, Verb: Verb.Pageout }));
    }

    /// <summary>The race's lines in their order, with lines of a generated program, on other pages and by other processes too, between them.</summary>
    private static Workload WithNoise(Choices choices)
    {
        var noise = Schedules.Draw(choices, 12).Operations.Where(op => op.Mm.Value > 0 || op.Page.Value > 0 || op.Verb is Verb.Fork).ToList();
        var lines = ImmutableArray.CreateBuilder<Operation>();
        var race = Machines.Program("zram", Race).Operations;
        lines.AddRange(Machines.Program("zram", "P0 map b", "P0 write b 3", "P0 fork P1", "P1 read b until Access", "P0 map c").Operations);
        var next = 0;
        while (next < race.Length || noise.Count > 0)
        {
            if (next < race.Length && (noise.Count == 0 || choices.Next(2) == 0))
            {
                lines.Add(race[next++]);
                continue;
            }

            // P0's first thread must not go on before its time.
            if (noise[0].Task != TaskId.Of(default) || next <= 3) lines.Add(noise[0]);
            noise.RemoveAt(0);
        }

        return new Workload([new SwapConfig(true)], lines.ToImmutable());
    }
}
