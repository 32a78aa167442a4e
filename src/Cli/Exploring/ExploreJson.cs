using Hooks.Cli.Catalogues;
using Hooks.Cli.Checking;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Workloads;

namespace Hooks.Cli.Exploring;

/// <summary>The result of <c>explore</c> as one JSON object. Nothing in it depends on the machine, the time or the jobs.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Source">The options that its source was named with; left out for a kernel of the catalogue.</param>
/// <param name="Arch">The architecture.</param>
/// <param name="Swap">The swap areas.</param>
/// <param name="Tasks">The tasks that interleave.</param>
/// <param name="Operations">How many operations they begin at the most.</param>
/// <param name="Pages">Pages of each process.</param>
/// <param name="Large">Whether pages side by side may also be mapped so that they come in a large folio; left out if not.</param>
/// <param name="Verbs">What they may do; left out where a file says it.</param>
/// <param name="Preemptions">How often tasks are left standing at the most; left out where that is free.</param>
/// <param name="Invariants">The invariants asked.</param>
/// <param name="Unexercised">Those of them that were never put to the test.</param>
/// <param name="End">How it ended: whole, first, memory or interrupted.</param>
/// <param name="Done">Up to how many operations (or preemptions, where they are bounded) all of it was looked at.</param>
/// <param name="States">Canonical states met.</param>
/// <param name="Moves">Moves made.</param>
/// <param name="LeftOut">Moves left out, as they commute with others.</param>
/// <param name="Frontier">States still to be gone on from.</param>
/// <param name="Depth">Moves of the longest way.</param>
/// <param name="Ends">States in which all is done.</param>
/// <param name="ChanceOfAMiss">The chance that two states had one hash.</param>
/// <param name="AnyLength">True if no more operations lead anywhere else, so that it holds for programs of any length; left out if not.</param>
/// <param name="Violations">What broke, in the order of the invariants.</param>
internal sealed record ExploreJson(
    string Kernel,
    string? Source,
    string Arch,
    IReadOnlyList<string> Swap,
    IReadOnlyList<string> Tasks,
    int Operations,
    int Pages,
    bool? Large,
    IReadOnlyList<string>? Verbs,
    int? Preemptions,
    IReadOnlyList<string> Invariants,
    IReadOnlyList<string> Unexercised,
    string End,
    int Done,
    long States,
    long Moves,
    long LeftOut,
    long Frontier,
    int Depth,
    long Ends,
    double ChanceOfAMiss,
    bool? AnyLength,
    IReadOnlyList<ExploredJson> Violations)
{
    /// <summary>The object.</summary>
    public static string Print(ExploreInput input, ExploreOptions options, ExploreResult result)
    {
        var at = result.Progress;
        return JsonText.Of(
            new ExploreJson(
                input.Kernel.Name,
                input.Source?.Arguments,
                input.Architecture.Name,
                [.. input.Scope(input.Operations).Before.Swaps.Select(s => s.ToString())],
                input.Tasks.ToString().Split(", "),
                input.Operations,
                input.Pages,
                input.IsLarge ? true : null,
                input.Verbs is { } verbs ? [.. verbs.Select(CaseText.Word)] : null,
                options.Bound == Bound.Preemptions ? options.Most : null,
                Names.Of(result.Asked),
                Names.Of(result.Untested),
                result.End.ToString().ToLowerInvariant(),
                result.Done,
                at.States,
                at.Moves,
                at.LeftOut,
                at.Frontier,
                at.Depth,
                at.Ends,
                at.ChanceOfAMiss,
                result.IsClosed ? true : null,
                [.. result.Findings.Select(f => new ExploredJson(FindingJson.Of(f.Finding), f.IsMinimal))]),
            JsonTypes.Default.ExploreJson);
    }
}

/// <summary>A broken invariant.</summary>
/// <param name="Finding">What broke, and the smallest case.</param>
/// <param name="Minimal">Whether no case of the scope has fewer lines: all were looked at.</param>
internal sealed record ExploredJson(FindingJson Finding, bool Minimal);
