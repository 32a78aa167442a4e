using System.Collections.Immutable;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Lab;

/// <summary>What generated workloads said on one swap area.</summary>
/// <param name="Lane">The area.</param>
public sealed record LaneResult(Lane Lane)
{
    /// <summary>Workloads run to their end, and followed by the model.</summary>
    public int Compared { get; init; }

    /// <summary>Of these, those in which model and kernel agree.</summary>
    public int Agreed { get; init; }

    /// <summary>Those in which no page went to swap and came back: they say nothing.</summary>
    public int Vacuous { get; init; }

    /// <summary>Workloads that the model could not follow.</summary>
    public int Unfollowed { get; init; }

    /// <summary>Operations compared.</summary>
    public long Operations { get; init; }

    /// <summary>Answers allowed, over all operations.</summary>
    public long Allowed { get; init; }

    /// <summary>Workloads in which the program, on the real kernel, found data that was not its own.</summary>
    public int DataLost { get; init; }

    /// <summary>Workloads in which the program, on the real kernel, found tags that it had not set.</summary>
    public int TagsLost { get; init; }

    /// <summary>Answers that the model allows for an operation, on average; 1 is a prediction, more is a guess.</summary>
    public double Tightness => Operations == 0 ? 0 : (double)Allowed / Operations;
}

/// <summary>Model and kernel differ, or the guest did not survive.</summary>
/// <param name="Lane">On which area.</param>
/// <param name="Workload">Which generated workload it was.</param>
/// <param name="Minimal">The smallest workload found that still does it; the generated one if it did not do it again.</param>
/// <param name="Comparison">Kernel beside model; null if the guest did not survive.</param>
/// <param name="Again">How often of <see cref="LabCampaign.Repeats"/> runs by itself it did it again.</param>
/// <param name="Failure">What became of the guest; null if it survived.</param>
public sealed record Divergence(Lane Lane, long Workload, Workload Minimal, Comparison? Comparison, int Again, GuestException? Failure);

/// <summary>What a campaign found.</summary>
/// <param name="Lanes">Area by area.</param>
/// <param name="Divergences">In the order of areas and workloads.</param>
/// <param name="Complete">False if it was interrupted, or stopped.</param>
/// <param name="Stopped">Why it could not go on; null if it could.</param>
/// <param name="Boots">How often a guest was booted.</param>
/// <param name="FastestBoot">The shortest boot, from the start of QEMU to the agent's first word.</param>
/// <param name="Running">How long workloads were run, all guests together.</param>
public sealed record LabResult(ImmutableArray<LaneResult> Lanes, ImmutableArray<Divergence> Divergences, bool Complete, string? Stopped, int Boots, TimeSpan FastestBoot, TimeSpan Running);

/// <summary>
/// Runs generated workloads on a real kernel and puts the model beside it. The i-th workload depends on the seed and i only;
/// what differs is shrunk on both together, to the smallest workload on which they still differ.
/// </summary>
/// <param name="lab">Where QEMU is.</param>
/// <param name="image">The kernel.</param>
/// <param name="kernel">The model's kernel that goes with it.</param>
/// <param name="architecture">The model's architecture.</param>
public sealed class LabCampaign(LabFolder lab, LabImage image, Kernel kernel, IArchitecture architecture)
{
    /// <summary>How often a difference is run again by itself before it is shrunk.</summary>
    public const int Repeats = 3;

    /// <summary>Differences shrunk; further ones are counted, not shrunk, as they will hardly all be different bugs.</summary>
    public const int MaxShrunk = 20;

    /// <summary>The kernel that says whether a workload swaps: always the same, so that every kernel is given the same workloads.</summary>
    private const string Reference = "v6.5";

    private const int MaxDraws = 32;

    /// <summary>Sent to a guest at once.</summary>
    private const int Chunk = 16;

    private readonly Lock _lock = new();
    private int _shrunk;

