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

    /// <summary>Which elements of two arrays (at most 64 elements, 32 bytes or more) differ, one bit each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Differing<T>(in T before, in T now, int count)
        where T : unmanaged
    {
        ref var left = ref Unsafe.As<T, byte>(ref Unsafe.AsRef(in before));
        ref var right = ref Unsafe.As<T, byte>(ref Unsafe.AsRef(in now));
        var last = (count * Unsafe.SizeOf<T>()) - Vector256<byte>.Count;
        ulong elements = 0;
        for (var at = 0; at < last; at += Vector256<byte>.Count) elements |= DifferingAt<T>(ref left, ref right, at);

        // The last block overlaps the one before.
        return elements | DifferingAt<T>(ref left, ref right, last);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong DifferingAt<T>(ref byte left, ref byte right, int at)
        where T : unmanaged
    {
        var (a, b) = (Vector256.LoadUnsafe(ref left, (nuint)at), Vector256.LoadUnsafe(ref right, (nuint)at));
        return a == b ? 0 : ElementsOf(~Vector256.Equals(a, b).ExtractMostSignificantBits(), at, Unsafe.SizeOf<T>());
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
