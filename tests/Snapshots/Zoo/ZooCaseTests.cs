using Hooks.Core.Invariants;
using Hooks.Core.Traces;
using Hooks.Report;
using Hooks.Snapshots.Cli;
using Hooks.Zoo;
using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Zoo;

/// <summary>The minimal case of every bug of the zoo, as it is reported, and its run step by step.</summary>
public class ZooCaseTests
{
    private const long Workloads = 20_000;

    public static TheoryData<string> Bugs() => [.. ZooCatalogue.All.Select(s => s.Id)];

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
    public async Task The_table() => await Verify(Command.Run($"zoo --seeds 3 --no-times --out {Path.Combine(Path.GetTempPath(), "hooks-zoo-table")}").Replace(Path.GetTempPath(), "", StringComparison.Ordinal));

    [Fact]
    public async Task As_json() => await Verify(Command.Run($"zoo stable-writes --seeds 2 --no-times --json --out {Path.Combine(Path.GetTempPath(), "hooks-zoo-json")}").Replace(Path.GetTempPath(), "", StringComparison.Ordinal));

    [Fact]
    public async Task With_too_small_a_budget() => await Verify(Command.Run($"zoo unuse-maps-garbage --seeds 2 --workloads 3 --no-times --out {Path.Combine(Path.GetTempPath(), "hooks-zoo-small")}").Replace(Path.GetTempPath(), "", StringComparison.Ordinal));

    [Fact]
    public async Task An_unknown_bug() => await Verify(Command.Run("zoo stable-write"));
}
