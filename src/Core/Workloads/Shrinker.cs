using System.Collections.Immutable;
using Hooks.Core.Mm;

namespace Hooks.Core.Workloads;

/// <summary>
/// Makes a failing workload small. Candidates are strictly simpler (<see cref="WorkloadSize"/>) and any subsequence of a
/// workload is a workload, so every candidate is valid and shrinking ends; it ends where no candidate fails any more.
/// </summary>
public static class Shrinker
{
    /// <summary>Shrinks until no candidate fails.</summary>
    /// <param name="workload">A workload that fails.</param>
    /// <param name="fails">Whether a workload still fails in the same way.</param>
    /// <param name="tried">How many candidates were run.</param>
    public static Workload Shrink(Workload workload, Func<Workload, bool> fails, out int tried)
    {
        var runs = 0;
        var best = workload;
        bool again;
        do
        {
            RemoveChunks();
            again = false;
            foreach (var candidate in Candidates(best))
            {
                if (!Fails(candidate)) continue;
                best = candidate;
                again = true;
                break;
            }
        }
        while (again);

        tried = runs;
        return best;

        bool Fails(Workload candidate)
        {
            runs++;
            return fails(candidate);
        }

        // Most of a long program has nothing to do with the failure: whole pieces first, going on where the last one went (ddmin, Zeller 2002).
        void RemoveChunks()
        {
            for (var length = best.Operations.Length / 2; length >= 1; length /= 2)
            {
                for (var at = best.Operations.Length - length; at >= 0; at -= length)
                {
                    var candidate = With(best, best.Operations.RemoveRange(at, length));
                    if (!Fails(candidate)) continue;
                    best = candidate;
                    at = Math.Min(at, best.Operations.Length);
                }
            }
        }
    }

    /// <summary>Strictly simpler workloads, the boldest first.</summary>
    public static IEnumerable<Workload> Candidates(Workload workload)
    {
        var size = WorkloadSize.Of(workload);
        foreach (var candidate in Raw(workload))
        {
            if (WorkloadSize.Of(candidate) < size) yield return candidate;
        }
    }

    private static IEnumerable<Workload> Raw(Workload w)
    {
        var ops = w.Operations;
        for (var at = ops.Length - 1; at >= 0; at--) yield return With(w, ops.RemoveAt(at));
        foreach (var candidate in WithoutProcessOrPage(w)) yield return candidate;
        foreach (var candidate in WithoutPairs(w)) yield return candidate;
        foreach (var candidate in WithoutSuccession(w)) yield return candidate;
        foreach (var candidate in WithoutMprotectOrMove(w)) yield return candidate;
        foreach (var candidate in Reordering.ForkedLater(w)) yield return candidate;
        foreach (var candidate in Renamed(w)) yield return candidate;
        for (var i = 0; i < ops.Length; i++)
        {
            foreach (var simpler in Simpler(ops[i])) yield return With(w, ops.SetItem(i, simpler));
        }

        foreach (var candidate in SimplerSwap(w)) yield return candidate;
        foreach (var candidate in Replacements.WithoutOne(w)) yield return candidate;
    }

    private static IEnumerable<Workload> WithoutProcessOrPage(Workload w)
    {
        for (byte m = 1; m < Capacity.Mms; m++)
        {
            var mm = new MmId(m);
            yield return With(w, [.. w.Operations.Where(op => op.Mm != mm && (op.Verb != Verb.Fork || op.Child != mm))]);
            yield return With(w, [.. w.Operations.Where(op => op.Verb != Verb.Fork || op.Child != mm).Select(op => op.Mm == mm ? op with { Mm = default } : op)]);
        }

        for (byte p = 0; p < Capacity.Pages; p++)
        {
            var page = new Vpn(p);
            yield return With(w, [.. w.Operations.Where(op => !Names(op, page))]);
        }
    }

