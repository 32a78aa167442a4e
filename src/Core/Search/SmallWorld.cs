using System.Collections.Immutable;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search;

/// <summary>A scope that is small enough to be taken whole: one page, what has been done with it, who does anything then, and what.</summary>
/// <param name="Name">What a report calls it.</param>
/// <param name="Swap">The swap area, as a case has it.</param>
/// <param name="Before">What has been done, line by line as a case has it. Where there are tags, the page is mapped for them.</param>
/// <param name="Tasks">Who does anything.</param>
/// <param name="Verbs">What, as a case has it. Where there are tags, <c>tag</c> too.</param>
internal sealed record SmallWorld(string Name, string Swap, ImmutableArray<string> Before, ImmutableArray<TaskId> Tasks, ImmutableArray<Verb> Verbs)
{
    /// <summary>Operations of all tasks together, where a kernel is searched for races.</summary>
    private const int Operations = 3;

    /// <summary>Memory for the states of one: some ten thousand.</summary>
    private const long Memory = 8 << 20;

    private const string Map = "P0 map a";
    private const string Write = "P0 write a 1";

    private static readonly ImmutableArray<string> InSwap = [Map, Write, "P0 pageout a"];
    private static readonly ImmutableArray<TaskId> Threads = [TaskId.Of(MmId.At(0)), TaskId.Of(MmId.At(0), 1)];
    private static readonly ImmutableArray<TaskId> Processes = [TaskId.Of(MmId.At(0)), TaskId.Of(MmId.At(1))];

    /// <summary>Those that the proofs are about (docs/proofs.md).</summary>
    public static ImmutableArray<SmallWorld> All { get; } =
    [
        new("two threads, zram", "zram slots=64", InSwap, Threads, [Verb.Write, Verb.Read, Verb.Pageout]),
        new("two threads, disk", "disk slots=64", InSwap, Threads, [Verb.Write, Verb.Read, Verb.Pageout]),
        new("two processes, zram", "zram slots=64", [Map, Write, "P0 fork P1", "P0 reclaim a"], Processes, [Verb.Write, Verb.Read, Verb.Exit, Verb.Pageout, Verb.Reclaim]),
        new("two threads, swapoff, zram", "zram slots=4", InSwap, Threads, [Verb.Write, Verb.Pageout, Verb.SwapOff, Verb.SwapOn]),
        new("two threads, giving up, zram", "zram slots=64", InSwap, Threads, [Verb.Write, Verb.Pageout, Verb.Dontneed, Verb.Free, Verb.Unmap]),
        new("two threads, a device, disk", "disk slots=64", InSwap, Threads, [Verb.Write, Verb.Pageout, Verb.Pin, Verb.Dma, Verb.Unpin]),
    ];

    /// <summary>The programs of it.</summary>
    /// <param name="kernel">The kernel on which what comes before is done.</param>
    /// <param name="architecture">The architecture.</param>
    /// <param name="operations">Operations of all tasks together, at the most.</param>
    /// <param name="tag">Where there are tags, whether tasks set them too; if not, the page has some from the beginning, and there is less to look at.</param>
    public OpenPrograms Programs(Kernel kernel, IArchitecture architecture, int operations, bool tag = true)
    {
        var tagged = architecture.Hooks(kernel).Metadata.Any;
        var lines = Before.SelectMany(line => !tagged ? [line] : line == Map ? [line + " tagged"] : line == Write && !tag ? [line, "P0 tag a 1"] : (string[])[line]);
        var before = CaseParser.Parse($"kernel any\narch any\nswap {Swap}\n{string.Join('\n', lines)}\n", Name).Workload;
        new Machine(kernel, architecture).RunUnfinished(before, out var start);
        var vocabulary = new Vocabulary(tagged && tag ? Verbs.Add(Verb.Tag) : Verbs, 1, before.Swaps.Length, 1 + Tasks.Max(t => t.Mm.Value), tagged, Disk: !before.Swaps[0].Synchronous);
        return new OpenPrograms(before, in start, Tasks.Aggregate(BitSet<TaskId>.Empty, (set, task) => set.With(task)), operations, vocabulary.Of);
    }

    /// <summary>What a kernel breaks in small worlds, as far as each can be taken in little time: a drawn scene may take many tries to come to what is here in any case.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="architecture">The architecture.</param>
    /// <param name="jobs">How many are searched at the same time; what comes out is the same.</param>
    /// <param name="cancel">Ends it early.</param>
    public static IReadOnlyList<KeptFailure> Failures(Kernel kernel, IArchitecture architecture, int jobs, CancellationToken cancel)
    {
        var found = new IReadOnlyList<KeptFailure>[All.Length];
        Parallel.For(0, All.Length, new ParallelOptions { MaxDegreeOfParallelism = jobs }, i => found[i] = All[i].Failures(kernel, architecture, cancel));
        return [.. found.SelectMany(f => f)];
    }

    private IReadOnlyList<KeptFailure> Failures(Kernel kernel, IArchitecture architecture, CancellationToken cancel)
    {
        var programs = Programs(kernel, architecture, Operations, tag: false);
        var search = new Exploration(kernel, architecture, programs, InvariantCatalogue.Everything, new ExploreOptions { Memory = Memory });
        search.Run(cancel: cancel);
        return [.. search.Ways.Select(way => new KeptFailure(way.Invariant, Schedule.Of(kernel, architecture, programs, way.Moves)))];
    }
}
