extern alias first;

using BenchmarkDotNet.Attributes;
using Hooks.Arch.Arm64;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;
using First = first::Hooks.Core;
using FirstArm64 = first::Hooks.Arch.Arm64;

namespace Hooks.Bench;

/// <summary>The same thousand workloads on v6.11, arm64, in both editions of the core: the second one's text read by the first.</summary>
[MemoryDiagnoser]
[MinColumn]
public class Editions
{
    private const int Workloads = 1000;

    private readonly Machine _machine = new(KernelCatalogue.Get("v6.11"), new Arm64Architecture());
    private readonly First.Machine _firstMachine = new(First.Kernels.KernelCatalogue.Get("v6.11"), new FirstArm64.Arm64Architecture());
    private readonly Workload[] _workloads = new Workload[Workloads];
    private readonly First.Workloads.Workload[] _firstWorkloads = new First.Workloads.Workload[Workloads];

    [GlobalSetup]
    public void Setup()
    {
        for (var i = 0; i < Workloads; i++)
        {
            _workloads[i] = Generator.Draw(new Choices(Choices.SeedOf(1, i)));
            _firstWorkloads[i] = First.Workloads.CaseParser.Parse($"kernel v6.11\narch arm64\n{_workloads[i]}fails data-preservation\n", "generated").Workload;
        }

        _machine.Coverage.Clear();
        _firstMachine.Coverage.Clear();
        FirstBare();
        Bare();
        Console.WriteLine($"// first edition: {_firstMachine.Coverage.Steps} steps in {Workloads} workloads; this one: {_machine.Coverage.Steps}");
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Workloads)]
    public void FirstBare()
    {
        foreach (var workload in _firstWorkloads) _firstMachine.Run(workload, First.Invariants.InvariantSet.None);
    }

    [Benchmark(OperationsPerInvoke = Workloads)]
    public void Bare()
    {
        foreach (var workload in _workloads) _machine.Run(workload, InvariantSet.None);
    }

    [Benchmark(OperationsPerInvoke = Workloads)]
    public void FirstChecked()
    {
        foreach (var workload in _firstWorkloads) _firstMachine.Run(workload, _firstMachine.Checked);
    }

    [Benchmark(OperationsPerInvoke = Workloads)]
    public void Checked()
    {
        foreach (var workload in _workloads) _machine.Run(workload, _machine.Checked);
    }
}
