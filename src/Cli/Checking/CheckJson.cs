using Hooks.Cli.Catalogues;
using Hooks.Core.Invariants;
using Hooks.Core.Search;

namespace Hooks.Cli.Checking;

/// <summary>The outcome of <c>check</c> as one JSON object. Nothing in it depends on the machine, the time or the jobs.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Interrupted">True if pairs are missing or incomplete, else left out.</param>
/// <param name="Kept">What became of the cases of earlier runs; left out if there were none.</param>
/// <param name="Results">The pairs, in the order of the catalogues.</param>
/// <param name="Interleavings">What interleaved runs have covered, of all pairs; left out if there were none.</param>
internal sealed record CheckJson(ulong Seed, bool? Interrupted, KeptJson? Kept, IReadOnlyList<PairJson> Results, InterleavingsJson? Interleavings)
{
    /// <summary>The object.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="results">The results, in the order of the catalogues.</param>
    /// <param name="kept">What became of the cases of earlier runs.</param>
    /// <param name="interrupted">Whether pairs are missing or incomplete.</param>
    public static string Print(CheckOptions options, IReadOnlyList<PairResult> results, KeptReport kept, bool interrupted) => JsonText.Of(
        new CheckJson(options.Seed, interrupted ? true : null, KeptJson.Of(kept), [.. results.Select(PairJson.Of)], InterleavingsJson.Of(Checking.Interleavings.Of(results, options.Kernels), options.Details)),
        JsonTypes.Default.CheckJson);
}

/// <summary>The cases of earlier runs.</summary>
/// <param name="Replayed">How many were replayed.</param>
/// <param name="StillFail">How many of them still fail.</param>
/// <param name="Fixed">The files of those that do not, without their folder.</param>
internal sealed record KeptJson(int Replayed, int StillFail, IReadOnlyList<string> Fixed)
{
    /// <summary>Of the report; null if there were none.</summary>
    public static KeptJson? Of(KeptReport kept) =>
        kept.Replayed == 0 ? null : new KeptJson(kept.Replayed, kept.Replayed - kept.Fixed.Count, [.. kept.Fixed.Select(f => Path.GetFileName(f))]);
}

/// <summary>A kernel on an architecture.</summary>
/// <param name="Kernel">The kernel's name.</param>
/// <param name="Arch">The architecture's name.</param>
/// <param name="Expected">The verdict that the catalogue expects: ok or violated.</param>
/// <param name="Verdict">The verdict: ok, violated or vacuous.</param>
/// <param name="Workloads">How many workloads were run.</param>
/// <param name="Violations">What broke, in the order of the invariants.</param>
/// <param name="AsExpected">Whether exactly what was expected broke, and nothing passed untested.</param>
/// <param name="ExpectedInvariants">The invariants expected to break.</param>
/// <param name="Unexercised">The invariants never put to the test.</param>
/// <param name="Schedules">How many interleaved runs there were; left out, with all that is about races, if there were none.</param>
/// <param name="Races">What broke only because operations interleave, in the order of the invariants.</param>
/// <param name="ExpectedRaces">The invariants that races may break.</param>
/// <param name="LargeWorkloads">How many workloads with large folios there were; left out, with all that is about them, if there were none.</param>
/// <param name="Large">What broke only because pages came in large folios, in the order of the invariants.</param>
/// <param name="ExpectedLarge">The invariants that large folios may break.</param>
internal sealed record PairJson(
    string Kernel,
    string Arch,
    string Expected,
    string Verdict,
    long Workloads,
    IReadOnlyList<FindingJson> Violations,
    bool AsExpected,
    IReadOnlyList<string> ExpectedInvariants,
    IReadOnlyList<string> Unexercised,
    long? Schedules,
    IReadOnlyList<FindingJson>? Races,
    IReadOnlyList<string>? ExpectedRaces,
    long? LargeWorkloads,
    IReadOnlyList<FindingJson>? Large,
    IReadOnlyList<string>? ExpectedLarge)
{
    /// <summary>Of a result.</summary>
    public static PairJson Of(PairResult result) => new(
        result.Kernel,
        result.Arch,
        result.ExpectedVerdict.Word(),
        result.Verdict.Word(),
        result.Coverage.Workloads,
        [.. result.Findings.Select(FindingJson.Of)],
        result.AsExpected,
        Names.Of(result.Expected),
        Names.Of(result.Unexercised),
        result.Met?.Runs,
        result.Met is null ? null : [.. result.Races.Select(FindingJson.Of)],
        result.Met is null ? null : Names.Of(result.ExpectedRaces),
        result.LargeWorkloads == 0 ? null : result.LargeWorkloads,
        result.LargeWorkloads == 0 ? null : [.. result.Large.Select(FindingJson.Of)],
        result.LargeWorkloads == 0 ? null : Names.Of(result.ExpectedLarge));
}

/// <summary>A broken invariant.</summary>
/// <param name="Invariant">Its name.</param>
/// <param name="Case">The minimal case, as text.</param>
/// <param name="Step">Where the case fails.</param>
/// <param name="Size">Its operations.</param>
/// <param name="DrawnWith">Of a race, how likely operations were where it was met, and the strategy; else left out.</param>
internal sealed record FindingJson(string Invariant, string Case, string Step, int Size, string? DrawnWith = null)
{
    /// <summary>Of a finding.</summary>
    public static FindingJson Of(Finding finding) => new(
        InvariantCatalogue.Of(finding.Invariant).Name,
        finding.Minimal.ToString(),
        finding.Violation.Place.ToString(),
        finding.Minimal.Workload.Operations.Length,
        finding.DrawnWith);
}

/// <summary>What interleaved runs have covered.</summary>
/// <param name="Schedules">Runs.</param>
/// <param name="Stuck">Those that ended where the kernel could go no further, with nothing seen to be broken before; left out if there were none.</param>
/// <param name="AdjacentSteps">Pairs of steps that came right after each other, by different tasks.</param>
/// <param name="SharingSteps">Those of them that touched the same thing, one of them changing it.</param>
/// <param name="Waits">How often somebody had to wait, by what for.</param>
/// <param name="Unreached">Steps of the kernels that no run took, interleaved or not.</param>
/// <param name="Pairs">With --details, each of those that touched the same thing: <c>FIRST · THEN</c>.</param>
internal sealed record InterleavingsJson(long Schedules, long? Stuck, int AdjacentSteps, int SharingSteps, IReadOnlyDictionary<string, long> Waits, IReadOnlyList<string> Unreached, IReadOnlyList<string>? Pairs)
{
    /// <summary>Of what was covered; null of none.</summary>
    public static InterleavingsJson? Of(Interleavings? covered, bool details) => covered is null ? null : new(
        covered.Schedules,
        covered.Stuck == 0 ? null : covered.Stuck,
        covered.Adjacent.Count,
        covered.Sharing.Count,
        covered.Waits.ToDictionary(w => w.Name, w => w.Times),
        covered.Unreached,
        details ? [.. covered.Sharing.Select(p => $"{p.First} · {p.Then}").Order(StringComparer.Ordinal)] : null);
}
