using System.Numerics;
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
        if (_taken.Length > 0) return;
        _taken = new bool[_numbers.Names.Length];
        _adjacent = new ulong[((_taken.Length * _taken.Length) + 63) / 64];
        _shared = new ulong[_adjacent.Length];
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
