using Hooks.Core.Invariants;
using Hooks.Core.Traces;
using Hooks.Report;
using Hooks.Snapshots.Cli;
using Hooks.Zoo;
using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Zoo;

/// <summary>The minimal case of every bug of the zoo, as it is reported, and its run step by step.</summary>
public sealed class ZooCaseTests : IDisposable
{
    private const long Workloads = 20_000;

    private readonly OwnFolder folder = new();

    public static TheoryData<string> Bugs() => [.. ZooCatalogue.All.Select(s => s.Id)];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Bugs))]
    public async Task Minimal_case(string bug)
    {
        var specimen = ZooCatalogue.All.Single(s => s.Id == bug);
        var finding = Hunt.Run(specimen, seeds: 1, Workloads).Catches[0].Finding;
        var trace = Trace.Record(finding.Minimal.Workload, specimen.Bug.Kernel, specimen.Bug.Arch, InvariantSet.Of(finding.Invariant));
        await Verify($"{specimen.Id}: {specimen.What} (fix: {specimen.Fix})\n\n{CaseReport.Print(finding, trace, $"{bug}.case")}\n\n{TraceReport.Print(trace)}").UseParameters(bug);
    }

    [Fact]
    public async Task The_table() => await Verify(folder.Run("zoo --seeds 3 --no-times --out DIR"));

    [Fact]
    public async Task As_json() => await Verify(folder.Run("zoo stable-writes --seeds 2 --no-times --json --out DIR"));

    [Fact]
    public async Task With_too_small_a_budget() => await Verify(folder.Run("zoo unuse-maps-garbage --seeds 2 --workloads 3 --no-times --out DIR"));

    [Fact]
    public async Task A_race() => await Verify(folder.Run("zoo free-vs-swapoff --out DIR"));

    [Fact]
    public async Task An_unknown_bug() => await Verify(Command.Run("zoo stable-write"));
}
