using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Traces;
using Hooks.Core.Workloads;

namespace Hooks.Report.Pictures;

/// <summary>A lock that a task holds.</summary>
/// <param name="Kind">Which kind.</param>
/// <param name="Text">Of what, in words.</param>
public sealed record HeldLock(LockKind Kind, string Text);

/// <summary>One step of a run, or a task's having to wait for it, and the machine after it.</summary>
/// <param name="Place">Which step of which operation of which task.</param>
/// <param name="Waits">What the task waits for; null: it took the step.</param>
/// <param name="Changes">What it changed, in words.</param>
/// <param name="Breaks">Invariants found broken after it, in words.</param>
/// <param name="Held">The locks that each task holds after it.</param>
/// <param name="Scene">The machine after it.</param>
public sealed record Shot(StepPlace Place, string? Waits, IReadOnlyList<string> Changes, IReadOnlyList<string> Breaks, IReadOnlyDictionary<TaskId, IReadOnlyList<HeldLock>> Held, Scene Scene)
{
    /// <summary>Whether a change is of the task's own variables, and not of the machine.</summary>
    public bool IsOwn(string change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return change.StartsWith($"{Place.Task}'s ", StringComparison.Ordinal);
    }
}

/// <summary>A run, moment by moment: what pictures are made of.</summary>
/// <param name="Title">What is run, on what.</param>
/// <param name="Tasks">The tasks that take part, in the order of their names.</param>
/// <param name="Shots">The moments.</param>
public sealed record Film(string Title, IReadOnlyList<TaskId> Tasks, IReadOnlyList<Shot> Shots)
{
    /// <summary>Runs a workload and takes it down.</summary>
    /// <param name="title">What to call it.</param>
    /// <param name="workload">The workload.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="architecture">The architecture.</param>
    /// <exception cref="CapacityException">The workload needs more than the model has.</exception>
    public static Film Of(string title, Workload workload, Kernel kernel, IArchitecture architecture)
    {
        var machine = new Machine(kernel, architecture);
        var camera = new Camera();
        machine.Run(workload, machine.Checked, stopAtFirst: false, camera);
        return new Film(title, [.. camera.Shots.Select(s => s.Place.Task).Distinct().OrderBy(t => t.Value)], camera.Shots);
    }

    private sealed class Camera : IStepObserver
    {
        private Scene _last = new([], [], []);
        private IReadOnlyDictionary<TaskId, IReadOnlyList<HeldLock>> _held = new Dictionary<TaskId, IReadOnlyList<HeldLock>>();

        public List<Shot> Shots { get; } = [];

        public void OnOperation(int index, Operation op)
        {
            // Steps say whose they are.
        }

        public void OnStep(in StepPlace place, in World before, in World after)
        {
            _last = Scene.Of(in after.State);
            _held = HeldIn(in after);
            Shots.Add(new Shot(place, null, StateDiff.Between(in before, in after), [], _held, _last));
        }

        public void OnBlocked(in StepPlace place, Waiting waiting, TaskId? holder) =>
            Shots.Add(new Shot(place, $"waits for {waiting}{(holder is { } who ? $", which {who} has" : "")}", [], [], _held, _last));

        public void OnViolation(in Violation violation)
        {
            if (Shots.Count == 0) return;
            var invariant = InvariantCatalogue.Of(violation.Breach.Invariant);
            Shots[^1] = Shots[^1] with { Breaks = [.. Shots[^1].Breaks, $"{invariant.Name}: {invariant.Describe(violation.Breach)}."] };
        }

        public void OnOperationEnded(int index, Operation op, OpResult result)
        {
            // Nothing to be seen.
        }

        private static Dictionary<TaskId, IReadOnlyList<HeldLock>> HeldIn(in World world)
        {
            var held = new Dictionary<TaskId, IReadOnlyList<HeldLock>>();
            for (byte i = 0; i < Capacity.Tasks; i++)
            {
                var locks = new List<HeldLock>();
                ref readonly var task = ref world.Tasks[i];
                for (byte m = 0; m < Capacity.Mms; m++)
                {
                    var mm = new MmId(m);
                    if (task.MmapRead.Contains(mm)) locks.Add(new(LockKind.MmapRead, $"{mm} mmap_lock, reading"));
                    if (task.MmapWrite.Contains(mm)) locks.Add(new(LockKind.MmapWrite, $"{mm} mmap_lock, writing"));
                    if (task.PageTableLocks.Contains(mm)) locks.Add(new(LockKind.PageTable, $"{mm} page table lock"));
                }

                for (byte f = 1; f <= Capacity.Frames; f++)
                {
                    if (world.State.FolioLock(new Pfn(f)) == LockOwner.Of(new TaskId(i))) locks.Add(new(LockKind.Folio, $"{new Pfn(f)} lock"));
                }

                if (locks.Count > 0) held[new TaskId(i)] = locks;
            }

            return held;
        }
    }
}
