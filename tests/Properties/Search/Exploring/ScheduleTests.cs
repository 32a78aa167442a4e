using FsCheck.Xunit;
using Hooks.Core;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Search.Strategies;
using Hooks.Core.Workloads;
using Hooks.Properties.Workloads;
using Xunit;

namespace Hooks.Properties.Search.Exploring;

/// <summary>Moves said as a program are the same moves: the world that the program leaves is theirs, to the byte.</summary>
public class ScheduleTests
{
    private static readonly Kernel[] Kernels = [KernelCatalogue.Get("v6.5"), KernelCatalogue.Get("v6.8"), KernelCatalogue.Get("v7.3")];

    [Property(MaxTest = 300)]
    public void A_program_with_untils_makes_the_moves_it_was_made_of(int seed)
    {
        var choices = new Choices((ulong)seed);
        var kernel = Kernels[choices.Next(Kernels.Length)];
        var programs = Drawn(kernel, choices);
        var moves = new ScheduledRun(kernel, Machines.None).Run(programs, new RandomWalk(choices));

        // Not to the end: some stand somewhere.
        var some = moves[..choices.Next(moves.Length + 1)];
        var text = Schedule.Of(kernel, Machines.None, programs, some, stands: true);
        var again = CaseParser.Parse(new Case("any", "any", text, [], []).ToString(), "schedule").Workload;
        Assert.Equal(text, again);
        Assert.True(Left(kernel, programs, some) == Standing(kernel, again), $"{kernel}\n{again}");
    }

    /// <summary>The world after moves, made one by one.</summary>
    private static World Left(Kernel kernel, FixedPrograms programs, IReadOnlyList<Move> moves)
    {
        var stepper = new Stepper(kernel, Machines.None);
        var world = programs.Start;
        ulong progress = 0;
        foreach (var move in moves)
        {
            if (move.Begins)
            {
                Executor.Begin(ref world, move.Task, programs.Next(move.Task, progress)[move.Choice]);
                progress = programs.After(progress, move.Task);
            }
            else if (stepper.Step(ref world, move.Task) == StepOutcome.Ended)
            {
                Stepper.Forget(ref world, move.Task);
            }
        }

        return world;
    }

    /// <summary>The world that a program leaves whose last task stands too.</summary>
    private static World Standing(Kernel kernel, Workload workload)
    {
        new Machine(kernel, Machines.None).RunUnfinished(workload, out var world);
        return world;
    }

    private static FixedPrograms Drawn(Kernel kernel, Choices choices)
    {
        while (true)
        {
            var all = Schedules.DrawThreads(choices).Operations.Where(op => op.Verb != Verb.Go).Select(op => op with { Until = null }).ToList();
            var before = new Workload([new SwapConfig(choices.Next(2) == 0)], [.. all.Take(3)]);
            if (all.Skip(3).GroupBy(op => op.Task).Any(t => t.Count() > FixedPrograms.MostOfOne)) continue;
            new Machine(kernel, Machines.None).RunUnfinished(before, out var start);
            return new FixedPrograms(before, in start, [.. all.Skip(3)]);
        }
    }
}
