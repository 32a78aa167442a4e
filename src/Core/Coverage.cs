using System.Numerics;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core;

/// <summary>What runs have covered: how often each operation was tried and applied, and how often each mark was seen.</summary>
public sealed class Coverage
{
    private readonly long[] _tried = new long[Enum.GetValues<Verb>().Length];
    private readonly long[] _applied = new long[Enum.GetValues<Verb>().Length];
    private readonly long[] _marks = new long[64];

    /// <summary>Workloads run.</summary>
    public long Workloads { get; internal set; }

    /// <summary>Steps taken.</summary>
    public long Steps { get; internal set; }

    /// <summary>How often an operation was tried.</summary>
    public long TriedOf(Verb verb) => _tried[(int)verb];

    /// <summary>How often it could apply, and did.</summary>
    public long AppliedOf(Verb verb) => _applied[(int)verb];

    /// <summary>How often a step did this.</summary>
    public long CountOf(Mark single) => _marks[BitOperations.TrailingZeroCount((ulong)single)];

    /// <summary>Adds one try.</summary>
    internal void Tried(Verb verb) => _tried[(int)verb]++;

    /// <summary>Adds one application.</summary>
    internal void Applied(Verb verb) => _applied[(int)verb]++;

    /// <summary>Counts what a step did.</summary>
    internal void Count(Mark marks)
    {
        for (var left = (ulong)marks; left != 0; left &= left - 1) _marks[BitOperations.TrailingZeroCount(left)]++;
    }

    /// <summary>Adds another's counts.</summary>
    public void Add(Coverage other)
    {
        Workloads += other.Workloads;
        Steps += other.Steps;
        for (var i = 0; i < _tried.Length; i++)
        {
            _tried[i] += other._tried[i];
            _applied[i] += other._applied[i];
        }

        for (var i = 0; i < _marks.Length; i++) _marks[i] += other._marks[i];
    }

    /// <summary>As numbers, for a file that the same build of Hooks reads again: workloads, steps, then what was tried, applied and seen.</summary>
    internal long[] ToNumbers() => [Workloads, Steps, .. _tried, .. _applied, .. _marks];

    /// <summary>From the numbers of <see cref="ToNumbers"/>; null if they are not such.</summary>
    internal static Coverage? Of(long[] numbers)
    {
        var coverage = new Coverage();
        var (tried, marks) = (2 + coverage._tried.Length, 2 + (2 * coverage._tried.Length));
        if (numbers.Length != marks + coverage._marks.Length) return null;
        (coverage.Workloads, coverage.Steps) = (numbers[0], numbers[1]);
        numbers[2..tried].CopyTo(coverage._tried, 0);
        numbers[tried..marks].CopyTo(coverage._applied, 0);
        numbers[marks..].CopyTo(coverage._marks, 0);
        return coverage;
    }

    /// <summary>Sets everything to zero.</summary>
    public void Clear()
    {
        Workloads = 0;
        Steps = 0;
        Array.Clear(_tried);
        Array.Clear(_applied);
        Array.Clear(_marks);
    }
}
