using System.Numerics;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;

namespace Hooks.Core;

/// <summary>
/// Runs workloads on one kernel and one architecture, checking after every step. Used again and again; a run without
/// observer allocates nothing.
/// </summary>
public sealed class Machine
{
    /// <summary>An operation that takes more steps than these is going round in circles: the longest honest ones take about fifty, as a generated program shows.</summary>
    public const int StepLimit = 2000;

    /// <summary>By number; as delegates, as calls through the interface cost as much as the checks.</summary>
    private static readonly Check[] Checks = [.. InvariantCatalogue.All.Select(invariant => new Check(invariant.Holds))];

    private readonly Violation[] _violations = new Violation[InvariantCatalogue.All.Length];
    private readonly KernelPath[] _paths;
    private readonly IArchHooks _arch;
    private readonly bool _marksSwapPtes;
    private readonly Changes _changes = new();
    private MachineState _state;
    private MachineState _before;
    private Oracle _oracle;
    private InvariantSet _watching;
    private uint _expectations;
    private IStepObserver? _observer;
    private int _index;
    private Operation _op;
    private PathId _stepPath;
    private byte _stepPc;
    private OpResult _result;

    /// <summary>A machine with this kernel and architecture.</summary>
    public Machine(Kernel kernel, IArchitecture architecture)
    {
        Kernel = kernel;
        Architecture = architecture;
        _arch = architecture.Hooks(kernel.Era);
        _marksSwapPtes = kernel.MarksExclusive && _arch.HasPteSwpExclusive;
        Checked = InvariantCatalogue.ApplyingTo(_arch, kernel.MarksExclusive);
        var count = Enum.GetValues<PathId>().Length;
        _paths = new KernelPath[count];
        for (var i = 1; i < count; i++) _paths[i] = kernel[(PathId)i];
    }

    /// <summary>The kernel.</summary>
    public Kernel Kernel { get; }

    /// <summary>The architecture.</summary>
    public IArchitecture Architecture { get; }

    /// <summary>
    /// Whether to look at everything after every step, and not only at what the step can have touched: ten times slower, and to
    /// be used to test the latter.
    /// </summary>
    public bool LooksAtEverything { get; init; }

    /// <summary>The invariants that say something about the architecture.</summary>
    public InvariantSet Checked { get; }

    /// <summary>The state, as the last run left it.</summary>
    public ref readonly MachineState State => ref _state;

    /// <summary>What was broken in the last run.</summary>
    public InvariantSet Broken { get; private set; }

    /// <summary>What the steps of the last run did, all together.</summary>
    public Event Seen { get; private set; }

    /// <summary>Counts over all runs since the last <see cref="Coverage.Clear"/>.</summary>
    public Coverage Coverage { get; } = new();

    /// <summary>How an invariant was broken first in the last run.</summary>
    public ref readonly Violation ViolationOf(InvariantId id) => ref _violations[(int)id];

    /// <summary>Runs a workload, its operations one after the other.</summary>
    /// <param name="workload">What to run.</param>
    /// <param name="watch">The invariants to check.</param>
    /// <param name="stopAtFirst">Whether to end at the first violation; otherwise each invariant is reported the first time it breaks.</param>
    /// <param name="observer">Somebody who wants to see every step, or null.</param>
    /// <returns>What was broken; see <see cref="ViolationOf"/>.</returns>
    /// <exception cref="CapacityException">The workload needs more swap slots than the state has.</exception>
    public InvariantSet Run(Workload workload, InvariantSet watch, bool stopAtFirst = true, IStepObserver? observer = null)
    {
        Boot(workload);
        _watching = watch & Checked;
        _observer = observer;
        Broken = InvariantSet.None;
        Seen = Event.None;
        Coverage.Workloads++;
        for (var i = 0; i < workload.Operations.Length; i++)
        {
            if (!RunOperation(i, workload.Operations[i], stopAtFirst)) break;
        }

        return Broken;
    }

    /// <summary>The machine as a workload finds it: its swap areas are on, and P0 is there with nothing mapped.</summary>
    public void Begin(Workload workload, out MachineState state, out Oracle oracle)
    {
        Boot(workload);
        state = _state;
        oracle = _oracle;
    }

    /// <summary>Applies one operation to a state, and checks nothing: for exploring what may come of it.</summary>
    /// <param name="state">The state between two operations, of a workload begun on this kernel and architecture.</param>
    /// <param name="oracle">The oracle that goes with it.</param>
    /// <param name="op">The operation.</param>
    /// <returns>How it ended; <see cref="OpResult.None"/>: it never did.</returns>
    /// <exception cref="CapacityException">It needs more swap slots than the state has.</exception>
    public OpResult Apply(ref MachineState state, ref Oracle oracle, Operation op)
    {
        _state = state;
        _oracle = oracle;
        _watching = InvariantSet.None;
        _observer = null;
        var ended = RunOperation(0, op, stopAtFirst: false);
        state = _state;
        oracle = _oracle;
        return ended ? _result : OpResult.None;
    }

