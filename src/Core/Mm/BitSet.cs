using System.Numerics;
using System.Runtime.InteropServices;

namespace Hooks.Core.Mm;

/// <summary>Something that has a small number, so that a set of them is a word.</summary>
/// <typeparam name="TSelf">The thing.</typeparam>
public interface INumbered<TSelf>
    where TSelf : struct, INumbered<TSelf>
{
    /// <summary>Its number, 0 … 63.</summary>
    int Number { get; }

    /// <summary>The thing with a number.</summary>
    static abstract TSelf At(int number);
}

/// <summary>A set of up to 64 things of one kind, in order of their numbers.</summary>
/// <typeparam name="T">Which kind: a set of page frames is not a set of slots.</typeparam>
/// <param name="Bits">Bit n for the thing with number n.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly record struct BitSet<T>(ulong Bits)
    where T : struct, INumbered<T>
{
    /// <summary>The set of nothing.</summary>
    public static BitSet<T> Empty => default;

    /// <summary>Whether there is anything in it.</summary>
    public bool Any => Bits != 0;

    /// <summary>How many are in it.</summary>
    public int Count => BitOperations.PopCount(Bits);

    /// <summary>The one with the lowest number; of a set that is not empty.</summary>
    public T First => T.At(BitOperations.TrailingZeroCount(Bits));

    /// <summary>All but the first: <c>for (var left = set; left.Any; left = left.Rest)</c>.</summary>
    public BitSet<T> Rest => new(Bits & (Bits - 1));

    /// <summary>Those in either.</summary>
    public static BitSet<T> operator |(BitSet<T> a, BitSet<T> b) => new(a.Bits | b.Bits);

    /// <summary>Those in both.</summary>
    public static BitSet<T> operator &(BitSet<T> a, BitSet<T> b) => new(a.Bits & b.Bits);

    /// <summary>Those in one only.</summary>
    public static BitSet<T> operator ^(BitSet<T> a, BitSet<T> b) => new(a.Bits ^ b.Bits);

    /// <summary>The set of one.</summary>
    public static BitSet<T> Of(T element) => new(1UL << element.Number);

    /// <summary>The set of the first so many.</summary>
    public static BitSet<T> UpTo(int count) => new(count == 64 ? ulong.MaxValue : (1UL << count) - 1);

    /// <summary>Whether it holds something.</summary>
    public bool Contains(T element) => (Bits & (1UL << element.Number)) != 0;

    /// <summary>With one more.</summary>
    public BitSet<T> With(T element) => new(Bits | (1UL << element.Number));

    /// <summary>With one fewer.</summary>
    public BitSet<T> Without(T element) => new(Bits & ~(1UL << element.Number));

    /// <summary>Without those of another.</summary>
    public BitSet<T> Except(BitSet<T> other) => new(Bits & ~other.Bits);

    /// <inheritdoc/>
    public override string ToString()
    {
        var words = new List<string>();
        for (var left = this; left.Any; left = left.Rest) words.Add(left.First.ToString() ?? "");
        return string.Join(", ", words);
    }
}
