using System.Collections.Immutable;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Lab;

/// <summary>What the model makes of one answer.</summary>
/// <param name="Allowed">The answers that it allows, each once; after <c>reclaim</c> those that the states of the pages in the kernel's answer leave.</param>
/// <param name="Count">How many answers it allowed before it heard the kernel's.</param>
/// <param name="Agrees">Whether the kernel's is one of them.</param>
/// <param name="DataLost">The program finds data that it did not store.</param>
/// <param name="TagsLost">The program finds tags that it did not set, or is killed for them.</param>
public sealed record ForecastStep(IReadOnlyList<Answer> Allowed, int Count, bool Agrees, bool DataLost, bool TagsLost);

/// <summary>
/// The model beside a real kernel. It keeps every state that the machine can be in, given what the kernel has answered so far:
/// before each operation each state is followed by all that the environment may have done (a write has ended, a page was left
/// in the swap cache or not, memory pressure took this page or that), then the operation is run on each, and states that would
/// have answered otherwise are dropped. When none is left, model and kernel differ.
/// </summary>
/// <remarks>A state is a whole world, a value: it copies, compares and hashes, so that those reached in several ways are kept once.</remarks>
public sealed partial class Forecast
{
    /// <summary>More states than these are not followed: a forecast that allows so much says nothing.</summary>
    public const int MaxStates = 4096;

    /// <summary>mm/swapfile.c: cluster_alloc_swap_entry() looks at every slot of an area.</summary>
    private static readonly KernelVersion ClusterAllocator = new(6, 12);

    private const int Unknown = int.MinValue;
    private const int SlotCacheSize = 64;

    private static readonly SwapOutEnd[] Ends = [SwapOutEnd.Gone, SwapOutEnd.Cached, SwapOutEnd.Writeback];

    private readonly Machine _machine;
    private readonly IArchHooks _arch;
    private readonly bool _slotCache;
    private readonly bool _large;
    private List<Hypothesis> _states = [];

    /// <summary>Nothing was done yet but to map pages, and to load from them and store to them. (A large folio of which a part is unmapped is looked at twice, split on the way, and looks used.)</summary>
    private bool _calm = true;

    /// <summary>A page was mlocked. It may look so for a while after it is no longer: munlock_folio() goes through a batch of the CPU (mm/mlock.c).</summary>
    private bool _lockedOnce;

    private BitSet<PageAt> _found;

    /// <summary>Before the first operation of a workload.</summary>
    /// <param name="machine">The model's kernel and architecture.</param>
    /// <param name="workload">What is run: for its swap areas.</param>
    public Forecast(Machine machine, Workload workload)
    {
        ArgumentNullException.ThrowIfNull(machine);
        _machine = machine;
        _arch = machine.Architecture.Hooks(machine.Kernel);
        _large = LabProgram.HasLarge(workload);
        _slotCache = (machine.Kernel.Rules & MmRules.HoldBack) != 0 && workload.Swaps.Sum(swap => swap.Slots) > SwapFile.ActivateSlotCache;
        machine.Begin(workload, out var world);
        foreach (var beginning in Beginnings(world, workload.Swaps, (machine.Kernel.Rules & MmRules.InTurn) != 0, (machine.Kernel.Rules & MmRules.Clusters) != 0)) _states.Add(new Hypothesis(beginning, OpResult.None));
    }

    /// <summary>The areas stay on from workload to workload: of two, either may be the one whose turn it is, and the CPU may have a cluster of a zram.</summary>
    /// <remarks>Where pages swapped out one by one may come back as one folio, it matters which slots they have: the first case begins with the first, another where the last one has ended.</remarks>
    private static IEnumerable<World> Beginnings(World world, ImmutableArray<SwapConfig> swaps, bool inTurn, bool large)
    {
        yield return world;
        for (byte next = 2; large && swaps is [{ Synchronous: true, Slots: var slots }] && next <= (slots <= Lane.Small ? slots : Capacity.Pages); next++)
        {
            var begun = world;
            begun.State._areas[0].Next = next;
            yield return begun;
        }

        if (swaps.Length == 1) yield break;
        var turned = world;
        turned.State._globals.AreaTurn = 1;
        yield return turned;
        for (var type = 0; inTurn && type < swaps.Length; type++)
        {
            if (!swaps[type].Synchronous) continue;
            foreach (var clustered in new[] { world, turned })
            {
                // Only in a small one does it matter how far the cluster has been used up.
                for (byte next = 1; next <= (swaps[type].Slots <= Lane.Small ? swaps[type].Slots + 1 : 1); next++)
                {
                    var cluster = clustered;
                    cluster.State._areas[type].Next = next;
                    yield return cluster;
                }
            }
        }
    }

    /// <summary>How many states are possible.</summary>
    public int States => _states.Count;

