using System.Collections.Immutable;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;

namespace Hooks.Core;

/// <summary>
/// Runs workloads on one kernel and one architecture, checking after every step. Which task moves is what the program says: an operation runs to its
/// end, or stands where <c>until</c> says; who has to wait lets the holder go on first. Used again and again; a run without observer allocates nothing.
/// </summary>
public sealed class Machine
{
    /// <summary>An operation that takes more steps than these is going round in circles: the longest honest ones take about fifty, as a generated program shows.</summary>
    public const int StepLimit = 2000;

    private readonly Violation[] _violations = new Violation[InvariantCatalogue.All.Length];
    private readonly Executor _executor;
    private readonly bool _marksExclusive;
    private readonly bool _marksSwapPtes;
    private readonly ushort _tagMask;
    private readonly Attention _attention = new();
    private readonly StepLog _log;
    private readonly UnderWay[] _underWay = new UnderWay[Capacity.Tasks];
    private World _world;
    private World _before;
    private StepReport _report;
    private InvariantSet _watching;
    private BitSet<PageAt> _expected;
    private IStepObserver? _observer;
    private bool _stopAtFirst;
    private bool _unfinished;
    private ImmutableArray<Operation> _operations = [];
    private BitSet<TaskId> _used;
    private bool _countsFaults;

    /// <summary>The operation that has just ended still held something: from the next step on nobody does, which is looked at behind that step.</summary>
    private bool _leavesSomething;
    private (int Minor, int Major) _counted;

    /// <summary>A machine with this kernel and architecture.</summary>
    public Machine(Kernel kernel, IArchitecture architecture)
    {
        _executor = new Executor(kernel, architecture);
        _marksExclusive = kernel.MarksExclusive;
        _marksSwapPtes = _marksExclusive && _executor.Arch.HasPteSwpExclusive;
        _tagMask = _executor.Arch.Metadata.Mask;
        _log = new StepLog(new StepNumbers(kernel));
        Checked = InvariantCatalogue.ApplyingTo(_executor.Arch, kernel);
    }

    /// <summary>How far a task has come.</summary>
    private enum Progress : byte
    {
        /// <summary>It has taken a step.</summary>
        Moved,

        /// <summary>It has taken a step, and its operation has ended.</summary>
        Ended,

        /// <summary>It has to wait.</summary>
        Blocked,

        /// <summary>The run is over: what was looked for is broken, or nothing can go on.</summary>
        Stop,
    }

    /// <summary>The kernel.</summary>
    public Kernel Kernel => _executor.Kernel;

    /// <summary>A machine of the same kernel and architecture whose large folios, and their slots, are as large as they really are (<see cref="MmRules.Clusters"/>).</summary>
    internal Machine WithClusters => field ??= new Machine(Kernel.WithClusters(), Architecture);

    /// <summary>The architecture.</summary>
    public IArchitecture Architecture => _executor.Architecture;

    /// <summary>
    /// Whether to look at everything after every step, and not only at what the step has touched: ten times slower, and to
    /// be used to test the latter.
    /// </summary>
    internal bool LooksAtEverything { get; init; }

    /// <summary>The invariants that say something about the architecture.</summary>
    public InvariantSet Checked { get; }

    /// <summary>The world, as the last run left it.</summary>
    public ref readonly World World => ref _world;

    /// <summary>The machine's memory, as the last run left it.</summary>
    public ref readonly MachineState State => ref _world.State;

    /// <summary>What was broken in the last run.</summary>
    public InvariantSet Broken { get; private set; }

    /// <summary>What the steps of the last run counted for, all together.</summary>
    public Mark Seen { get; private set; }

    /// <summary>Counts over all runs since the last <see cref="Coverage.Clear"/>.</summary>
    public Coverage Coverage { get; } = new();

    /// <summary>The names of the steps that any run has taken, while something was watched.</summary>
    internal IEnumerable<string> Reached => _log.Reached;

    /// <summary>Page faults of the last <see cref="Apply"/>, as the kernel counts them for a process (<c>ru_minflt</c>, <c>ru_majflt</c>).</summary>
    internal (int Minor, int Major) Faults { get; private set; }

    /// <summary>How many steps of the last run somebody looked at, or had no reason to look behind.</summary>
    internal int Logged => _log.Count;

    /// <summary>How an invariant was broken first in the last run.</summary>
    public ref readonly Violation ViolationOf(InvariantId id) => ref _violations[(int)id];