    /// <summary>Runs it.</summary>
    /// <param name="lanes">The swap areas.</param>
    /// <param name="workloads">Workloads on each.</param>
    /// <param name="seed">Where they come from.</param>
    /// <param name="guests">QEMUs at a time.</param>
    /// <param name="progress">Told how many workloads have been run, and how many differ; null for nobody. May be called from several threads, one at a time.</param>
    /// <param name="cancel">Ends it early; what was found is kept.</param>
    /// <exception cref="LabException">No guest can be had.</exception>
    public LabResult Run(IReadOnlyList<Lane> lanes, int workloads, ulong seed, int guests, Action<long, int>? progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(lanes);
        var results = lanes.ToDictionary(l => l, l => new LaneResult(l));
        var divergences = new List<Divergence>();
        progress?.Invoke(0, 0);
        var ended = ForEachChunk(lanes, workloads, seed, guests, Look, cancel);
        var order = lanes.Select((lane, i) => (lane, i)).ToDictionary(l => l.lane, l => l.i);
        return new LabResult(
            [.. lanes.Select(l => results[l])],
            [.. divergences.OrderBy(d => order[d.Lane]).ThenBy(d => d.Workload)],
            Complete: ended.Done == (long)workloads * lanes.Count,
            ended.Stopped,
            ended.Boots,
            ended.Fastest == TimeSpan.MaxValue ? TimeSpan.Zero : ended.Fastest,
            ended.Running);

        Action<long> Look(ChunkRun chunk)
        {
            var compared = chunk.Runs.Select(r => r.Failure is null ? Comparison.Of(chunk.Machine, r.Program, r.Answers) : null).ToList();
            var found = new List<Divergence>();
            for (var i = 0; i < chunk.Runs.Count && !cancel.IsCancellationRequested; i++)
            {
                if (compared[i] is { Agrees: true }) continue;
                found.Add(Pursue(chunk.Session, chunk.Machine, chunk.Lane, chunk.First + i, chunk.Drawn[i], compared[i], chunk.Runs[i].Failure, cancel));
            }

            return done =>
            {
                results[chunk.Lane] = Add(results[chunk.Lane], compared);
                divergences.AddRange(found);
                progress?.Invoke(done, divergences.Count);
            };
        }
    }

    /// <summary>Runs the workloads of a campaign and keeps the answers; a workload that the guest does not survive is left out.</summary>
    /// <param name="lanes">The swap areas.</param>
    /// <param name="workloads">Workloads on each.</param>
    /// <param name="seed">Where they come from.</param>
    /// <param name="guests">QEMUs at a time.</param>
    /// <param name="progress">Told how many workloads have been run; null for nobody.</param>
    /// <param name="cancel">Ends it early; what was recorded is kept.</param>
    /// <exception cref="LabException">No guest can be had, or none any more.</exception>
    public IReadOnlyList<Recording> Record(IReadOnlyList<Lane> lanes, int workloads, ulong seed, int guests, Action<long>? progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(lanes);
        var recordings = new List<Recording>();
        var ended = ForEachChunk(lanes, workloads, seed, guests, Keep, cancel);
        if (ended.Stopped is not null) throw new LabException(ended.Stopped);
        var order = lanes.Select((lane, i) => (lane, i)).ToDictionary(l => l.lane, l => l.i);
        return [.. recordings.OrderBy(r => order[r.Lane]).ThenBy(r => r.Workload)];

        Action<long> Keep(ChunkRun chunk) => done =>
        {
            for (var i = 0; i < chunk.Runs.Count; i++)
            {
                if (chunk.Runs[i].Failure is null) recordings.Add(new Recording(chunk.Lane, chunk.First + i, chunk.Runs[i].Program, chunk.Runs[i].Answers));
            }

            progress?.Invoke(done);
        };
    }