    /// <summary>Runs an operation, given what the kernel answered.</summary>
    /// <exception cref="CapacityException">The workload needs more than the modelled machine has.</exception>
    public ForecastStep Advance(Operation op, Answer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (answer.Kind == AnswerKind.Cannot) return new ForecastStep([answer], 1, Agrees: true, DataLost: false, TagsLost: false);
        var before = _states[0];
        var calm = _calm && (op.Verb is Verb.Map or Verb.Write or Verb.Read or Verb.Tag or Verb.ReadTag || (op.Verb == Verb.Unmap && !_large));
        _lockedOnce |= op.Verb == Verb.Mlock;
        var count = op.Verb == Verb.Reclaim ? WaysToReclaim(before, op) : 0;
        var after = new List<Hypothesis>();
        var seen = new HashSet<(UInt128 World, OpResult Result, Looks Looks, char Frame, int Minor, int Major, int Spare)>();
        foreach (var state in _states)
        {
            foreach (var environment in WritesEnded(state).SelectMany(ended => MlockedOnTheWay(ended, op)))
            {
                foreach (var run in Run(environment with { Used = Prediction.UsedOf(in environment.World.State) }, op, answer).SelectMany(run => Batched(environment, run, op)))
                {
                    var next = run;
                    Look(ref next, op, answer);
                    if (seen.Add((next.World.Hash(), next.Result, next.Looks, next.Frame, next.Minor, next.Major, next.Spare))) after.Add(next);
                    if (after.Count > MaxStates) throw new CapacityException($"more than {MaxStates} states are possible");
                }
            }
        }

        var found = _found.Contains(new PageAt(op.Mm, op.Page));
        var allowed = new List<Answer>();
        var right = new List<Hypothesis>();
        foreach (var hypothesis in after)
        {
            var expected = Prediction.Of(in hypothesis.World, op, hypothesis.Result, new Beside(hypothesis.Frame, hypothesis.Minor, hypothesis.Major, Prediction.UsedOf(in hypothesis.World.State) + (hypothesis.Spare == Unknown ? 0 : hypothesis.Spare), found));
            if (!allowed.Contains(expected)) allowed.Add(expected);
            if (Prediction.Allows(expected, op, answer, _lockedOnce)) right.Add(hypothesis);
        }

        _calm = calm;
        if (answer.Kind == AnswerKind.Ok) _found = FoundTags.After(_found, op);

        // After a difference the model goes on as it would have; nothing that follows counts.
        _states = right.Count > 0 ? right : after;
        var page = _states[0].World.Oracle.Of(op.Mm, op.Page);
        var (dataLost, tagsLost) = page.Mapped && before.World.State.Mm(op.Mm).IsAlive ? Prediction.Losses(page, op, answer) : (false, false);
        return new ForecastStep(allowed, Math.Max(count, allowed.Count), right.Count > 0, dataLost, tagsLost);
    }

    private List<Hypothesis> Run(Hypothesis state, Operation op, Answer answer)
    {
        if (op.Verb == Verb.Reclaim) return Reclaimed(state, op, answer);
        if (op.Verb != Verb.Pageout) return [After(state, op)];
        return [.. SwapOut(state, op)];
    }

    /// <summary>
    /// How far a page may have got. On a disk, written or being written, in the swap cache or not. And it may have stayed: until 6.11
    /// the scan for a slot in an area smaller than a cluster begins behind cluster_next and ends before it
    /// (mm/swapfile.c: scan_swap_map_slots()), so that the one slot that is free is missed if it is that one. Where cluster_next begins is
    /// random (swapon()).
    /// </summary>
    private IEnumerable<Hypothesis> SwapOut(Hypothesis state, Operation op)
    {
        foreach (var end in Ends)
        {
            if (end != SwapOutEnd.Gone && AllSynchronous(in state.World.State)) continue;
            yield return After(state, op with { End = end });
            for (var missed = 1; missed < 1 << Capacity.Areas; missed++)
            {
                if (Missing(state, op with { End = end }, missed) is { } without) yield return without;
            }
        }
    }

    /// <summary>As if the last free slot of these areas were none; null if they have more, or fewer.</summary>
    private Hypothesis? Missing(Hypothesis state, Operation op, int areas)
    {
        if (_machine.Kernel.Version >= ClusterAllocator) return null;
        var without = state;
        for (var type = 0; type < Capacity.Areas; type++)
        {
            if ((areas & (1 << type)) == 0) continue;
            ref var area = ref without.World.State._areas[type];
            if (area.Pages - area.InUse != 1) return null;
            area.InUse++;
        }

        Apply(ref without, op);
        for (var type = 0; type < Capacity.Areas; type++)
        {
            if ((areas & (1 << type)) != 0) without.World.State._areas[type].InUse--;
        }

        return without;
    }

    private static bool AllSynchronous(in MachineState s)
    {
        for (var type = 0; type < Capacity.Areas; type++)
        {
            if (s.Area(type).Is(AreaFlags.Used) && !s.Area(type).Is(AreaFlags.Synchronous)) return false;
        }

        return true;
    }

    private static char StateOf(Answer answer, int mm, int page)
    {
        var at = (mm * (Capacity.Pages + 1)) + page;
        return answer.All is { } all && at < all.Length ? all[at] : '\0';
    }

