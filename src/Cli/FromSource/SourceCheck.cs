using System.Collections.Immutable;
using Hooks.Cli.Checking;
using Hooks.Cli.Plugins;
using Hooks.Cli.Running;
using Hooks.Cli.Sharing;
using Hooks.Cli.Terminal;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Search;
using Hooks.Core.Traces;
using Spectre.Console;

namespace Hooks.Cli.FromSource;

/// <summary><c>hooks check --source</c>: a tree, or a tree without and with patches, on every architecture.</summary>
internal static class SourceCheck
{
    /// <summary>Checks.</summary>
    public static int Run(Screen screen, SourceInput input, CheckOptions options)
    {
        if (SourceText.NoVerdict(input) is { } none)
        {
            if (options.Json) screen.Verbatim(SourceCheckJson.Print(input, options.Seed, [], interrupted: false));
            else
            {
                SourceText.Print(screen, input);
                screen.Line();
                foreach (var line in none) screen.Line(line, new Style(Color.Red));
            }

            return ExitCode.NoVerdict;
        }

        var folder = CaseFolder.Prepare(options.Out);
        Kernel[] kernels = input.Patched is null ? [input.Base.Kernel!] : [input.Base.Kernel!, input.Patched.Kernel!];
        PairRun[] pairs = [.. kernels.SelectMany(k => options.Architectures.Select(a => new PairRun(k, a, options.Scheduling, [], smallWorlds: options.Jobs)))];
        Campaign.Run(screen, options, pairs);
        PairResult?[] results = [.. pairs.Select(p => p.Result)];
        var archs = options.Architectures.Count;
        var both = Enumerable.Range(0, archs)
            .Select(i => (Arch: options.Architectures[i], Base: results[i], Patched: kernels.Length > 1 ? results[archs + i] : null))
            .Where(r => r.Base is not null && (kernels.Length == 1 || r.Patched is not null))
            .Select(r => new ArchResult(r.Arch, r.Base!, r.Patched))
            .ToList();
        if (kernels.Length > 1) both = WithDifferences(screen, options, kernels, both);
        var interrupted = both.Count < archs || results.Any(r => r is not { Complete: true });
        var found = both.SelectMany(r => r.Patched is null
            ? r.Base.Findings.Concat(r.Base.Races)
            : [.. r.Patched.Findings, .. r.Base.Findings.Where(f => r.Fixes.Contains(f.Invariant)), .. r.BreaksCases, .. r.FixesCases, .. r.BreaksRaces, .. r.FixesRaces]);
        var unsaved = folder.Save(found.Select(f => f with { Minimal = input.WithOrigin(f.Minimal) }));
        var exit = interrupted ? ExitCode.Interrupted : both.All(r => r.IsGood) ? ExitCode.AsExpected : ExitCode.NotAsExpected;
        if (options.Json) screen.Verbatim(SourceCheckJson.Print(input, options.Seed, both, interrupted));
        else if (options.Format == CheckFormat.Mail) screen.Verbatim(SourceMail.Print(input, both, options));
        else if (options.Format == CheckFormat.Text) Print(screen, input, both, options, folder, interrupted);
        else screen.Verbatim(CheckEnd.Printed(options.Format, Test.Of(input, both, folder), exit));
        return unsaved is null ? exit : throw new InputException(unsaved);
    }

    /// <summary>What both kernels break need not be the same: the cases that tell them apart.</summary>
    private static List<ArchResult> WithDifferences(Screen screen, CheckOptions options, Kernel[] kernels, List<ArchResult> results)
    {
        using var running = new WorkQueue<ArchResult, ArchResult>(
            results,
            (r, cancel) => r with
            {
                BreaksCases = new CaseDifference(kernels[1], kernels[0], r.Architecture).Run(r.Stays, options.Seed, options.Workloads, cancel),
                FixesCases = new CaseDifference(kernels[0], kernels[1], r.Architecture).Run(r.Stays, options.Seed, options.Workloads, cancel),
                BreaksRaces = Races(kernels[1], kernels[0], r.Architecture, r.Patched!, options, cancel),
                FixesRaces = Races(kernels[0], kernels[1], r.Architecture, r.Base, options, cancel),
            },
            options.Jobs,
            screen.Interrupted);
        return [.. running.Finish().OfType<ArchResult>()];
    }

