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
    private readonly bool _marksExclusive;
    private readonly bool _marksSwapPtes;
    private readonly ushort _tagMask;
    private StepReport _report;

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
        if (_report.Observations.Count != 0 || _report.SlotsReturned.Any)
        {
            world.Oracle.Follow(in _report.Observations, _executor.Arch, ref _report.Marks);
            _report.Marks |= world.Ghost.Follow(in _report);
        }

        return _report.Outcome;
    }

    /// <summary>What a task whose operation has ended knew is gone.</summary>
    public static void Forget(ref World world, TaskId task)
    {
        Executor.Forget(ref world, task);
        world.Ghost.Forget(task);
    }

    /// <summary>Asks invariants about a world, after the last step.</summary>
    /// <returns>Whether one is broken.</returns>
    public bool IsBroken(in World world, InvariantSet asked, out Breach breach) =>
        IsBroken(in world, asked, _report.Outcome == StepOutcome.Ended ? Moment.OperationEnded : Moment.AfterStep, out breach);

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
