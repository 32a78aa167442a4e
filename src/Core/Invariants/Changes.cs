using System.Numerics;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// Finds out what a step can have touched, by comparing the state with what it was at the last check, and adds what depends
/// on it: so that checks look there only. That they find what a check of everything finds is tested (ScopeTests).
/// </summary>
public sealed class Changes
{
    /// <summary>Slots that fill a vector.</summary>
    private const int MinSlots = 8;

    private MachineState _seen;
    private Referrers _referrers;
    private Scope _scope;
    private uint _lockedPages;
    private uint _waitingPages;
    private uint _pinnedPages;
    private bool _anyStable;
    private byte _lockedMms;
    private byte _waitingMms;

    /// <summary>What is to be looked at.</summary>
    public ref readonly Scope Scope => ref _scope;

    /// <summary>Who refers to what.</summary>
    public ref readonly Referrers Referrers => ref _referrers;

    /// <summary>Begins with a state in which nothing is mapped yet, and nothing wrong.</summary>
    public void Begin(in MachineState s)
    {
        _seen = s;
        _referrers = default;
        _lockedPages = _waitingPages = _pinnedPages = 0;
        _anyStable = AnyStable(in s);
        _lockedMms = _waitingMms = 0;
    }

    /// <summary>Forgets what it knows, and puts everything into the scope.</summary>
    public void Everything(in MachineState s, in KTask t)
    {
        Begin(default);
        Follow(in s, in t, oracle: 0, Moment.AfterStep);
        _scope = Scope.All;
    }

    /// <summary>Puts into the scope what a step has touched, and what depends on it.</summary>
    /// <param name="s">The state after the step.</param>
    /// <param name="t">The task that took it.</param>
    /// <param name="oracle">The pages of which the program may expect something else now (<see cref="Scope.PageBit"/>).</param>
    /// <param name="moment">When.</param>
    public void Follow(in MachineState s, in KTask t, uint oracle, Moment moment)
    {
        _scope = default;
        _scope.Contents = oracle;
        FollowTask(in t);
        var mms = (uint)ValueBytes.Differing(in _seen.Mms[0], in s.Mms[0], Capacity.Mms);
        var folios = (uint)ValueBytes.Differing(in _seen.Folios[0], in s.Folios[0], Capacity.Folios + 1);
        ulong slots = 0;
        for (var type = 0; type < Capacity.Areas; type++)
        {
            if (s.Areas[type].HighWater == 0) continue;
            var first = SwapEntry.Of(type, 1).Index;
            slots |= ValueBytes.Differing(in _seen.Slots[first], in s.Slots[first], Math.Max((int)s.Areas[type].HighWater, MinSlots)) << first;
        }

        if (mms != 0) FollowMms(in s, mms);
        if (folios != 0) FollowFolios(in s, folios);
        if (slots != 0) FollowSlots(in s, slots);
        if (slots != 0 || moment == Moment.OperationEnded || s.SlotCacheDisabled != _seen.SlotCacheDisabled || Differ(in _seen.Areas, in s.Areas)) FollowAreas(in s);
        if (_seen.Metadata.Saved != s.Metadata.Saved || _seen.Metadata.Owed != s.Metadata.Owed || Differ(in _seen.Metadata.ByAddress, in s.Metadata.ByAddress)) FollowMetadata(in s);

        _scope.Pages |= _scope.Contents;
        _scope.Folios &= ~Pfn.None.Bit;

        // What changes under a lock is to be looked at again when the lock is given back.
        _waitingPages |= _scope.Pages & _lockedPages;
        _waitingMms |= (byte)(_scope.Mms & _lockedMms);
        _scope.Concerns |= (_scope.Pages != 0 ? Concern.Pages : Concern.None)
            | (_scope.Contents != 0 ? Concern.Contents : Concern.None)
            | (_scope.Mms != 0 ? Concern.Mms : Concern.None)
            | (_scope.Folios != 0 ? Concern.Folios : Concern.None)
            | (_scope.Slots != 0 ? Concern.Slots : Concern.None)
            | ((_scope.Pages & _pinnedPages) != 0 ? Concern.Pins : Concern.None)
            | ((_scope.Pages | _scope.Slots) != 0 && (s.Metadata.Saved | s.Metadata.Owed | _referrers.RangesInUse) != 0 ? Concern.SavedFor : Concern.None)
            | (_scope.Folios != 0 && _anyStable ? Concern.StableFolios : Concern.None)
            | (moment != Moment.AfterStep || (t.Steps == 1 && _referrers.RangesInUse != 0) ? Concern.Operations : Concern.None);
    }

    /// <summary>
    /// What a task holds is counted, and what it works on is in the middle of a change; what it works on no longer must be right again.
    /// Operations run one after the other, so this is the one task that holds anything.
    /// </summary>
    private void FollowTask(in KTask t)
    {
        var entry = t.Entry.IsNone ? 0 : t.Entry.Bit;
        var foliosInWork = t.FoliosInWork;
        var slotsInWork = t.Ptls != 0 ? entry : 0;
        var claimed = t.Is(TaskFlags.NeedClearCache) ? entry : 0;
        _scope.Folios = (_referrers.Held ^ t.Held) | (_referrers.FoliosInWork & ~foliosInWork);
        _scope.Slots = (_referrers.Claimed ^ claimed) | (_referrers.SlotsInWork & ~slotsInWork);
        _referrers.Held = t.Held;
        _referrers.FoliosInWork = foliosInWork;
        _referrers.SlotsInWork = slotsInWork;
        _referrers.Claimed = claimed;
    }

