using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Lab;

/// <content>Memory pressure: which pages go, and how far.</content>
public sealed partial class Forecast
{
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
        foreach (var partly in PartlyMapped(in state.World.State)) states.AddRange(states.Select(s => Happen(s, partly, Split)).ToList());
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
                    if (now is not ('X' or 'P' or 'C') && !Prediction.IsUnread(in s.World.State, new MmId(mm), new Vpn(page)))
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
            if (folio.Test(FolioFlags.SwapCache) && !folio.Test(FolioFlags.Writeback) && !HasSwapPtes(in s, in folio) && MapCount(in s, new Pfn(pfn)) == 0) orphans.Add(new Pfn(pfn));
        }

        return orphans;
    }

    private static bool HasSwapPtes(in MachineState s, in Folio folio)
    {
        for (var i = 0; i < folio.Pages; i++)
        {
            if (s.Slot(folio.Entry.Plus(i)).Count != 0) return true;
        }

        return false;
    }

    /// <summary>Large folios of which a part is mapped no more: memory pressure calls the shrinker that splits them (<c>deferred_split_scan()</c>), before or after it looks at the LRU lists, or not.</summary>
    private static List<Pfn> PartlyMapped(in MachineState s)
    {
        var partly = new List<Pfn>();
        for (byte number = 1; number <= Capacity.Frames; number++)
        {
            var pfn = new Pfn(number);
            if (!s.Folio(pfn).IsLarge || s.Folio(pfn).RefCount == 0 || MapCount(in s, pfn) == 0) continue;
            for (var i = 0; i < s.Folio(pfn).Pages; i++)
            {
                if (s.Frame(pfn.Plus(i)).MapCount != 0) continue;
                partly.Add(pfn);
                break;
            }
        }

        return partly;
    }

    private static void Split(in Memory m, Pfn folio)
    {
        var task = default(KTask);
        task.Folio = folio;
        PageAlloc.LruAddDrain(in m);
        PageAlloc.Get(in m, ref task, folio);
        LargeFolio.TrySplit(in m, ref task, folio);
        PageAlloc.Put(in m, ref task, folio);
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
            if (folio.RefCount > others && !folio.Test(FolioFlags.SwapCache) && !folio.MaybeDmaPinned && MapCount(in s, new Pfn(pfn)) == 0) held.Add(new Pfn(pfn));
        }

        return held;
    }

    private static void Given(in Memory m, Pfn held)
    {
        PageAlloc.LruAddDrain(in m);
        var order = m.ReadFolio(held).Order;
        var entry = order == 0 ? SwapFile.FolioAllocSwap(in m) : SwapFile.FolioAllocSwap(in m, order);
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
}
