using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;

namespace Hooks.Core.Search.Exploring;

/// <summary>
/// Goes on from worlds, one after the other: every move that is to be tried, and what comes of it. One for each thread; it looks into the table of states and changes
/// nothing in it.
/// </summary>
internal sealed class Expander
{
    private readonly Stepper _stepper;
    private readonly Programs _programs;
    private readonly StateTable _known;
    private readonly SearchScope _size;
    private readonly InvariantSet _asked;
    private readonly ExploreOptions _options;
    private readonly BitSet<TaskId> _tasks;
    private readonly bool _mayCrash;
    private readonly World _start;
    private readonly World[] _after = new World[Capacity.Tasks];
    private readonly Tried[] _tried = new Tried[Capacity.Tasks];
    private World _world;
    private Commuting _commuting;
    private Expansion _output = new();

    /// <summary>One for a search.</summary>
    public Expander(Kernel kernel, IArchitecture architecture, Programs programs, StateTable known, InvariantSet asked, ExploreOptions options)
    {
        _stepper = new Stepper(kernel, architecture);
        _programs = programs;
        _known = known;
        _size = programs.Size with { Idle = BitSet<TaskId>.UpTo(Capacity.Tasks).Except(programs.Tasks) };
        _asked = asked;
        _options = options;
        _tasks = programs.Tasks;
        _mayCrash = kernel.MayCrash;
        _start = programs.Start;
        _world = _start;
        Array.Fill(_after, _start);
    }

    private bool Reduces => _options.Reduces && _options.Bound == Bound.Operations;

    /// <summary>How a task's step went.</summary>
    private enum Went : byte
    {
        /// <summary>The task has to wait.</summary>
        Blocked,

        /// <summary>It led to another world.</summary>
        On,

        /// <summary>It broke an invariant.</summary>
        Broke,
    }

    /// <summary>The name of a state: its world, and what else decides what may come.</summary>
    public UInt128 NameOf(in World world, ulong progress, Last last)
    {
        var name = _options.Bound switch
        {
            Bound.Operations => _programs.NameOf(progress),
            Bound.Preemptions => (progress << 8) | last.Value,
            _ => (_programs.NameOf(progress) << 8) | last.Value,
        };
        return _options.Canonical ? Canonical.Hash(in world, _size, name) : world.Hash() ^ (UInt128)(name * 0x9E3779B97F4A7C15UL);
    }

    /// <summary>Goes on from a world.</summary>
    /// <param name="from">Which state it is of, and what is to be tried.</param>
    /// <param name="packed">The world.</param>
    /// <param name="output">Takes what comes of it.</param>
    public void Expand(in Waiter from, ReadOnlySpan<byte> packed, Expansion output)
    {
        _output = output;
        Copy(in _start, ref _world);
        PackedWorld.Unpack(packed, ref _world);
        _commuting.Clear();
        _stepper.Turn();
        var underWay = UnderWay();
        var todo = new BitSet<TaskId>(from.Todo);
        var asleep = new BitSet<TaskId>(from.Asleep);
        var tried = underWay & (todo | asleep);
        var can = BitSet<TaskId>.Empty;
        for (var left = tried; left.Any; left = left.Rest)
        {
            if (TryOrCrash(in from, left.First, todo.Contains(left.First)) != Went.Blocked) can = can.With(left.First);
        }

        if (tried == underWay && underWay.Any && !can.Any && _stepper.IsBroken(in _world, underWay.First, Moment.Deadlock, out var breach)) output.Broken.Add(new Broken(from.State, default, Moves: false, breach));
        if (tried == underWay && can.Count == 1) LookForCircle(in from, can.First);

        var mayBegin = _programs.MayBegin(in _world, from.Progress).Except(underWay);
        if (!underWay.Any && !mayBegin.Any) output.Ends++;
        if (!from.Last.IsOver) asleep = Begin(in from, underWay, mayBegin, todo, asleep, can);
        for (var left = from.Last.IsOver ? can & BitSet<TaskId>.Of(underWay.First) : can & todo; left.Any; left = left.Rest)
        {
            var task = left.First;
            ref var went = ref _tried[task.Value];
            output.Moves++;
            if (went.How == Went.Broke)
            {
                if (_asked.Contains(went.Breach.Invariant)) output.Broken.Add(new Broken(from.State, Move.Step(task), Moves: true, went.Breach));
                continue;
            }

            ref var after = ref _after[task.Value];
            var ended = !after.Tasks[task.Value].IsUnderWay;
            var to = new Successor { Move = Move.Step(task), Progress = from.Progress, Name = went.Name, Asleep = (ushort)_commuting.With(task, asleep).Bits, UnderWay = (ushort)(ended ? underWay.Without(task) : underWay).Bits, Last = LastAfter(in from, task, !ended), Unasked = went.Leaves };
            Lead(in from, ref to, in after, Preempts(in from, task, can), went.IsKnown, went.Known);
            if (_options.Bound == Bound.Lines && task == underWay.First && !from.Last.IsOver && !from.Last.Is(task))
            {
                to.Last = Last.Over;
                to.Asleep = 0;
                to.Name = NameOf(in after, from.Progress, Last.Over);
                Lead(in from, ref to, in after, 0, _known.TryFind(to.Name, out var known), known);
            }

            if (Reduces && _commuting.MayBeLeftOut(task)) asleep = asleep.With(task);
        }
    }

