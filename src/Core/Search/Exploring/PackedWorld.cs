using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hooks.Core.Mm;

namespace Hooks.Core.Search.Exploring;

/// <summary>A world as the words in which it differs from another: a tenth of its size, where the other is the one that a search began with.</summary>
internal static class PackedWorld
{
    private const int WordBytes = sizeof(ulong);

    /// <summary>The most bytes that any takes.</summary>
    public static int MostBytes { get; } = BitmapBytes + Unsafe.SizeOf<World>();

    private static int Words => Unsafe.SizeOf<World>() / WordBytes;

    private static int BitmapBytes => (Words + 7) / 8;

    /// <summary>Packs a world.</summary>
    /// <returns>How many bytes were written.</returns>
    public static int Pack(in World world, in World other, Span<byte> output)
    {
        var bytes = ValueBytes.Of(in world);
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        var others = MemoryMarshal.Cast<byte, ulong>(ValueBytes.Of(in other));
        output[..BitmapBytes].Clear();
        var length = BitmapBytes;
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] == others[i]) continue;
            output[i >> 3] |= (byte)(1 << (i & 7));
            MemoryMarshal.Write(output[length..], words[i]);
            length += WordBytes;
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
