using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Xunit;

namespace Hooks.Properties.Tasks;

/// <summary>Tasks moved by hand, a step at a time, in whatever order; everything is looked at after every step.</summary>
internal sealed class ByHand
{
    public static readonly TaskId P0 = TaskId.Of(default);
    public static readonly TaskId P01 = TaskId.Of(default, 1);
    public static readonly TaskId P1 = TaskId.Of(new MmId(1));
    public static readonly TaskId Kswapd = TaskId.Kswapd;

    private readonly Executor _executor;
    private readonly InvariantSet _checked;
    private readonly bool _marksExclusive;
    private readonly bool _marksSwapPtes;
    private readonly ushort _tagMask;
    private readonly Attention _attention = new();
    private World _world;
    private StepReport _report;

    /// <summary>A kernel without an architecture, in which a program has run to its end.</summary>
    public ByHand(string kernel, string swap, params string[] before)
        : this(KernelCatalogue.Get(kernel), Machines.None, swap, before)
    {
    }

    public ByHand(Kernel kernel, IArchitecture arch, string swap, params string[] before)
    {
        _executor = new Executor(kernel, arch);
        _marksExclusive = kernel.MarksExclusive;
        _marksSwapPtes = _marksExclusive && _executor.Arch.HasPteSwpExclusive;
        _tagMask = _executor.Arch.Metadata.Mask;
        _checked = InvariantCatalogue.ApplyingTo(_executor.Arch, kernel);
        Executor.Boot(Machines.Program(swap).Swaps, out _world);
        foreach (var line in before) End(Begin(line));
        if (Broken != InvariantSet.None) throw new InvalidOperationException($"{kernel} breaks {Broken} before the test begins");
    }

    /// <summary>The world as it is.</summary>
    public ref World World => ref _world;

    public ref readonly MachineState State => ref _world.State;

    /// <summary>What the last step did.</summary>
    public ref readonly StepReport Report => ref _report;

    /// <summary>What has been broken so far.</summary>
    public InvariantSet Broken { get; set; }

    /// <summary>In front of which step a task stands; empty if it has nothing to do.</summary>
    public string At(TaskId task) => Of(task).IsUnderWay ? _executor.NextStep(in Of(task)).Name : "";

    /// <summary>What a task knows and has.</summary>
    public ref readonly KTask Of(TaskId task) => ref _world.Tasks[task.Value];

    /// <summary>Begins an operation, in the case text's words, and takes no step of it.</summary>
    public TaskId Begin(string line)
    {
        var op = Machines.Program("zram", line).Operations[0];
        Assert.True(Executor.Begin(ref _world, op.Task, op), $"'{line}' does not begin");
        return op.Task;
    }

    /// <summary>Takes a step.</summary>
    public StepOutcome Step(TaskId task)
    {
        _executor.Step(ref _world, task, ref _report);
        if (_report.Outcome == StepOutcome.Blocked) return StepOutcome.Blocked;
        _world.Oracle.Follow(in _report.Observations, _executor.Arch, ref _report.Marks);
        _world.Ghost.Follow(in _report);
        Look(_report.Outcome == StepOutcome.Ended ? Moment.OperationEnded : Moment.AfterStep);
        if (_report.Outcome != StepOutcome.Ended) return StepOutcome.Moved;
        Executor.Forget(ref _world, task);
        _world.Ghost.Forget(task);
        return StepOutcome.Ended;
    }

    /// <summary>Takes steps until the task stands in front of one.</summary>
    public ByHand To(TaskId task, string step)
    {
        while (At(task) != step) Assert.True(Step(task) == StepOutcome.Moved, $"{task} does not come to {step}: {_report.Outcome}, {_report.Wait}");
        return this;
    }

    /// <summary>Takes steps until the operation has ended.</summary>
    public ByHand End(TaskId task)
    {
        StepOutcome outcome;
        while ((outcome = Step(task)) != StepOutcome.Ended) Assert.True(outcome == StepOutcome.Moved, $"{task} waits for {_report.Wait} in front of {At(task)}");
        return this;
    }

    /// <summary>The task cannot take its step; that changes nothing, and this is what it waits for, and who has it.</summary>
    public void Waits(TaskId task, WaitKind kind, TaskId? holder)
    {
        var before = _world;
        Assert.Equal(StepOutcome.Blocked, Step(task));
        Assert.True(before == _world, $"{task} has changed something and waits");
        Assert.Equal(kind, _report.Wait.Kind);
        Assert.Equal(holder, Core.Tasks.HolderOf(in _world, _report.Wait, task));
    }

    /// <summary>What a process reads at a page; null if nothing is mapped there.</summary>
    public byte? Data(MmId mm, Vpn page = default) => State.Pte(new PageAt(mm, page)) is { IsPresent: true } pte ? State.Frame(pte.Pfn).Data : null;

    private void Look(Moment moment)
    {
        _attention.Everything(in _world);
        var view = new View(in _world, in _report, _attention, _marksExclusive, _marksSwapPtes, _tagMask, moment);
        foreach (var id in _checked.Members())
        {
            if (!InvariantCatalogue.Of(id).Holds(in view, out _)) Broken = Broken.With(id);
        }
    }
}