    /// <summary>The tasks that have an operation under way in the world that is gone on from.</summary>
    private BitSet<TaskId> UnderWay()
    {
        var underWay = BitSet<TaskId>.Empty;
        for (var left = _tasks; left.Any; left = left.Rest)
        {
            if (_world.Tasks[left.First.Value].IsUnderWay) underWay = underWay.With(left.First);
        }

        return underWay;
    }

    /// <summary>Copies a world, but for the tasks that never do anything: they are the same in all of them.</summary>
    private void Copy(in World from, ref World to)
    {
        to.State = from.State;
        to.Oracle = from.Oracle;
        to.Ghost = from.Ghost;
        for (var left = _tasks; left.Any; left = left.Rest) to.Tasks[left.First.Value] = from.Tasks[left.First.Value];
    }

    /// <summary>Tries a task's next step, of a kernel that may come to where the model can go no further: that breaks progress, and is not gone on from.</summary>
    private Went TryOrCrash(in Waiter from, TaskId task, bool wanted)
    {
        if (!_mayCrash) return Try(in from, task, wanted);
        try
        {
            return Try(in from, task, wanted);
        }
        catch (Exception e) when (Shrinking.IsDamage(e))
        {
            ref var tried = ref _tried[task.Value];
            tried.Breach = Invariants.Progress.Crashed(in _world.Tasks[task.Value]);
            _commuting.Step(task, in _stepper.Report, alone: true);
            return tried.How = Went.Broke;
        }
    }

    /// <summary>Tries a task's next step: whether it can take it, what it touches, and, if that is wanted, what it leads to.</summary>
    private Went Try(in Waiter from, TaskId task, bool wanted)
    {
        ref var tried = ref _tried[task.Value];
        ref var after = ref _after[task.Value];
        Copy(in _world, ref after);
        if (_stepper.Step(ref after, task) == StepOutcome.Blocked) return tried.How = Went.Blocked;
        tried.How = Went.On;
        tried.Leaves = false;
        _output.Seen |= _stepper.Report.Marks;
        var asked = _stepper.IsAskedAbout;
        _commuting.Step(task, in _stepper.Report, alone: asked);
        if (!wanted) return tried.How;

        // What an invariant says of a world that is known has been heard; what it says of the step itself has not.
        var ended = _stepper.Report.Outcome == StepOutcome.Ended;
        if (!ended) Name(in from, task, in after, ref tried);
        if ((asked || !tried.IsKnown) && IsBroken(in from, in after, out tried.Breach)) return tried.How = Went.Broke;
        if (!ended) return tried.How;
        tried.Leaves = Stepper.Forget(ref after, task);
        Name(in from, task, in after, ref tried);
        return tried.How;
    }

    private void Name(in Waiter from, TaskId task, in World after, ref Tried tried)
    {
        tried.Name = NameOf(in after, from.Progress, LastAfter(in from, task, after.Tasks[task.Value].IsUnderWay));
        tried.IsKnown = _known.TryFind(tried.Name, out tried.Known);
    }

    private bool IsBroken(in Waiter from, in World after, out Breach breach) =>
        from.Unasked || _options.LooksAtEverything ? _stepper.IsBroken(in after, _asked, out breach) : _stepper.IsBroken(in _world, in after, _asked, out breach);