    /// <summary>Runs a workload, its operations one after the other, as far as each goes.</summary>
    /// <param name="workload">What to run.</param>
    /// <param name="watch">The invariants to check.</param>
    /// <param name="stopAtFirst">Whether to end at the first violation; otherwise each invariant is reported the first time it breaks.</param>
    /// <param name="observer">Somebody who wants to see every step, or null.</param>
    /// <returns>What was broken; see <see cref="ViolationOf"/>.</returns>
    /// <exception cref="CapacityException">The workload needs more swap slots than the state has.</exception>
    public InvariantSet Run(Workload workload, InvariantSet watch, bool stopAtFirst = true, IStepObserver? observer = null)
    {
        _watching = watch & Checked;
        Boot(workload);
        _observer = observer;
        _stopAtFirst = stopAtFirst;
        Broken = InvariantSet.None;
        Seen = Mark.None;
        Coverage.Workloads++;
        _operations = workload.Operations;
        try
        {
            for (var i = 0; i < _operations.Length; i++)
            {
                if (!Play(i, in _operations.ItemRef(i))) return Broken;
            }

            if (!_unfinished) Finish(_operations.Length);
        }
        catch (Exception e) when (Kernel.MayCrash && e is IndexOutOfRangeException or InvalidOperationException or OverflowException)
        {
            if (_watching.Contains(InvariantId.Progress)) Crash();
        }

        return Broken;
    }

    /// <summary>The kernel goes no further: what it works on is not there, or it goes round without a step.</summary>
    private void Crash()
    {
        ref readonly var t = ref _world.Tasks[_report.Task.Value];
        var violation = new Violation(Invariants.Progress.Crashed(in t), Place());
        _violations[(int)InvariantId.Progress] = violation;
        Broken = Broken.With(InvariantId.Progress);
        _observer?.OnViolation(in violation);
    }

    /// <summary>Runs a program as far as its lines go: what stands then is left standing. For going on from there.</summary>
    /// <param name="workload">What to run.</param>
    /// <param name="world">The world that it leaves.</param>
    /// <returns>What was broken; see <see cref="ViolationOf"/>.</returns>
    /// <exception cref="CapacityException">It needs more swap slots than the state has.</exception>
    internal InvariantSet RunUnfinished(Workload workload, out World world) => RunUnfinished(workload, Checked, out world);

    /// <inheritdoc cref="RunUnfinished(Workload, out World)"/>
    /// <param name="workload">What to run.</param>
    /// <param name="watch">The invariants to check; it ends where one breaks.</param>
    /// <param name="world">The world that it leaves.</param>
    internal InvariantSet RunUnfinished(Workload workload, InvariantSet watch, out World world)
    {
        _unfinished = true;
        try
        {
            return Run(workload, watch);
        }
        finally
        {
            world = _world;
            _unfinished = false;
        }
    }

    /// <summary>The world as a workload finds it.</summary>
    public void Begin(Workload workload, out World world)
    {
        _watching = InvariantSet.None;
        Boot(workload);
        world = _world;
    }

    /// <summary>Applies one operation to a world in which nothing is under way, and checks nothing: for exploring what may come of it.</summary>
    /// <param name="world">The world between two operations, of a workload begun on this kernel and architecture.</param>
    /// <param name="op">The operation.</param>
    /// <returns>How it ended; <see cref="OpResult.None"/>: it never did.</returns>
    /// <exception cref="CapacityException">It needs more swap slots than the state has.</exception>
    public OpResult Apply(ref World world, Operation op)
    {
        _world = world;
        _watching = InvariantSet.None;
        _observer = null;
        _log.Clear();
        _operations = [op];
        (Faults, _countsFaults) = (default, true);
        var went = Play(0, in op);
        _countsFaults = false;
        world = _world;
        return went ? _underWay[op.Task.Value].Result : OpResult.None;
    }

    /// <summary>
    /// <c>mm_account_fault()</c>: each fault that has ended well, and a major one if the page was read from swap. (A fault in which user space is asked
    /// what to do, or that ends in a signal, is none.)
    /// </summary>
    private void CountFaults()
    {
        if (_report.Path == PathId.HandleMmFault && Kernel[PathId.HandleMmFault].StepAt(_report.Position) == Fault.HandlePteFault) (_counted, Faults) = (Faults, (Faults.Minor + 1, Faults.Major));
        else if (Faults != default && (_report.Marks & (Mark.ReadAround | Mark.ReadIntoCache)) != 0) Faults = (_counted.Minor, _counted.Major + 1);
        else if (_report.Outcome == StepOutcome.Ended && Faults != default && _world.Tasks[_report.Task.Value].Result is OpResult.SigBus or OpResult.Userfault or OpResult.SegV) Faults = _counted;
    }

