namespace Hooks.Core.Workloads;

/// <summary>
/// One recorded sequence of choices. Everything random is drawn from it: from a seed when searching, from a recording when
/// replaying. Same choices, same run. The generator is SplitMix64 (Steele, Lea, Flood 2014), so that no library's
/// notion of randomness can change a result.
/// </summary>
public sealed class Choices
{
    private int[] _drawn = new int[256];
    private int _count;
    private IReadOnlyList<int>? _recording;
    private ulong _state;

    /// <summary>Choices drawn from a seed.</summary>
    public Choices(ulong seed) => Reset(seed);

    /// <summary>Choices from a recording. Past its end every choice is 0, the simplest.</summary>
    public Choices(IReadOnlyList<int> recording) => _recording = recording;

    /// <summary>What was drawn so far.</summary>
    public IReadOnlyList<int> Drawn => new ArraySegment<int>(_drawn, 0, _count);

    /// <summary>A seed of its own for the i-th of many workloads.</summary>
    public static ulong SeedOf(ulong seed, long index) => Mix(seed + (0x9E3779B97F4A7C15UL * (ulong)(index + 1)));

    /// <summary>Begins again, from a seed.</summary>
    public void Reset(ulong seed)
    {
        _state = seed;
        _recording = null;
        _count = 0;
    }

    /// <summary>A choice of 0 … <paramref name="bound"/> − 1.</summary>
    public int Next(int bound)
    {
        int choice;
        if (_recording is null)
        {
            _state += 0x9E3779B97F4A7C15UL;
            choice = (int)Math.BigMul(Mix(_state), (ulong)(uint)bound, out _);
        }
        else
        {
            choice = _count < _recording.Count ? Math.Clamp(_recording[_count], 0, bound - 1) : 0;
        }

        if (_count == _drawn.Length) Array.Resize(ref _drawn, 2 * _count);
        _drawn[_count++] = choice;
        return choice;
    }

    /// <summary>True once in <paramref name="n"/> times.</summary>
    public bool OneIn(int n) => Next(n) == n - 1;

    /// <summary>An index of the weights, as likely as its weight.</summary>
    public int Weighted(ReadOnlySpan<int> weights)
    {
        var sum = 0;
        foreach (var weight in weights) sum += weight;
        var draw = Next(sum);
        for (var i = 0; i < weights.Length; i++)
        {
            if (draw < weights[i]) return i;
            draw -= weights[i];
        }

        return weights.Length - 1;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