    /// <summary>Two operations that only matter together. Quadratic, so only when the program is short already.</summary>
    private static IEnumerable<Workload> WithoutPairs(Workload w)
    {
        var ops = w.Operations;
        if (ops.Length > 16) yield break;
        for (var i = 0; i < ops.Length; i++)
        {
            for (var j = i + 1; j < ops.Length; j++)
            {
                var rest = With(w, ops.RemoveAt(j).RemoveAt(i));
                yield return rest;

                // The call that is to fail may have been counted by what is gone now.
                if (rest.Operations.Any(op => op.Verb == Verb.Fail && op.Value > 1)) yield return Map(rest, op => op.Verb == Verb.Fail ? op with { Value = 1 } : op);
            }
        }
    }

    /// <summary>A fork after which the child does the parent's part: without it, and the names exchanged from there on.</summary>
    private static IEnumerable<Workload> WithoutSuccession(Workload w)
    {
        for (var i = 0; i < w.Operations.Length; i++)
        {
            var fork = w.Operations[i];
            if (fork.Verb != Verb.Fork) continue;
            var at = i;
            yield return With(w, [.. w.Operations.Select((op, j) => j < at ? op : Exchange(op, fork.Mm, fork.Child)).Where((_, j) => j != at)]);
        }
    }

    /// <summary>Tags on from the start, and a page at its last address from the start.</summary>
    private static IEnumerable<Workload> WithoutMprotectOrMove(Workload w)
    {
        for (var i = 0; i < w.Operations.Length; i++)
        {
            var op = w.Operations[i];
            var rest = With(w, w.Operations.RemoveAt(i));
            if (op.Verb == Verb.Mprotect && op.Value == (byte)Protection.Tagged) yield return Map(rest, o => o.Verb == Verb.Map && o.Page == op.Page ? o with { Value = (byte)((MapFlags)o.Value | MapFlags.Tagged) } : o);
            if (op.Verb == Verb.Mremap) yield return Map(rest, o => HasPage(o.Verb) && o.Page == op.To && o.Mm == op.Mm ? o with { Page = op.Page } : o);
        }
    }

    /// <summary>Two pages, or two processes, with their names exchanged, or one taking the other's place.</summary>
    private static IEnumerable<Workload> Renamed(Workload w)
    {
        for (byte high = 1; high < Capacity.Pages; high++)
        {
            for (byte low = 0; low < high; low++)
            {
                Vpn from = new(high), to = new(low);
                yield return Map(w, op => NamesOne(op) ? op with { Page = Exchange(op.Page, from, to), To = HasTo(op.Verb) ? Exchange(op.To, from, to) : op.To } : op);
                yield return Map(w, op => op.Page == from && !op.IsLarge ? op with { Page = to } : op);
            }
        }

        for (byte high = 1; high < Capacity.Mms; high++)
        {
            for (byte low = 0; low < high; low++)
            {
                MmId from = new(high), to = new(low);
                yield return Map(w, op => Exchange(op, from, to));
            }
        }

        // What a thread does is one story: all of it by another.
        for (var high = 1; high < Capacity.Threads; high++)
        {
            for (var low = 0; low < high; low++)
            {
                Actor from = Operation.Thread(high), to = Operation.Thread(low);
                if (w.Operations.Any(op => op.Actor == from)) yield return Map(w, op => op.Actor == from ? op with { Actor = to } : op.Actor == to ? op with { Actor = from } : op);
            }
        }
    }

    /// <summary>An operation with two processes' names exchanged.</summary>
    internal static Operation Exchange(Operation op, MmId a, MmId b) =>
        op with { Mm = HasMm(op) ? Exchange(op.Mm, a, b) : op.Mm, Child = op.Verb == Verb.Fork ? Exchange(op.Child, a, b) : op.Child };

    private static Vpn Exchange(Vpn page, Vpn a, Vpn b) => page == a ? b : page == b ? a : page;

    /// <summary>Whether operations of a kind name a page.</summary>
    internal static bool HasPage(Verb verb) => verb is not (Verb.Fork or Verb.Exit or Verb.ClearRefs or Verb.SwapOff or Verb.SwapOn or Verb.DrainSlots or Verb.Go or Verb.Fail or Verb.SwapMax);

    /// <summary>Whether operations of a kind name a second page.</summary>
    private static bool HasTo(Verb verb) => verb is Verb.Mremap or Verb.UffdMove;

