using Hooks.Cli.Running;
using Hooks.Cli.Terminal;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Search;
using Hooks.Core.Search.Strategies;

namespace Hooks.Cli.Checking;

/// <summary>A kernel on an architecture while it is checked: one thread runs it, another looks on.</summary>
/// <param name="kernel">The kernel.</param>
/// <param name="architecture">The architecture.</param>
/// <param name="workloads">How many workloads it is given.</param>
/// <param name="large">How many with large folios.</param>
/// <param name="scheduling">How many interleaved runs it is given, and how.</param>
/// <param name="kept">Its cases from earlier runs.</param>
internal sealed class PairRun(Kernel kernel, IArchitecture architecture, long workloads, long large, Scheduling scheduling, IReadOnlyList<KeptCase> kept)
{
    private static readonly TimeSpan RedrawEvery = TimeSpan.FromMilliseconds(100);

    // With an architecture's own C there are no large folios.
    private readonly long _large = architecture.Hooks(kernel).HasLargeFolios ? large : 0;

    private long _done = -1;
    private int _broken;
    private PairResult? _result;

    /// <summary>The kernel.</summary>
    public Kernel Kernel { get; } = kernel;

    /// <summary>The architecture.</summary>
    public IArchitecture Architecture { get; } = architecture;

    /// <summary>Whether it has begun.</summary>
    public bool Started => Interlocked.Read(ref _done) >= 0;

    /// <summary>How far it is, 0 … 100.</summary>
    public int Percent => (int)(100.0 * Math.Max(0, Interlocked.Read(ref _done)) / ((double)workloads + _large + scheduling.Schedules));

    /// <summary>What has been broken so far.</summary>
    public InvariantSet Broken => new((ushort)Volatile.Read(ref _broken));

    /// <summary>The outcome; null while it runs, and for ever if it was never begun.</summary>
    public PairResult? Result => Volatile.Read(ref _result);

    /// <summary>Runs pairs, several at a time, with a live table if there is a terminal for it.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="pairs">The pairs.</param>
    /// <param name="found">Told of each result when it is there; null for nobody. Called from several threads, one at a time.</param>
    /// <returns>The results, in the order of the pairs; null for one that was never begun.</returns>
    public static IReadOnlyList<PairResult?> RunAll(Screen screen, CheckOptions options, IReadOnlyList<PairRun> pairs, Action<PairResult>? found = null)
    {
        using var running = new WorkQueue<PairRun, PairResult>(pairs, (pair, cancel) => pair.Run(options.Seed, cancel), options.Jobs, screen.Interrupted, (_, pair) => found?.Invoke(pair.Result!));
        if (options.Progress && !options.Json && screen.CanRedraw) screen.Redraw(() => VerdictTable.Live(options, pairs), () => running.Wait(RedrawEvery));
        return running.Finish();
    }

    /// <summary>Runs it, on the calling thread.</summary>
    public PairResult Run(ulong seed, CancellationToken cancel)
    {
        Interlocked.Exchange(ref _done, 0);
        var machine = new Machine(Kernel, Architecture);
        var interleaved = new InterleavedCampaign(Kernel, Architecture, scheduling);
        var largeFolios = new LargeCampaign(Kernel, Architecture);
        var failures = kept.SelectMany(k => k.Replay(machine)).ToLookup(f => largeFolios.TakesLarge(f) ? Lane.Large : interleaved.IsRace(f) ? Lane.Interleaved : Lane.Plain);
        var result = new RandomCampaign(Kernel, Architecture).Run(seed, workloads, Progressed, kept: [.. failures[Lane.Plain]], cancel: cancel);
        if (scheduling.Schedules > 0 || failures[Lane.Interleaved].Any()) result = interleaved.Run(seed, result, kept: [.. failures[Lane.Interleaved]], progress: (done, broken) => Progressed(workloads + done, broken), cancel: cancel);
        var before = workloads + scheduling.Schedules;
        if (_large > 0 || failures[Lane.Large].Any()) result = largeFolios.Run(seed, _large, result, kept: [.. failures[Lane.Large]], progress: done => Progressed(before + done, result.Broken), cancel: cancel);
        if (_large > 0 && scheduling.Schedules > 0) result = new InterleavedCampaign(Kernel, Architecture, scheduling with { Schedules = Math.Min(_large, scheduling.Schedules) }, largeFolios).Run(seed, result, cancel: cancel);
        Volatile.Write(ref _result, result);
        return result;
    }

    /// <summary>What a kept failure takes.</summary>
    private enum Lane
    {
        Plain,
        Interleaved,
        Large,
    }

    private void Progressed(long done, InvariantSet broken)
    {
        Interlocked.Exchange(ref _done, done);
        Volatile.Write(ref _broken, broken.Bits);
    }
}