    /// <summary>Runs chunk after chunk on several guests. <c>look</c> looks at a chunk, and comes back with what is to be done, one chunk at a time, told how many workloads have been run.</summary>
    private Ended ForEachChunk(IReadOnlyList<Lane> lanes, int workloads, ulong seed, int guests, Func<ChunkRun, Action<long>> look, CancellationToken cancel)
    {
        using var run = RunFolder.Create(lab);
        var chunks = lanes.SelectMany(lane => Enumerable.Range(0, (workloads + Chunk - 1) / Chunk).Select(c => (Lane: lane, First: c * Chunk, Count: Math.Min(Chunk, workloads - (c * Chunk))))).ToList();
        var (next, done, boots) = (-1, 0L, 0);
        string? stopped = null;
        var (fastest, running) = (TimeSpan.MaxValue, TimeSpan.Zero);
        var diskSlots = lanes.Max(l => l.Slots);

        void Work(int number)
        {
            using var session = new GuestSession(lab, image, run, number, diskSlots) { Cancel = cancel };
            var machine = new Machine(kernel, architecture);
            var reference = new Machine(KernelCatalogue.Get(Reference), architecture);
            while (!cancel.IsCancellationRequested && Interlocked.Increment(ref next) is var c && c < chunks.Count)
            {
                var (lane, first, count) = chunks[c];
                var drawn = Enumerable.Range(first, count).Select(i => Draw(reference, lane, seed, i)).ToList();
                IReadOnlyList<GuestRun> runs;
                TimeSpan took;
                try
                {
                    session.Boot();
                    var begun = System.Diagnostics.Stopwatch.GetTimestamp();
                    runs = session.Run([.. drawn.Select(w => LabProgram.Of(w, machine))]);
                    took = System.Diagnostics.Stopwatch.GetElapsedTime(begun);
                }
                catch (OperationCanceledException)
                {
                    break;
                }
                catch (LabException e)
                {
                    // What was found is worth more than the rest.
                    lock (_lock) stopped ??= e.Message;
                    break;
                }

                var take = look(new ChunkRun(session, machine, lane, first, drawn, runs));
                lock (_lock)
                {
                    done += runs.Count;
                    running += took;
                    take(done);
                }
            }

            lock (_lock)
            {
                boots += session.Boots;
                if (session.Boots > 0 && session.BootedIn < fastest) fastest = session.BootedIn;
            }
        }

        Parallel.For(0, guests, new ParallelOptions { MaxDegreeOfParallelism = guests }, Work);
        if (stopped is not null && done == 0) throw new LabException(stopped);
        return new Ended(done, stopped, boots, fastest, running);
    }

    /// <summary>
    /// The workload with a number, on a swap area. Half of what the generator draws would not swap once the lab has left out what a
    /// real kernel cannot do: the first of a few draws in which the model reads a page from swap is taken.
    /// </summary>
    /// <param name="reference">A machine of <see cref="Reference"/>.</param>
    /// <param name="lane">The area.</param>
    /// <param name="seed">Where the workloads come from.</param>
    /// <param name="index">Which.</param>
    private static Workload Draw(Machine reference, Lane lane, ulong seed, long index)
    {
        var choices = new Choices(Choices.SeedOf(seed, index));
        Workload drawn;
        var tries = 0;
        do
        {
            drawn = Draw(choices, lane);
            reference.Run(new Workload(lane.Swaps, LabProgram.Of(drawn, reference).Operations), InvariantSet.None);
        }
        while ((reference.Seen & Mark.SwapIn) == 0 && ++tries < MaxDraws);

        return drawn;
    }

    /// <summary>
    /// Operations as the generator draws them, some of them on the second area where there is one; below a limit to swap, which changes on the way in half of them; by whichever threads.
    /// </summary>
    internal static Workload Draw(Choices choices, Lane lane)
    {
        if (lane.Folios) return DrawLarge(choices, lane);
        var drawn = Generator.Draw(choices);
        while (lane.Second != SecondArea.None && drawn.Swaps.Length == 1) drawn = Generator.Draw(choices);
        var operations = drawn.Operations;
        if (lane.Threads) operations = [.. operations.Select(op => op with { Actor = Operation.Thread(choices.Next(Capacity.Threads)) })];
        if (lane.SwapMax == Operation.NoSwapMax) return new Workload(lane.Swaps, operations);
        if (choices.OneIn(2)) operations = operations.Insert(choices.Next(operations.Length), new Operation(default, Verb.SwapMax, Value: (byte)choices.Next(lane.SwapMax + 2)));
        return new Workload(lane.Swaps, operations.Insert(0, new Operation(default, Verb.SwapMax, Value: lane.SwapMax)));
    }