    /// <summary>The operations that idle tasks may begin. They come first: what commutes with them, as most steps do, then need not be asked whether one may begin after it.</summary>
    /// <returns>The tasks whose moves need not be tried after one that commutes with them.</returns>
    private BitSet<TaskId> Begin(in Waiter from, BitSet<TaskId> underWay, BitSet<TaskId> tasks, BitSet<TaskId> todo, BitSet<TaskId> asleep, BitSet<TaskId> can)
    {
        for (var left = tasks; left.Any; left = left.Rest)
        {
            var mms = BitSet<MmId>.Empty;
            foreach (ref readonly var op in _programs.Next(left.First, from.Progress)) mms = mms.With(op.Mm);
            _commuting.Begin(left.First, mms);
        }

        for (var left = tasks & todo; left.Any; left = left.Rest)
        {
            var task = left.First;
            var after = _programs.After(from.Progress, task);
            var operations = _programs.Next(task, from.Progress);
            for (var choice = 0; choice < operations.Length; choice++)
            {
                ref var world = ref _after[task.Value];
                Copy(in _world, ref world);

                // What nobody can begin is over at once, where it stands in a program; where anything may be begun there is no use for it.
                if (!Executor.Begin(ref world, task, in operations[choice]) && _programs is OpenPrograms) continue;
                _output.Moves++;
                var begun = world.Tasks[task.Value].IsUnderWay;
                var last = LastAfter(in from, task, begun);
                var to = new Successor { Move = Move.Begin(task, choice), Progress = after, Name = NameOf(in world, after, last), Asleep = (ushort)_commuting.With(task, asleep).Bits, UnderWay = (ushort)(begun ? underWay.With(task) : underWay).Bits, Last = last, Unasked = from.Unasked };
                Lead(in from, ref to, in world, _options.Bound == Bound.Preemptions ? Preempts(in from, task, can) : 1, _known.TryFind(to.Name, out var known), known);
            }

            if (Reduces) asleep = asleep.With(task);
        }

        return asleep;
    }

    /// <summary>Who has moved last when a task has moved; nobody, where that does not matter.</summary>
    private Last LastAfter(in Waiter from, TaskId task, bool isUnderWay) =>
        _options.Bound == Bound.Operations ? default : from.Last.IsOver ? Last.Over : Last.Of(task, isUnderWay);

    /// <summary>How much of what is bounded it takes that a task goes on.</summary>
    private int Preempts(in Waiter from, TaskId task, BitSet<TaskId> can) => _options.Bound switch
    {
        Bound.Preemptions => from.Last.IsAnotherOf(task, can) ? 1 : 0,
        Bound.Lines => from.Last.IsOver || from.Last.Is(task) ? 0 : 1,
        _ => 0,
    };

    /// <summary>A move leads to a world: it is put out unless that is known, and nothing more is asked for than was before.</summary>
    private void Lead(in Waiter from, ref Successor to, in World world, int cost, bool isKnown, uint id)
    {
        cost += from.Cost;
        if (_options.Bound != Bound.Operations && cost > _options.Most) return;
        var live = (ushort)(to.UnderWay | _programs.MayBegin(in world, to.Progress).Bits);
        to.Asleep &= live;
        if (isKnown)
        {
            ref var known = ref _known[id];
            if (known.Cost <= cost && (known.Asleep & ~to.Asleep & live) == 0) return;
        }

        to.From = from.State;
        to.Depth = from.Depth + 1;
        to.Live = live;
        to.Cost = (byte)cost;
        _output.Add(to, in world, in _start);
    }

    /// <summary>
    /// The only task that can move comes back to where it was: if it never ends while the others wait, that is a livelock. Only looked for where it has gone back in its path, to a state that is known.
    /// </summary>
    private void LookForCircle(in Waiter from, TaskId task)
    {
        ref var tried = ref _tried[task.Value];
        ref var after = ref _after[task.Value];
        ref readonly var before = ref _world.Tasks[task.Value];
        ref readonly var now = ref after.Tasks[task.Value];
        if (tried.How != Went.On || !tried.IsKnown || !now.IsUnderWay || now.Depth > before.Depth || (now.Path == before.Path && now.Pc > before.Pc)) return;
        var world = after;
        if (!GoesRound(ref world, task)) return;

        if (_stepper.IsBroken(in world, task, Moment.Livelock, out var breach)) _output.Broken.Add(new Broken(from.State, Move.Step(task), Moves: true, breach));
    }

    private bool GoesRound(ref World world, TaskId task)
    {
        try
        {
            for (var steps = 0; steps < Machine.StepLimit; steps++)
            {
                if (_stepper.Step(ref world, task) != StepOutcome.Moved || !OthersWait(in world, task)) return false;
            }

            return true;
        }
        catch (Exception e) when (_mayCrash && Shrinking.IsDamage(e))
        {
            return false;
        }
    }

    private bool OthersWait(in World world, TaskId task)
    {
        for (var others = Tasks.UnderWay(in world).Without(task); others.Any; others = others.Rest)
        {
            var copy = world;
            if (_stepper.Step(ref copy, others.First) != StepOutcome.Blocked) return false;
        }

        return true;
    }

    private struct Tried
    {
        public UInt128 Name;
        public Breach Breach;
        public Went How;
        public bool IsKnown;
        public uint Known;
        public bool Leaves;
    }
}
