using BenchmarkDotNet.Attributes;
using Hooks.Arch.Arm64;
using Hooks.Core;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;
using Hooks.KernelSource;
using Hooks.KernelSource.Paths;

namespace Hooks.Bench;

/// <summary>What a path read from C costs against the hand-written one: the same thousand workloads, checked, on the small kernel of tests/Source and on v6.5, which it equals.</summary>
[MemoryDiagnoser]
public class SourceBenchmarks
{
    private const int Workloads = 1000;

    private readonly Machine _hand = new(KernelCatalogue.Get("v6.5"), new Arm64Architecture());
    private readonly Machine _read = new(Read().Kernel!, new Arm64Architecture());
    private readonly Workload[] _workloads = [.. Enumerable.Range(0, Workloads).Select(i => Generator.Draw(new Choices(Choices.SeedOf(1, i))))];

    [Benchmark(Baseline = true, OperationsPerInvoke = Workloads)]
    public void HandWritten()
    {
        foreach (var workload in _workloads) _hand.Run(workload, _hand.Checked);
    }

    [Benchmark(OperationsPerInvoke = Workloads)]
    public void FromSource()
    {
        foreach (var workload in _workloads) _read.Run(workload, _read.Checked);
    }

    [Benchmark]
    public SourceKernel ReadTree() => Read();

    private static SourceKernel Read() =>
        SourceKernel.Of(new SourceTree(new FolderFiles(Path.Combine(AppContext.BaseDirectory, "small"))), KernelCatalogue.Get("v6.5"), HelperTable.Own);
}
