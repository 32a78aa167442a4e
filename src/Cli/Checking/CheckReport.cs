using Hooks.Cli.Plugins;
using Hooks.Cli.Terminal;
using Hooks.Core;
using Hooks.Core.Kernels;
using Hooks.Core.Search;
using Hooks.Report;
using Spectre.Console;

namespace Hooks.Cli.Checking;

/// <summary>The outcome of <c>check</c> for people: the table, each bug in a line, what nobody expected in full, and what it comes to; the rest if asked for.</summary>
internal static class CheckReport
{
    /// <summary>Prints it.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="pairs">The pairs, kernel by kernel.</param>
    /// <param name="folder">The folder of the cases.</param>
    /// <param name="kept">What became of the cases of earlier runs.</param>
    /// <param name="saved">Whether the cases are in it.</param>
    public static void Print(Screen screen, CheckOptions options, IReadOnlyList<PairRun> pairs, CaseFolder folder, KeptReport kept, bool saved)
    {
        PairResult[] results = [.. pairs.Select(p => p.Result).OfType<PairResult>()];
        if (options.Details) Coverage(screen, results, options.Kernels);
        screen.Line("Invariants violated, by kernel and architecture:");
        screen.Write(VerdictTable.Final(options, pairs));
        if (results.Any(r => r.Races.Length + r.Large.Length > 0)) screen.Line("3+1: three broken anyway, one only by operations that interleave, or by large folios.");
        BugList.Print(screen, options, pairs);
        ViolationReport.Print(screen, pairs, folder, options.Details);
        kept.Print(screen, folder);
        screen.Line();
        var cases = results.Sum(r => r.All().Count());
        if (cases > 0 && !options.Save) screen.Line($"{Judgement.Count(cases, "minimal case")}, not saved (--no-save){(options.Details ? "" : "; --details shows them")}.");
        else if (cases > 0 && saved)
        {
            screen.Line($"{Judgement.Count(cases, "minimal case")} saved in {folder}. One in full:");
            screen.Line($"  {CaseReport.Command} run {PluginSet.ArgumentsFor(folder.FileOf(results.SelectMany(r => r.All()).First()))} --trace");
        }

        Summary(screen, options, pairs, results);
    }

    /// <summary>What it comes to.</summary>
    public static string Sentence(CheckOptions options, IReadOnlyList<PairRun> pairs, PairResult[] results)
    {
        var what = $"{Judgement.Count(pairs.Count, "pair")} of kernel and architecture, {Judgement.Workloads(options.Workloads)}{(options.Large == 0 || results.All(r => r.LargeWorkloads == 0) ? "" : $", {options.Large} with large folios")}{(options.Scheduling.Schedules == 0 ? "" : $" and {Judgement.Count(options.Scheduling.Schedules, "schedule")}")} each, seed {options.Seed}";
        var (complete, wrong) = (results.Count(r => r.Complete), results.Count(r => r.Reasons().Any()));
        return complete < pairs.Count ? $"Interrupted: {complete} of {what}, were checked to the end."
            : wrong == 0 ? $"{what}: all as expected."
            : $"{what}: {pairs.Count - wrong} as expected, {wrong} not.";
    }

    private static void Coverage(Screen screen, PairResult[] results, IReadOnlyList<Kernel> kernels)
    {
        var coverage = new Coverage();
        foreach (var result in results) coverage.Add(result.Coverage);
        if (coverage.Workloads == 0) return;
        screen.Write(CoverageTable.Operations(coverage));
        screen.Line();
        screen.Write(CoverageTable.PerWorkload(coverage));
        screen.Line();
        if (Interleavings.Of(results, kernels) is not { } interleavings) return;
        screen.Write(CoverageTable.Interleavings(interleavings));
        screen.Line();
        screen.Write(CoverageTable.Beside(interleavings));
        screen.Line();
        if (interleavings.Unreached.Count > 0) screen.Line($"Steps that no run reached: {string.Join(", ", interleavings.Unreached)}");
        screen.Line();
    }

    private static void Summary(Screen screen, CheckOptions options, IReadOnlyList<PairRun> pairs, PairResult[] results)
    {
        PairResult[] wrong = [.. results.Where(r => r.Reasons().Any())];
        screen.Line(Sentence(options, pairs, results), new Style(wrong.Length == 0 && results.Count(r => r.Complete) == pairs.Count ? Color.Green : Color.Red));

        // By reason: what is wrong is often wrong with every kernel.
        var reasons = wrong.SelectMany(r => r.Reasons().Select(reason => (r.Kernel, r.Arch, Reason: reason)));
        foreach (var group in reasons.GroupBy(r => (r.Reason, r.Arch)))
        {
            screen.Line($"  on {group.Key.Arch}: {group.Key.Reason}");
            screen.Line($"    {string.Join(", ", group.Select(r => r.Kernel))}");
        }
    }
}
