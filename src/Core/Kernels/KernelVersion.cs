namespace Hooks.Core.Kernels;

/// <summary>A release of Linux: 6.1, 6.12.</summary>
/// <param name="Major">6 of 6.12.</param>
/// <param name="Minor">12 of 6.12.</param>
public readonly record struct KernelVersion(int Major, int Minor) : IComparable<KernelVersion>
{
    /// <summary>Whether <paramref name="a"/> is older.</summary>
    public static bool operator <(KernelVersion a, KernelVersion b) => a.CompareTo(b) < 0;

    /// <summary>Whether <paramref name="a"/> is newer.</summary>
    public static bool operator >(KernelVersion a, KernelVersion b) => a.CompareTo(b) > 0;

    /// <summary>Whether <paramref name="a"/> is not newer.</summary>
    public static bool operator <=(KernelVersion a, KernelVersion b) => a.CompareTo(b) <= 0;

    /// <summary>Whether <paramref name="a"/> is not older.</summary>
    public static bool operator >=(KernelVersion a, KernelVersion b) => a.CompareTo(b) >= 0;

    /// <summary>The version of a text such as 6.12.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static KernelVersion Parse(string text) => text.Split('.') is [var major, var minor]
        ? new KernelVersion(int.Parse(major), int.Parse(minor))
        : throw new FormatException($"'{text}' is not a version of Linux, such as 6.12");

    /// <inheritdoc/>
    public int CompareTo(KernelVersion other) => (Major, Minor).CompareTo((other.Major, other.Minor));

    /// <inheritdoc/>
    public override string ToString() => $"{Major}.{Minor}";
}
