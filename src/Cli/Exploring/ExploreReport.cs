using System.Globalization;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Checking;
using Hooks.Cli.FromSource;
using Hooks.Cli.Plugins;
using Hooks.Cli.Terminal;
using Hooks.Core.Invariants;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Traces;
using Hooks.Core.Workloads;
using Hooks.Report;
using Spectre.Console;

namespace Hooks.Cli.Exploring;

/// <summary>What <c>explore</c> says, for people.</summary>
internal static class ExploreReport
{
    /// <summary>What is searched, in a line.</summary>
    public static string Title(ExploreInput input, ExploreOptions options)
    {
        var before = input.Scope(input.Operations).Before;
        var begin = before.Operations.Length == 0 ? "" : $" after {Judgement.Count(before.Operations.Length, "line")}";
        var what = input.Verbs is { } verbs ? $"all programs of up to {Judgement.Count(input.Operations, "operation")} ({string.Join(", ", verbs.Select(CaseText.Word))}{(input.IsLarge ? "; map large too" : "")}) on {Judgement.Count(input.Pages, "page")}" : $"{Judgement.Count(input.Operations, "operation")} together";
        var bound = options.Bound == Bound.Preemptions ? $", {Judgement.Count(options.Most, "preemption")} at the most" : "";
        return $"{input.Kernel.Name} on {input.Architecture.Name}, swap {string.Join(" and ", before.Swaps)}: {input.Tasks} run {what}{begin}{bound}";
    }

    /// <summary>What there is least of first, in a word.</summary>
    public static string Bounded(ExploreOptions options) => options.Bound == Bound.Preemptions ? "preemptions" : "operations";

    /// <summary>Prints it.</summary>
    public static void Print(Screen screen, ExploreInput input, ExploreOptions options, ExploreResult result, CaseFolder folder)
    {
        var at = result.Progress;
        if (input.Source is { } source)
        {
            SourceText.Print(screen, source);
            screen.Line();
        }

        screen.Line(Title(input, options));
        screen.Line(string.Create(CultureInfo.InvariantCulture, $"{at.States:N0} states, {at.Moves:N0} moves from one to another; {at.LeftOut:N0} more left out, as they commute with others. The longest way has {at.Depth} moves."));
        screen.Line(string.Create(CultureInfo.InvariantCulture, $"That two states had one hash of 128 bits, so that one was missed, has a chance of {at.ChanceOfAMiss:0.0e+0}."));
        foreach (var (finding, isMinimal) in result.Findings)
        {
            var trace = Trace.Record(finding.Minimal.Workload, input.Kernel, input.Architecture, InvariantSet.Of(finding.Invariant));
            screen.Line();
            screen.Line(CaseReport.Print(finding, trace, $"{PluginSet.ArgumentsFor(folder.FileOf(finding))}{(input.Source is { } read ? $" {read.Arguments}" : "")}"));
            screen.Line(isMinimal ? "  no case of this scope has fewer lines" : "  smaller cases were not all looked at");
        }

        screen.Line();
        var found = result.Findings.Count == 0 ? "no violation" : $"{Judgement.Count(result.Findings.Count, "invariant")} broken. What breaks one was not gone on from";
        var style = new Style(result.Findings.Count > 0 || result.End != ExploreEnd.Whole ? Color.Red : Color.Green);
        screen.Line(result.End switch
        {
            ExploreEnd.Whole => $"All of it: {found}.",
            ExploreEnd.First => "The first violation; there may be others (leave --first out).",
            ExploreEnd.Memory => $"Not all of it: it needs more than {options.Memory >> 20} MiB (--memory). {SoFar(options, result)}: {found}.",
            _ => $"Interrupted. {SoFar(options, result)}: {found}.",
        }, style);
        if (result.IsClosed) screen.Line($"No state takes more than {Judgement.Count(at.Cost, "operation")} to come to, so more of them lead nowhere else: this holds for programs of any length{(result.Findings.Count > 0 ? ", up to where they break something" : "")}.", style);
        if (result.Untested.Count > 0) screen.Line($"Never put to the test, so that nothing is said of them: {string.Join(", ", Names.Of(result.Untested))}.");
    }

    private static string SoFar(ExploreOptions options, ExploreResult result)
    {
        var part = string.Create(CultureInfo.InvariantCulture, $"in part ({result.Progress.Frontier:N0} states were still to be gone on from)");
        return result.Done < 0 ? $"It was looked at {part}" : $"Up to {result.Done} {Bounded(options)} all of it was looked at, beyond that {part}";
    }
}
