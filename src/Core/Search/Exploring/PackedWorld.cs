using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Hooks.Core.Mm;

namespace Hooks.Core.Search.Exploring;

/// <summary>A world as the words in which it differs from another: a tenth of its size, where the other is the one that a search began with.</summary>
internal static class PackedWorld
{
    private const int WordBytes = sizeof(ulong);
    private const int WordsOfABlock = 8;

    /// <summary>The most bytes that any takes.</summary>
    public static int MostBytes { get; } = BitmapBytes + Unsafe.SizeOf<World>();

    private static int Words => Unsafe.SizeOf<World>() / WordBytes;

    private static int BitmapBytes => (Words + WordsOfABlock - 1) / WordsOfABlock;

    /// <summary>Packs a world.</summary>
    /// <returns>How many bytes were written.</returns>
    public static int Pack(in World world, in World other, Span<byte> output)
    {
        var bytes = ValueBytes.Of(in world);
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        var others = MemoryMarshal.Cast<byte, ulong>(ValueBytes.Of(in other));
        var length = BitmapBytes;
        var whole = words.Length / WordsOfABlock;
        for (var block = 0; block < whole; block++)
        {
            var at = (nuint)(block * WordsOfABlock);
            ref var these = ref MemoryMarshal.GetReference(words);
            ref var those = ref MemoryMarshal.GetReference(others);
            var low = Vector256.Equals(Vector256.LoadUnsafe(ref these, at), Vector256.LoadUnsafe(ref those, at));
            var high = Vector256.Equals(Vector256.LoadUnsafe(ref these, at + 4), Vector256.LoadUnsafe(ref those, at + 4));
            var differ = (low & high) == Vector256<ulong>.AllBitsSet ? 0 : (low.ExtractMostSignificantBits() | (high.ExtractMostSignificantBits() << 4)) ^ byte.MaxValue;
            output[block] = (byte)differ;
            for (; differ != 0; differ &= differ - 1)
            {
                MemoryMarshal.Write(output[length..], words[(int)at + BitOperations.TrailingZeroCount(differ)]);
                length += WordBytes;
            }
        }

        if (whole < BitmapBytes) output[whole] = 0;
        for (var i = whole * WordsOfABlock; i < words.Length; i++)
        {
            if (words[i] == others[i]) continue;
            output[whole] |= (byte)(1 << (i % WordsOfABlock));
            MemoryMarshal.Write(output[length..], words[i]);
            length += WordBytes;
        }

        var tail = bytes[(words.Length * WordBytes)..];
        tail.CopyTo(output[length..]);
        return length + tail.Length;
    }

    /// <summary>Unpacks a world.</summary>
    /// <param name="packed">It.</param>
    /// <param name="world">The other; it becomes this one.</param>
    public static void Unpack(ReadOnlySpan<byte> packed, ref World world)
    {
        var bytes = MemoryMarshal.AsBytes(new Span<World>(ref world));
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        var at = BitmapBytes;
        for (var i = 0; i < BitmapBytes; i++)
        {
            for (int bits = packed[i]; bits != 0; bits &= bits - 1)
            {
                words[(i << 3) + int.TrailingZeroCount(bits)] = MemoryMarshal.Read<ulong>(packed[at..]);
                at += WordBytes;
            }
        }

        packed[at..].CopyTo(bytes[(words.Length * WordBytes)..]);
    }
}