    /// <summary>Operations of which the first maps all pages of P0, so that they may come in one folio: smaller large ones no real kernel has.</summary>
    private static Workload DrawLarge(Choices choices, Lane lane)
    {
        var operations = Generator.DrawLarge(choices).Operations;
        operations = operations.SetItem(0, operations[0] with { Page = Vpn.First, To = new Vpn(Capacity.Pages - 1) });
        return new Workload(lane.Swaps, lane.Threads ? [.. operations.Select(op => op with { Actor = Operation.Thread(choices.Next(Capacity.Threads)) })] : operations);
    }

    /// <summary>Runs a difference again by itself, and shrinks it if it is there again.</summary>
    private Divergence Pursue(GuestSession session, Machine machine, Lane lane, long index, Workload workload, Comparison? comparison, GuestException? failure, CancellationToken cancel)
    {
        var kind = KindOf(comparison, failure);
        var again = 0;
        for (var i = 0; i < Repeats && !cancel.IsCancellationRequested; i++)
        {
            if (Same(workload, out _, out _)) again++;
        }

        if (again == 0 || Interlocked.Increment(ref _shrunk) > MaxShrunk) return new Divergence(lane, index, workload, comparison, again, failure);
        var tries = again == Repeats ? 1 : Repeats;
        var (best, bestFailure) = (comparison, failure);
        var minimal = Shrinker.Shrink(
            workload,
            candidate =>
            {
                if (cancel.IsCancellationRequested || !candidate.Swaps.AsSpan().SequenceEqual(workload.Swaps.AsSpan())) return false;
                for (var t = 0; t < tries; t++)
                {
                    if (!Same(candidate, out var now, out var nowFailure)) continue;
                    (best, bestFailure) = (now, nowFailure);
                    return true;
                }

                return false;
            },
            out _);
        return new Divergence(lane, index, minimal, best, again, bestFailure);

        bool Same(Workload candidate, out Comparison? now, out GuestException? nowFailure)
        {
            GuestRun run;
            try
            {
                run = session.Run([LabProgram.Of(candidate, machine)])[0];
            }
            catch (Exception e) when (e is LabException or OperationCanceledException)
            {
                // No guest any more, or no time: it stays as it is. The campaign will say why it stops.
                (now, nowFailure) = (null, null);
                return false;
            }

            nowFailure = run.Failure;
            now = nowFailure is null ? Comparison.Of(machine, run.Program, run.Answers) : null;
            return KindOf(now, nowFailure) == kind;
        }
    }

    /// <summary>What kind of difference it is, for shrinking to stay with: a guest that died, or the verb on which they differ.</summary>
    /// <returns>Null: none.</returns>
    private static string? KindOf(Comparison? comparison, GuestException? failure)
    {
        if (failure is not null) return "guest";
        return comparison is { Agrees: false } ? CaseText.Word(comparison.Operations[comparison.FirstDifference].Op.Verb) : null;
    }

    private static LaneResult Add(LaneResult lane, IEnumerable<Comparison?> compared)
    {
        foreach (var comparison in compared)
        {
            if (comparison is null) continue;
            if (comparison.Unfollowed is not null)
            {
                lane = lane with { Unfollowed = lane.Unfollowed + 1 };
                continue;
            }

            lane = lane with
            {
                Compared = lane.Compared + 1,
                Agreed = lane.Agreed + (comparison.Agrees ? 1 : 0),
                Vacuous = lane.Vacuous + (comparison.Swapped ? 0 : 1),
                Operations = lane.Operations + comparison.Operations.Length,
                Allowed = lane.Allowed + comparison.Allowed,
                DataLost = lane.DataLost + (comparison.DataLost ? 1 : 0),
                TagsLost = lane.TagsLost + (comparison.TagsLost ? 1 : 0),
            };
        }

        return lane;
    }

    /// <summary>A few workloads, run.</summary>
    private sealed record ChunkRun(GuestSession Session, Machine Machine, Lane Lane, int First, List<Workload> Drawn, IReadOnlyList<GuestRun> Runs);

    /// <summary>How it ended.</summary>
    private sealed record Ended(long Done, string? Stopped, int Boots, TimeSpan Fastest, TimeSpan Running);
}