    private void FollowMms(in MachineState s, uint mms)
    {
        for (; mms != 0; mms &= mms - 1)
        {
            var m = BitOperations.TrailingZeroCount(mms);
            ref readonly var now = ref s.Mms[m];
            ref var before = ref _seen.Mms[m];

            if (now.PtlOwner != before.PtlOwner || now.MmapWriter != before.MmapWriter) FollowLocks(in before, in now, m);
            if (now.Flags != before.Flags)
            {
                _scope.Contents |= Scope.PagesOf(m);
                _scope.Mms |= (byte)(1 << m);
            }

            if (now.AnonPages != before.AnonPages || now.SwapEnts != before.SwapEnts) _scope.Mms |= (byte)(1 << m);
            if (!ValueBytes.Same(in before.Ptes, in now.Ptes) || !ValueBytes.Same(in before.Vmas, in now.Vmas) || !ValueBytes.Same(in before.Pins, in now.Pins) || before.IsAlive != now.IsAlive)
            {
                for (var p = 0; p < Capacity.Pages; p++) FollowPage(in before, in now, m, p);
            }

            before = now;
        }
    }

    private void FollowLocks(in MmStruct before, in MmStruct now, int m)
    {
        var (pages, mm) = (Scope.PagesOf(m), (byte)(1 << m));
        if ((now.PtlOwner == 0 && before.PtlOwner != 0) || (now.MmapWriter == 0 && before.MmapWriter != 0))
        {
            _scope.Pages |= _waitingPages & pages;
            _scope.Mms |= (byte)(_waitingMms & mm);
        }

        if (now.PtlOwner != 0 || now.MmapWriter != 0)
        {
            _lockedPages |= pages;
            _lockedMms |= mm;
        }
        else
        {
            _lockedPages &= ~pages;
            _waitingPages &= ~pages;
            _lockedMms &= (byte)~mm;
            _waitingMms &= (byte)~mm;
        }
    }

    private void FollowPage(in MmStruct before, in MmStruct now, int m, int p)
    {
        var bit = Scope.PageBit(m, p);
        var was = before.IsAlive ? before.Ptes[p] : Pte.None;
        var pte = now.IsAlive ? now.Ptes[p] : Pte.None;
        if (was != pte)
        {
            _referrers.Remap(bit, was, pte);
            Include(was);
            Include(pte);
            _scope.Contents |= bit;
            _scope.Mms |= (byte)(1 << m);
        }

        if (before.Vmas[p] != now.Vmas[p]) _scope.Pages |= bit;
        if (before.Pins[p] == now.Pins[p]) return;
        _referrers.Repin(bit, before.Pins[p], now.Pins[p]);
        _pinnedPages = now.Pins[p].Pfn.IsNone ? _pinnedPages & ~bit : _pinnedPages | bit;
        _scope.Folios |= before.Pins[p].Pfn.Bit | now.Pins[p].Pfn.Bit;
        _scope.Pages |= bit;
    }

    private void Include(Pte pte)
    {
        if (pte.IsPresent) _scope.Folios |= pte.Pfn.Bit;
        else if (pte.IsSwap) _scope.Slots |= pte.Entry.Bit;
    }

    private void FollowFolios(in MachineState s, uint folios)
    {
        _scope.Folios |= folios;
        for (; folios != 0; folios &= folios - 1)
        {
            var i = BitOperations.TrailingZeroCount(folios);
            ref readonly var now = ref s.Folios[i];
            ref var before = ref _seen.Folios[i];
            if (now.Data != before.Data || now.Tags != before.Tags) _scope.Contents |= _referrers.MappedAt(i);
            _scope.Pages |= _referrers.MappedAt(i) | _referrers.PinnedAt(i);
            IncludeSlot(before.Entry);
            before = now;
        }
    }

    private void IncludeSlot(SwapEntry entry)
    {
        if (entry.IsNone) return;
        _scope.Slots |= entry.Bit;
        _scope.Pages |= _referrers.SwappedAt(entry.Index);
    }

    private void FollowSlots(in MachineState s, ulong slots)
    {
        _scope.Slots |= slots;
        for (; slots != 0; slots &= slots - 1)
        {
            var i = BitOperations.TrailingZeroCount(slots);
            _scope.Pages |= _referrers.SwappedAt(i);
            IncludeFolio(_seen.Slots[i].Folio);
            IncludeFolio(s.Slots[i].Folio);
            _seen.Slots[i] = s.Slots[i];
        }
    }

    private void IncludeFolio(Pfn pfn)
    {
        if (pfn.IsNone) return;
        _scope.Folios |= pfn.Bit;
        _scope.Pages |= _referrers.MappedAt(pfn.Value);
    }

    private void FollowAreas(in MachineState s)
    {
        _scope.Concerns |= Concern.Areas;
        _seen.SlotCacheDisabled = s.SlotCacheDisabled;
        _seen.Areas = s.Areas;
        _anyStable = AnyStable(in s);
    }

    private static bool AnyStable(in MachineState s)
    {
        for (var type = 0; type < Capacity.Areas; type++)
        {
            if (s.Areas[type].Is(AreaFlags.StableWrites)) return true;
        }

        return false;
    }

    private void FollowMetadata(in MachineState s)
    {
        _scope.Concerns |= Concern.Metadata;
        _seen.Metadata.Saved = s.Metadata.Saved;
        _seen.Metadata.Owed = s.Metadata.Owed;
        _seen.Metadata.ByAddress = s.Metadata.ByAddress;
        _referrers.RangesInUse = 0;
        for (var i = 0; i < Capacity.Mms * Capacity.RangesPerMm; i++)
        {
            ref readonly var range = ref s.Metadata.ByAddress[i];
            if (range.Users != 0 || range.Saved != 0) _referrers.RangesInUse |= 1u << i;
        }
    }

    private static bool Differ<T>(in T before, in T now)
        where T : unmanaged => !ValueBytes.Same(in before, in now);
}
