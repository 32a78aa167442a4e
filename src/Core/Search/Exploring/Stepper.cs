using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;

namespace Hooks.Core.Search.Exploring;

/// <summary>Takes steps from any world to the next, and asks all invariants about any world: what a search needs that goes back and forth between worlds.</summary>
internal sealed class Stepper
{
    private readonly Executor _executor;
    private readonly Attention _attention = new();
    private readonly Attention _before = new();
    private readonly bool _marksExclusive;
    private readonly bool _marksSwapPtes;
    private readonly ushort _tagMask;
    private StepReport _report;
    private BitSet<PageAt> _expected;
    private bool _knowsBefore;

    /// <summary>Of a kernel on an architecture.</summary>
    public Stepper(Kernel kernel, IArchitecture architecture)
    {
        _executor = new Executor(kernel, architecture) { RecordsReads = true };
        _marksExclusive = kernel.MarksExclusive;
        _marksSwapPtes = _marksExclusive && _executor.Arch.HasPteSwpExclusive;
        _tagMask = _executor.Arch.Metadata.Mask;
    }

    /// <summary>What the last step did.</summary>
    public ref readonly StepReport Report => ref _report;

    /// <summary>Whether an invariant asks about the last step itself, and not only about the world that it has led to.</summary>
    public bool IsAskedAbout => _report.Outcome == StepOutcome.Ended || _report.Oops != Oops.None || InvariantCatalogue.IsAlarm(_report.Marks);

    /// <summary>The step that a task stands in front of.</summary>
    public Paths.Step NextStep(in KTask task) => _executor.NextStep(in task);

    /// <summary>Takes a step; oracle and ghost follow. If it has ended an operation, <see cref="Forget"/> must be called next.</summary>
    public StepOutcome Step(ref World world, TaskId task)
    {
        _executor.Step(ref world, task, ref _report);
        if (_report.Outcome == StepOutcome.Blocked) return StepOutcome.Blocked;
        _expected = default;
        if (_report.Observations.Count != 0 || _report.SlotsReturned.Any)
        {
            _expected = world.Oracle.Follow(in _report.Observations, _executor.Arch, ref _report.Marks);
            _report.Marks |= world.Ghost.Follow(in _report);
        }

        return _report.Outcome;
    }

    /// <summary>What a task whose operation has ended knew is gone.</summary>
    /// <returns>Whether it still held something: from now on nobody does, and nobody has asked about that.</returns>
    public static bool Forget(ref World world, TaskId task)
    {
        var leaves = Holding.Of(in world.Tasks[task.Value]) != default;
        Executor.Forget(ref world, task);
        world.Ghost.Forget(task);
        return leaves;
    }

    /// <summary>Asks invariants about a world, after the last step.</summary>
    /// <returns>Whether one is broken.</returns>
    public bool IsBroken(in World world, InvariantSet asked, out Breach breach) =>
        IsBroken(in world, asked, _report.Outcome == StepOutcome.Ended ? Moment.OperationEnded : Moment.AfterStep, out breach);

    /// <summary>From here on <see cref="IsBroken(in World, in World, InvariantSet, out Breach)"/> is asked about steps from another world.</summary>
    public void Turn() => _knowsBefore = false;

    /// <summary>
    /// Asks invariants about a world, after the last step; only what the step can have changed, as nothing was broken in the world before. Says of that the same as if everything were looked at
    /// (InUseTests).
    /// </summary>
    /// <param name="before">The world before the step: the same since <see cref="Turn"/> was called.</param>
    /// <param name="world">The world after it.</param>
    /// <param name="asked">The invariants.</param>
    /// <param name="breach">What is broken.</param>
    /// <returns>Whether one is broken.</returns>
    public bool IsBroken(in World before, in World world, InvariantSet asked, out Breach breach)
    {
        breach = default;
        if (LeavesAllAsItWas(in before, in world)) return false;
        if (!_knowsBefore) _before.EverythingInUse(in before);
        _knowsBefore = true;
        var moment = _report.Outcome == StepOutcome.Ended ? Moment.OperationEnded : Moment.AfterStep;
        _attention.CopyFrom(_before);
        _attention.Follow(in world, in _report, _expected, moment);
        var due = asked & InvariantCatalogue.Due(_attention.Scope.Concerns, _report.Marks, _report.Oops);
        if (due.Bits == 0) return false;
        var view = new View(in world, in _report, _attention, _marksExclusive, _marksSwapPtes, _tagMask, moment);
        return InvariantCatalogue.AnyBroken(due, in view, out breach);
    }

    /// <summary>Whether the last step was the task's own affair, or took locks only: where more is locked, invariants ask less.</summary>
    private bool LeavesAllAsItWas(in World before, in World world)
    {
        if (IsAskedAbout || _report.Observations.Count != 0 || _report.SlotsReturned.Any || _report.Written.AnyButLocks) return false;
        for (var left = _report.Written.PageTableLocks; left.Any; left = left.Rest)
        {
            if (world.State.PageTableLock(left.First).IsFree) return false;
        }

        for (var left = _report.Written.MmapLocks; left.Any; left = left.Rest)
        {
            if (world.State.MmapLock(left.First).Writer != before.State.MmapLock(left.First).Writer) return false;
        }

        var task = _report.Task.Value;
        return Holding.Of(in world.Tasks[task]).IsAtLeast(Holding.Of(in before.Tasks[task]));
    }

    /// <summary>Asks whether it is right that no task can move, or that one goes round in circles.</summary>
    public bool IsBroken(in World world, TaskId task, Moment moment, out Breach breach)
    {
        _report.Begin(task, world.Tasks[task.Value].Path, world.Tasks[task.Value].Pc, recordsReads: true);
        return IsBroken(in world, InvariantSet.Of(InvariantId.Progress), moment, out breach);
    }

    private bool IsBroken(in World world, InvariantSet asked, Moment moment, out Breach breach)
    {
        _attention.EverythingInUse(in world);
        var view = new View(in world, in _report, _attention, _marksExclusive, _marksSwapPtes, _tagMask, moment);
        return InvariantCatalogue.AnyBroken(asked, in view, out breach);
    }
}
