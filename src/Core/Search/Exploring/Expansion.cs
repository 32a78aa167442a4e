using System.Runtime.InteropServices;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;

namespace Hooks.Core.Search.Exploring;

/// <summary>A move that leads to a state which is new, or was not gone on from in all ways that this one asks for.</summary>
internal struct Successor
{
    /// <summary>The state's name.</summary>
    public UInt128 Name;

    /// <summary>Which operations have begun.</summary>
    public ulong Progress;

    /// <summary>From which state.</summary>
    public uint From;

    /// <summary>How many moves from the beginning.</summary>
    public int Depth;

    /// <summary>Where its packed world is.</summary>
    public int At;

    /// <summary>How many bytes it has.</summary>
    public int Length;

    /// <summary>By which move.</summary>
    public Move Move;

    /// <summary>The tasks whose moves lead where another way leads.</summary>
    public ushort Asleep;

    /// <summary>The tasks that have something to do, or may begin something.</summary>
    public ushort Live;

    /// <summary>Those of them that have an operation under way.</summary>
    public ushort UnderWay;

    /// <summary>Who moved last.</summary>
    public Last Last;

    /// <summary>How much of what is bounded it has.</summary>
    public byte Cost;

    /// <summary>Whether something may be broken in its world that nobody has asked about yet.</summary>
    public bool Unasked;
}

/// <summary>A move that breaks an invariant. It is not gone on from there.</summary>
/// <param name="From">From which state.</param>
/// <param name="Move">The move; of no meaning if nobody can move.</param>
/// <param name="Moves">Whether there is a move.</param>
/// <param name="Breach">What broke.</param>
internal readonly record struct Broken(uint From, Move Move, bool Moves, Breach Breach);

/// <summary>What came of going on from some worlds, in their order.</summary>
internal sealed class Expansion
{
    private readonly List<Successor> _successors = [];
    private byte[] _packed = new byte[1 << 16];
    private int _length;

    /// <summary>The successors.</summary>
    public ReadOnlySpan<Successor> Successors => CollectionsMarshal.AsSpan(_successors);

    /// <summary>What was broken.</summary>
    public List<Broken> Broken { get; } = [];

    /// <summary>Moves made.</summary>
    public long Moves { get; set; }

    /// <summary>Worlds in which all is done.</summary>
    public long Ends { get; set; }

    /// <summary>What the moves count for, all together.</summary>
    public Mark Seen { get; set; }

    /// <summary>The packed world of a successor.</summary>
    public ReadOnlySpan<byte> WorldOf(in Successor successor) => _packed.AsSpan(successor.At, successor.Length);

    /// <summary>One more.</summary>
    public void Add(Successor successor, in World world, in World start)
    {
        if (_length + PackedWorld.MostBytes > _packed.Length) Array.Resize(ref _packed, 2 * _packed.Length);
        successor.At = _length;
        successor.Length = PackedWorld.Pack(in world, in start, _packed.AsSpan(_length));
        _length += successor.Length;
        _successors.Add(successor);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _successors.Clear();
        Broken.Clear();
        _length = 0;
        Moves = Ends = 0;
        Seen = Mark.None;
    }
}
