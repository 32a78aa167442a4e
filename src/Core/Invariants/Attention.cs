using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// What has to be looked at after a step: what the step has written, which its footprint says, and what depends on that. That checks of this
/// find what a check of everything finds is tested (ScopeTests).
/// </summary>
internal sealed class Attention
{
    private PerPage<Pte> _ptes;
    private PerPage<Pin> _pins;
    private PerFrame<SwapEntry> _entries;
    private PerSlot<Pfn> _cached;
    private Holdings _holdings;
    private Referrers _referrers;
    private Scope _scope;
    private PerMm<MmFlags> _lives;
    private BitSet<MmId> _locked;
    private BitSet<MmId> _waitingMms;
    private BitSet<PageAt> _waiting;
    private BitSet<PageAt> _waitingContents;
    private BitSet<PageAt> _inChange;
    private BitSet<PageAt> _pinned;
    private bool _anyStable;

    /// <summary>What is to be looked at.</summary>
    public ref readonly Scope Scope => ref _scope;

    /// <summary>Who refers to what.</summary>
    public ref readonly Referrers Referrers => ref _referrers;

    /// <summary>What the tasks hold.</summary>
    public ref readonly Holdings Holdings => ref _holdings;

    /// <summary>The folios that are being written.</summary>
    public BitSet<Pfn> InWriteback { get; private set; }

    /// <summary>The folios that somebody has locked.</summary>
    public BitSet<Pfn> LockedFolios { get; private set; }

    /// <summary>Begins with a world in which nothing is mapped yet, nobody is at work, and nothing is wrong.</summary>
    public void Begin(in MachineState s)
    {
        _ptes = default;
        _pins = default;
        _entries = default;
        _cached = default;
        _holdings = default;
        _referrers = default;
        _locked = _waitingMms = default;
        _waiting = _waitingContents = _inChange = _pinned = default;
        _lives = default;
        InWriteback = LockedFolios = default;
        FollowLives(in s, BitSet<MmId>.UpTo(Capacity.Mms));
        _anyStable = AnyStable(in s);
    }

    /// <summary>Forgets what it knows, and puts everything into the scope.</summary>
    public void Everything(in World w)
    {
        var all = new Footprint { Mms = BitSet<MmId>.UpTo(Capacity.Mms), Folios = BitSet<Pfn>.UpTo(Capacity.Frames + 1).Without(Pfn.None), Slots = BitSet<SwapEntry>.UpTo(SwapEntry.Total) };
        Begin(in w, all, BitSet<PageAt>.UpTo(PageAt.Total));
        _scope = Scope.All;
    }

    /// <summary>Forgets what it knows, and puts all that is in use into the scope: what is not in it is as it was when the machine began, and nobody refers to it.</summary>
    public void EverythingInUse(in World w)
    {
        var used = InUse.Of(in w);
        var pages = BitSet<PageAt>.Empty;
        for (var left = used.Mms; left.Any; left = left.Rest) pages |= PageAt.AllOf(left.First);
        Begin(in w, used, pages);
        _scope = Scope.All;
        _scope.Pages = _scope.Contents = _scope.Data = _scope.Settled = pages;
        _scope.Mms = used.Mms;
        _scope.Folios = used.Folios;
        _scope.Slots = used.Slots;

        // What has changed under the locks that are held is not known: all of it may have.
        for (var left = _locked; left.Any; left = left.Rest)
        {
            _waiting |= PageAt.AllOf(left.First);
            _waitingContents |= PageAt.AllOf(left.First);
        }

        _waitingMms = _locked;
    }

    /// <summary>Knows what another knows.</summary>
    public void CopyFrom(Attention other)
    {
        _ptes = other._ptes;
        _pins = other._pins;
        _entries = other._entries;
        _cached = other._cached;
        _holdings = other._holdings;
        _referrers = other._referrers;
        _lives = other._lives;
        _locked = other._locked;
        _waitingMms = other._waitingMms;
        _waiting = other._waiting;
        _waitingContents = other._waitingContents;
        _inChange = other._inChange;
        _pinned = other._pinned;
        _anyStable = other._anyStable;
        InWriteback = other.InWriteback;
        LockedFolios = other.LockedFolios;
    }

