using Hooks.Cli.Checking;
using Hooks.Cli.FromSource;
using Hooks.Cli.Plugins;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Search;
using Hooks.Core.Traces;
using Hooks.Report;

namespace Hooks.Cli.Sharing;

/// <summary>What became of a test.</summary>
internal enum TestOutcome
{
    /// <summary>Put to the test, and held.</summary>
    Passed,

    /// <summary>Broken, which is no news.</summary>
    Known,

    /// <summary>Not as expected.</summary>
    Failed,
}

/// <summary>An invariant of a kernel on an architecture, as other people's CI counts tests. Some test has failed if and only if the command's exit code says that something is not as expected.</summary>
/// <param name="Suite">Kernel and architecture.</param>
/// <param name="Name">The invariant; of a race, and of what takes large folios, it says so.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Message">Why, in a line; empty if it passed.</param>
/// <param name="Broken">How it is broken; null if it is not.</param>
internal sealed record Test(string Suite, string Name, TestOutcome Outcome, string Message = "", BrokenTest? Broken = null)
{
    private const string Known = "the catalogue expects it";

    /// <summary>The tests of a check.</summary>
    public static IReadOnlyList<Test> Of(IEnumerable<PairRun> pairs, CaseFolder folder) => [.. pairs.SelectMany(p => Of(p, folder))];

    /// <summary>The tests of a source, or of a patch to it: what it breaks has failed, what is broken without it too is known.</summary>
    public static IReadOnlyList<Test> Of(SourceInput input, IEnumerable<ArchResult> results, CaseFolder folder) => [.. results.SelectMany(r => Of(input, r, folder))];

    private static IEnumerable<Test> Of(PairRun pair, CaseFolder folder)
    {
        var suite = $"{pair.Kernel.Name} on {pair.Architecture.Name}";
        if (pair.Result is not { } result)
        {
            yield return new Test(suite, "all", TestOutcome.Failed, "interrupted before it began");
            yield break;
        }

        foreach (var id in result.Checked.Members())
        {
            var name = InvariantCatalogue.Of(id).Name;
            if (result.Findings.FirstOrDefault(f => f.Invariant == id) is { } finding) yield return OfFinding(suite, name, finding, result.Expects(finding), pair.Kernel, pair, folder);
            else if (!result.Complete) yield return new Test(suite, name, TestOutcome.Failed, "interrupted; not broken so far");
            else if (result.Missing().Contains(id)) yield return new Test(suite, name, TestOutcome.Failed, $"expected to break, not found in {Judgement.Workloads(result.Coverage.Workloads)}: raise --workloads");
            else if (result.Unexercised.Contains(id)) yield return new Test(suite, name, TestOutcome.Failed, NotTested(id));
            else yield return new Test(suite, name, TestOutcome.Passed);
        }

        foreach (var race in result.Races) yield return OfFinding(suite, $"{InvariantCatalogue.Of(race.Invariant).Name} (race)", race, result.Expects(race), pair.Kernel, pair, folder);
        foreach (var large in result.Large) yield return OfFinding(suite, $"{InvariantCatalogue.Of(large.Invariant).Name} (large folios)", large, result.Expects(large), pair.Kernel, pair, folder);
    }

    private static IEnumerable<Test> Of(SourceInput input, ArchResult result, CaseFolder folder)
    {
        var suite = $"{input.Last.Kernel!.Name} on {result.Architecture.Name}";
        var last = result.Patched ?? result.Base;
        foreach (var id in last.Checked.Members())
        {
            var name = InvariantCatalogue.Of(id).Name;
            var worse = result.BreaksCases.FirstOrDefault(f => f.Invariant == id);
            if ((worse ?? last.Findings.FirstOrDefault(f => f.Invariant == id)) is { } finding)
            {
                var known = worse is null && result.Patched is not null && result.Stays.Contains(id);
                var broken = new BrokenTest(finding, input.Last.Kernel, result.Architecture, folder.FileOf(finding), input.ArgumentsOf(result.Patched is not null));
                yield return new Test(suite, name, known ? TestOutcome.Known : TestOutcome.Failed, known ? "broken without the patch too" : broken.Message, broken);
            }
            else if (!last.Complete) yield return new Test(suite, name, TestOutcome.Failed, "interrupted; not broken so far");
            else if (result.Unexercised.Contains(id)) yield return new Test(suite, name, TestOutcome.Failed, NotTested(id));
            else yield return new Test(suite, name, TestOutcome.Passed);
        }

        var races = result.Patched is null ? result.Base.Races : result.BreaksRaces;
        foreach (var race in races.Concat(result.Patched?.Races.Where(f => result.BreaksRaces.All(b => b.Invariant != f.Invariant)) ?? []))
        {
            var known = !races.Contains(race);
            var broken = new BrokenTest(race, input.Last.Kernel, result.Architecture, folder.FileOf(race), input.ArgumentsOf(result.Patched is not null));
            yield return new Test(suite, $"{InvariantCatalogue.Of(race.Invariant).Name} (race)", known ? TestOutcome.Known : TestOutcome.Failed, known ? "a race without the patch too" : broken.Message, broken);
        }
    }

    private static Test OfFinding(string suite, string name, Finding finding, bool expected, Kernel kernel, PairRun pair, CaseFolder folder)
    {
        var broken = new BrokenTest(finding, kernel, pair.Architecture, folder.FileOf(finding));
        return new Test(suite, name, expected ? TestOutcome.Known : TestOutcome.Failed, expected ? Known : broken.Message, broken);
    }

    private static string NotTested(InvariantId id) => $"never put to the test, as in no workload {InvariantCatalogue.Of(id).Exercise}: raise --workloads";
}

/// <summary>How an invariant is broken.</summary>
/// <param name="Finding">The minimal case.</param>
/// <param name="Kernel">On which kernel.</param>
/// <param name="Architecture">On which architecture.</param>
/// <param name="File">The file that holds the case; <c>-</c> if none does.</param>
/// <param name="Arguments">What else a command that replays it must be told.</param>
internal sealed record BrokenTest(Finding Finding, Kernel Kernel, Core.Arch.IArchitecture Architecture, string File, string Arguments = "")
{
    /// <summary>What is lost, in a line.</summary>
    public string Message => InvariantCatalogue.Of(Finding.Invariant).Describe(Finding.Violation.Breach);

    /// <summary>The whole story, as <c>check</c> tells it.</summary>
    public string Text() => CaseReport.Print(
        Finding,
        Trace.Record(Finding.Minimal.Workload, Kernel, Architecture, InvariantSet.Of(Finding.Invariant)),
        PluginSet.ArgumentsFor(File) + (Arguments.Length == 0 ? "" : " " + Arguments));
}
