using System.Diagnostics;
using Hooks.Cli.Running;
using Hooks.Cli.Sharing;
using Hooks.Cli.Terminal;
using Hooks.Core.Search;

namespace Hooks.Cli.Checking;

/// <summary>Runs pairs of kernel and architecture, block by block, several at a time.</summary>
internal static class Campaign
{
    private static readonly TimeSpan RedrawEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs them, with a live table if there is a terminal for it.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="pairs">The pairs.</param>
    /// <param name="found">Told of a pair whenever a block of it is done; null for nobody. Called from several threads, one at a time.</param>
    /// <returns>What was run: with <see cref="CheckOptions.Time"/> as many workloads and schedules as there was time for.</returns>
    public static CheckOptions Run(Screen screen, CheckOptions options, IReadOnlyList<PairRun> pairs, Action<PairRun>? found = null)
    {
        if (options.Time is { } time) return RunFor(time, screen, options, pairs, found);
        var shard = options.Shard ?? Shard.Whole;
        var units = pairs.SelectMany((pair, p) => Block.Of(options.Workloads, options.Large, options.Scheduling.Schedules).Where(b => shard.Has(p + (b.Number * pairs.Count))).Select(b => new Unit(pair, b)));
        Run(screen, options, pairs, [.. units], found);
        foreach (var pair in pairs) pair.End();
        return options;
    }

    /// <summary>Whole rounds, a block or more of each pair, as long as the next one can be expected to fit; one at least. The clock decides how many they are, and nothing else.</summary>
    private static CheckOptions RunFor(TimeSpan time, Screen screen, CheckOptions options, IReadOnlyList<PairRun> pairs, Action<PairRun>? found)
    {
        var (begun, longest, blocks) = (Stopwatch.GetTimestamp(), TimeSpan.Zero, 0L);
        var interleaves = options.Scheduling.Schedules > 0;
        var large = options.Large > 0 ? Block.MostLarge : 0;
        var inARound = Math.Max(1, options.Jobs / pairs.Count);
        do
        {
            var round = Stopwatch.GetTimestamp();
            var units = Enumerable.Range(0, inARound).SelectMany(i => pairs.Select(pair => new Unit(pair, new Block(blocks + i, Block.MostWorkloads, large, interleaves ? Block.MostSchedules : 0))));
            Run(screen, options, pairs, [.. units], found);
            blocks += inARound;
            var took = Stopwatch.GetElapsedTime(round);
            if (took > longest) longest = took;
        }
        while (!screen.Interrupted.IsCancellationRequested && Stopwatch.GetElapsedTime(begun) + longest <= time);

        foreach (var pair in pairs) pair.End();
        return options with { Workloads = blocks * Block.MostWorkloads, Large = blocks * large, Scheduling = options.Scheduling with { Schedules = interleaves ? blocks * Block.MostSchedules : 0 } };
    }

    private static void Run(Screen screen, CheckOptions options, IReadOnlyList<PairRun> pairs, IReadOnlyList<Unit> units, Action<PairRun>? found)
    {
        if (units.Count == 0) return;
        foreach (var unit in units) unit.Pair.Give([unit.Block]);
        using var running = new WorkQueue<Unit, PairResult>(units, (unit, cancel) => unit.Pair.Run(unit.Block, options.Seed, cancel), options.Jobs, screen.Interrupted, (_, unit) => found?.Invoke(unit.Pair));
        if (options.Progress && !options.Json && screen.CanRedraw) screen.Redraw(() => VerdictTable.Live(options, pairs), () => running.Wait(RedrawEvery));
        running.Finish();
    }

    private sealed record Unit(PairRun Pair, Block Block);
}
