using System.Diagnostics;
using System.Globalization;
using Hooks.Cli.Terminal;
using Hooks.Core.Invariants;
using Hooks.Core.Search;
using Hooks.Core.Search.Exploring;
using Spectre.Console;

namespace Hooks.Cli.Exploring;

/// <summary>What a search has come to.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Progress">How far it came.</param>
/// <param name="Done">Of what is bounded, how much was looked at whole; −1: not even what has none of it.</param>
/// <param name="Asked">The invariants that were asked.</param>
/// <param name="Untested">Those of them that were never put to the test.</param>
/// <param name="Findings">Each invariant that breaks, with the smallest case, and whether no case of the scope has fewer lines.</param>
internal sealed record ExploreResult(ExploreEnd End, ExploreProgress Progress, int Done, InvariantSet Asked, InvariantSet Untested, IReadOnlyList<(Finding Finding, bool IsMinimal)> Findings);

/// <summary>A search while it runs: one thread searches, another looks on.</summary>
/// <param name="input">What is searched.</param>
/// <param name="options">How.</param>
/// <param name="checkpoint">Where it is kept; null: nowhere.</param>
internal sealed class ExploreRun(ExploreInput input, ExploreOptions options, string? checkpoint)
{
    private static readonly TimeSpan RedrawEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan KeepEvery = TimeSpan.FromSeconds(30);

    private readonly long _begun = Stopwatch.GetTimestamp();
    private ExploreProgress[] _progress = [default];
    private bool _shrinks;

    /// <summary>Runs it, with a live line if there is a terminal for it.</summary>
    public ExploreResult Run(Screen screen, bool live)
    {
        var search = Task.Run(() => Search(screen.Interrupted), CancellationToken.None);
        if (live && screen.CanRedraw) screen.Redraw(() => new Text(Line()), () => ((IAsyncResult)search).AsyncWaitHandle.WaitOne(RedrawEvery));
        return search.GetAwaiter().GetResult();
    }

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
                Volatile.Write(ref _progress, [progress]);
                if (kept is null || Stopwatch.GetElapsedTime(last) < KeepEvery) return;
                kept.Keep(search);
                last = Stopwatch.GetTimestamp();
            },
            interrupted);
        if (end is ExploreEnd.Interrupted or ExploreEnd.Memory) kept?.Keep(search);
        else kept?.Forget();
        Volatile.Write(ref _shrinks, true);
        var minimizing = new Minimizing(input.Kernel, input.Architecture, input.Scope);
        return new ExploreResult(end, search.Progress, search.Done, search.Asked, search.Asked.Except(search.Exercised | search.Progress.Broken), [.. search.Ways.Select(way => minimizing.Run(programs, way, options, interrupted))]);
    }

    private string Line()
    {
        var now = Volatile.Read(ref _progress)[0];
        var seconds = Stopwatch.GetElapsedTime(_begun).TotalSeconds;
        var moves = now.Moves + now.LeftOut;
        var found = now.Broken.Count == 0 ? "" : $"  {now.Broken.Count} broken";
        var rate = Volatile.Read(ref _shrinks) ? "looking for smaller cases" : string.Create(CultureInfo.InvariantCulture, $"{now.States / seconds:N0}/s");
        return string.Create(CultureInfo.InvariantCulture, $"{now.States:N0} states  {rate}  depth {now.Depth}  frontier {now.Frontier:N0}  {ExploreReport.Bounded(options)} {now.Cost}  left out {(moves == 0 ? 0 : 100.0 * now.LeftOut / moves):0} %  {now.Bytes >> 20} MiB{found}");
    }
}
