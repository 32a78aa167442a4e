using System.Diagnostics;
using Hooks.Cli.Terminal;
using Hooks.Core.Invariants;
using Hooks.Core.Search;
using Hooks.Core.Search.Exploring;

namespace Hooks.Cli.Exploring;

/// <summary>What a search has come to.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Progress">How far it came.</param>
/// <param name="Done">Of what is bounded, how much was looked at whole; −1: not even what has none of it.</param>
/// <param name="Asked">The invariants that were asked.</param>
/// <param name="Untested">Those of them that were never put to the test.</param>
/// <param name="IsClosed">Whether no more operations lead anywhere else: it holds for programs of any length.</param>
/// <param name="Findings">Each invariant that breaks, with the smallest case, and whether no case of the scope has fewer lines.</param>
internal sealed record ExploreResult(ExploreEnd End, ExploreProgress Progress, int Done, InvariantSet Asked, InvariantSet Untested, bool IsClosed, IReadOnlyList<(Finding Finding, bool IsMinimal)> Findings);

/// <summary>A search of a scope.</summary>
/// <param name="input">What is searched.</param>
/// <param name="options">How.</param>
/// <param name="checkpoint">Where it is kept; null: nowhere.</param>
internal sealed class ExploreRun(ExploreInput input, ExploreOptions options, string? checkpoint)
{
    private static readonly TimeSpan KeepEvery = TimeSpan.FromSeconds(30);

    private readonly LiveLine _line = new(options);

    /// <summary>Runs it, with a live line if there is a terminal for it.</summary>
    public ExploreResult Run(Screen screen, bool live) => _line.Watch(screen, live, () => Search(screen.Interrupted));

    private ExploreResult Search(CancellationToken interrupted)
    {
        var programs = input.Scope(input.Operations);
        var search = new Exploration(input.Kernel, input.Architecture, programs, input.Asked, options);
        var kept = checkpoint is null ? null : new ExploreFile(checkpoint, ExploreReport.Title(input, options));
        kept?.Resume(search);
        var last = Stopwatch.GetTimestamp();
        var end = search.Run(
            progress =>
            {
                _line.Report(progress);
                if (kept is null || Stopwatch.GetElapsedTime(last) < KeepEvery) return;
                kept.Keep(search);
                last = Stopwatch.GetTimestamp();
            },
            interrupted);
        if (end is ExploreEnd.Interrupted or ExploreEnd.Memory) kept?.Keep(search);
        else kept?.Forget();
        _line.Shrinks();
        var minimizing = new Minimizing(input.Kernel, input.Architecture, input.Scope);
        return new ExploreResult(end, search.Progress, search.Done, search.Asked, search.Asked.Except(search.Exercised | search.Progress.Broken), search.IsClosed, [.. search.Ways.Select(way => minimizing.Run(programs, way, options, interrupted))]);
    }
}