    private void Begin(in World w, in Footprint used, BitSet<PageAt> pages)
    {
        Begin(default);
        var all = new StepReport();
        all.Written.Ptes = all.Written.Vmas = all.Written.Pins = pages;
        all.Written.Mms = all.Written.Counters = all.Written.MmapLocks = all.Written.PageTableLocks = used.Mms;
        all.Written.Folios = all.Written.Frames = all.Written.FolioLocks = used.Folios;
        all.Written.Slots = all.Written.SavedByEntry = used.Slots;
        all.Written.SavedByAddress = BitSet<RangeId>.UpTo(RangeId.Total);
        all.Written.Areas = BitSet<AreaId>.UpTo(Capacity.Areas);
        Follow(in w, in all, default, Moment.AfterStep);
        for (byte i = 0; i < Capacity.Tasks; i++) _holdings.Follow(new TaskId(i), in w.Tasks[i], ref _scope);
        _holdings.SumUp(ref _referrers);
    }

    /// <summary>Puts into the scope what a step has touched, and what depends on it.</summary>
    /// <param name="w">The world after the step.</param>
    /// <param name="r">What the step did.</param>
    /// <param name="expected">The pages of which the program may expect something else now.</param>
    /// <param name="moment">When.</param>
    public void Follow(in World w, in StepReport r, BitSet<PageAt> expected, Moment moment)
    {
        _scope = default;
        _scope.Contents = expected;
        ref readonly var s = ref w.State;
        ref readonly var written = ref r.Written;
        var held = _holdings.FollowAll(in w, r.Task, ref _scope);
        if (held) _holdings.SumUp(ref _referrers);
        if (!held && !written.Any && moment == Moment.AfterStep && r.Observations.Count == 0 && !r.SlotsReturned.Any) return;
        if ((written.Mms | written.Counters).Any) FollowMms(in s, in written);
        if (written.Ptes.Any) FollowPtes(in s, written.Ptes);
        _scope.Pages |= written.Vmas;
        if (written.Pins.Any) FollowPins(in s, written.Pins);
        if (written.Folios.Any) FollowFolios(in s, written.Folios);
        if (written.Frames.Any) FollowFrames(in s, written.Frames);
        _scope.Folios |= written.FolioLocks;
        if (written.FolioLocks.Any) FollowFolioLocks(in s, written.FolioLocks);
        if (written.Slots.Any) FollowSlots(in s, written.Slots);
        if ((written.PageTableLocks | written.MmapLocks).Any) FollowLocks(in s, written.PageTableLocks | written.MmapLocks);
        if (written.Areas.Any) _anyStable = AnyStable(in s);
        if (written.Areas.Any || written.Slots.Any || moment == Moment.OperationEnded) _scope.Concerns |= Concern.Areas;
        if (written.SavedByAddress.Any) FollowRanges(in s, written.SavedByAddress);
        if ((written.SavedByEntry.Bits | written.SavedByAddress.Bits | r.SlotsReturned.Bits) != 0 || r.Observations.Count != 0) _scope.Concerns |= Concern.Metadata;

        _scope.Pages |= _scope.Contents;
        _scope.Data |= _scope.Contents;
        _scope.Settled = _scope.Pages.Except(_inChange);
        _scope.Folios = _scope.Folios.Without(Pfn.None);
        Wait();
        _scope.Concerns |= (_scope.Settled.Any ? Concern.Settled : Concern.None)
            | (_scope.Data.Any ? Concern.Data : Concern.None)
            | (_scope.Contents.Any ? Concern.Contents : Concern.None)
            | (_scope.Mms.Any ? Concern.Mms : Concern.None)
            | (_scope.Folios.Any ? Concern.Folios : Concern.None)
            | (_scope.Slots.Any ? Concern.Slots : Concern.None)
            | ((_scope.Pages & _pinned).Any ? Concern.Pins : Concern.None)
            | ((_scope.Pages.Any || _scope.Slots.Any) && IsAnythingSaved(in w) ? Concern.SavedFor : Concern.None)
            | (_scope.Folios.Any && _anyStable ? Concern.StableFolios : Concern.None)
            | (moment != Moment.AfterStep || (written.Mms.Any && _referrers.RangesInUse.Any) ? Concern.Operations : Concern.None);
    }

