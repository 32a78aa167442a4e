using BenchmarkDotNet.Attributes;
using Hooks.Arch.Arm64;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Search;

namespace Hooks.Bench;

/// <summary>Campaigns on one core and on two: as many pairs as <c>hooks check</c> has on arm64, one campaign each.</summary>
public class CoreBenchmarks
{
    private const int Workloads = 2000;
    private static readonly IArchitecture Arm64 = new Arm64Architecture();

    [Benchmark(Baseline = true)]
    public void OneCore() => Run(1);

    [Benchmark]
    public void TwoCores() => Run(2);

    private static void Run(int cores) => Parallel.ForEach(
        KernelCatalogue.All,
        new ParallelOptions { MaxDegreeOfParallelism = cores },
        static kernel => new RandomCampaign(kernel, Arm64).Run(1, Workloads));
}