    private void Boot(Workload workload)
    {
        Executor.Boot(workload.Swaps, out _world);
        for (; _used.Any; _used = _used.Rest) _underWay[_used.First.Value] = default;
        if (_watching.Bits != 0) _attention.Begin(in _world.State);
        _log.Clear();
        _leavesSomething = false;
    }

    /// <summary>Plays one line of the program.</summary>
    /// <returns>Whether to go on.</returns>
    private bool Play(int index, in Operation op)
    {
        _observer?.OnOperation(index, op);
        var task = op.Task;
        ref var at = ref _underWay[task.Value];
        if (op.Verb == Verb.Go)
        {
            at.Result = OpResult.NotApplicable;
            if (_world.Tasks[task.Value].IsUnderWay && !Advance(task, op.Until)) return false;
            _observer?.OnOperationEnded(index, op, at.Result);
            return true;
        }

        // What it was at ends first.
        if (_world.Tasks[task.Value].IsUnderWay && !Advance(task, until: null)) return false;
        Coverage.Tried(op.Verb);
        _used = _used.With(task);
        at = new UnderWay { Index = index, Ordinal = at.Ordinal + 1, Began = _log.Count, Result = OpResult.NotApplicable };
        if (Executor.Begin(ref _world, task, in op) && !Advance(task, op.Until)) return false;
        _observer?.OnOperationEnded(index, op, at.Result);
        return true;
    }

    /// <summary>Whatever still stands goes on, in order of tasks.</summary>
    private void Finish(int index)
    {
        for (byte i = 0; i < Capacity.Tasks; i++)
        {
            if (!_world.Tasks[i].IsUnderWay) continue;
            var go = _operations[_underWay[i].Index] with { Verb = Verb.Go, Until = null };
            _observer?.OnOperation(index, go);
            if (!Advance(new TaskId(i), until: null)) return;
            _observer?.OnOperationEnded(index, go, _underWay[i].Result);
        }
    }

    /// <summary>Lets a task's operation go on until it ends, or stands where it shall.</summary>
    /// <returns>Whether to go on.</returns>
    private bool Advance(TaskId task, Until? until)
    {
        _underWay[task.Value].Result = OpResult.None;
        var arrivals = 0;
        var most = until is null && _observer is null && !_countsFaults && !LooksAtEverything ? StepLimit : 1;
        while (true)
        {
            if (until is not null && Arrives(task, until) && ++arrivals == until.Occurrence) return true;
            switch (Move(task, most))
            {
                case Progress.Ended:
                    return true;
                case Progress.Stop:
                    return false;
                case Progress.Blocked:
                    // It has not come any further: it is still in front of the same step.
                    if (!MakeWay(task)) return false;
                    if (!_world.Tasks[task.Value].IsUnderWay) return true;
                    if (until is not null && Arrives(task, until)) arrivals--;
                    break;
            }
        }
    }

    private bool Arrives(TaskId task, Until until)
    {
        ref readonly var t = ref _world.Tasks[task.Value];
        return until.Matches(t.Path, _executor.NextStep(in t));
    }

    /// <summary>A task has to wait: the one who has what it waits for moves, or, if that one waits too, the one after it.</summary>
    /// <returns>Whether to go on; if nobody can move, that is a deadlock, and the run ends.</returns>
    private bool MakeWay(TaskId task)
    {
        var waiting = task;
        var asked = BitSet<TaskId>.Of(task);
        while (true)
        {
            var holder = Tasks.HolderOf(in _world, _report.Wait, waiting);
            _observer?.OnBlocked(PlaceOf(waiting), _report.Wait, holder);
            var next = holder ?? Tasks.AnyOther(in _world, asked);
            if (next is not { } other || asked.Contains(other))
            {
                // Round in a circle, or nobody left: somebody outside of it may still move.
                if (Tasks.AnyOther(in _world, asked) is not { } outsider) return Deadlock(task);
                other = outsider;
            }

            asked = asked.With(other);
            switch (Move(other))
            {
                case Progress.Stop:
                    return false;
                case Progress.Blocked:
                    waiting = other;
                    continue;
                default:
                    return true;
            }
        }
    }

