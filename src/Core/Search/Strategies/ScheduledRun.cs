using System.Collections.Immutable;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search.Strategies;

/// <summary>
/// Runs programs of several tasks, a strategy saying who moves, and looks after every step as a <see cref="Machine"/> does. What comes of it is also a program that says itself who moves when, to be run by a machine, shrunk and
/// mailed. Used again and again; a run allocates nothing.
/// </summary>
internal sealed class ScheduledRun
{
    /// <summary>A run that takes more moves goes round in circles, or somebody who waits is never let go on by a strategy that is not fair: it ends there.</summary>
    private const int MostMoves = 400;

    private readonly Kernel _kernel;
    private readonly IArchitecture _architecture;
    private readonly Executor _executor;
    private readonly Attention _attention = new();
    private readonly Met? _met;
    private readonly bool _marksExclusive;
    private readonly bool _marksSwapPtes;
    private readonly ushort _tagMask;
    private readonly List<Move> _moves = [];
    private World _world;
    private World _trial;
    private StepReport _report;
    private StepReport _tried;

    /// <summary>Of a kernel on an architecture.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="architecture">The architecture.</param>
    /// <param name="met">Takes what met what; null: nobody wants to know.</param>
    public ScheduledRun(Kernel kernel, IArchitecture architecture, Met? met = null)
    {
        _kernel = kernel;
        _architecture = architecture;
        _met = met;
        _executor = new Executor(kernel, architecture) { RecordsReads = met is not null };
        _marksExclusive = kernel.MarksExclusive;
        _marksSwapPtes = _marksExclusive && _executor.Arch.HasPteSwpExclusive;
        _tagMask = _executor.Arch.Metadata.Mask;
    }

    /// <summary>Who moved in the last run.</summary>
    public IReadOnlyList<Move> Moves => _moves;

    /// <summary>What the steps of the last run counted for.</summary>
    public Mark Seen { get; private set; }

    /// <summary>Runs them once. It ends where all is done, nobody can move, something is broken at which it shall end, or what is broken has left nothing to go on with.</summary>
    /// <param name="programs">The programs; nothing is under way where they begin.</param>
    /// <param name="strategy">Who moves; its run has begun.</param>
    /// <param name="watch">The invariants to check.</param>
    /// <param name="ends">Those of them of which one is enough.</param>
    /// <returns>What was broken.</returns>
    /// <exception cref="CapacityException">They need more than the modelled machine has.</exception>
    public InvariantSet Run(FixedPrograms programs, IStrategy strategy, InvariantSet watch, InvariantSet ends)
    {
        var broken = InvariantSet.None;
        try
        {
            Run(programs, strategy, watch, ends, ref broken);
        }
        catch (Exception e) when (Shrinking.IsDamage(e) && (broken.Count > 0 || _met is not null))
        {
            // What the kernel works on is not there any more: what is broken was not seen, as locks are still held, or it is a bug of Hooks. It is counted.
            if (broken.Count == 0) _met!.Stuck++;
        }

        return broken;
    }

    private void Run(FixedPrograms programs, IStrategy strategy, InvariantSet watch, InvariantSet ends, ref InvariantSet broken)
    {
        _moves.Clear();
        _world = programs.Start;
        _met?.Begin();
        Seen = Mark.None;
        if (watch.Count > 0) _attention.EverythingInUse(in _world);
        var progress = 0UL;
        TaskId? last = null;
        while (_moves.Count < MostMoves)
        {
            var underWay = Tasks.UnderWay(in _world);
            var able = Able(underWay);
            var enabled = programs.MayBegin(in _world, progress).Except(underWay) | able;
            if (underWay.Any && !able.Any && watch.Contains(InvariantId.Progress) && Deadlocked(underWay.First))
            {
                broken = broken.With(InvariantId.Progress);
                break;
            }

            if (!enabled.Any) break;
            var task = strategy.Next(in _world, enabled, last);
            last = task;
            if (!underWay.Contains(task))
            {
                Executor.Begin(ref _world, task, programs.Next(task, progress)[0]);
                progress = programs.After(progress, task);
                _moves.Add(Move.Begin(task, 0));
                continue;
            }

            _moves.Add(Move.Step(task));
            Step(task, watch.Except(broken), ref broken);
            if ((broken & ends).Count > 0) break;
        }
    }

    /// <summary>Runs them once, with nothing checked.</summary>
    public ImmutableArray<Move> Run(FixedPrograms programs, IStrategy strategy)
    {
        Run(programs, strategy, InvariantSet.None, InvariantSet.None);
        return [.. _moves];
    }

    /// <summary>The last run as a program.</summary>
    public Workload AsText(FixedPrograms programs) => Schedule.Of(_kernel, _architecture, programs, _moves);

    /// <summary>Runs them once, with nothing checked, and says it as a program.</summary>
    public Workload RunAsText(FixedPrograms programs, IStrategy strategy)
    {
        Run(programs, strategy, InvariantSet.None, InvariantSet.None);
        return AsText(programs);
    }

    private void Step(TaskId task, InvariantSet watch, ref InvariantSet broken)
    {
        _executor.Step(ref _world, task, ref _report);
        BitSet<PageAt> expected = default;
        if (_report.Observations.Count != 0 || _report.SlotsReturned.Any)
        {
            expected = _world.Oracle.Follow(in _report.Observations, _executor.Arch, ref _report.Marks);
            _report.Marks |= _world.Ghost.Follow(in _report);
        }

        Seen |= _report.Marks;
        _met?.Follow(in _report);
        var ended = _report.Outcome == StepOutcome.Ended;
        if (watch.Count > 0)
        {
            var moment = ended ? Moment.OperationEnded : Moment.AfterStep;
            _attention.Follow(in _world, in _report, expected, moment);
            var due = watch & InvariantCatalogue.Due(_attention.Scope.Concerns, _report.Marks, _report.Oops);
            if (due.Count > 0)
            {
                var view = new View(in _world, in _report, _attention, _marksExclusive, _marksSwapPtes, _tagMask, moment);
                for (; InvariantCatalogue.AnyBroken(due, in view, out var breach); due = due.Without(breach.Invariant)) broken = broken.With(breach.Invariant);
            }
        }

        if (!ended) return;
        Executor.Forget(ref _world, task);
        _world.Ghost.Forget(task);
    }

    /// <summary>Those that need not wait. Only a step that takes a lock, or waits, has to be tried.</summary>
    private BitSet<TaskId> Able(BitSet<TaskId> tasks)
    {
        var able = tasks;
        for (var left = tasks; left.Any; left = left.Rest)
        {
            if (!_executor.MayBlock(in _world.Tasks[left.First.Value])) continue;
            _trial = _world;
            _executor.Step(ref _trial, left.First, ref _tried);
            if (_tried.Outcome != StepOutcome.Blocked) continue;
            able = able.Without(left.First);
            _met?.Waited(_tried.Wait.Kind);
        }

        return able;
    }

    private bool Deadlocked(TaskId task)
    {
        _report.Begin(task, _world.Tasks[task.Value].Path, _world.Tasks[task.Value].Pc, recordsReads: false);
        _attention.Follow(in _world, in _report, default, Moment.Deadlock);
        var view = new View(in _world, in _report, _attention, _marksExclusive, _marksSwapPtes, _tagMask, Moment.Deadlock);
        return InvariantCatalogue.AnyBroken(InvariantSet.Of(InvariantId.Progress), in view, out _);
    }
}
