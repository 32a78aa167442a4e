using BenchmarkDotNet.Attributes;
using Hooks.Arch.Arm64;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Bench;

/// <summary>Shrinking failures of a hundred operations to their minimum: twenty programs, each several drawn ones put together, that lose tags on v5.18.</summary>
[MemoryDiagnoser]
public class ShrinkBenchmarks
{
    private const int Failures = 20;
    private const int Operations = 100;
    private static readonly InvariantSet Watched = InvariantSet.Of(InvariantId.TagPreservation);

    private readonly Machine _machine = new(KernelCatalogue.Get("v5.18"), new Arm64Architecture());
    private readonly Workload[] _failing = new Workload[Failures];

    /// <summary>Which of them.</summary>
    [ParamsSource(nameof(Numbers))]
    public int Failure { get; set; }

    public static IEnumerable<int> Numbers => Enumerable.Range(0, Failures);

    [GlobalSetup]
    public void Setup()
    {
        var choices = new Choices(0UL);
        for (int i = 0, found = 0; found < Failures; i++)
        {
            choices.Reset(Choices.SeedOf(5, i));
            var workload = Generator.Draw(choices);
            while (workload.Operations.Length < Operations) workload = new Workload(workload.Swaps, workload.Operations.AddRange(Generator.Draw(choices).Operations));
            workload = new Workload(workload.Swaps, workload.Operations[..Operations]);
            if (Fails(workload)) _failing[found++] = workload;
        }

        Shrinker.Shrink(_failing[Failure], Fails, out var tried);
        Console.WriteLine($"// {tried} candidates run");
    }

    [Benchmark]
    public int Shrink() => Shrinker.Shrink(_failing[Failure], Fails, out _).Operations.Length;

    private bool Fails(Workload workload)
    {
        try
        {
            return _machine.Run(workload, Watched).Count > 0;
        }
        catch (CapacityException)
        {
            return false;
        }
    }
}
