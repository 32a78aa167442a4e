using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Properties;

/// <summary>Somebody who is shown every step, those that had to wait too.</summary>
internal delegate void StepWatcher(in World before, in World after, in StepReport report);

/// <summary>Runs programs step by step with several operations under way at once, threads and kswapd among them; who moves next is drawn by lot.</summary>
internal sealed class Interleaved(Kernel kernel, IArchitecture arch)
{
    private const int MostSteps = 5000;

    private readonly Executor _executor = new(kernel, arch) { RecordsReads = true };
    private World _world;

    /// <summary>The world as it is, in the middle of a step too.</summary>
    public ref readonly World World => ref _world;

    /// <summary>The kernel.</summary>
    public Kernel Kernel => kernel;

    /// <summary>The hooks that the kernel has.</summary>
    public IArchHooks Arch => _executor.Arch;

    /// <summary>The i-th generated program.</summary>
    public static Workload Program(ulong seed, int i) => Generator.Draw(new Choices(Choices.SeedOf(seed, i)));

    /// <summary>The same, and every other one with pages that may come in large folios.</summary>
    public static Workload ProgramOrLarge(ulong seed, int i) => i % 2 == 0 ? Program(seed, i) : Generator.DrawLarge(new Choices(Choices.SeedOf(seed, i)));

    /// <summary>Runs a program.</summary>
    public void Run(Workload workload, ulong seed, StepWatcher watcher)
    {
        Executor.Boot(workload.Swaps, out _world);
        var lots = new Choices(seed);
        var blocked = BitSet<TaskId>.Empty;
        var next = 0;
        for (var steps = 0; steps < MostSteps; steps++)
        {
            var ready = Core.Tasks.UnderWay(in _world).Except(blocked);
            if (next < workload.Operations.Length && (!ready.Any || lots.Next(8) == 0))
            {
                var op = workload.Operations[next];
                if (FreeTask(op, lots) is { } free)
                {
                    Executor.Begin(ref _world, free, op);
                    next++;
                    continue;
                }

                if (!ready.Any) next++;
            }

            if (!ready.Any)
            {
                if (next >= workload.Operations.Length) return;
                continue;
            }

            for (var skip = lots.Next(ready.Count); skip > 0; skip--) ready = ready.Rest;
            try
            {
                blocked = Step(ready.First, watcher) ? BitSet<TaskId>.Empty : blocked.With(ready.First);
            }
            catch (CapacityException)
            {
                return;
            }
        }
    }

    private bool Step(TaskId task, StepWatcher watcher)
    {
        var before = _world;
        var report = new StepReport();
        _executor.Step(ref _world, task, ref report);
        watcher(in before, in _world, in report);
        if (report.Outcome == StepOutcome.Blocked) return false;
        _world.Oracle.Follow(in report.Observations, Arch, ref report.Marks);
        _world.Ghost.Follow(in report);
        if (report.Outcome != StepOutcome.Ended) return true;
        Executor.Forget(ref _world, task);
        _world.Ghost.Forget(task);
        return true;
    }

    private TaskId? FreeTask(Operation op, Choices lots)
    {
        if (op.Verb == Verb.Reclaim && !_world.Tasks[TaskId.Kswapd.Value].IsUnderWay && lots.Next(2) == 0) return TaskId.Kswapd;
        for (var thread = 0; thread < Capacity.Threads; thread++)
        {
            var task = TaskId.Of(op.Mm, thread);
            if (!_world.Tasks[task.Value].IsUnderWay) return task;
        }

        return null;
    }
}
