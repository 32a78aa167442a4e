using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;

namespace Hooks.Core.Search.Exploring;

/// <summary>How a search of a scope has ended.</summary>
internal enum ExploreEnd
{
    /// <summary>Everything in it was looked at.</summary>
    Whole,

    /// <summary>With the first violation, as was asked for.</summary>
    First,

    /// <summary>It needs more memory than it may have.</summary>
    Memory,

    /// <summary>Somebody has interrupted it.</summary>
    Interrupted,
}

/// <summary>How far a search of a scope has come.</summary>
/// <param name="States">States met: worlds that differ in more than names.</param>
/// <param name="Moves">Moves made.</param>
/// <param name="LeftOut">Moves not made, because another way leads to the same.</param>
/// <param name="Frontier">States still to be gone on from.</param>
/// <param name="Depth">Moves from the beginning to the last of them.</param>
/// <param name="Cost">How much of what is bounded, operations for one, the states met have at the most.</param>
/// <param name="Ends">States in which all is done.</param>
/// <param name="Bytes">Memory taken.</param>
/// <param name="ChanceOfAMiss">The chance that two different states had one name.</param>
/// <param name="Broken">What was found broken.</param>
internal readonly record struct ExploreProgress(long States, long Moves, long LeftOut, long Frontier, int Depth, int Cost, long Ends, long Bytes, double ChanceOfAMiss, InvariantSet Broken);

/// <summary>A way to break an invariant: the moves from the beginning of the scope.</summary>
/// <param name="Invariant">Which.</param>
/// <param name="Moves">The moves.</param>
internal sealed record Way(InvariantId Invariant, ImmutableArray<Move> Moves);

/// <summary>
/// Goes through all worlds that a scope can reach, whoever moves when, and asks all invariants in each: exhaustive search with canonical states. Fewest operations first, then fewest
/// moves, so that the first violation found is one of as few operations as any. What breaks an invariant is not gone on from.
/// <para>
/// Partial-order reduction: sleep sets with state matching (Godefroid, Partial-Order Methods for the Verification of Concurrent Systems, 1996, section 5), from footprints recorded as the moves are tried. Chosen over
/// source-DPOR because it leaves out moves and never a state: an invariant looks at worlds between two steps that commute, and a search that left one of the two out could miss what only that one shows.
/// (Why states come out all the same in whatever order they are gone on from: of the moves that could stand first in a way from a state, take the one that was made first of those that were made when the last of them
/// woke; none of the others was asleep then, so the rest of the way has its first move awake.) That both searches find the same states and violations is a test.
/// </para>
/// <para>
/// States are gone on from in portions, which threads share out; what comes of them is taken in in order. So nothing that is found depends on how many threads there are.
/// </para>
/// </summary>
internal sealed class Exploration
{
    private const int Portion = 1024;
    private const int Share = 64;

    private readonly Programs _programs;
    private readonly ExploreOptions _options;
    private readonly StateTable _known = new();
    private readonly Stack<byte[]> _free = new();
    private readonly WorldQueue[] _waiting;
    private readonly Expander[] _expanders;
    private readonly Expansion[] _expansions;
    private readonly (Waiter Head, ReadOnlyMemory<byte> World)[] _portion = new (Waiter, ReadOnlyMemory<byte>)[Portion];
    private readonly Dictionary<InvariantId, (int Cost, List<Way> Ways)> _ways = [];
    private long _moves;
    private long _leftOut;
    private long _ends;
    private Mark _seen;
    private int _depth;
    private int _cost;
    private int _shares;

    /// <summary>A search of a scope.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="architecture">The architecture.</param>
    /// <param name="programs">The scope.</param>
    /// <param name="asked">The invariants to ask; those that say nothing about kernel and architecture are left out.</param>
    /// <param name="options">How.</param>
    public Exploration(Kernel kernel, IArchitecture architecture, Programs programs, InvariantSet asked, ExploreOptions options)
    {
        _programs = programs;
        _options = options;
        Asked = asked & InvariantCatalogue.ApplyingTo(architecture.Hooks(kernel), kernel);
        _waiting = [.. Enumerable.Range(0, 1 + (options.Bound == Bound.Operations ? programs.MostOperations : options.Most)).Select(_ => new WorldQueue(_free))];
        _expanders = [.. Enumerable.Range(0, options.Jobs).Select(_ => new Expander(kernel, architecture, programs, _known, Asked, options))];
        _expansions = [.. Enumerable.Range(0, options.Jobs == 1 ? 1 : Portion / Share).Select(_ => new Expansion())];
        Begin();
    }

    /// <summary>The invariants that are asked.</summary>
    public InvariantSet Asked { get; }

    /// <summary>Those of them that were put to the test: what passes otherwise passes vacuously.</summary>
    public InvariantSet Exercised => InvariantCatalogue.ExercisedBy(_seen) & Asked;

    /// <summary>For each invariant found broken the first way found; or the first few.</summary>
    public IEnumerable<Way> Ways => _ways.OrderBy(w => w.Key).SelectMany(w => w.Value.Ways);

