using System.IO.Hashing;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Hooks.Core.Mm;

/// <summary>Values without padding as their bytes: equality and hash of whole states.</summary>
internal static class ValueBytes
{
    /// <summary>Whether two values are the same, byte for byte.</summary>
    public static bool Same<T>(in T a, in T b)
        where T : unmanaged => Of(in a).SequenceEqual(Of(in b));

    /// <summary>The 128-bit hash (XXH128) of a value; the same on every machine of the same byte order.</summary>
    public static UInt128 Hash<T>(in T value)
        where T : unmanaged => XxHash128.HashToUInt128(Of(in value));

    /// <summary>Which elements of two arrays of the same length (at most 64, of 32 bytes or more together) differ, one bit each.</summary>
    public static ulong Differing<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b)
        where T : unmanaged
    {
        ref var left = ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(a));
        ref var right = ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(b));
        var length = a.Length * Unsafe.SizeOf<T>();
        ulong elements = 0;
        var at = 0;
        while (true)
        {
            var same = Vector256.Equals(Vector256.LoadUnsafe(ref left, (nuint)at), Vector256.LoadUnsafe(ref right, (nuint)at)).ExtractMostSignificantBits();
            if (same != uint.MaxValue) elements |= ElementsOf(~same, at, Unsafe.SizeOf<T>());
            at += Vector256<byte>.Count;
            if (at >= length) return elements;

            // The last block overlaps the one before.
            at = Math.Min(at, length - Vector256<byte>.Count);
        }
    }

    /// <summary>The elements to which bytes belong, given as one bit each from a place on.</summary>
    private static ulong ElementsOf(uint bytes, int from, int size)
    {
        ulong elements = 0;
        while (bytes != 0)
        {
            var element = (from + BitOperations.TrailingZeroCount(bytes)) / size;
            elements |= 1UL << element;
            var next = ((element + 1) * size) - from;
            if (next >= 32) break;
            bytes &= uint.MaxValue << next;
        }

        return elements;
    }

    private static ReadOnlySpan<byte> Of<T>(in T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value));
}