    /// <summary>Races of a kernel that another has not: of those found, and of an invariant of which the one found is in both, another that is not.</summary>
    private static ImmutableArray<Finding> Races(Kernel kernel, Kernel other, IArchitecture architecture, PairResult result, CheckOptions options, CancellationToken cancel)
    {
        var there = new OtherKernel(other, architecture);
        ImmutableArray<Finding> own = [.. result.Races.Where(f => !there.MayBreak(f.Minimal.Workload, f.Invariant))];
        var both = result.Raced.Except(InvariantSet.Of([.. own.Select(f => f.Invariant)]));
        if (both.Count == 0) return own;
        var others = new InterleavedCampaign(kernel, architecture, options.Scheduling, other: there).Run(options.Seed, result, both, cancel: cancel).Races;
        return [.. own.Concat(others).OrderBy(f => f.Invariant)];
    }

    private static void Print(Screen screen, SourceInput input, List<ArchResult> results, CheckOptions options, CaseFolder folder, bool interrupted)
    {
        SourceText.Print(screen, input);
        screen.Line();
        screen.Write(Table(input, results));
        if (input.Patched is null)
        {
            Section(screen, "Broken", input, results, r => Findings(r.Base, r.Base.Broken), patched: false, folder);
            Section(screen, "Broken, where operations interleave", input, results, r => r.Base.Races, patched: false, folder);
        }
        else
        {
            Section(screen, "The patch breaks", input, results, r => Findings(r.Patched!, r.Breaks), patched: true, folder);
            Section(screen, "The patch breaks, in a case that holds without it", input, results, r => r.BreaksCases, patched: true, folder);
            Section(screen, "The patch breaks, where operations interleave", input, results, r => r.BreaksRaces, patched: true, folder);
            Section(screen, "The patch fixes", input, results, r => Findings(r.Base, r.Fixes), patched: false, folder);
            Section(screen, "The patch fixes, though it stays broken in another case", input, results, r => r.FixesCases, patched: false, folder);
            Section(screen, "The patch fixes, where operations interleave", input, results, r => r.FixesRaces, patched: false, folder);
            Brief(screen, "Broken before and after", results, r => r.Stays);
            Brief(screen, "Broken before and after, where operations interleave", results, r => r.StaysRaced);
        }

        screen.Line();
        foreach (var result in results.Where(r => r.Unexercised.Count > 0)) screen.Line($"On {result.Architecture.Name} never put to the test: {result.Unexercised}. Raise --workloads.", new Style(Color.Red));
        var (text, good) = Summary(input, results);
        var what = $"{Judgement.Workloads(options.Workloads)}{(options.Scheduling.Schedules == 0 ? "" : $" and {Judgement.Count(options.Scheduling.Schedules, "schedule")}")} each, seed {options.Seed}";
        if (interrupted) screen.Line($"Interrupted; so far: {text} ({what}).", new Style(Color.Red));
        else screen.Line($"{text} ({what}).", new Style(good ? Color.Green : Color.Red));
    }

    /// <summary>The verdict in a sentence, and whether it is a good one.</summary>
    internal static (string Text, bool Good) Summary(SourceInput input, IReadOnlyList<ArchResult> results)
    {
        if (input.Patched is null)
        {
            var (broken, races) = (results.Sum(r => r.Base.Broken.Count), results.Sum(r => r.Base.Races.Length));
            var where = Judgement.Count(results.Count(r => r.Base.Broken.Count + r.Base.Races.Length > 0), "architecture");
            return broken + races == 0 ? ("Nothing breaks", true) : ($"{Judgement.Count(broken, "violation")}{(races == 0 ? "" : $" and {Judgement.Count(races, "race")}")} on {where}", false);
        }

        var (breaks, fixes, stays) = (results.Sum(r => r.Breaks.Count), results.Sum(r => r.Fixes.Count), results.Sum(r => r.Stays.Count));
        var (worse, better) = (results.Sum(r => r.BreaksCases.Length), results.Sum(r => r.FixesCases.Length));
        var cases = (worse == 0 ? "" : $", of which it breaks a case of {worse}") + (better == 0 ? "" : $", of which it fixes a case of {better}");
        var (raced, unraced) = (results.Sum(r => r.BreaksRaces.Length), results.Sum(r => r.FixesRaces.Length));
        var differently = raced + unraced == 0 ? "" : $"; {Judgement.Count(raced, "race")} more, {unraced} less";
        return ($"The patch breaks {breaks}, fixes {fixes}, and leaves {stays} broken{cases}{differently}", breaks + worse + raced == 0);
    }

