using System.Collections.Concurrent;
using Hooks.Arch.Arm64;
using Hooks.Arch.Sparc;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Search;
using Hooks.Core.Traces;
using Hooks.Report;
using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Cases;

/// <summary>
/// The minimal case of everything that breaks, as it is reported, down to the step that broke it. Runs step by step are approved in the zoo
/// alone: here a new step of a path would rewrite dozens of files.
/// </summary>
public class MinimalCaseTests
{
    // What hooks check finds with its default seed; enough workloads for every kernel to show what it has.
    private const ulong Seed = 1;
    private const long Workloads = 4000;

    private static readonly IArchitecture[] Architectures = [new NoArchitecture(), new Arm64Architecture(), new SparcArchitecture()];
    private static readonly ConcurrentDictionary<(string Kernel, string Arch), Lazy<PairResult>> Results = new();

    public static TheoryData<string, string, string> Violated()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var kernel in KernelCatalogue.All)
        {
            foreach (var arch in Architectures)
            {
                foreach (var id in kernel.ExpectedOn(arch).Members()) data.Add(kernel.Name, arch.Name, InvariantCatalogue.Of(id).Name);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Violated))]
    public async Task Minimal_case(string kernel, string arch, string invariant)
    {
        var architecture = Architectures.Single(a => a.Name == arch);
        var result = Results.GetOrAdd((kernel, arch), _ => new Lazy<PairResult>(() => new RandomCampaign(KernelCatalogue.Get(kernel), architecture).Run(Seed, Workloads))).Value;
        var finding = result.Findings.Single(f => InvariantCatalogue.Of(f.Invariant).Name == invariant);
        var trace = Trace.Record(finding.Minimal.Workload, KernelCatalogue.Get(kernel), architecture, InvariantSet.Of(finding.Invariant));
        await Verify(CaseReport.Print(finding, trace, $"{kernel}-{arch}-{invariant}.case")).UseParameters(kernel, arch, invariant);
    }
}
