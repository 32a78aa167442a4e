using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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
        for (var block = 0; block < BitmapBytes; block++)
        {
            var from = block * WordsOfABlock;
            var these = words[from..Math.Min(from + WordsOfABlock, words.Length)];
            var those = others.Slice(from, these.Length);
            var differ = 0;
            if (!these.SequenceEqual(those))
            {
                for (var i = 0; i < these.Length; i++)
                {
                    if (these[i] == those[i]) continue;
                    differ |= 1 << i;
                    MemoryMarshal.Write(output[length..], these[i]);
                    length += WordBytes;
                }
            }

            output[block] = (byte)differ;
        }

        var tail = bytes[(words.Length * WordBytes)..];
        tail.CopyTo(output[length..]);
        return length + tail.Length;
    }

    /// <summary>Unpacks a world.</summary>
    public static void Unpack(ReadOnlySpan<byte> packed, in World other, out World world)
    {
        world = other;
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
