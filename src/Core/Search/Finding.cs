using System.Collections.Immutable;
using Hooks.Core.Invariants;
using Hooks.Core.Search.Strategies;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search;

/// <summary>A broken invariant, with the smallest case that shows it.</summary>
/// <param name="Invariant">Which.</param>
/// <param name="Minimal">The shrunk case; its <c>fails</c> line says where.</param>
/// <param name="Violation">How it fails there.</param>
/// <param name="FoundAt">The number of the workload that found it, counted from 0; <see cref="Kept"/> if it was known.</param>
/// <param name="ShrinkRuns">Candidates run while shrinking.</param>
public sealed record Finding(
    InvariantId Invariant,
    Case Minimal,
    Violation Violation,
    long FoundAt,
    int ShrinkRuns)
{
    /// <summary>The <see cref="FoundAt"/> of a failure that was known from an earlier campaign.</summary>
    public const long Kept = -1;

    /// <summary>Whether it was met while another finding was shrunk: the smaller program broke this instead.</summary>
    public bool Slipped { get; init; }

    /// <summary>Whether it takes an interleaving: the same operations one after the other, in whatever order, do not break it. <see cref="FoundAt"/> is then the number of the schedule.</summary>
    public bool IsRace { get; init; }

    /// <summary>Whether it takes a large folio: where each page is a folio of its own the same program does not break it. (What is found otherwise maps no pages that may come in large folios.)</summary>
    public bool IsLarge => Minimal.Workload.Operations.Any(op => op.IsLarge);

    /// <summary>What the scene that showed a race was drawn with: how likely each operation was, and how many preemptions; null if it was not drawn.</summary>
    public string? DrawnWith { get; init; }
}

/// <summary>A failure kept from an earlier campaign.</summary>
/// <param name="Invariant">What broke.</param>
/// <param name="Workload">In which workload.</param>
public sealed record KeptFailure(InvariantId Invariant, Workload Workload)
{
    /// <summary>Whether it maps pages that may come in large folios.</summary>
    internal bool IsLarge => Workload.Operations.Any(op => op.IsLarge);
}

/// <summary>What was found of a kernel on an architecture.</summary>
public enum Verdict
{
    /// <summary>Every invariant was put to the test and held.</summary>
    Ok,

    /// <summary>Some invariant was broken.</summary>
    Violated,

    /// <summary>Nothing was broken, but some invariant was never put to the test.</summary>
    Vacuous,
}

/// <summary>The outcome of a campaign against one kernel on one architecture.</summary>
/// <param name="Kernel">The kernel's name.</param>
/// <param name="Arch">The architecture's name.</param>
/// <param name="Expected">What the catalogue expects to break.</param>
/// <param name="Checked">The invariants that say something about the architecture.</param>
/// <param name="Exercised">Those put to the test.</param>
/// <param name="Findings">What broke, in the order of the invariants.</param>
/// <param name="Coverage">What was covered.</param>
/// <param name="Complete">False if it was interrupted.</param>
public sealed record PairResult(
    string Kernel,
    string Arch,
    InvariantSet Expected,
    InvariantSet Checked,
    InvariantSet Exercised,
    ImmutableArray<Finding> Findings,
    Coverage Coverage,
    bool Complete)
{
    /// <summary>What broke one operation after the other.</summary>
    public InvariantSet Broken => InvariantSet.Of([.. Findings.Select(f => f.Invariant)]);

    /// <summary>What breaks when operations interleave, and not when they do not; in the order of the invariants.</summary>
    public ImmutableArray<Finding> Races { get; init; } = [];

    /// <summary>The invariants that races broke.</summary>
    public InvariantSet Raced => InvariantSet.Of([.. Races.Select(f => f.Invariant)]);

    /// <summary>What races may break, by the catalogue.</summary>
    public InvariantSet ExpectedRaces { get; init; }

    /// <summary>
    /// What breaks where pages come in large folios, and does not where each is a folio of its own; in the order of the invariants. What the pair breaks anyway comes out in many more ways when an operation on one page
    /// moves its neighbours too: of that only what large folios are known to break in a way of their own.
    /// </summary>
    public ImmutableArray<Finding> Large => [.. FoundLarge.Where(f => ExpectedLarge.Contains(f.Invariant) || !Broken.Contains(f.Invariant))];

    /// <summary><see cref="Large"/>, and what is none of it because of what else broke.</summary>
    internal ImmutableArray<Finding> FoundLarge { get; init; } = [];

    /// <summary>The invariants that only large folios broke.</summary>
    public InvariantSet BrokenLarge => InvariantSet.Of([.. Large.Select(f => f.Invariant)]);

    /// <summary>What large folios may break, by the catalogue.</summary>
    public InvariantSet ExpectedLarge { get; init; }

    /// <summary>How many workloads with large folios were run.</summary>
    public long LargeWorkloads { get; init; }

    /// <summary>The names of the steps that workloads have taken.</summary>
    internal ImmutableArray<string> Reached { get; init; } = [];

    /// <summary>What interleaved runs have covered; null if there were none.</summary>
    internal Met? Met { get; init; }

    /// <summary>The invariants never put to the test.</summary>
    public InvariantSet Unexercised => Checked.Except(Exercised | Broken);

    /// <summary>The verdict.</summary>
    public Verdict Verdict => Findings.Length + Races.Length + Large.Length > 0 ? Verdict.Violated : Unexercised.Count > 0 ? Verdict.Vacuous : Verdict.Ok;

    /// <summary>The verdict that the catalogue expects.</summary>
    public Verdict ExpectedVerdict => Expected.Count > 0 ? Verdict.Violated : Verdict.Ok;

    /// <summary>Whether the campaign ran to its end, exactly what was expected broke, nothing else did in a race or with large folios, and nothing passed untested.</summary>
    public bool AsExpected => Complete && Broken == Expected && Raced.Except(ExpectedRaces).Count == 0 && BrokenLarge.Except(ExpectedLarge).Count == 0 && Unexercised.Count == 0;

    /// <summary>
    /// This and another part of the same campaign as one. Of two cases of one invariant the one that came first stays, so it does not matter which parts are put together first.
    /// </summary>
    internal PairResult And(PairResult other)
    {
        var coverage = new Coverage();
        coverage.Add(Coverage);
        coverage.Add(other.Coverage);
        return this with
        {
            Findings = FirstOf(Findings, other.Findings),
            Races = FirstOf(Races, other.Races),
            FoundLarge = FirstOf(FoundLarge, other.FoundLarge),
            LargeWorkloads = LargeWorkloads + other.LargeWorkloads,
            Exercised = Exercised | other.Exercised,
            ExpectedRaces = ExpectedRaces | other.ExpectedRaces,
            ExpectedLarge = ExpectedLarge | other.ExpectedLarge,
            Coverage = coverage,
            Complete = Complete && other.Complete,
            Reached = [.. Reached.Union(other.Reached, StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            Met = Met is null || other.Met is null ? Met ?? other.Met : Met.And(other.Met),
        };
    }

    private static ImmutableArray<Finding> FirstOf(IEnumerable<Finding> some, IEnumerable<Finding> others) =>
        [.. some.Concat(others).GroupBy(f => f.Invariant).Select(same => same.OrderBy(f => f.FoundAt).ThenBy(f => f.Minimal.ToString(), StringComparer.Ordinal).First()).OrderBy(f => f.Invariant)];
}
