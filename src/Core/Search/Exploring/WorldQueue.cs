using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hooks.Core.Search.Exploring;

/// <summary>A state that is still to be gone on from; its world follows, packed.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Waiter
{
    /// <summary>Which state.</summary>
    public uint State;

    /// <summary>How many moves from the beginning.</summary>
    public int Depth;

    /// <summary>Which operations have begun.</summary>
    public ulong Progress;

    /// <summary>The tasks whose moves are to be tried.</summary>
    public ushort Todo;

    /// <summary>The tasks whose moves lead where another way leads.</summary>
    public ushort Asleep;

    /// <summary>Who moved last.</summary>
    public Last Last;

    /// <summary>How much of what is bounded it has.</summary>
    public byte Cost;

    /// <summary>Whether something may be broken in its world that nobody has asked about yet.</summary>
    public bool Unasked;

    /// <summary>How many bytes its world has.</summary>
    public int Length;
}

/// <summary>States that are still to be gone on from, first come first served.</summary>
/// <param name="free">Blocks that hold nothing any more, of all queues of a search: to be used again.</param>
internal sealed class WorldQueue(Stack<byte[]> free)
{
    /// <summary>How large they are.</summary>
    public const int BlockBytes = 1 << 20;

    private static readonly int HeadBytes = Unsafe.SizeOf<Waiter>();

    private readonly Queue<(byte[] Block, int Used)> _full = new();
    private byte[] _last = [];
    private int _written;
    private int _read;

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>Memory taken.</summary>
    public long Bytes => ((long)_full.Count * BlockBytes) + _last.Length;

    /// <summary>One more, at the end.</summary>
    public void Add(Waiter waiter, ReadOnlySpan<byte> packed)
    {
        waiter.Length = packed.Length;
        if (_written + HeadBytes + packed.Length > _last.Length)
        {
            if (_written > 0) _full.Enqueue((_last, _written));
            _last = free.TryPop(out var block) ? block : GC.AllocateUninitializedArray<byte>(BlockBytes);
            _written = 0;
            if (_full.Count == 0) _read = 0;
        }

        MemoryMarshal.Write(_last.AsSpan(_written), in waiter);
        packed.CopyTo(_last.AsSpan(_written + HeadBytes));
        _written += HeadBytes + packed.Length;
        Count++;
    }

    /// <summary>Takes the first. Its world stays readable until the next is added, to whichever queue.</summary>
    public (Waiter Head, ReadOnlyMemory<byte> World) Take()
    {
        var (block, used) = _full.Count > 0 ? _full.Peek() : (_last, _written);
        var head = MemoryMarshal.Read<Waiter>(block.AsSpan(_read));
        var world = block.AsMemory(_read + HeadBytes, head.Length);
        _read += HeadBytes + head.Length;
        Count--;
        if (_read == used)
        {
            _read = 0;
            free.Push(block);
            if (_full.Count > 0)
            {
                _full.Dequeue();
            }
            else
            {
                _last = [];
                _written = 0;
            }
        }

        return (head, world);
    }

    /// <summary>Writes them, first come first.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(Count);
        var from = _read;
        foreach (var (block, used) in _full.Append((_last, _written)))
        {
            for (var at = from; at < used;)
            {
                var bytes = HeadBytes + MemoryMarshal.Read<Waiter>(block.AsSpan(at)).Length;
                writer.Write(block.AsSpan(at, bytes));
                at += bytes;
            }

            from = 0;
        }
    }

    /// <summary>Reads them, in place of those that there are.</summary>
    /// <exception cref="InvalidDataException">They are none.</exception>
    public void Load(BinaryReader reader)
    {
        _full.Clear();
        _last = [];
        _read = _written = Count = 0;
        var packed = new byte[PackedWorld.MostBytes];
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            var waiter = default(Waiter);
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(new Span<Waiter>(ref waiter)));
            if (waiter.Length < 0 || waiter.Length > packed.Length) throw new InvalidDataException("no such world");
            reader.BaseStream.ReadExactly(packed.AsSpan(0, waiter.Length));
            Add(waiter, packed.AsSpan(0, waiter.Length));
        }
    }
}