    private static Table Table(SourceInput input, List<ArchResult> results)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn(new TableColumn("") { NoWrap = true });
        foreach (var result in results) table.AddColumn(result.Architecture.Name);
        table.AddRow([new Text(input.Patched is null ? "the tree" : "without the patch"), .. results.Select(r => Cell(r.Base, r.Raced(patched: false), input))]);
        if (input.Patched is not null) table.AddRow([new Text("with the patch"), .. results.Select(r => Cell(r.Patched!, r.Raced(patched: true), input))]);
        return table;
    }

    private static Text Cell(PairResult result, InvariantSet raced, SourceInput input)
    {
        if (result.Broken.Count + raced.Count == 0) return result.Unexercised.Count == 0 ? new Text("ok", new Style(Color.Green)) : new Text("vacuous", new Style(Color.Red));
        var known = result.Broken.Except(result.Expected).Count + raced.Except(result.ExpectedRaces).Count == 0;
        return new Text(string.Join('\n', Catalogues.Names.Of(result.Broken).Concat(Catalogues.Names.Of(raced.Except(result.Broken)).Select(n => n + " (race)"))) + (known ? $"\n(as {input.Base.Like.Name} does)" : ""), new Style(known ? Color.Yellow : Color.Red));
    }

    private static void Section(Screen screen, string title, SourceInput input, List<ArchResult> results, Func<ArchResult, IEnumerable<Finding>> which, bool patched, CaseFolder folder)
    {
        var stories = results
            .SelectMany(r => which(r).Select(f => (Result: r, Finding: f)))
            .GroupBy(s => (s.Finding.Invariant, Workload: s.Finding.Minimal.Workload.ToString(), Step: s.Finding.Violation.Place.ToString()))
            .ToList();
        if (stories.Count == 0) return;
        screen.Line();
        screen.Line($"{title}: {Judgement.Count(stories.Sum(s => s.Count()), "violation")} in {Judgement.Count(stories.Count, "case")}");
        foreach (var story in stories)
        {
            var (result, finding) = story.First();
            var kernel = patched ? input.Patched!.Kernel! : input.Base.Kernel!;
            var trace = Trace.Record(finding.Minimal.Workload, kernel, result.Architecture, InvariantSet.Of(finding.Invariant));
            screen.Line();
            screen.Line(Report.CaseReport.Print(finding, trace, $"{PluginSet.ArgumentsFor(folder.FileOf(finding))} {input.ArgumentsOf(patched)}"));
            if (finding.IsRace) screen.Line("  a race: one after the other, in any order, these operations do not break it");
            if (story.Skip(1).Any()) screen.Line($"  the same case breaks it on: {string.Join(", ", story.Skip(1).Select(s => s.Result.Architecture.Name))}");
        }
    }

    private static IEnumerable<Finding> Findings(PairResult of, InvariantSet which) => of.Findings.Where(f => which.Contains(f.Invariant));

    private static void Brief(Screen screen, string title, List<ArchResult> results, Func<ArchResult, InvariantSet> which)
    {
        if (results.All(r => which(r).Count == 0)) return;
        screen.Line();
        foreach (var result in results.Where(r => which(r).Count > 0)) screen.Line($"{title}, on {result.Architecture.Name}: {string.Join(", ", Catalogues.Names.Of(which(result)))}");
    }
}