    /// <summary>What changes under a lock is to be looked at again when the lock is given back.</summary>
    private void Wait()
    {
        for (var left = _locked; left.Any; left = left.Rest)
        {
            _waiting |= _scope.Pages & PageAt.AllOf(left.First);
            _waitingContents |= _scope.Contents & PageAt.AllOf(left.First);
        }

        _waitingMms |= _scope.Mms & _locked;
    }

    private bool IsAnythingSaved(in World w) => w.State.Metadata.Saved.Any || w.Ghost.Owed.Any || _referrers.RangesInUse.Any;

    private void FollowMms(in MachineState s, in Footprint written)
    {
        _scope.Mms |= written.Counters;
        if (written.Mms.Any) FollowLives(in s, written.Mms);
    }

    /// <summary>An address space begins or ends: its page table counts from here on, or no longer.</summary>
    private void FollowLives(in MachineState s, BitSet<MmId> mms)
    {
        for (; mms.Any; mms = mms.Rest)
        {
            var mm = mms.First;
            var now = s.Mm(mm).Flags;
            if (now == _lives[mm.Value]) continue;
            _lives[mm.Value] = now;
            _scope.Mms = _scope.Mms.With(mm);
            _scope.Contents |= PageAt.AllOf(mm);
            FollowPtes(in s, PageAt.AllOf(mm));
        }
    }

    private void FollowPtes(in MachineState s, BitSet<PageAt> pages)
    {
        for (; pages.Any; pages = pages.Rest)
        {
            var at = pages.First;
            var now = (_lives[at.Mm.Value] & MmFlags.Alive) != 0 ? s.Pte(at) : Pte.None;
            ref var before = ref _ptes[at.Number];
            if (now == before) continue;
            _referrers.Remap(at, before, now);
            Include(before);
            Include(now);
            before = now;
            _scope.Contents = _scope.Contents.With(at);
            _scope.Mms = _scope.Mms.With(at.Mm);
        }
    }

    private void FollowPins(in MachineState s, BitSet<PageAt> pages)
    {
        _scope.Pages |= pages;
        for (; pages.Any; pages = pages.Rest)
        {
            var at = pages.First;
            var now = s.Pin(at);
            ref var before = ref _pins[at.Number];
            _referrers.Repin(at, before, now);
            _pinned = now.Pfn.IsNone ? _pinned.Without(at) : _pinned.With(at);
            _scope.Folios = _scope.Folios.With(before.Pfn).With(now.Pfn);
            before = now;
        }
    }

    private void Include(Pte pte)
    {
        if (pte.IsPresent) _scope.Folios = _scope.Folios.With(pte.Pfn);
        else if (pte.IsSwap) _scope.Slots = _scope.Slots.With(pte.Entry);
    }

    private void FollowFolios(in MachineState s, BitSet<Pfn> folios)
    {
        _scope.Folios |= folios;
        for (; folios.Any; folios = folios.Rest)
        {
            var folio = folios.First;
            IncludePages(in s, folio);
            ref var before = ref _entries[folio.Value];
            IncludeSlot(before);
            before = s.Folio(folio).Entry;
            IncludeSlots(in s, folio);
            InWriteback = s.Folio(folio).Test(FolioFlags.Writeback) ? InWriteback.With(folio) : InWriteback.Without(folio);
        }
    }

    private void FollowFrames(in MachineState s, BitSet<Pfn> frames)
    {
        _scope.Folios |= frames;
        for (; frames.Any; frames = frames.Rest)
        {
            var mapped = _referrers.MappedAt(frames.First);
            _scope.Contents |= mapped;
            _scope.Pages |= _referrers.PinnedAt(frames.First);
            IncludeSlot(_entries[frames.First.Value]);
            var index = s.Frame(frames.First).Index;
            if (index != 0 && s.Folio(s.FolioOf(frames.First)).Entry is { IsNone: false } first) IncludeSlot(first.Plus(index));
        }
    }