    private bool Deadlock(TaskId task)
    {
        _report.Begin(task, _world.Tasks[task.Value].Path, _world.Tasks[task.Value].Pc, recordsReads: false);
        _expected = default;
        Look(Moment.Deadlock);
        return false;
    }

    /// <summary>Takes a step of a task, and looks.</summary>
    /// <param name="task">The task.</param>
    /// <param name="most">How many steps it may take at once, as long as there is nothing to look at: more than one where nobody wants to see each.</param>
    private Progress Move(TaskId task, int most = 1)
    {
        if (_observer is not null) _before = _world;
        ref var at = ref _underWay[task.Value];
        var looks = _watching.Bits != 0 || _observer is not null;
        var steps = _executor.Steps(ref _world, task, ref _report, _leavesSomething ? 1 : Math.Min(most, StepLimit - at.Steps), looks ? _log : null);
        _leavesSomething = false;
        Coverage.Steps += steps;
        at.Steps += steps;
        _expected = default;
        if (_report.Observations.Count != 0 || _report.SlotsReturned.Any)
        {
            _expected = _world.Oracle.Follow(in _report.Observations, _executor.Arch, ref _report.Marks);
            _report.Marks |= _world.Ghost.Follow(in _report);
        }

        if (_report.Marks != Mark.None)
        {
            Seen |= _report.Marks;
            Coverage.Count(_report.Marks);
        }

        if (_report.Outcome == StepOutcome.Blocked) return Progress.Blocked;
        if (_countsFaults) CountFaults();
        if (looks) _log.Add(in _report);
        _observer?.OnStep(Place(), in _before, in _world);
        var ended = _report.Outcome == StepOutcome.Ended;
        var moment = ended ? Moment.OperationEnded : at.Steps >= StepLimit ? Moment.Livelock : Moment.AfterStep;
        if (_watching.Bits != 0 && !Look(moment)) return Progress.Stop;
        if (!ended) return moment == Moment.Livelock ? Progress.Stop : Progress.Moved;

        at.Result = _world.Tasks[task.Value].Result;
        _leavesSomething = Holding.Of(in _world.Tasks[task.Value]) != default;
        Executor.Forget(ref _world, task);
        _world.Ghost.Forget(task);
        if (at.Result == OpResult.Applied) Coverage.Applied(_operations[at.Index].Verb);
        return Progress.Ended;
    }

    /// <summary>Where the last step was taken: made up only when somebody wants to know.</summary>
    private StepPlace Place()
    {
        ref var at = ref _underWay[_report.Task.Value];
        return new StepPlace(at.Index, _operations[at.Index], _report.Task, at.Ordinal, _report.Path, Kernel[_report.Path].StepAt(_report.Position), Math.Max(_log.Occurrences(in _report, at.Began), 1));
    }

    /// <summary>The place in front of which a task stands.</summary>
    private StepPlace PlaceOf(TaskId task)
    {
        ref var at = ref _underWay[task.Value];
        ref readonly var t = ref _world.Tasks[task.Value];
        return new StepPlace(at.Index, _operations[at.Index], task, at.Ordinal, t.Path, _executor.NextStep(in t), 1);
    }

    private bool Look(Moment moment)
    {
        if (_watching.Bits == 0) return true;
        if (LooksAtEverything) _attention.Everything(in _world);
        else _attention.Follow(in _world, in _report, _expected, moment);
        var due = _watching & InvariantCatalogue.Due(_attention.Scope.Concerns, _report.Marks, _report.Oops);
        if (due.Bits == 0) return true;
        var view = new View(in _world, in _report, _attention, _marksExclusive, _marksSwapPtes, _tagMask, moment);
        while (InvariantCatalogue.AnyBroken(due, in view, out var breach))
        {
            var id = breach.Invariant;
            _violations[(int)id] = new Violation(breach, Place());
            Broken = Broken.With(id);
            _watching = _watching.Without(id);
            due = due.Without(id);
            _observer?.OnViolation(in _violations[(int)id]);
            if (_stopAtFirst) return false;
        }

        return true;
    }

    /// <summary>What a task is at.</summary>
    private struct UnderWay
    {
        public int Index;
        public int Ordinal;
        public int Began;
        public int Steps;
        public OpResult Result;
    }
}
