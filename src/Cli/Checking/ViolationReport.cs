using Hooks.Cli.Plugins;
using Hooks.Cli.Terminal;
using Hooks.Core.Invariants;
using Hooks.Core.Search;
using Hooks.Core.Traces;
using Hooks.Report;

namespace Hooks.Cli.Checking;

/// <summary>
/// The violations, those that nobody expected first. One minimal case that fails at the same step on several kernels is
/// one story, and is told once.
/// </summary>
internal static class ViolationReport
{
    /// <summary>Prints them.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="pairs">The pairs.</param>
    /// <param name="folder">The folder of the cases.</param>
    /// <param name="expected">Those too that were expected.</param>
    public static void Print(Screen screen, IEnumerable<PairRun> pairs, CaseFolder folder, bool expected)
    {
        var stories = pairs
            .Where(p => p.Result is not null)
            .SelectMany(p => p.Result!.All().Select(f => new Telling(p, f, p.Result!.Expects(f))))
            .GroupBy(t => (t.Expected, t.Finding.Invariant, t.Finding.Minimal.Arch, Workload: t.Finding.Minimal.Workload.ToString(), Step: t.Finding.Violation.Place.ToString()))
            .ToLookup(story => story.Key.Expected, story => story.ToList());
        Section(screen, "Not expected", [.. stories[false]], folder);
        if (expected) Section(screen, "As expected", [.. stories[true]], folder);
    }

    private static void Section(Screen screen, string title, List<List<Telling>> stories, CaseFolder folder)
    {
        if (stories.Count == 0) return;
        screen.Line();
        var kept = stories.Sum(s => s.Count(t => t.IsKept));
        var known = kept == 0 ? "" : $"; {kept} kept from earlier runs, replayed";
        screen.Line($"{title}: {Judgement.Count(stories.Sum(s => s.Count), "violation")} in {Judgement.Count(stories.Count, "case")}{known}");
        foreach (var story in stories)
        {
            var (pair, finding, _) = story[0];
            var trace = Trace.Record(finding.Minimal.Workload, pair.Kernel, pair.Architecture, InvariantSet.Of(finding.Invariant));
            screen.Line();
            screen.Line(CaseReport.Print(finding, trace, PluginSet.ArgumentsFor(folder.FileOf(finding))));
            if (finding.IsRace) screen.Line("  a race: one after the other, in any order, these operations do not break it");
            if (finding.IsLarge) screen.Line("  takes a large folio: where each page is a folio of its own, these operations do not break it");
            if (finding.DrawnWith is { } drawn) screen.Line($"  drawn with: {drawn}");
            if (story[0].IsKept) screen.Line("  not searched for: kept from an earlier run, and replayed");
            if (story.Count > 1) screen.Line($"  the same case breaks: {string.Join(", ", story.Skip(1).Select(t => t.Finding.Minimal.Kernel))}");
        }
    }

    private readonly record struct Telling(PairRun Pair, Finding Finding, bool Expected)
    {
        public bool IsKept => Finding.FoundAt == Finding.Kept;
    }
}