    /// <summary>Where the pages of a folio are mapped or pinned.</summary>
    private void IncludePages(in MachineState s, Pfn folio)
    {
        for (int i = 0, pages = s.Folio(folio).Pages; i < pages; i++) _scope.Pages |= _referrers.MappedAt(folio.Plus(i)) | _referrers.PinnedAt(folio.Plus(i));
    }

    /// <summary>The slots of a folio in the swap cache.</summary>
    private void IncludeSlots(in MachineState s, Pfn folio)
    {
        ref readonly var f = ref s.Folio(folio);
        if (f.Entry.IsNone) return;
        for (var i = 0; i < f.Pages; i++) IncludeSlot(f.Entry.Plus(i));
    }

    /// <summary>A folio in the swap cache that nobody works on any more: those who have it in swap.</summary>
    private void FollowFolioLocks(in MachineState s, BitSet<Pfn> folios)
    {
        for (; folios.Any; folios = folios.Rest)
        {
            var locked = !s.FolioLock(folios.First).IsFree;
            LockedFolios = locked ? LockedFolios.With(folios.First) : LockedFolios.Without(folios.First);
            if (locked) continue;
            IncludePages(in s, folios.First);
            IncludeSlots(in s, folios.First);
        }
    }

    private void IncludeSlot(SwapEntry entry)
    {
        if (entry.IsNone) return;
        _scope.Slots = _scope.Slots.With(entry);
        _scope.Pages |= _referrers.SwappedAt(entry);
    }

    private void FollowSlots(in MachineState s, BitSet<SwapEntry> slots)
    {
        _scope.Slots |= slots;
        for (; slots.Any; slots = slots.Rest)
        {
            var entry = slots.First;
            _scope.Pages |= _referrers.SwappedAt(entry);
            ref var before = ref _cached[entry.Index];
            IncludeFolio(in s, before);
            before = s.Slot(entry).Folio;
            IncludeFolio(in s, before);
        }
    }

    private void IncludeFolio(in MachineState s, Pfn folio)
    {
        if (folio.IsNone) return;
        _scope.Folios = _scope.Folios.With(folio);
        IncludePages(in s, folio);
    }

    private void FollowLocks(in MachineState s, BitSet<MmId> mms)
    {
        for (; mms.Any; mms = mms.Rest)
        {
            var mm = mms.First;
            var inChange = !s.PageTableLock(mm).IsFree;
            var locked = inChange || !s.MmapLock(mm).Writer.IsFree;
            _inChange = inChange ? _inChange | PageAt.AllOf(mm) : _inChange.Except(PageAt.AllOf(mm));
            _scope.Pages |= _waiting & PageAt.AllOf(mm);
            _scope.Data |= _waitingContents & PageAt.AllOf(mm);
            _scope.Mms |= _waitingMms & BitSet<MmId>.Of(mm);
            _locked = locked ? _locked.With(mm) : _locked.Without(mm);
            if (locked) continue;
            _waiting = _waiting.Except(PageAt.AllOf(mm));
            _waitingContents = _waitingContents.Except(PageAt.AllOf(mm));
            _waitingMms = _waitingMms.Without(mm);
        }
    }

    private void FollowRanges(in MachineState s, BitSet<RangeId> ranges)
    {
        for (; ranges.Any; ranges = ranges.Rest)
        {
            var range = ranges.First;
            _referrers.RangesInUse = s.Metadata.RangeOf(range).Users != 0 ? _referrers.RangesInUse.With(range) : _referrers.RangesInUse.Without(range);
        }
    }

    private static bool AnyStable(in MachineState s)
    {
        for (var type = 0; type < Capacity.Areas; type++)
        {
            if (s.Area(type).Is(AreaFlags.StableWrites)) return true;
        }

        return false;
    }
}