    private void Boot(Workload workload)
    {
        _state = default;
        _oracle = default;
        for (var i = 1; i <= Capacity.Folios; i++) _state.Folios[i].Tags = PageTags.PreviousOwner;
        for (var i = 0; i < workload.Swaps.Length; i++)
        {
            var swap = workload.Swaps[i];
            ref var area = ref _state.Areas[i];
            area.Pages = (ushort)swap.Slots;
            area.Priority = (ushort)(swap.Priority + 1);
            area.Flags = AreaFlags.Used
                | (swap.Synchronous ? AreaFlags.Synchronous : AreaFlags.None)
                | (swap.StableWrites ? AreaFlags.StableWrites : AreaFlags.None)
                | (swap.SlotCache == SlotCacheMode.Off ? AreaFlags.SlotCacheOff : AreaFlags.None)
                | (swap.SlotCache == SlotCacheMode.On ? AreaFlags.SlotCacheOn : AreaFlags.None);
        }

        _state.Mms[0].Flags = MmFlags.Alive;
        _changes.Begin(in _state);
    }

    /// <summary>Runs one operation to its end.</summary>
    /// <returns>Whether to go on.</returns>
    private bool RunOperation(int index, Operation op, bool stopAtFirst)
    {
        _observer?.OnOperation(index, op);
        (_index, _op) = (index, op);
        Coverage.Tried(op.Verb);
        var task = op.Mm.Value;
        ref var t = ref _state.Tasks[task];
        t = default;
        if (!_state.Mm(op.Mm).IsRunning)
        {
            _result = OpResult.NotApplicable;
            _observer?.OnOperationEnded(index, op, OpResult.NotApplicable);
            return true;
        }

        t.Path = VerbPaths.Of(op.Verb);
        t.Base = t.Path is PathId.UserAccess or PathId.Gup ? t.Path : PathId.None;
        t.Mm = op.Mm;
        t.Verb = op.Verb;
        t.Page = op.Page;
        t.Value = op.Value;
        t.Granule = op.Granule;
        t.Child = op.Child;
        t.To = op.To;
        t.Pin = op.Pin;
        t.Fault = op.Fault;
        t.End = op.End;

        while (true)
        {
            var moment = Step(task);
            if (!Look(task, moment, stopAtFirst)) return false;
            if (moment == Moment.AfterStep) continue;
            if (moment != Moment.OperationEnded) return false;
            break;
        }

        _result = t.Result;
        t = default;
        if (_result == OpResult.Applied) Coverage.Applied(op.Verb);
        _observer?.OnOperationEnded(index, op, _result);
        return true;
    }

    /// <summary>Takes one step of a task.</summary>
    private Moment Step(int task)
    {
        ref var t = ref _state.Tasks[task];
        var path = _paths[(int)t.Path];
        var step = path.Steps[t.Pc];
        (_stepPath, _stepPc) = (t.Path, t.Pc);
        if (_observer is not null) _before = _state;
        _state.Events = Event.None;
        t.Steps++;
        Coverage.Steps++;

        var flow = step.Body(ref _state, ref t, _arch);
        if (flow.Kind == FlowKind.Block)
        {
            // Operations run one after the other, so nobody else will ever give the lock back.
            _expectations = 0;
            _observer?.OnStep(Place(), in _before, in _state);
            return Moment.Deadlock;
        }

        var ended = Advance(ref t, path, flow);

        _expectations = _oracle.Follow(_state.Events, in t);
        _state.Events |= _oracle.Classify(_state.Events, in t);
        Seen |= _state.Events;
        Coverage.Count(_state.Events);
        _observer?.OnStep(Place(), in _before, in _state);
        if (ended) return Moment.OperationEnded;
        return t.Steps >= StepLimit ? Moment.Livelock : Moment.AfterStep;
    }

    /// <summary>Where the last step was taken: made up only when somebody wants to know.</summary>
    private StepPlace Place() => new(_index, _op, _paths[(int)_stepPath].Steps[_stepPc]);

    /// <summary>Moves the task on.</summary>
    /// <returns>Whether the operation has ended.</returns>
    private static bool Advance(ref KTask t, KernelPath path, Flow flow)
    {
        switch (flow.Kind)
        {
            case FlowKind.Next:
                t.Pc++;
                break;
            case FlowKind.Goto:
                t.Pc = path.PositionOf((Label)flow.Target);
                break;
            case FlowKind.Enter:
                t.Path = (PathId)flow.Target;
                t.Pc = 0;
                return false;
            default:
                t.Pc = (byte)path.Steps.Length;
                break;
        }

        if (t.Pc < path.Steps.Length) return false;

        // A fault has ended without an error: the access is tried again.
        t.Path = t.Base;
        t.Pc = 0;
        return t.Base == PathId.None || t.Result != OpResult.None;
    }

    private bool Look(int task, Moment moment, bool stopAtFirst)
    {
        if (_watching.Bits == 0) return true;
        if (LooksAtEverything) _changes.Everything(in _state, in _state.Tasks[task]);
        else _changes.Follow(in _state, in _state.Tasks[task], _expectations, moment);
        var due = _watching & InvariantCatalogue.Due(_changes.Scope.Concerns, _state.Events);
        if (due.Bits == 0) return true;
        var view = new View(in _state, in _oracle, _changes, Kernel.MarksExclusive, _marksSwapPtes, task, moment, _state.Events);
        for (var left = (uint)due.Bits; left != 0; left &= left - 1)
        {
            var id = (InvariantId)BitOperations.TrailingZeroCount(left);
            if (Checks[(int)id](in view, out var breach)) continue;
            _violations[(int)id] = new Violation(breach, Place());
            Broken = Broken.With(id);
            _watching = _watching.Without(id);
            _observer?.OnViolation(in _violations[(int)id]);
            if (stopAtFirst) return false;
        }

        return true;
    }

    private delegate bool Check(in View view, out Breach breach);
}
