using System.Collections.Immutable;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
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
public sealed class Forecast
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
    private List<Hypothesis> _states = [];

    /// <summary>Nothing was done yet but to map pages, and to load from them and store to them.</summary>
    private bool _calm = true;

    /// <summary>A page was mlocked. It may look so for a while after it is no longer: munlock_folio() goes through a batch of the CPU (mm/mlock.c).</summary>
    private bool _lockedOnce;

    /// <summary>Before the first operation of a workload.</summary>
    /// <param name="machine">The model's kernel and architecture.</param>
    /// <param name="workload">What is run: for its swap areas.</param>
    public Forecast(Machine machine, Workload workload)
    {
        ArgumentNullException.ThrowIfNull(machine);
        _machine = machine;
        _arch = machine.Architecture.Hooks(machine.Kernel);
        _slotCache = (machine.Kernel.Rules & MmRules.HoldBack) != 0 && workload.Swaps.Sum(swap => swap.Slots) > SwapFile.ActivateSlotCache;
        machine.Begin(workload, out var world);
        foreach (var beginning in Beginnings(world, workload.Swaps, (machine.Kernel.Rules & MmRules.InTurn) != 0)) _states.Add(new Hypothesis(beginning, OpResult.None));
    }

    /// <summary>The areas stay on from workload to workload: of two, either may be the one whose turn it is, and the CPU may have a cluster of a zram.</summary>
    private static IEnumerable<World> Beginnings(World world, ImmutableArray<SwapConfig> swaps, bool inTurn)
    {
        yield return world;
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
        var calm = _calm && op.Verb is Verb.Map or Verb.Write or Verb.Read or Verb.Tag or Verb.ReadTag or Verb.Unmap;
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

        var allowed = new List<Answer>();
        var right = new List<Hypothesis>();
        foreach (var hypothesis in after)
        {
            var expected = Prediction.Of(in hypothesis.World, op, hypothesis.Result, new Beside(hypothesis.Frame, hypothesis.Minor, hypothesis.Major, Prediction.UsedOf(in hypothesis.World.State) + (hypothesis.Spare == Unknown ? 0 : hypothesis.Spare)));
            if (!allowed.Contains(expected)) allowed.Add(expected);
            if (Prediction.Allows(expected, op, answer, _lockedOnce)) right.Add(hypothesis);
        }

        _calm = calm;

        // After a difference the model goes on as it would have; nothing that follows counts.
        _states = right.Count > 0 ? right : after;
        var page = _states[0].World.Oracle.Of(op.Mm, op.Page);
        var (dataLost, tagsLost) = page.Mapped && before.World.State.Mm(op.Mm).IsAlive ? Prediction.Losses(page, op, answer) : (false, false);
        return new ForecastStep(allowed, Math.Max(count, allowed.Count), right.Count > 0, dataLost, tagsLost);
    }

    /// <summary>A device may have ended each of its writes, or not yet.</summary>
    private IEnumerable<Hypothesis> WritesEnded(Hypothesis state)
    {
        yield return state;
        for (byte pfn = 1; pfn <= Capacity.Frames; pfn++)
        {
            if (!state.World.State.Folio(new Pfn(pfn)).Test(FolioFlags.Writeback)) continue;
            foreach (var ended in WriteEnded(state, new Pfn(pfn)))
            {
                foreach (var more in WritesEnded(ended)) yield return more;
            }
        }
    }

    /// <summary>
    /// The write has ended. Where reclaim began it and the page is on an LRU list, its end puts it into a batch, to be moved to the list's tail
    /// (folio_end_writeback(), folio_rotate_reclaimable()); the batch holds a reference until it is drained.
    /// </summary>
    private IEnumerable<Hypothesis> WriteEnded(Hypothesis state, Pfn pfn)
    {
        var ended = Happen(state, pfn, static (in m, folio) => EndWriteback.End(in m, folio));
        yield return ended;
        ref readonly var folio = ref ended.World.State.Folio(pfn);
        if (folio.Test(FolioFlags.Lru) && !folio.Test(FolioFlags.Dirty | FolioFlags.Mlocked) && !ended.World.State.Globals.LruBatch.Contains(pfn))
        {
            yield return Happen(ended, pfn, static (in m, folio) => PageAlloc.LruCacheAdd(in m, folio));
        }

        if (TryFindMapping(in state.World.State, pfn, out var mm, out var page) && ReadLate(state, ended, pfn, new PageAt(mm, page)) is { } late) yield return late;
    }

    /// <summary>
    /// A page that the operation has put into a batch of the CPU, which holds a reference until it is emptied: MADV_FREE's (folio_mark_lazyfree()), or munlock_folio()'s,
    /// when a mapping of a locked page goes and others stay, or one that was read from swap for a locked mapping is copied at once.
    /// </summary>
    private IEnumerable<Hypothesis> Batched(Hypothesis before, Hypothesis after, Operation op)
    {
        yield return after;
        if (NotDrained(before, after, op) is { } notDrained) yield return notDrained;
        for (byte number = 1; number <= Capacity.Frames; number++)
        {
            var pfn = new Pfn(number);
            ref readonly var now = ref after.World.State.Folio(pfn);
            if (now.RefCount == 0) continue;
            ref readonly var then = ref before.World.State.Folio(pfn);
            var marked = now.Test(FolioFlags.LazyFree) && !then.Test(FolioFlags.LazyFree);
            var unlocked = (then.Test(FolioFlags.Mlocked) || after.World.State.Vma(op.Mm, op.Page).IsLocked) && after.World.State.Frame(pfn).MapCount < before.World.State.Frame(pfn).MapCount;
            var throughLocked = then.RefCount == 0 && now.Test(FolioFlags.SwapCache) && after.World.State.Frame(pfn).MapCount == 0 && after.World.State.Vma(op.Mm, op.Page).IsLocked;
            if (!marked && !unlocked && !throughLocked) continue;
            var batched = Happen(after, pfn, static (in m, folio) => PageAlloc.LruCacheAdd(in m, folio));
            if (after.World.State.Globals.LruBatch.Contains(pfn)) batched.Twice = after.Twice.With(pfn);
            yield return batched;
        }
    }

    /// <summary>
    /// Readahead with a window of one page does not empty the batch that the page has gone into (swap_cluster_readahead(), skip), and how wide the window is goes by what was
    /// read before. A read that could have had the page for itself, as the slot of a locked page is freed, then counts one reference too many.
    /// </summary>
    private Hypothesis? NotDrained(Hypothesis before, Hypothesis after, Operation op)
    {
        if (op.Verb is not (Verb.Read or Verb.ReadTag)) return null;
        Pte then = before.World.State.Pte(op.Mm, op.Page), now = after.World.State.Pte(op.Mm, op.Page);
        if (!then.IsSwap || then.IsSwpExclusive || before.World.State.Area(then.Entry.Type).Is(AreaFlags.Synchronous) || !now.IsPresent) return null;
        if (!after.World.State.Frame(now.Pfn).Test(PageFlags.AnonExclusive) || after.World.State.Folio(now.Pfn).Test(FolioFlags.SwapCache)) return null;
        return Happen(after, now.Pfn, (in m, folio) =>
        {
            m.WriteFrame(folio).Clear(PageFlags.AnonExclusive);
            m.WritePte(op.Mm, op.Page, now.Without(PteFlags.Write));
            m.WriteFolio(folio).Clear(FolioFlags.Lru);
            PageAlloc.LruCacheAdd(in m, folio);
        });
    }

    /// <summary>
    /// A page of the swap cache that is mapped into a locked mapping goes into mlock_folio()'s batch, beside the one that it may be in, and the same fault's look at the
    /// reference count counts both.
    /// </summary>
    private IEnumerable<Hypothesis> MlockedOnTheWay(Hypothesis state, Operation op)
    {
        yield return state;
        if (op.Verb is not (Verb.Write or Verb.Tag or Verb.Pin) || !state.World.State.Vma(op.Mm, op.Page).IsLocked) yield break;
        var pte = state.World.State.Pte(op.Mm, op.Page);
        var pfn = state.World.State.FolioBehind(pte);
        if (!pte.IsSwap || pfn.IsNone) yield break;
        var twice = state.World.State.Globals.LruBatch.Contains(pfn);
        var locked = Happen(state, pfn, static (in m, folio) => PageAlloc.LruCacheAdd(in m, folio));
        if (twice) locked.Twice = state.Twice.With(pfn);
        yield return locked;
    }

    /// <summary>Something happens to a page that is no operation.</summary>
    private Hypothesis Happen(Hypothesis state, Pfn folio, Happening happening)
    {
        var after = state;
        var report = default(StepReport);
        var m = new Memory(ref after.World.State, ref report, _arch, _machine.Kernel.Rules);
        happening(in m, folio);
        after.Looks.Follow(in after.World.State);
        return after;
    }

    /// <summary>
    /// The model's device has the page as it was when the write began. A real one reads it some time until the write ends, and what another device stored through a pin
    /// meanwhile, which makes nothing dirty, may be in it. (What is dirty is written again, so that it makes no difference.)
    /// </summary>
    private static Hypothesis? ReadLate(Hypothesis before, Hypothesis ended, Pfn pfn, PageAt at)
    {
        ref readonly var folio = ref before.World.State.Folio(pfn);
        var data = before.World.State.Frame(pfn).Data;
        if (folio.Entry.IsNone || folio.Test(FolioFlags.Dirty) || before.World.State.Pte(at).IsDirty || before.World.State.Slot(folio.Entry).Data == data) return null;
        var late = ended;
        late.World.State._slots[folio.Entry.Index].Data = data;
        return late;
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

    /// <summary>
    /// Memory pressure goes by what is oldest, and does not stop at the page that was meant: each page may have been written and
    /// dropped, written and kept, or left alone. The kernel's answer has the states of all pages, which leaves few possibilities.
    /// </summary>
    private List<Hypothesis> Reclaimed(Hypothesis state, Operation op, Answer answer)
    {
        // Of a process that is not there the agent asks nothing.
        if (!state.World.State.Mm(op.Mm).IsRunning) return [state with { Result = OpResult.NotApplicable }];
        var states = new List<Hypothesis> { state with { Result = OpResult.Applied } };
        foreach (var orphan in Orphans(in state.World.State)) states.AddRange(states.Select(s => Happen(s, orphan, Taken)).ToList());
        foreach (var held in HeldOnly(in state.World.State)) states.AddRange(states.Select(s => Happen(s, held, Given)).ToList());
        for (byte mm = 0; mm < Capacity.Mms; mm++)
        {
            for (byte page = 0; page < Capacity.Pages; page++)
            {
                var said = StateOf(answer, mm, page);
                if (said is '.' or '\0') continue;
                var more = new List<Hypothesis>();
                foreach (var s in states)
                {
                    var now = Prediction.StateOf(in s.World.State, new MmId(mm), new Vpn(page));
                    if (now is not ('X' or 'P' or 'C'))
                    {
                        more.Add(s);
                        continue;
                    }

                    // What is still as it was may have been tried in vain, which leaves a slot or a swap cache behind.
                    if (Same(now, said)) more.Add(s);
                    foreach (var swappedOut in EitherTurn(s).SelectMany(turn => Pressed(turn, new Operation(new MmId(mm), Verb.Reclaim, new Vpn(page)))))
                    {
                        var tried = swappedOut with { Result = OpResult.Applied };
                        var then = Prediction.StateOf(in tried.World.State, new MmId(mm), new Vpn(page));
                        if (Same(then, said) && !more.Any(m => m.World == tried.World)) more.Add(tried);
                    }
                }

                if (more.Count > 0) states = more;
            }
        }

        return [.. states.Select(s => Gone(s, op))];
    }

    /// <summary>The kernel goes by what is oldest, not by process and page: of two areas in turn, a page may get a slot of either.</summary>
    private static IEnumerable<Hypothesis> EitherTurn(Hypothesis state)
    {
        yield return state;
        if (!state.World.State.Area(1).Is(AreaFlags.Used)) yield break;
        var other = state;
        other.World.State._globals.AreaTurn = (byte)(1 - other.World.State._globals.AreaTurn);
        yield return other;
    }

    /// <summary>
    /// The agent tries until the page has gone, or the kernel gives up: one that can go must have gone, if it is on the inactive list for sure. One that has come back
    /// from swap (workingset_refault()), that memory pressure has found used twice (folio_check_references()), or that was pinned (folio_mark_accessed()), may be on the active list, and stay there as long as the inactive list is
    /// not low (prepare_scan_control()).
    /// </summary>
    private Hypothesis Gone(Hypothesis state, Operation op)
    {
        if (!_calm || Prediction.StateOf(in state.World.State, op.Mm, op.Page) is not ('X' or 'P' or 'C')) return state;
        var gone = After(state, op with { End = SwapOutEnd.Gone }) with { Result = OpResult.Applied };
        if (Prediction.StateOf(in gone.World.State, op.Mm, op.Page) != 'S') return state;
        for (var missed = 1; missed < 1 << Capacity.Areas; missed++)
        {
            if (Missing(state, op, missed) is not null) return state;
        }

        return gone;
    }

    /// <summary>How many answers memory pressure could have had: each page that it may take, or the swap cache may keep, on its own.</summary>
    private int WaysToReclaim(Hypothesis state, Operation op)
    {
        if (!state.World.State.Mm(op.Mm).IsRunning) return 1;
        var ways = 1;
        var seen = BitSet<Pfn>.Empty;
        for (byte mm = 0; mm < Capacity.Mms; mm++)
        {
            for (byte page = 0; page < Capacity.Pages; page++)
            {
                ref readonly var s = ref state.World.State;
                var (at, now) = (new Operation(new MmId(mm), Verb.Reclaim, new Vpn(page)), Prediction.StateOf(in s, new MmId(mm), new Vpn(page)));
                if (now is not ('X' or 'P' or 'C')) continue;
                var folio = s.FolioBehind(s.Pte(at.Mm, at.Page));
                if (seen.Contains(folio)) continue;
                seen = seen.With(folio);
                var ends = new HashSet<char>();
                if (!_calm || at.Mm != op.Mm || at.Page != op.Page) ends.Add(now);
                foreach (var end in SwapOut(state, at)) ends.Add(Prediction.StateOf(in end.World.State, at.Mm, at.Page));
                ways *= ends.Count;
            }
        }

        return ways;
    }

    /// <summary>
    /// A page that was being written when its last swap PTE went stays in the swap cache, and keeps its slot (free_swap_and_cache(), __try_to_reclaim_swap()), until memory
    /// pressure or a full swap area finds it.
    /// </summary>
    private static List<Pfn> Orphans(in MachineState s)
    {
        var orphans = new List<Pfn>();
        for (byte pfn = 1; pfn <= Capacity.Frames; pfn++)
        {
            ref readonly var folio = ref s.Folio(new Pfn(pfn));
            if (folio.Test(FolioFlags.SwapCache) && !folio.Test(FolioFlags.Writeback) && s.Slot(folio.Entry).Count == 0 && s.Frame(new Pfn(pfn)).MapCount == 0) orphans.Add(new Pfn(pfn));
        }

        return orphans;
    }

    /// <summary>
    /// A page that nobody maps, but a reference keeps (a pipe has it), is on an LRU list all the same: memory pressure gives it a slot (add_to_swap()), and can then not free it
    /// (is_page_cache_freeable()).
    /// </summary>
    private static List<Pfn> HeldOnly(in MachineState s)
    {
        var held = new List<Pfn>();
        for (byte pfn = 1; pfn <= Capacity.Frames; pfn++)
        {
            ref readonly var folio = ref s.Folio(new Pfn(pfn));
            var others = s.Globals.LruBatch.Contains(new Pfn(pfn)) ? 1 : 0;
            if (folio.RefCount > others && !folio.Test(FolioFlags.SwapCache) && !folio.MaybeDmaPinned && s.Frame(new Pfn(pfn)).MapCount == 0) held.Add(new Pfn(pfn));
        }

        return held;
    }

    private static void Given(in Memory m, Pfn held)
    {
        PageAlloc.LruAddDrain(in m);
        var entry = SwapFile.FolioAllocSwap(in m);
        if (entry.IsNone) return;
        SwapFile.AddToSwapCache(in m, held, entry);
        m.WriteFolio(held).Set(FolioFlags.Dirty);
    }

    private delegate void Happening(in Memory m, Pfn folio);

    private static void Taken(in Memory m, Pfn orphan)
    {
        PageAlloc.LruAddDrain(in m);
        SwapFile.FolioFreeSwap(in m, orphan);
    }

    /// <summary>A page marked by MADV_FREE that has been written is a page like others after the first try, and goes to swap at the next.</summary>
    private IEnumerable<Hypothesis> Pressed(Hypothesis state, Operation reclaim)
    {
        var folio = state.World.State.FolioBehind(state.World.State.Pte(reclaim.Mm, reclaim.Page));
        var marked = state.World.State.Folio(folio).Test(FolioFlags.LazyFree);
        foreach (var first in SwapOut(state, reclaim))
        {
            yield return first;
            if (!marked || first.World.State.Folio(folio).RefCount == 0 || first.World.State.Folio(folio).Test(FolioFlags.LazyFree)) continue;
            foreach (var second in SwapOut(first, reclaim)) yield return second;
        }

        // The model asks mappings by process number, the kernel by age: an older process's dirty entry makes it a page like others before a clean one is looked at.
        if (!marked || !IsDirty(in state.World.State, folio)) yield break;
        var met = Happen(state, folio, static (in m, folio) =>
        {
            ref var page = ref m.WriteFolio(folio);
            page.Set(FolioFlags.Dirty);
            page.Clear(FolioFlags.LazyFree);
        });
        yield return met;
        foreach (var second in SwapOut(met, reclaim)) yield return second;

        // Or mappings that have not been written since are asked first, and dropped.
        var dropped = Happen(met, folio, DropCleanMappings);
        yield return dropped;
        foreach (var second in SwapOut(dropped, reclaim)) yield return second;
    }

    private static void DropCleanMappings(in Memory m, Pfn folio)
    {
        PageAt at = default;
        while (m.NextMapping(folio, ref at))
        {
            if (!m.ReadPte(at).IsDirty)
            {
                m.WritePte(at, Pte.None);
                m.WriteCounters(at.Mm).AnonPages--;
                m.WriteFrame(folio).MapCount--;
                PageAlloc.Put(in m, folio);
            }

            if (at.Number == PageAt.Total - 1) return;
            at = PageAt.At(at.Number + 1);
        }
    }

    private static bool IsDirty(in MachineState s, Pfn folio)
    {
        for (byte number = 0; number < Capacity.Mms; number++)
        {
            var mm = new MmId(number);
            for (var p = Vpn.First; p.Value < Capacity.Pages; p = p.Next)
            {
                var pte = s.Pte(mm, p);
                if (pte.IsPresent && pte.IsDirty && s.FolioBehind(pte) == folio) return true;
            }
        }

        return false;
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
    /// back at once (SWAP_SLOTS_CACHE_SIZE); what earlier cases left there is not known. So each page that goes to swap makes one fewer ready. A swapoff() empties it.
    /// </summary>
    private int SpareSlots(in Hypothesis state, Operation op, bool done, int said)
    {
        if (!_slotCache) return 0;

        // On a disk earlier cases may have left pages in the swap cache (see Orphans), of which nothing is known.
        var left = AllSynchronous(in state.World.State) ? 0 : said;
        if (op.Verb is Verb.DrainSlots or Verb.SwapOff && done) return Math.Clamp(left, 0, Math.Max(state.Spare, 0));
        if (state.Spare == Unknown || state.World.State.Globals.SlotCacheActive == 0) return said;
        if (op.Verb == Verb.Reclaim && left < state.Spare && left == said) return said;
        var taken = Math.Max(Prediction.UsedOf(in state.World.State) - state.Used, 0);
        var expected = state.Spare - taken;
        var filled = taken > 0 && said > expected && said <= expected + SlotCacheSize;
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
