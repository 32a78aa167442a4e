using BenchmarkDotNet.Attributes;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;

namespace Hooks.Bench;

/// <summary>What a world costs as a value.</summary>
public class StateBenchmarks
{
    private World _world;
    private World _other;

    [GlobalSetup]
    public void Setup()
    {
        new Machine(KernelCatalogue.Get("v6.11"), new NoArchitecture()).Begin(new Workload([new SwapConfig(Synchronous: true)], []), out _world);
        _other = _world;
    }

    [Benchmark(Baseline = true)]
    public void Copy() => _other = _world;

    [Benchmark]
    public UInt128 Hash() => _world.Hash();

    [Benchmark]
    public bool AreEqual() => _world == _other;
}
