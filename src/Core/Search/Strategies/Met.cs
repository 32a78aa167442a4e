using System.Numerics;
using System.Runtime.InteropServices;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;

namespace Hooks.Core.Search.Strategies;

/// <summary>
/// What interleaved runs of a kernel have covered: which steps were taken at all, which two steps of different tasks came right after each other, which of those touched the same thing (so that their order can matter), and
/// what had to be waited for.
/// </summary>
/// <param name="kernel">The kernel.</param>
internal sealed class Met(Kernel kernel)
{
    private const int Nobody = -1;

    private readonly Kernel _kernel = kernel;
    private readonly StepNumbers _numbers = new(kernel);
    private readonly long[] _waits = new long[Enum.GetValues<WaitKind>().Length];
    private bool[] _taken = [];
    private ulong[] _adjacent = [];
    private ulong[] _shared = [];
    private Footprint _read;
    private Footprint _written;
    private TaskId _task;
    private int _last = Nobody;

    /// <summary>Runs.</summary>
    public long Runs { get; private set; }

    /// <summary>Runs that ended where the kernel could go no further, and nothing was seen to be broken before.</summary>
    public long Stuck { get; set; }

    /// <summary>How often somebody had to wait for something of a kind.</summary>
    public long WaitsFor(WaitKind kind) => _waits[(int)kind];

    /// <summary>The names of the steps that were taken.</summary>
    public IEnumerable<string> Taken => _numbers.Names.Where((_, i) => i < _taken.Length && _taken[i]).Distinct();

    /// <summary>The names of steps that came right after each other, by different tasks.</summary>
    public IEnumerable<(string First, string Then)> AdjacentPairs => Pairs(_adjacent);

    /// <summary>Those of them that touched the same thing, one of them changing it.</summary>
    public IEnumerable<(string First, string Then)> SharingPairs => Pairs(_shared);

    /// <summary>A run begins.</summary>
    public void Begin()
    {
        Runs++;
        _last = Nobody;
        Reserve();
    }

    /// <summary>This and what other runs of the same kernel have covered.</summary>
    public Met And(Met other)
    {
        var both = new Met(_kernel) { Runs = Runs + other.Runs, Stuck = Stuck + other.Stuck };
        both.Reserve();
        foreach (var met in new[] { this, other })
        {
            for (var i = 0; i < met._waits.Length; i++) both._waits[i] += met._waits[i];
            for (var i = 0; i < met._taken.Length; i++) both._taken[i] |= met._taken[i];
            for (var i = 0; i < met._adjacent.Length; i++) both._adjacent[i] |= met._adjacent[i];
            for (var i = 0; i < met._shared.Length; i++) both._shared[i] |= met._shared[i];
        }

        return both;
    }

    /// <summary>As numbers, for a file that the same build of Hooks reads again: runs, stuck, waits; then the steps taken, and the pairs, as sets of bits.</summary>
    public (long[] Counts, byte[] Taken, byte[] Adjacent, byte[] Shared) ToNumbers() =>
        ([Runs, Stuck, .. _waits], [.. _taken.Select(t => (byte)(t ? 1 : 0))], MemoryMarshal.AsBytes<ulong>(_adjacent).ToArray(), MemoryMarshal.AsBytes<ulong>(_shared).ToArray());

    /// <summary>From the numbers of <see cref="ToNumbers"/>; null if they are not those of this kernel.</summary>
    public static Met? Of(Kernel kernel, long[] counts, byte[] taken, byte[] adjacent, byte[] shared)
    {
        var met = new Met(kernel);
        met.Reserve();
        if (counts.Length != 2 + met._waits.Length || taken.Length != met._taken.Length || adjacent.Length != sizeof(ulong) * met._adjacent.Length || shared.Length != adjacent.Length) return null;
        (met.Runs, met.Stuck) = (counts[0], counts[1]);
        counts[2..].CopyTo(met._waits, 0);
        for (var i = 0; i < taken.Length; i++) met._taken[i] = taken[i] != 0;
        adjacent.AsSpan().CopyTo(MemoryMarshal.AsBytes(met._adjacent.AsSpan()));
        shared.AsSpan().CopyTo(MemoryMarshal.AsBytes(met._shared.AsSpan()));
        return met;
    }

    /// <summary>A step was taken.</summary>
    public void Follow(in StepReport report)
    {
        var number = _numbers.Of(report.Path, report.Position);
        _taken[number] = true;
        if (_last != Nobody && report.Task != _task)
        {
            var pair = (_last * _taken.Length) + number;
            _adjacent[pair / 64] |= 1UL << pair;
            if (report.Written.Overlaps(in _written) || report.Written.Overlaps(in _read) || report.Read.Overlaps(in _written)) _shared[pair / 64] |= 1UL << pair;
        }

        (_last, _task) = (number, report.Task);
        _read = report.Read;
        _written = report.Written;
    }

    /// <summary>Somebody has to wait.</summary>
    public void Waited(WaitKind kind) => _waits[(int)kind]++;

    private void Reserve()
    {
        if (_taken.Length > 0) return;
        _taken = new bool[_numbers.Names.Length];
        _adjacent = new ulong[((_taken.Length * _taken.Length) + 63) / 64];
        _shared = new ulong[_adjacent.Length];
    }

    private IEnumerable<(string First, string Then)> Pairs(ulong[] set)
    {
        for (var i = 0; i < set.Length; i++)
        {
            for (var left = set[i]; left != 0; left &= left - 1)
            {
                var pair = (64 * i) + BitOperations.TrailingZeroCount(left);
                yield return (_numbers.Names[pair / _taken.Length], _numbers.Names[pair % _taken.Length]);
            }
        }
    }
}
