using System.Runtime.CompilerServices;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>What the tasks hold and work on, as it was when each was last looked at.</summary>
internal struct Holdings
{
    private PerTask _held;
    private BitSet<TaskId> _busy;

    /// <summary>The task that moved; and what a task still held when its operation ended is forgotten with it, after its last step: nobody holds it from then on.</summary>
    /// <returns>Whether what they hold is anything else now.</returns>
    public bool FollowAll(in World w, TaskId moved, ref Scope scope)
    {
        var changed = Follow(moved, in w.Tasks[moved.Value], ref scope);
        for (var left = _busy.Without(moved); left.Any; left = left.Rest)
        {
            if (!w.Tasks[left.First.Value].IsUnderWay) changed |= Follow(left.First, in w.Tasks[left.First.Value], ref scope);
        }

        return changed;
    }

    /// <summary>What a task holds is counted, and what it works on is in the middle of a change; what it works on no longer must be right again.</summary>
    /// <returns>Whether it holds anything else now.</returns>
    public bool Follow(TaskId task, in KTask t, ref Scope scope)
    {
        ref var before = ref _held[task.Value];
        var now = Holding.Of(in t);
        if (now == before) return false;
        if (now.Held != before.Held) scope.Folios |= now.Held.Folios | before.Held.Folios;
        scope.Folios |= before.Folios.Except(now.Folios);
        if (now.Grabbed != before.Grabbed) scope.Folios = scope.Folios.With(now.Grabbed).With(before.Grabbed);
        scope.Slots |= (before.Claimed ^ now.Claimed) | before.Slots.Except(now.Slots);
        before = now;
        _busy = now == default ? _busy.Without(task) : _busy.With(task);
        return true;
    }

    /// <summary>What all of them work on and have claimed.</summary>
    public readonly void SumUp(ref Referrers referrers)
    {
        BitSet<Pfn> folios = default;
        BitSet<SwapEntry> slots = default, claimed = default;
        for (var left = _busy; left.Any; left = left.Rest)
        {
            ref readonly var holding = ref _held[left.First.Value];
            folios |= holding.Folios;
            slots |= holding.Slots;
            claimed |= holding.Claimed;
        }

        referrers.FoliosInWork = folios;
        referrers.SlotsInWork = slots;
        referrers.Claimed = claimed;
    }

    /// <summary>How many references to a folio they hold, all together.</summary>
    public readonly int HeldTo(Pfn folio)
    {
        var count = 0;
        for (var left = _busy; left.Any; left = left.Rest) count += _held[left.First.Value].Held[folio];
        return count;
    }

    /// <summary>How many have pinned a folio, and not yet given the pin to their process.</summary>
    public readonly int GrabbedOn(Pfn folio)
    {
        var count = 0;
        for (var left = _busy; left.Any; left = left.Rest)
        {
            if (_held[left.First.Value].Grabbed == folio) count++;
        }

        return count;
    }

    [InlineArray(Capacity.Tasks)]
    private struct PerTask
    {
        private Holding _element;
    }
}

/// <summary>What a task holds and works on.</summary>
internal readonly record struct Holding(HeldReferences Held, BitSet<Pfn> Folios, BitSet<SwapEntry> Slots, BitSet<SwapEntry> Claimed, Pfn Grabbed)
{
    /// <summary>Whether it holds the same as before, and works on all that it worked on: what is worked on is asked about less.</summary>
    public bool IsAtLeast(Holding before) =>
        Held == before.Held && Claimed == before.Claimed && Grabbed == before.Grabbed && !before.Folios.Except(Folios).Any && !before.Slots.Except(Slots).Any;

    /// <summary>As it is now.</summary>
    public static Holding Of(in KTask t) => new(t.Held, t.FoliosInWork, t.SlotsInWork, t.Claimed, t.Is(TaskFlags.PinGrabbed) ? t.Folio : Pfn.None);
}
