using System.IO.Hashing;
using System.Runtime.InteropServices;

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

    /// <summary>The bytes of a value.</summary>
    public static ReadOnlySpan<byte> Of<T>(in T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value));
}
