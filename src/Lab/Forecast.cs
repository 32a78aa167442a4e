using Hooks.Core;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Lab;

/// <summary>What the model makes of one answer.</summary>
/// <param name="Allowed">The answers that it allows, each once.</param>
/// <param name="Agrees">Whether the kernel's is one of them.</param>
/// <param name="DataLost">The program finds data that it did not store.</param>
/// <param name="TagsLost">The program finds tags that it did not set, or is killed for them.</param>
public sealed record ForecastStep(IReadOnlyList<Answer> Allowed, bool Agrees, bool DataLost, bool TagsLost);

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

    private static readonly SwapOutEnd[] Ends = [SwapOutEnd.Gone, SwapOutEnd.Cached, SwapOutEnd.Writeback];

    private readonly Machine _machine;
    private List<Hypothesis> _states = [];

    /// <summary>Before the first operation of a workload.</summary>
    /// <param name="machine">The model's kernel and architecture.</param>
    /// <param name="workload">What is run: for its swap areas.</param>
    public Forecast(Machine machine, Workload workload)
    {
        ArgumentNullException.ThrowIfNull(machine);
        _machine = machine;
        machine.Begin(workload, out var world);
        _states.Add(new Hypothesis(world, OpResult.None));
    }

    /// <summary>How many states are possible.</summary>
    public int States => _states.Count;

    /// <summary>Runs an operation, given what the kernel answered.</summary>
    /// <exception cref="CapacityException">The workload needs more than the modelled machine has.</exception>
    public ForecastStep Advance(Operation op, Answer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (answer.Kind == AnswerKind.Cannot) return new ForecastStep([answer], Agrees: true, DataLost: false, TagsLost: false);
        var before = _states[0];
        var after = new List<Hypothesis>();
        var seen = new HashSet<(UInt128 World, OpResult Result)>();
        foreach (var state in _states)
        {
            foreach (var environment in WritesEnded(state))
            {
                foreach (var next in Run(environment, op, answer))
                {
                    if (seen.Add((next.World.Hash(), next.Result))) after.Add(next);
                    if (after.Count > MaxStates) throw new CapacityException($"more than {MaxStates} states are possible");
                }
            }
        }

        var allowed = new List<Answer>();
        var right = new List<Hypothesis>();
        foreach (var hypothesis in after)
        {
            var expected = Prediction.Of(in hypothesis.World, op, hypothesis.Result);
            if (!allowed.Contains(expected)) allowed.Add(expected);
            if (Prediction.Allows(expected, op, answer)) right.Add(hypothesis);
        }

        // After a difference the model goes on as it would have; nothing that follows counts.
        _states = right.Count > 0 ? right : after;
        var page = _states[0].World.Oracle.Of(op.Mm, op.Page);
        var (dataLost, tagsLost) = page.Mapped && before.World.State.Mm(op.Mm).IsAlive ? Prediction.Losses(page, op, answer) : (false, false);
        return new ForecastStep(allowed, right.Count > 0, dataLost, tagsLost);
    }

    /// <summary>A device may have ended each of its writes, or not yet.</summary>
    private IEnumerable<Hypothesis> WritesEnded(Hypothesis state)
    {
        yield return state;
        for (byte pfn = 1; pfn <= Capacity.Frames; pfn++)
        {
            if (!state.World.State.Folio(new Pfn(pfn)).Test(FolioFlags.Writeback)) continue;
            if (!TryFindMapping(in state.World.State, new Pfn(pfn), out var mm, out var page)) continue;
            var ended = state;
            Apply(ref ended, new Operation(mm, Verb.EndIo, page));
            foreach (var more in WritesEnded(ended)) yield return more;
            if (ReadLate(state, ended, new Pfn(pfn), new PageAt(mm, page)) is not { } late) continue;
            foreach (var more in WritesEnded(late)) yield return more;
        }
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
                    foreach (var swappedOut in Pressed(s, new Operation(new MmId(mm), Verb.Reclaim, new Vpn(page))))
                    {
                        var tried = swappedOut with { Result = OpResult.Applied };
                        var then = Prediction.StateOf(in tried.World.State, new MmId(mm), new Vpn(page));
                        if (Same(then, said) && !more.Any(m => m.World == tried.World)) more.Add(tried);
                    }
                }

                if (more.Count > 0) states = more;
            }
        }

        return states;
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
    }
}
