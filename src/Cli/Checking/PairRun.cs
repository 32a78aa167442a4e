using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Search;
using Hooks.Core.Search.Strategies;

namespace Hooks.Cli.Checking;

/// <summary>A kernel on an architecture while it is checked: some threads run its blocks, another looks on.</summary>
/// <param name="kernel">The kernel.</param>
/// <param name="architecture">The architecture.</param>
/// <param name="scheduling">How interleaved runs are scheduled.</param>
/// <param name="kept">Its cases from earlier runs: the first block replays them.</param>
/// <param name="smallWorlds">How many <see cref="SmallWorld"/>s are searched for races at the same time, by the first block if it interleaves; 0: none is.</param>
internal sealed class PairRun(Kernel kernel, IArchitecture architecture, Scheduling scheduling, IReadOnlyList<KeptCase> kept, int smallWorlds = 0)
{
    /// <summary>What a kept failure takes.</summary>
    private enum Lane
    {
        Plain,
        Interleaved,
        Large,
    }

    private readonly Lock _adding = new();
    private long _given;
    private long _ended;
    private long _done;
    private long _runs;
    private int _broken;
    private bool _over;
    private PairResult? _found;

    /// <summary>The kernel.</summary>
    public Kernel Kernel { get; } = kernel;

    /// <summary>The architecture.</summary>
    public IArchitecture Architecture { get; } = architecture;

    /// <summary>Whether it has begun.</summary>
    public bool Started => Interlocked.Read(ref _done) > 0 || Found is not null;

    /// <summary>Workloads and interleaved runs done.</summary>
    public long Done => Interlocked.Read(ref _done);

    /// <summary>How far it is, 0 … 100.</summary>
    public int Percent => Interlocked.Read(ref _runs) is var runs and > 0 ? (int)Math.Min(100, 100.0 * Done / runs) : 0;

    /// <summary>What has been broken so far.</summary>
    public InvariantSet Broken => new((ushort)Volatile.Read(ref _broken));

    /// <summary>What has been found so far; null if nothing was run.</summary>
    public PairResult? Found => Volatile.Read(ref _found);

    /// <summary>The outcome; null while it runs, and if it was never begun.</summary>
    public PairResult? Result => Volatile.Read(ref _over) || AllEnded ? Found : null;

    private bool AllEnded => Interlocked.Read(ref _ended) >= Interlocked.Read(ref _given);

    /// <summary>Whether all the blocks that it was given were run to their end. Before it is given any, it is not.</summary>
    public bool IsFinished => AllEnded && Found is null or { Complete: true } && (Volatile.Read(ref _over) || Interlocked.Read(ref _given) > 0);

    /// <summary>Blocks are to come.</summary>
    public void Give(IEnumerable<Block> blocks)
    {
        foreach (var block in blocks)
        {
            Interlocked.Increment(ref _given);
            Interlocked.Add(ref _runs, RunsOf(block));
        }
    }

    /// <summary>Runs one of them, on the calling thread.</summary>
    public PairResult Run(Block block, ulong seed, CancellationToken cancel)
    {
        var (counted, own) = (0L, scheduling with { Schedules = block.Schedules });
        var interleaved = new InterleavedCampaign(Kernel, Architecture, own);
        var machine = new Machine(Kernel, Architecture);
        var largeFolios = new Lazy<LargeCampaign>(() => new LargeCampaign(Kernel, Architecture));
        var known = (block.Number == 0 ? kept : []).SelectMany(k => k.Replay(machine));
        if (block.Number == 0 && block.Schedules > 0 && smallWorlds > 0) known = known.Concat(SmallWorld.Failures(Kernel, Architecture, smallWorlds, cancel));
        var failures = known.ToLookup(f => f.IsLarge && largeFolios.Value.TakesLarge(f) ? Lane.Large : interleaved.IsRace(f) ? Lane.Interleaved : Lane.Plain);
        var result = new RandomCampaign(Kernel, Architecture).Run(seed, block.Workloads, Progressed, kept: [.. failures[Lane.Plain]], cancel: cancel, first: block.FirstWorkload);
        if (block.Schedules > 0 || failures[Lane.Interleaved].Any()) result = interleaved.Run(seed, result, kept: [.. failures[Lane.Interleaved]], progress: (done, broken) => Progressed(block.Workloads + done, broken), cancel: cancel, first: block.FirstSchedule);
        if (LargeOf(block) > 0 || failures[Lane.Large].Any()) result = largeFolios.Value.Run(seed, LargeOf(block), result, kept: [.. failures[Lane.Large]], progress: done => Progressed(block.Workloads + block.Schedules + done, result.Broken), cancel: cancel, first: block.FirstLarge);
        if (Math.Min(LargeOf(block), block.Schedules) is var scenes and > 0) result = new InterleavedCampaign(Kernel, Architecture, scheduling with { Schedules = scenes }, largeFolios.Value).Run(seed, result, cancel: cancel, first: block.FirstLarge);
        if (result.Complete) Progressed(RunsOf(block), result.Broken);
        Add(result);
        Interlocked.Increment(ref _ended);
        return result;

        void Progressed(long done, InvariantSet broken)
        {
            Interlocked.Add(ref _done, done - counted);
            counted = done;
            Interlocked.Or(ref _broken, broken.Bits);
        }
    }

    /// <summary>With an architecture's own C there are no large folios.</summary>
    private long LargeOf(Block block) => Architecture.Hooks(Kernel).HasLargeFolios ? block.Large : 0;

    private long RunsOf(Block block) => block.Workloads + LargeOf(block) + block.Schedules;

    /// <summary>What a part of it has come to, wherever that was run.</summary>
    public void Add(PairResult part)
    {
        lock (_adding) Volatile.Write(ref _found, _found?.And(part) ?? part);
    }

    /// <summary>All that others have run of it has been added.</summary>
    /// <param name="runs">Workloads and interleaved runs of which that should be all.</param>
    /// <param name="complete">Whether it is.</param>
    public void EndAsMerged(long runs, bool complete)
    {
        if (Found is not { } found) return;
        if (!complete) Volatile.Write(ref _found, found with { Complete = false });
        Interlocked.Exchange(ref _runs, runs);
        Interlocked.Exchange(ref _done, found.Coverage.Workloads + found.LargeWorkloads + (found.Met?.Runs ?? 0));
        Interlocked.Or(ref _broken, found.Broken.Bits);
    }

    /// <summary>No further block is run: what is there is all, and not complete if some were not run to the end.</summary>
    public void End()
    {
        if (!AllEnded && Found is { Complete: true } found) Volatile.Write(ref _found, found with { Complete = false });
        Volatile.Write(ref _over, true);
    }
}
