using System.Collections.Immutable;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search.Strategies;

/// <summary>Runs programs of several tasks, a strategy saying who moves; nothing is checked. What comes of it is a program that says itself who moves when, to be run by a <see cref="Machine"/>, shrunk and mailed.</summary>
/// <param name="kernel">The kernel.</param>
/// <param name="architecture">The architecture.</param>
internal sealed class ScheduledRun(Kernel kernel, IArchitecture architecture)
{
    private const int MostMoves = Machine.StepLimit;

    private readonly Stepper _stepper = new(kernel, architecture);

    /// <summary>Runs them once. It ends where all is done, or nobody can move.</summary>
    /// <param name="programs">The programs.</param>
    /// <param name="strategy">Who moves; its run has begun.</param>
    public ImmutableArray<Move> Run(FixedPrograms programs, IStrategy strategy)
    {
        var moves = ImmutableArray.CreateBuilder<Move>();
        var world = programs.Start;
        var progress = 0UL;
        TaskId? last = null;
        while (moves.Count < MostMoves)
        {
            var underWay = Tasks.UnderWay(in world);
            var enabled = programs.MayBegin(in world, progress).Except(underWay) | Able(in world, underWay);
            if (!enabled.Any) break;
            var task = strategy.Next(in world, enabled, last);
            last = task;
            if (!underWay.Contains(task))
            {
                Executor.Begin(ref world, task, programs.Next(task, progress)[0]);
                progress = programs.After(progress, task);
                moves.Add(Move.Begin(task, 0));
                continue;
            }

            if (_stepper.Step(ref world, task) == StepOutcome.Ended) Stepper.Forget(ref world, task);
            moves.Add(Move.Step(task));
        }

        return moves.ToImmutable();
    }

    /// <summary>Those that need not wait.</summary>
    private BitSet<TaskId> Able(in World world, BitSet<TaskId> tasks)
    {
        var able = BitSet<TaskId>.Empty;
        for (var left = tasks; left.Any; left = left.Rest)
        {
            var copy = world;
            if (_stepper.Step(ref copy, left.First) != StepOutcome.Blocked) able = able.With(left.First);
        }

        return able;
    }

    /// <summary>Runs them once, and says it as a program.</summary>
    public Workload RunAsText(FixedPrograms programs, IStrategy strategy) => Schedule.Of(kernel, architecture, programs, Run(programs, strategy));
}
