using BenchmarkDotNet.Attributes;
using Hooks.Core.Mm;

namespace Hooks.Bench;

/// <summary>What a state costs as a value.</summary>
public class StateBenchmarks
{
    private MachineState _state;
    private MachineState _other;

    [GlobalSetup]
    public void Setup()
    {
        _state.Mms[0].Flags = MmFlags.Alive;
        _other = _state;
    }

    [Benchmark(Baseline = true)]
    public void Copy() => _other = _state;

    [Benchmark]
    public UInt128 Hash() => _state.Hash();

    [Benchmark]
    public bool AreEqual() => _state == _other;
}