    /// <summary>An operation with its pages exchanged or named otherwise: of one that maps neighbouring pages, only the first would be meant.</summary>
    private static bool NamesOne(Operation op) => HasPage(op.Verb) && !op.IsLarge;

    /// <summary>Whether an operation names a process: that kswapd goes on does not.</summary>
    internal static bool HasMm(Operation op) => op is not { Actor: Actor.Kswapd, Verb: Verb.Go };

    private static bool Names(Operation op, Vpn page) => HasPage(op.Verb) && (op.Page == page || (HasTo(op.Verb) && op.To == page) || (op.IsLarge && op.Page.Value <= page.Value && page.Value <= op.To.Value));

    private static MmId Exchange(MmId mm, MmId a, MmId b) => mm == a ? b : mm == b ? a : mm;

    /// <summary>A plainer operation by the same task, standing at the same step.</summary>
    private static IEnumerable<Operation> Simpler(Operation op)
    {
        switch (op.Verb)
        {
            case Verb.Map when op.IsLarge:
                yield return op with { Value = (byte)((MapFlags)op.Value & ~MapFlags.Large), To = default };
                if (op.To.Value - op.Page.Value > 2) yield return op with { To = op.Page.Plus(2) };
                if (op.To.Value - op.Page.Value > 1) yield return op with { To = op.Page.Plus(1) };
                if (op.Page.Value > 0) yield return op with { Page = default, To = new Vpn((byte)(op.To.Value - op.Page.Value)) };
                if (op.Value != (byte)MapFlags.Large) yield return op with { Value = (byte)MapFlags.Large };
                break;
            case Verb.Map when op.Value != 0:
                yield return op with { Value = 0 };
                break;
            case Verb.Write:
                yield return op with { Verb = Verb.Read, Value = 0 };
                if (op.Value != 1) yield return op with { Value = 1 };
                if (op.Value > 2) yield return op with { Value = (byte)(op.Value - 1) };
                break;
            case Verb.ReadTag:
                yield return op with { Verb = Verb.Read };
                break;
            case Verb.Tag:
                yield return op with { Verb = Verb.Read, Value = 0, Granule = 0 };
                yield return op with { Verb = Verb.Write, Value = 1, Granule = 0 };
                if (op.Granule != 0) yield return op with { Granule = 0 };
                if (op.Granule > 1) yield return op with { Granule = 1 };
                if (op.Value != 1) yield return op with { Value = 1 };
                if (op.Value > 2) yield return op with { Value = (byte)(op.Value - 1) };
                break;
            case Verb.Pageout or Verb.Reclaim:
                if (op.Verb == Verb.Reclaim && op.Actor != Actor.Kswapd) yield return op with { Verb = Verb.Pageout };
                if (op.End != SwapOutEnd.Gone) yield return op with { End = SwapOutEnd.Gone };
                if (op.End == SwapOutEnd.Writeback) yield return op with { End = SwapOutEnd.Cached };
                break;
            case Verb.Pin:
                yield return op with { Verb = Verb.Read, Pin = PinFlags.None };
                yield return op with { Verb = Verb.Write, Value = 1, Pin = PinFlags.None };
                if (op.Pin != PinFlags.None) yield return op with { Pin = PinFlags.None };
                if (op.Pin == (PinFlags.Write | PinFlags.Get)) yield return op with { Pin = PinFlags.Write };
                if (op.Pin == (PinFlags.Write | PinFlags.Get)) yield return op with { Pin = PinFlags.Get };
                break;
            case Verb.Unpin when op.Pin != PinFlags.None:
                yield return op with { Pin = PinFlags.None };
                break;
            case Verb.Dma:
                yield return op with { Verb = Verb.Write, Value = 1 };
                if (op.Value != 1) yield return op with { Value = 1 };
                if (op.Value > 2) yield return op with { Value = (byte)(op.Value - 1) };
                break;
            case Verb.Fail:
                if (op.Value > 1) yield return op with { Value = 1 };
                if (op.Value > 2) yield return op with { Value = (byte)(op.Value - 1) };
                break;
            case Verb.SwapMax when op.Value != 0:
                yield return op with { Value = 0 };
                yield return op with { Value = (byte)(op.Value - 1) };
                break;
            case Verb.SwapOff or Verb.SwapOn when op.Value != 0:
                yield return op with { Value = 0 };
                break;
            case Verb.Mprotect when op.Value != (byte)Protection.Tagged:
                yield return op with { Value = (byte)Protection.Tagged };
                break;
            case Verb.Mremap or Verb.UffdMove:
                yield return op with { Verb = Verb.Unmap, To = default };
                if (op.To.Value != 0) yield return op with { To = new Vpn((byte)(op.To.Value - 1)) };
                break;
            case Verb.Dontneed or Verb.Free:
                yield return op with { Verb = Verb.Unmap };
                if (op.Verb == Verb.Free) yield return op with { Verb = Verb.Dontneed };
                break;
            case Verb.Exit:
                for (byte p = 0; p < Capacity.Pages; p++) yield return op with { Verb = Verb.Unmap, Page = new Vpn(p) };
                break;
        }

        foreach (var simpler in SimplerSchedule(op)) yield return simpler;
        if (op.Mm.Value != 0) yield return op with { Mm = new MmId((byte)(op.Mm.Value - 1)) };
        if (op.Verb == Verb.Fork && op.Child.Value > 1) yield return op with { Child = new MmId((byte)(op.Child.Value - 1)) };
    }