    /// <summary>All states met, by name: for tests.</summary>
    public IEnumerable<UInt128> States
    {
        get
        {
            for (uint id = 0; id < _known.Count; id++) yield return _known[id].Name;
        }
    }

    /// <summary>How far it has come.</summary>
    public ExploreProgress Progress => new(_known.Count, _moves, _leftOut, _waiting.Sum(q => (long)q.Count), _depth, _cost, _ends, Bytes, _known.ChanceOfAMiss, InvariantSet.Of([.. _ways.Keys]));

    /// <summary>Of what is bounded, how much was looked at whole; −1: not even what has none of it.</summary>
    public int Done => Array.FindIndex(_waiting, q => q.Count > 0) is var first && first < 0 ? _waiting.Length - 1 : first - 1;

    /// <summary>
    /// Whether the search is at its end and no state takes as many operations to come to as may begin. Then one operation more leads from none of them to another, nor does the next: what was found holds for programs of any length.
    /// </summary>
    public bool IsClosed => _programs is OpenPrograms && _options.Bound == Bound.Operations && _cost < _programs.MostOperations && Array.TrueForAll(_waiting, q => q.Count == 0) && _programs.HasFormsOfAnyLength;

    /// <summary>How many of the states met take so many operations, or fewer, to come to.</summary>
    public long StatesWithin(int operations)
    {
        long states = 0;
        for (uint id = 0; id < _known.Count; id++) states += _known[id].Cost <= operations ? 1 : 0;
        return states;
    }

    /// <summary>For each invariant found broken, the fewest operations that it takes.</summary>
    public IEnumerable<(InvariantId Invariant, int Operations)> Broken => _ways.OrderBy(w => w.Key).Select(w => (w.Key, w.Value.Cost));

    private long Bytes => _known.Bytes + _waiting.Sum(q => q.Bytes) + ((long)_free.Count * WorldQueue.BlockBytes);

    /// <summary>Goes on to the end, or as far as it may.</summary>
    /// <param name="progress">Told now and then how far it is; null for nobody.</param>
    /// <param name="cancel">Ends it early; what was found is kept.</param>
    /// <exception cref="CapacityException">The scope needs more swap slots than the modelled machine has.</exception>
    public ExploreEnd Run(Action<ExploreProgress>? progress = null, CancellationToken cancel = default)
    {
        while (true)
        {
            var queue = Array.Find(_waiting, q => q.Count > 0);
            if (queue is null)
            {
                _free.Clear();
                return ExploreEnd.Whole;
            }

            if (cancel.IsCancellationRequested) return ExploreEnd.Interrupted;
            if (Bytes + _known.BytesToGrow > _options.Memory) _free.Clear();
            if (Bytes + _known.BytesToGrow > _options.Memory) return ExploreEnd.Memory;
            var count = 0;
            while (count < Portion && queue.Count > 0) _portion[count++] = queue.Take();
            Expand(count);
            foreach (var expansion in _expansions) TakeIn(expansion);
            progress?.Invoke(Progress);
            if (_options.StopsAtFirst && _ways.Count > 0 && (_options.Ways == 1 || queue.Count == 0)) return ExploreEnd.First;
        }
    }

    /// <summary>Writes the search as it stands; between two portions, that is where <see cref="Run"/> calls back or has ended.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_moves);
        writer.Write(_leftOut);
        writer.Write(_ends);
        writer.Write((ulong)_seen);
        writer.Write(_depth);
        writer.Write(_cost);
        writer.Write(_ways.Count);
        foreach (var (invariant, (cost, ways)) in _ways.OrderBy(w => w.Key))
        {
            writer.Write((byte)invariant);
            writer.Write(cost);
            writer.Write(ways.Count);
            foreach (var way in ways)
            {
                writer.Write(way.Moves.Length);
                foreach (var move in way.Moves) writer.Write(move.Bits);
            }
        }