    private static bool Same(char model, char kernel) => model == kernel || (model is 'X' or 'P' && kernel is 'X' or 'P');

    private Hypothesis After(Hypothesis state, Operation op)
    {
        var after = state;
        Apply(ref after, op);
        return after;
    }

    private void Apply(ref Hypothesis state, Operation op)
    {
        state.Result = _machine.Apply(ref state.World, op);

        // What is stored in a page given up the agent stores with the tags that it finds there, and goes by these from then on; where tags are on.
        var pte = state.World.State.Pte(op.Mm, op.Page);
        if (_found.Contains(new PageAt(op.Mm, op.Page)) && op.Verb is Verb.Write or Verb.Tag && pte.IsPresent && state.World.State.Vma(op.Mm, op.Page).IsTagged) state.World.Oracle.Take(new PageAt(op.Mm, op.Page), state.World.State.Frame(pte.Pfn).Tags);
        for (var twice = state.Twice; twice.Any; twice = twice.Rest)
        {
            // Emptied with the other batch; or the page has gone and is another by now, which did not have it.
            if (state.World.State.Globals.LruBatch.Contains(twice.First)) continue;
            if (state.World.State.Folio(twice.First).RefCount > 0) state = Happen(state, twice.First, static (in m, folio) => PageAlloc.Put(in m, folio));
            state.Twice = state.Twice.Without(twice.First);
        }

        (state.Minor, state.Major) = _machine.Faults;
        state.Looks.Follow(in state.World.State);
    }

    /// <summary>The agent looks.</summary>
    private void Look(ref Hypothesis state, Operation op, Answer answer)
    {
        state.Frame = state.Looks.See(in state.World.State, op, state.Result == OpResult.Applied);
        if (answer.Used is not { } used) return;
        state.Spare = SpareSlots(in state, op, answer.Kind == AnswerKind.Ok, used - Prediction.UsedOf(in state.World.State));
    }

    /// <summary>
    /// Slots that are in use for nobody: none, unless there is a slot cache (mm/swap_slots.c; until 6.13). It takes up to 64 slots at once when it has none ready, and gives 64
    /// back at once (SWAP_SLOTS_CACHE_SIZE); what earlier cases left there is not known. So each page that goes to swap makes one fewer ready; a large folio's slots come from elsewhere, and those of neighbouring pages that go together are
    /// given back at once (free_swap_and_cache_nr()). A swapoff() empties it.
    /// </summary>
    private int SpareSlots(in Hypothesis state, Operation op, bool done, int said)
    {
        if (!_slotCache) return 0;

        // Earlier cases may have left pages in the swap cache (see Orphans; on zram those that a pipe had, see HeldOnly), of which nothing is known.
        if (op.Verb is Verb.DrainSlots or Verb.SwapOff && done) return Math.Clamp(said, 0, Math.Max(state.Spare, 0));
        if (state.Spare == Unknown || state.World.State.Globals.SlotCacheActive == 0) return said;
        if (op.Verb == Verb.Reclaim && said < state.Spare) return said;
        var taken = Math.Max(Prediction.UsedOf(in state.World.State) - state.Used, 0);
        var expected = state.Spare - taken;

        // It takes slots before the cgroup is asked whether it may have one (folio_alloc_swap()).
        var mayFill = taken > 0 || (state.World.State.Globals.SwapMax != 0 && op.Verb is Verb.Pageout or Verb.Reclaim);
        // A folio that reclaim splits has given each page a slot before it finds that nobody maps it any more, and what a turning disk gives at once may be less (the end of its 256, scan_swap_map_slots()), so that it is asked again.
        if (_large) return Math.Clamp(said, op.Verb == Verb.Exit ? expected - Capacity.Pages : said == expected - SlotCacheSize ? said : expected, expected + taken + (mayFill ? SlotCacheSize + Capacity.Pages - 1 : 0));
        var filled = mayFill && said > expected && said <= expected + SlotCacheSize;
        return filled || said == expected || said == expected - SlotCacheSize ? said : expected;
    }

    private static bool TryFindMapping(in MachineState s, Pfn pfn, out MmId mm, out Vpn page)
    {
        for (byte m = 0; m < Capacity.Mms; m++)
        {
            for (byte p = 0; p < Capacity.Pages; p++)
            {
                (mm, page) = (new MmId(m), new Vpn(p));
                if (s.FolioBehind(s.Pte(mm, page)) == pfn) return true;
            }
        }

        (mm, page) = (default, default);
        return false;
    }

    private struct Hypothesis(World world, OpResult result)
    {
        public World World = world;
        public OpResult Result = result;

        /// <summary>Faults of the operation.</summary>
        public int Minor, Major;

        /// <summary>What the agent remembers, and what it saw last.</summary>
        public Looks Looks;
        public char Frame;

        /// <summary>Slots in use before the operation, and those that are in use for nobody.</summary>
        public int Used, Spare = Unknown;

        /// <summary>Pages that are in two batches, each of which holds a reference.</summary>
        public BitSet<Pfn> Twice;
    }
}
