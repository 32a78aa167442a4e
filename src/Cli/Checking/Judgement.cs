using Hooks.Core.Invariants;
using Hooks.Core.Search;

namespace Hooks.Cli.Checking;

/// <summary>How a result compares with what the catalogue expects, and why it is not as expected.</summary>
internal static class Judgement
{
    /// <summary>What broke and should not have.</summary>
    public static InvariantSet Unexpected(this PairResult result) => result.Broken.Except(result.Expected);

    /// <summary>What broke in a race and should not have.</summary>
    public static InvariantSet UnexpectedRaces(this PairResult result) => result.Raced.Except(result.ExpectedRaces);

    /// <summary>What only large folios broke and should not have.</summary>
    public static InvariantSet UnexpectedLarge(this PairResult result) => result.BrokenLarge.Except(result.ExpectedLarge);

    /// <summary>All that was found: what breaks one operation after the other, then races, then what takes a large folio.</summary>
    public static IEnumerable<Finding> All(this PairResult result) => result.Findings.Concat(result.Races).Concat(result.Large);

    /// <summary>Whether the catalogue expects a finding of a result.</summary>
    public static bool Expects(this PairResult result, Finding finding) => (finding.IsLarge ? result.ExpectedLarge : finding.IsRace ? result.ExpectedRaces : result.Expected).Contains(finding.Invariant);

    /// <summary>What should have broken and was not found to.</summary>
    public static InvariantSet Missing(this PairResult result) => result.Expected.Except(result.Broken);

    /// <summary>Why a pair is not as expected, and what to do about it. Of an interrupted pair only what was found counts.</summary>
    public static IEnumerable<string> Reasons(this PairResult result)
    {
        var unexpected = result.Unexpected();
        foreach (var id in unexpected.Members()) yield return $"{InvariantCatalogue.Of(id).Name} breaks, which the catalogue does not expect";
        foreach (var id in result.UnexpectedRaces().Members()) yield return $"{InvariantCatalogue.Of(id).Name} breaks in a race, which the catalogue does not expect";
        foreach (var id in result.UnexpectedLarge().Members()) yield return $"{InvariantCatalogue.Of(id).Name} breaks with large folios, which the catalogue does not expect";
        if (!result.Complete) yield break;
        var missing = result.Missing();
        foreach (var id in missing.Members())
        {
            yield return $"expected {InvariantCatalogue.Of(id).Name} to break, not found in {Workloads(result.Coverage.Workloads)}: raise --workloads";
        }

        foreach (var id in result.Unexercised.Members())
        {
            if (missing.Contains(id)) continue;
            var invariant = InvariantCatalogue.Of(id);
            yield return $"{invariant.Name} was never put to the test, as in no workload {invariant.Exercise}: raise --workloads";
        }
    }

    /// <summary>A verdict as programs read it.</summary>
    public static string Word(this Verdict verdict) => verdict switch
    {
        Verdict.Ok => "ok",
        Verdict.Violated => "violated",
        _ => "vacuous",
    };

    /// <summary><c>1 workload</c>, <c>2 workloads</c>.</summary>
    public static string Workloads(long count) => Count(count, "workload");

    /// <summary>A number of things.</summary>
    public static string Count(long count, string thing) => count == 1 ? $"1 {thing}" : $"{count} {thing}s";
}
