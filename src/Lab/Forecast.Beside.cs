using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;

namespace Hooks.Lab;

/// <content>What happens beside an operation: writes end, and pages are in batches of the CPU.</content>
public sealed partial class Forecast
{
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
        if (Drained(after) is { } drained) yield return drained;
        for (byte number = 1; number <= Capacity.Frames; number++)
        {
            var pfn = new Pfn(number);
            ref readonly var now = ref after.World.State.Folio(pfn);
            if (now.RefCount == 0) continue;
            ref readonly var then = ref before.World.State.Folio(pfn);
            var marked = now.Test(FolioFlags.LazyFree) && !then.Test(FolioFlags.LazyFree);
            var unlocked = (then.Test(FolioFlags.Mlocked) || before.World.State.Vma(op.Mm, op.Page).IsLocked) && MapCount(in after.World.State, pfn) < MapCount(in before.World.State, pfn);
            var throughLocked = then.RefCount == 0 && now.Test(FolioFlags.SwapCache) && MapCount(in after.World.State, pfn) == 0 && after.World.State.Vma(op.Mm, op.Page).IsLocked;
            var miscounted = unlocked && now.Test(FolioFlags.Mlocked) && (_machine.Kernel.Rules & MmRules.FreshIsNotMlocked) != 0;
            if (marked || unlocked || throughLocked) yield return IntoBatch(after, pfn);
            if (throughLocked) yield return Happen(IntoBatch(after, pfn), pfn, StillMlocked);
            if (miscounted) yield return Happen(after, pfn, Miscounted);
        }
    }

    /// <summary>
    /// A locked mapping of a page that had come fresh from swap was never counted (from 6.11 on), and is when it goes: so another's lock counts as gone (folio's mlock_count,
    /// munlock_folio()). The model has a flag, and looks up who has the page locked.
    /// </summary>
    private static void Miscounted(in Memory m, Pfn folio) => m.WriteFolio(folio).Clear(FolioFlags.Mlocked);

    /// <summary>As long as munlock_folio()'s batch has it, a page is mlocked, which makes the next fault free its slot (should_try_to_free_swap()).</summary>
    private static void StillMlocked(in Memory m, Pfn folio) => m.WriteFolio(folio).Set(FolioFlags.Mlocked);

    /// <summary>The operation has emptied the batch of what still looked mlocked, after it had gone by that.</summary>
    private Hypothesis? Drained(Hypothesis after)
    {
        Hypothesis? drained = null;
        for (byte number = 1; number <= Capacity.Frames; number++)
        {
            var pfn = new Pfn(number);
            if (!after.World.State.Folio(pfn).Test(FolioFlags.Mlocked)) continue;
            var without = Happen(drained ?? after, pfn, static (in m, folio) => Rmap.MunlockFolio(in m, folio));
            if (!without.World.State.Folio(pfn).Test(FolioFlags.Mlocked)) drained = without;
        }

        return drained;
    }

    /// <summary>
    /// Readahead with a window of one page does not empty the batch that the page has gone into (swap_cluster_readahead(), skip), and how wide the window is goes by what was
    /// read before. A read that could have had the page for itself, as the slot of a locked page is freed, then counts one reference too many.
    /// </summary>
    private Hypothesis? NotDrained(Hypothesis before, Hypothesis after, Operation op)
    {
        if (op.Verb is not (Verb.Read or Verb.ReadTag) && (op.Verb != Verb.Pin || (op.Pin & PinFlags.Write) != 0)) return null;
        Pte then = before.World.State.Pte(op.Mm, op.Page), now = after.World.State.Pte(op.Mm, op.Page);
        if (!then.IsSwap || then.IsSwpExclusive || before.World.State.Area(then.Entry.Type).Is(AreaFlags.Synchronous) || !now.IsPresent) return null;
        if (after.World.State.Folio(after.World.State.FolioOf(now.Pfn)).IsLarge || !after.World.State.Frame(now.Pfn).Test(PageFlags.AnonExclusive) || after.World.State.Folio(now.Pfn).Test(FolioFlags.SwapCache)) return null;
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
        if (pte.IsSwap && !pfn.IsNone) yield return IntoBatch(state, pfn);
    }

    /// <summary><c>folio_mapcount()</c>.</summary>
    private static int MapCount(in MachineState s, Pfn folio)
    {
        var count = 0;
        for (int i = 0, pages = s.Folio(folio).Pages; i < pages; i++) count += s.Frame(folio.Plus(i)).MapCount;
        return count;
    }

    /// <summary>A page goes into a batch, or into a second one.</summary>
    private Hypothesis IntoBatch(Hypothesis state, Pfn pfn)
    {
        var batched = Happen(state, pfn, static (in m, folio) => PageAlloc.LruCacheAdd(in m, folio));
        if (state.World.State.Globals.LruBatch.Contains(pfn)) batched.Twice = state.Twice.With(pfn);
        return batched;
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
}
