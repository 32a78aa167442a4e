using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search.Exploring;

/// <summary>Moves as a program: whoever has to let another go on in the middle of an operation is left standing there with <c>until</c>, and goes on with <c>go</c>. So a way that a search has found is text.</summary>
internal sealed class Schedule
{
    private readonly Stepper _stepper;
    private readonly bool _mayCrash;
    private readonly Programs _programs;
    private readonly List<Operation> _lines;
    private readonly int[] _lineOf = new int[Capacity.Tasks];
    private readonly List<string>[] _cameTo = [.. Enumerable.Range(0, Capacity.Tasks).Select(_ => new List<string>())];
    private World _world;

    private Schedule(Kernel kernel, IArchitecture architecture, Programs programs)
    {
        _stepper = new Stepper(kernel, architecture);
        _mayCrash = kernel.MayCrash;
        _programs = programs;
        _lines = [.. programs.Before.Operations];
        _world = programs.Start;
    }

    /// <summary>The program that makes these moves.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="architecture">The architecture.</param>
    /// <param name="programs">The scope.</param>
    /// <param name="moves">The moves, from its beginning.</param>
    /// <param name="stands">Whether the task that moved last is left standing too; otherwise it goes on to its end.</param>
    public static Workload Of(Kernel kernel, IArchitecture architecture, Programs programs, IReadOnlyList<Move> moves, bool stands = false)
    {
        var schedule = new Schedule(kernel, architecture, programs);
        ulong progress = 0;
        for (var i = 0; i < moves.Count; i++)
        {
            var task = moves[i].Task;
            if (i > 0 && moves[i - 1].Task != task) schedule.LeaveStanding(moves[i - 1].Task);
            if (moves[i].Begins)
            {
                schedule.Begin(programs.Next(task, progress)[moves[i].Choice]);
                progress = programs.After(progress, task);
            }
            else
            {
                if (i == 0 || moves[i - 1].Task != task) schedule.Go(task);
                schedule.Step(task);
            }
        }

        if (stands && moves.Count > 0) schedule.LeaveStanding(moves[^1].Task);
        return new Workload(programs.Before.Swaps, [.. schedule._lines]);
    }

    private void Begin(Operation op)
    {
        Executor.Begin(ref _world, op.Task, in op);
        Line(op);
    }

    private void Go(TaskId task) => Line(new Operation(task.IsKswapd ? default : task.Mm, Verb.Go, Actor: task.IsKswapd ? Actor.Kswapd : Operation.Thread(task.Thread)));

    private void Line(Operation op)
    {
        var task = op.Task;
        _lines.Add(op);
        _lineOf[task.Value] = _lines.Count - 1;
        _cameTo[task.Value].Clear();
        Arrive(task);
    }

    private void Step(TaskId task)
    {
        try
        {
            if (_stepper.Step(ref _world, task) == StepOutcome.Ended) Stepper.Forget(ref _world, task);
            Arrive(task);
        }
        catch (Exception e) when (_mayCrash && Shrinking.IsDamage(e))
        {
            // The last move, behind which the kernel goes no further.
        }
    }

    private void Arrive(TaskId task)
    {
        ref readonly var t = ref _world.Tasks[task.Value];
        if (t.IsUnderWay) _cameTo[task.Value].Add(_stepper.NextStep(in t).Name);
    }

    private void LeaveStanding(TaskId task)
    {
        if (!_world.Tasks[task.Value].IsUnderWay) return;
        var came = _cameTo[task.Value];
        var line = _lineOf[task.Value];
        _lines[line] = _lines[line] with { Until = new Until(came[^1], Occurrence: came.Count(step => step == came[^1])) };
    }
}
