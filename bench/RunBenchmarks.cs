using BenchmarkDotNet.Attributes;
using Hooks.Arch.Arm64;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;

namespace Hooks.Bench;

/// <summary>The cost of the harness against the bare model: the same thousand workloads on v6.11, arm64.</summary>
[MemoryDiagnoser]
public class RunBenchmarks
{
    private const int Workloads = 1000;

    private readonly Machine _machine = new(KernelCatalogue.Get("v6.11"), new Arm64Architecture());
    private readonly Choices _choices = new(0UL);
    private readonly Workload[] _workloads = new Workload[Workloads];

    [GlobalSetup]
    public void Setup()
    {
        for (var i = 0; i < Workloads; i++) _workloads[i] = Draw(i);
        _machine.Coverage.Clear();
        BareModel();
        Console.WriteLine($"// {_machine.Coverage.Steps} steps in {Workloads} workloads");
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Workloads)]
    public void BareModel()
    {
        foreach (var workload in _workloads) _machine.Run(workload, InvariantSet.None);
    }

    [Benchmark(OperationsPerInvoke = Workloads)]
    public void AllInvariantsAfterEveryStep()
    {
        foreach (var workload in _workloads) _machine.Run(workload, _machine.Checked);
    }

    [Benchmark(OperationsPerInvoke = Workloads)]
    public void GenerateAndCheck()
    {
        for (var i = 0; i < Workloads; i++) _machine.Run(Draw(i), _machine.Checked);
    }

    [Benchmark(OperationsPerInvoke = Workloads)]
    public void GenerateOnly()
    {
        for (var i = 0; i < Workloads; i++) Draw(i);
    }

    private Workload Draw(int i)
    {
        _choices.Reset(Choices.SeedOf(1, i));
        return Generator.Draw(_choices);
    }
}