    /// <summary>Not left standing, an earlier time, another thread.</summary>
    private static IEnumerable<Operation> SimplerSchedule(Operation op)
    {
        if (op.Until is { } until)
        {
            yield return op with { Until = null };
            if (until.Occurrence > 1) yield return op with { Until = until with { Occurrence = 1 } };
            if (until.Occurrence > 2) yield return op with { Until = until with { Occurrence = until.Occurrence - 1 } };
        }

        if (op.Actor == Actor.First) yield break;
        yield return op with { Actor = Actor.First };
        if (op.Actor != Actor.Kswapd && (int)op.Actor > 1) yield return op with { Actor = op.Actor - 1 };
    }

    private static IEnumerable<Workload> SimplerSwap(Workload w)
    {
        if (w.Swaps.Length > 1)
        {
            for (var i = 0; i < w.Swaps.Length; i++) yield return Map(new Workload(w.Swaps.RemoveAt(i), w.Operations), op => op.Verb is Verb.SwapOff or Verb.SwapOn ? op with { Value = 0 } : op);
        }

        for (var i = 0; i < w.Swaps.Length; i++)
        {
            var swap = w.Swaps[i];
            SwapConfig[] simpler =
            [
                new SwapConfig(true),
                swap with { Synchronous = true },
                swap with { StableWrites = false },
                swap with { Priority = -1 },
                swap with { Priority = Math.Min(swap.Priority, 0) },
                swap with { SlotCache = SlotCacheMode.Auto },
                swap with { SlotCache = SlotCacheMode.Off },
                swap with { Slots = SwapConfig.PlainSlots },
                swap with { Slots = 1 },
                swap with { Slots = Math.Max(1, swap.Slots / 2) },
                swap with { Slots = Math.Max(1, swap.Slots * 3 / 4) },
                swap with { Slots = Math.Max(1, swap.Slots * 15 / 16) },
                swap with { Slots = Math.Max(1, swap.Slots - 1) },
            ];
            foreach (var candidate in simpler)
            {
                var swaps = w.Swaps.SetItem(i, candidate);
                yield return new Workload(swaps, w.Operations);

                // A plainer area may fail on a write where the special one failed on a read already.
                for (var at = 0; at < w.Operations.Length; at++)
                {
                    var op = w.Operations[at];
                    if (op.Verb == Verb.Read) yield return new Workload(swaps, w.Operations.SetItem(at, new Operation(op.Mm, Verb.Write, op.Page, 1)));
                }
            }
        }
    }

    private static Workload With(Workload w, ImmutableArray<Operation> operations) => new(w.Swaps, operations);

    private static Workload Map(Workload w, Func<Operation, Operation> change) => With(w, [.. w.Operations.Select(change)]);
}
