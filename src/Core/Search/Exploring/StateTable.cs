using System.Numerics;
using System.Runtime.InteropServices;

namespace Hooks.Core.Search.Exploring;

/// <summary>What is known of a state.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Known
{
    /// <summary>The hash of its canonical form: its name.</summary>
    public UInt128 Name;

    /// <summary>The state from which it was reached with the least of what is bounded.</summary>
    public uint Parent;

    /// <summary>By which move.</summary>
    public Move Move;

    /// <summary>The tasks whose move from here was left out, because another way leads to the same.</summary>
    public ushort Asleep;

    /// <summary>With how little of what is bounded it was reached.</summary>
    public byte Cost;
}

/// <summary>
/// All states that a search has met, by the 128-bit hash of their canonical form; the state itself is not kept. Open addressing. That two different states have one name, and one of
/// them is missed, is as likely as <see cref="ChanceOfAMiss"/> says.
/// </summary>
internal sealed class StateTable
{
    private const int ChunkBits = 16;
    private const int FirstIndex = 1 << 16;
    private const int EntryBytes = 25;

    private readonly List<Known[]> _chunks = [];
    private uint[] _index = new uint[FirstIndex];

    /// <summary>How many states.</summary>
    public int Count { get; private set; }

    /// <summary>Memory taken.</summary>
    public long Bytes => ((long)_chunks.Count << ChunkBits) * EntryBytes + ((long)_index.Length * sizeof(uint));

    /// <summary>Memory that the next state may take at once: the index doubles.</summary>
    public long BytesToGrow => Count + 1 > _index.Length / 4 * 3 ? 2L * _index.Length * sizeof(uint) : 0;

    /// <summary>The chance that two of them had one name (birthday bound, n² / 2¹²⁹).</summary>
    public double ChanceOfAMiss => (double)Count * Count / Math.Pow(2, 129);

    /// <summary>A state.</summary>
    public ref Known this[uint id] => ref _chunks[(int)(id >> ChunkBits)][id & ((1 << ChunkBits) - 1)];

    /// <summary>
    /// The state with a name. Several threads may ask at once, as long as none adds. What an entry of the index does not need for its number are bits of the name: of a state
    /// that is not known nothing but the index is looked at, as a rule.
    /// </summary>
    public bool TryFind(UInt128 name, out uint id)
    {
        var index = _index;
        var numbers = (uint)index.Length - 1;
        var bits = BitsOf(name, numbers);
        for (var at = Slot(name); ; at = (at + 1) & (index.Length - 1))
        {
            var entry = index[at];
            id = (entry & numbers) - 1;
            if (entry == 0) return false;
            if ((entry & ~numbers) == bits && this[id].Name == name) return true;
        }
    }

    /// <summary>Takes a state in; it must not be known yet.</summary>
    public uint Add(in Known state)
    {
        if (Count + 1 > _index.Length / 4 * 3) Grow();
        var id = (uint)Count++;
        if (id >> ChunkBits == _chunks.Count) _chunks.Add(new Known[1 << ChunkBits]);
        this[id] = state;
        Place(state.Name, id);
        return id;
    }

    /// <summary>Writes them.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(Count);
        for (uint id = 0; id < Count; id++) writer.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<Known>(in this[id])));
    }

    /// <summary>Reads them, in place of those that there are.</summary>
    public void Load(BinaryReader reader)
    {
        var count = reader.ReadInt32();
        _chunks.Clear();
        Array.Clear(_index);
        Count = 0;
        for (; count > 0; count--)
        {
            var state = default(Known);
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(new Span<Known>(ref state)));
            Add(in state);
        }
    }

    private void Grow()
    {
        _index = new uint[2 * _index.Length];
        for (uint id = 0; id < Count; id++) Place(this[id].Name, id);
    }

    private void Place(UInt128 name, uint id)
    {
        var at = Slot(name);
        while (_index[at] != 0) at = (at + 1) & (_index.Length - 1);

        // Numbers are below the length of the index, as it is never full.
        _index[at] = BitsOf(name, (uint)_index.Length - 1) | (id + 1);
    }

    private static uint BitsOf(UInt128 name, uint numbers) => (uint)name & ~numbers;

    private int Slot(UInt128 name) => (int)((ulong)name >> (64 - BitOperations.Log2((uint)_index.Length)));
}