        _known.Save(writer);
        foreach (var queue in _waiting) queue.Save(writer);
    }

    /// <summary>Takes the place of a search of the same scope that was written.</summary>
    /// <exception cref="IOException">What is read ends too early.</exception>
    /// <exception cref="InvalidDataException">It is no such search.</exception>
    public void Load(BinaryReader reader)
    {
        _moves = reader.ReadInt64();
        _leftOut = reader.ReadInt64();
        _ends = reader.ReadInt64();
        _seen = (Mark)reader.ReadUInt64();
        _depth = reader.ReadInt32();
        _cost = reader.ReadInt32();
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            var invariant = (InvariantId)reader.ReadByte();
            if (!Enum.IsDefined(invariant)) throw new InvalidDataException("no such invariant");
            var ways = (Cost: reader.ReadInt32(), Ways: new List<Way>());
            for (var more = reader.ReadInt32(); more > 0; more--)
            {
                var moves = new Move[Math.Clamp(reader.ReadInt32(), 0, ushort.MaxValue)];
                for (var i = 0; i < moves.Length; i++) moves[i] = new Move(reader.ReadUInt16());
                ways.Ways.Add(new Way(invariant, [.. moves]));
            }

            _ways[invariant] = ways;
        }

        _known.Load(reader);
        foreach (var queue in _waiting) queue.Load(reader);
    }

    private void Begin()
    {
        var start = _programs.Start;
        var live = Tasks.UnderWay(in start) | _programs.MayBegin(in start, 0);
        var id = _known.Add(new Known { Name = _expanders[0].NameOf(in start, progress: 0, last: default), Parent = uint.MaxValue });
        var packed = new byte[PackedWorld.MostBytes];
        _waiting[0].Add(new Waiter { State = id, Todo = (ushort)live.Bits, Unasked = true }, packed.AsSpan(0, PackedWorld.Pack(in start, in start, packed)));
    }

    private void Expand(int count)
    {
        foreach (var expansion in _expansions) expansion.Clear();
        if (_expansions.Length == 1 || count <= Share)
        {
            Expand(_expanders[0], _expansions[0], 0, count);
            return;
        }

        // Whoever is done with a share takes the next: a thread that is held up holds up nobody.
        _shares = 0;
        try
        {
            Parallel.For(0, _expanders.Length, job =>
            {
                for (int share; (share = Interlocked.Increment(ref _shares) - 1) * Share < count;) Expand(_expanders[job], _expansions[share], share * Share, Math.Min((share + 1) * Share, count));
            });
        }
        catch (AggregateException e)
        {
            // As it is thrown where there is one thread only.
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    private void Expand(Expander expander, Expansion expansion, int from, int to)
    {
        for (var i = from; i < to; i++) expander.Expand(in _portion[i].Head, _portion[i].World.Span, expansion);
    }

    private void TakeIn(Expansion expansion)
    {
        _moves += expansion.Moves;
        _ends += expansion.Ends;
        _seen |= expansion.Seen;
        foreach (var broken in expansion.Broken)
        {
            var cost = _known[broken.From].Cost;
            if (!_ways.TryGetValue(broken.Breach.Invariant, out var ways)) _ways.Add(broken.Breach.Invariant, ways = (cost, []));
            if (cost == ways.Cost && ways.Ways.Count < _options.Ways) ways.Ways.Add(new Way(broken.Breach.Invariant, WayTo(in broken)));
        }

        foreach (ref readonly var successor in expansion.Successors) TakeIn(in successor, expansion.WorldOf(in successor));
    }

    private void TakeIn(in Successor successor, ReadOnlySpan<byte> world)
    {
        var waiter = new Waiter { Depth = successor.Depth, Progress = successor.Progress, Last = successor.Last, Cost = successor.Cost, Todo = (ushort)(successor.Live & ~successor.Asleep), Asleep = successor.Asleep, Unasked = successor.Unasked };
        if (!_known.TryFind(successor.Name, out waiter.State))
        {
            waiter.State = _known.Add(new Known { Name = successor.Name, Parent = successor.From, Move = successor.Move, Asleep = successor.Asleep, Cost = successor.Cost });
            _depth = Math.Max(_depth, successor.Depth);
            _leftOut += MovesOf(successor.Asleep, in successor);
        }
        else
        {
            ref var known = ref _known[waiter.State];
            if (successor.Cost < known.Cost)
            {
                // Reached with less than before: it may lead further. (Its parent has less too, so parents never come round in a circle.)
                known.Cost = successor.Cost;
                known.Asleep = successor.Asleep;
                known.Parent = successor.From;
                known.Move = successor.Move;
            }
            else
            {
                waiter.Todo = (ushort)(known.Asleep & ~successor.Asleep & successor.Live);
                if (waiter.Todo == 0) return;
                known.Asleep &= (ushort)~waiter.Todo;
                waiter.Asleep = known.Asleep;
                waiter.Cost = known.Cost;
                waiter.Progress = _programs.WithBegun(successor.Progress, known.Cost);
                _leftOut -= MovesOf(waiter.Todo, in successor);
            }
        }

        _cost = Math.Max(_cost, waiter.Cost);
        _waiting[waiter.Cost].Add(waiter, world);
    }

    /// <summary>How many moves tasks have: one if they have an operation under way, else as many as they may begin.</summary>
    private long MovesOf(ushort tasks, in Successor successor)
    {
        long moves = 0;
        for (var left = new BitSet<TaskId>(tasks); left.Any; left = left.Rest)
        {
            moves += (successor.UnderWay & (1 << left.First.Value)) != 0 ? 1 : _programs.Next(left.First, successor.Progress).Length;
        }

        return moves;
    }

    private ImmutableArray<Move> WayTo(in Broken broken)
    {
        var moves = new List<Move>();
        if (broken.Moves) moves.Add(broken.Move);
        for (var state = broken.From; _known[state].Parent != uint.MaxValue; state = _known[state].Parent) moves.Add(_known[state].Move);
        moves.Reverse();
        return [.. moves];
    }
}
