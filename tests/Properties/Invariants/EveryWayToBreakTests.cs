using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Xunit;

namespace Hooks.Properties.Invariants;

/// <summary>
/// A sound state, and one change to it: each way in which an invariant can break is noticed by that invariant, which
/// says so in words.
/// </summary>
public class EveryWayToBreakTests
{
    private static readonly IArchHooks Arch = Machines.Arm64.Hooks(KernelCatalogue.Get("v6.11"));
    private static readonly Vma TaggedVma = Vma.Anonymous.With(VmaFlags.Tagged);
    private static readonly MmId P0 = new(0);
    private static readonly Vpn A = new(0);
    private static readonly Vpn B = new(1);
    private static readonly Pfn One = new(1);
    private static readonly Pfn Two = new(2);
    private static readonly SwapEntry Entry = SwapEntry.Of(0, 1);

    internal delegate void Change(ref World w, ref StepReport r);

    private static List<(string Words, InvariantId Breaks, Moment Moment, Change Change)> Ways { get; } =
    [
        ("reads 9 from page a (pfn 1), where it last wrote 3", InvariantId.DataPreservation, Moment.AfterStep, static (ref w, ref r) => w.State._frames[1].Data = 9),
        ("nothing is mapped there any more", InvariantId.DataPreservation, Moment.AfterStep, static (ref w, ref r) =>
        {
            Pte(ref w, A) = Core.Mm.Pte.None;
            w.State._folios[1] = default;
            w.State._frames[1] = default;
            w.State._counters[0].AnonPages = 0;
        }),
        ("sees tags 0000 on page a (pfn 1), where it last stored 5555: they are lost", InvariantId.TagPreservation, Moment.AfterStep, static (ref w, ref r) => w.State._frames[1].Tags = default),
        ("mapped writable, but pfn 1 is not marked exclusive", InvariantId.Exclusivity, Moment.AfterStep, static (ref w, ref r) => w.State._frames[1].Clear(PageFlags.AnonExclusive)),
        ("mapped writable, but pfn 1 has 2 mappings", InvariantId.Exclusivity, Moment.AfterStep, static (ref w, ref r) => ShareWithP1(ref w.State)),
        ("is marked exclusive, but has 2 mappings", InvariantId.Exclusivity, Moment.AfterStep, static (ref w, ref r) =>
        {
            Pte(ref w, A) = Pte(ref w, A).Without(PteFlags.Write);
            ShareWithP1(ref w.State);
        }),
        ("marked exclusive, but the slot's count is 2", InvariantId.Exclusivity, Moment.AfterStep, static (ref w, ref r) =>
        {
            w.State._slots[Entry.Index].Count = 2;
            w.State._mms[1].Flags = MmFlags.Alive | MmFlags.Forking;
            w.State._counters[1].SwapEnts = 1;
            w.State._ptes[Capacity.Pages + 1] = Core.Mm.Pte.OfEntry(Entry);
        }),
        ("refers to pfn 2 in the swap cache, which is still marked exclusive", InvariantId.Exclusivity, Moment.AfterStep, static (ref w, ref r) => w.State._frames[2].Set(PageFlags.AnonExclusive)),
        ("is not soft-dirty, though the program has written the page", InvariantId.BitPreservation, Moment.AfterStep, static (ref w, ref r) => w.State._vmas[0] = w.State._vmas[0].Without(VmaFlags.SoftDirty)),
        ("no longer write-protected by userfaultfd", InvariantId.BitPreservation, Moment.AfterStep, static (ref w, ref r) => Pte(ref w, B) = Pte(ref w, B).Without(PteFlags.UffdWp)),
        ("is not marked exclusive, though the program has written the page", InvariantId.BitPreservation, Moment.AfterStep, static (ref w, ref r) =>
        {
            w.State._frames[1].Clear(PageFlags.AnonExclusive);
            Pte(ref w, A) = Pte(ref w, A).Without(PteFlags.Write);
        }),
        ("page a of P0 is pinned as pfn 1, but pfn 5 is mapped there now", InvariantId.PinStability, Moment.AfterStep, static (ref w, ref r) => Pte(ref w, A) = Core.Mm.Pte.MkPte(new Pfn(5), TaggedVma)),
        ("which is neither mapped there nor in the swap cache for it", InvariantId.PinStability, Moment.AfterStep, static (ref w, ref r) => Pte(ref w, A) = Core.Mm.Pte.OfEntry(SwapEntry.Of(0, 2))),
        ("P0 sees 9, which another process has written", InvariantId.PinStability, Moment.AfterStep, static (ref w, ref r) => w.State._frames[1].Data = 9),
        ("has changed from 7 to 8 meanwhile", InvariantId.DeviceStability, Moment.AfterStep, static (ref w, ref r) =>
        {
            w.State._areas[0].Flags |= AreaFlags.StableWrites;
            w.State._folios[2].Set(FolioFlags.Writeback);
            w.State._frames[2].Data = 8;
            w.State._slots[Entry.Index].Data = 7;
        }),
        ("counts 0 pins, but has 1", InvariantId.Refcount, Moment.AfterStep, static (ref w, ref r) => w.State._folios[1].Pins = 0),
        ("counts 1 pins, but has 0", InvariantId.Refcount, Moment.AfterStep, static (ref w, ref r) => w.State._pins[0] = default),
        ("page a of P0 is pinned as pfn 2, but pfn 1 is mapped there now", InvariantId.PinStability, Moment.AfterStep, static (ref w, ref r) => w.State._pins[0] = new Pin(Two, PinFlags.Write)),
        ("has given page c up, yet something is still mapped there", InvariantId.DataPreservation, Moment.AfterStep, static (ref w, ref r) => w.State._ptes[2] = Core.Mm.Pte.OfEntry(Entry)),
        ("pfn 1 has reference count 0, though its mappings", InvariantId.Refcount, Moment.AfterStep, static (ref w, ref r) =>
        {
            w.Tasks[0].PageTableLocks = BitSet<MmId>.Of(P0);
            w.Tasks[0].Folio = One;
            w.State._folios[1].RefCount = 0;
        }),
        ("a reference to a page was dropped that nobody had", InvariantId.Refcount, Moment.AfterStep, static (ref w, ref r) => r.Oops = Oops.BadFolioPut),
        ("pfn 1 has reference count 3, but its mappings, its pins, the swap cache, the LRU batch and the tasks that hold it make 2", InvariantId.Refcount, Moment.AfterStep, static (ref w, ref r) => w.State._folios[1].RefCount = 3),
        ("pfn 3 has reference count 1", InvariantId.Refcount, Moment.AfterStep, static (ref w, ref r) => w.State._folios[3].RefCount = 1),
        ("pfn 4 is free, yet it has flags set", InvariantId.Refcount, Moment.AfterStep, static (ref w, ref r) => w.State._folios[4].Set(FolioFlags.Dirty)),
        ("counts 2 anonymous pages, but maps 1", InvariantId.Refcount, Moment.AfterStep, static (ref w, ref r) => w.State._counters[0].AnonPages = 2),
        ("map count 1, but 0 page table entries map it", InvariantId.Refcount, Moment.AfterStep, static (ref w, ref r) => w.State._frames[2].MapCount = 1),
        ("was used or freed while free", InvariantId.SwapCount, Moment.AfterStep, static (ref w, ref r) => r.Oops = Oops.BadSlotUse),
        ("count 0, but 1 swap PTEs refer to it", InvariantId.SwapCount, Moment.AfterStep, static (ref w, ref r) =>
        {
            w.State._slots[Entry.Index].Count = 0;
            Pte(ref w, B) = Core.Mm.Pte.OfEntry(Entry);
        }),
        ("marked has-cache, but nothing is in the swap cache there", InvariantId.SwapCount, Moment.AfterStep, static (ref w, ref r) =>
        {
            w.State._slots[1].Flags = SlotFlags.HasCache;
            w.State._areas[0].InUse = 2;
            w.State._areas[0].HighWater = 2;
        }),
        ("is not marked has-cache, though", InvariantId.SwapCount, Moment.AfterStep, static (ref w, ref r) => w.State._slots[Entry.Index].Flags = SlotFlags.None),
        ("do not agree on whether that page is in the swap cache there", InvariantId.SwapCount, Moment.AfterStep, static (ref w, ref r) => w.State._folios[2].Entry = SwapEntry.Of(0, 2)),
        ("pfn 4 and swap 0:1 do not agree", InvariantId.SwapCount, Moment.AfterStep, static (ref w, ref r) => w.State._folios[4] = new Folio { Flags = FolioFlags.SwapCache, RefCount = 1, Entry = Entry }),
        ("pfn 2 and swap 0:1 do not agree", InvariantId.SwapCount, Moment.AfterStep, static (ref w, ref r) =>
        {
            w.State._slots[Entry.Index].Folio = Pfn.None;
            w.State._slots[Entry.Index].Flags = SlotFlags.None;
        }),
        ("counts 3 slots in use, but 1 are", InvariantId.SwapCount, Moment.AfterStep, static (ref w, ref r) => w.State._areas[0].InUse = 3),
        ("swap area 0 is switched off, but 1 of its slots are in use", InvariantId.SwapCount, Moment.AfterStep, static (ref w, ref r) => w.State._areas[0].Flags |= AreaFlags.Off),
        ("is still being written, though its device writes at once", InvariantId.Progress, Moment.OperationEnded, static (ref w, ref r) =>
        {
            w.State._areas[0].Flags |= AreaFlags.Synchronous;
            w.State._folios[2].Set(FolioFlags.Writeback);
        }),
        ("counts 0 swap entries, but has 1", InvariantId.SwapCount, Moment.AfterStep, static (ref w, ref r) => w.State._counters[0].SwapEnts = 0),
        ("was returned, but the metadata saved for it is still there", InvariantId.MetadataLifetime, Moment.AfterStep, static (ref w, ref r) => w.Ghost.Follow(ref r, Observation.SavedGivenUp(Entry))),
        ("swap 0:2 was returned, but the metadata saved", InvariantId.MetadataLifetime, Moment.AfterStep, static (ref w, ref r) => w.State._metadata.Save(SwapEntry.Of(0, 2), default)),
        ("is gone, though the slot has not been returned", InvariantId.MetadataLifetime, Moment.AfterStep, static (ref w, ref r) => w.State._metadata.Erase(Entry)),
        ("is still there, though the page is no longer swapped out", InvariantId.MetadataLifetime, Moment.AfterStep, static (ref w, ref r) => SaveAt(ref w, ref r, new PageAt(P0, A), users: 1)),
        ("counts 2 users, but 1 of its pages have metadata saved", InvariantId.MetadataLifetime, Moment.AfterStep, static (ref w, ref r) => SaveAt(ref w, ref r, new PageAt(P0, B), users: 2)),
        ("is still there, though the process is gone", InvariantId.MetadataLifetime, Moment.AfterStep, static (ref w, ref r) => SaveAt(ref w, ref r, new PageAt(new MmId(3), B), users: 1)),
        ("waits for a lock that nobody will give back", InvariantId.Progress, Moment.Deadlock, static (ref w, ref r) => { }),
        ("in one operation and is no further", InvariantId.Progress, Moment.Livelock, static (ref w, ref r) => { }),
        ("has given a lock back that it did not have", InvariantId.Progress, Moment.AfterStep, static (ref w, ref r) => r.Oops = Oops.BadUnlock),
        ("SIGBUS, though no read has failed", InvariantId.Progress, Moment.OperationEnded, static (ref w, ref r) => w.Tasks[0].Result = OpResult.SigBus),
        ("SIGBUS, though no read has failed", InvariantId.Progress, Moment.OperationEnded, static (ref w, ref r) =>
        {
            w.Tasks[0].Page = A;
            w.Tasks[0].Result = OpResult.SigBus;

            // Somebody else's read, of another page.
            r.Task = TaskId.Kswapd;
            w.Ghost.Follow(ref r, Observation.ReadFailed(Entry));
            r.Task = default;
        }),
        ("no page, though memory is free", InvariantId.Progress, Moment.OperationEnded, static (ref w, ref r) => w.Tasks[0].Result = OpResult.Oom),
        ("still holds the mmap lock or a page table lock", InvariantId.Progress, Moment.OperationEnded, static (ref w, ref r) => w.Tasks[0].MmapRead = BitSet<MmId>.Of(P0)),
        ("still holds the mmap lock or a page table lock", InvariantId.Progress, Moment.OperationEnded, static (ref w, ref r) => w.Tasks[0].MmapWrite = BitSet<MmId>.Of(P0)),
        ("still holds the mmap lock or a page table lock", InvariantId.Progress, Moment.OperationEnded, static (ref w, ref r) => w.Tasks[0].PageTableLocks = BitSet<MmId>.Of(P0)),
        ("still holds a reference to a page or an address space, or a claim", InvariantId.Progress, Moment.OperationEnded, static (ref w, ref r) => w.Tasks[0].Claimed = BitSet<SwapEntry>.Of(Entry)),
        ("still holds a reference to a page or an address space, or a claim", InvariantId.Progress, Moment.OperationEnded, static (ref w, ref r) => w.Tasks[0].Take(One)),
        ("still holds a reference to a page or an address space, or a claim", InvariantId.Progress, Moment.OperationEnded, static (ref w, ref r) => w.Tasks[0].Busy = 1),
        ("still has pfn 1 locked", InvariantId.Progress, Moment.OperationEnded, static (ref w, ref r) => w.State._folioLocks[1] = LockOwner.Of(w.Tasks[0].Id)),
        ($"still has pfn {Capacity.Frames} locked", InvariantId.Progress, Moment.OperationEnded, static (ref w, ref r) => w.State._folioLocks[Capacity.Frames] = LockOwner.Of(w.Tasks[0].Id)),
    ];

    public static TheoryData<int, InvariantId, string> Numbered()
    {
        var data = new TheoryData<int, InvariantId, string>();
        for (var i = 0; i < Ways.Count; i++) data.Add(i, Ways[i].Breaks, Ways[i].Words);
        return data;
    }

    [Fact]
    public void A_sound_state_breaks_nothing()
    {
        var report = new StepReport();
        Assert.Empty(Broken(Sound(), report, Moment.AfterStep));
        Assert.Empty(Broken(Sound(), report, Moment.OperationEnded));
    }

    [Theory]
    [MemberData(nameof(Numbered))]
    public void A_broken_state_is_noticed_by_the_invariant_it_breaks_and_described(int way, InvariantId breaks, string words)
    {
        var w = Sound();
        var report = new StepReport();
        Ways[way].Change(ref w, ref report);
        var broken = Broken(w, report, Ways[way].Moment);
        var breach = Assert.Single(broken, b => b.Invariant == breaks);
        Assert.Contains(words, InvariantCatalogue.Of(breaks).Describe(breach), StringComparison.Ordinal);
    }

    [Fact]
    public void SIGBUS_of_the_page_whose_read_failed_is_no_breach_in_swap_or_poisoned()
    {
        var w = Sound();
        var report = new StepReport();
        w.Tasks[0].Page = B;
        w.Tasks[0].Result = OpResult.SigBus;
        report.Task = TaskId.Kswapd;
        w.Ghost.Follow(ref report, Observation.ReadFailed(Entry));
        report.Task = default;
        Assert.Equal(InvariantId.Progress, Assert.Single(Broken(w, report, Moment.OperationEnded)).Invariant);
        w.Ghost.Follow(ref report, Observation.NotUptodate(Entry));
        Assert.Empty(Broken(w, report, Moment.OperationEnded));
        w.Ghost.Forget(default);
        Assert.Equal(InvariantId.Progress, Assert.Single(Broken(w, report, Moment.OperationEnded)).Invariant);
        w.Ghost.Follow(ref report, Observation.Poisoned(new PageAt(P0, B), Entry));
        w.Ghost.Follow(ref report, Observation.ReadDone(Entry));
        Pte(ref w, B) = Core.Mm.Pte.Poison;
        Assert.DoesNotContain(Broken(w, report, Moment.OperationEnded), b => b.Invariant == InvariantId.Progress);
    }

    [Fact]
    public void Somebody_elses_tag_is_stale_and_an_old_tag_of_ones_own_is_only_lost()
    {
        var w = Sound();
        w.State._frames[1].Tags = PageTags.All(5).With(3, 0xc);
        var stale = Assert.Single(Broken(w, default, Moment.AfterStep), b => b.Invariant == InvariantId.NoStaleTags);
        Assert.Contains("tag c in granule 3 of page a", InvariantCatalogue.Of(InvariantId.NoStaleTags).Describe(stale), StringComparison.Ordinal);
        w.State._frames[1].Tags = PageTags.All(2);
        Assert.Equal(InvariantId.TagPreservation, Assert.Single(Broken(w, default, Moment.AfterStep)).Invariant);
    }

    [Fact]
    public void What_a_task_changes_under_a_page_table_lock_is_not_counted_yet_but_what_is_visible_is_checked()
    {
        var w = Sound();
        w.State._pageTableLocks[0] = LockOwner.Of(w.Tasks[0].Id);
        w.Tasks[0].PageTableLocks = BitSet<MmId>.Of(P0);
        w.Tasks[0].Folio = One;
        w.Tasks[0].Entry = Entry;
        w.State._folios[1].RefCount = 3;
        w.State._slots[Entry.Index].Count = 0;
        w.State._counters[0].AnonPages = 0;
        Assert.Empty(Broken(w, default, Moment.AfterStep));
        w.State._frames[1].Data = 9;
        Assert.Equal([InvariantId.DataPreservation, InvariantId.PinStability], Broken(w, default, Moment.AfterStep).Select(b => b.Invariant));
    }

    /// <summary>P0 has page a mapped, exclusive, tagged and pinned, in pfn 1; page b, write-protected by userfaultfd, is in swap and, clean, in the swap cache in pfn 2, its tags saved.</summary>
    private static World Sound()
    {
        var w = new World();
        for (byte i = 0; i < Capacity.Tasks; i++) w.Tasks[i].Id = new TaskId(i);
        ref var s = ref w.State;
        s._areas[0] = new SwapArea { Flags = AreaFlags.Used, Pages = 8, InUse = 1, HighWater = 1 };
        s._mms[0] = new MmStruct { Flags = MmFlags.Alive, Users = 1 };
        s._counters[0] = new MmCounters { AnonPages = 1, SwapEnts = 1 };
        s._vmas[0] = s._vmas[1] = TaggedVma;
        s._ptes[0] = Core.Mm.Pte.MkPte(One, TaggedVma).With(PteFlags.Write | PteFlags.Dirty);
        s._ptes[1] = Core.Mm.Pte.OfEntry(Entry).With(PteFlags.SwpExclusive | PteFlags.UffdWp);
        s._pins[0] = new Pin(One, PinFlags.None);
        s._folios[1] = new Folio { Flags = FolioFlags.Uptodate | FolioFlags.Lru, RefCount = 2, Pins = 1 };
        s._frames[1] = new PageFrame { Flags = PageFlags.AnonExclusive, MapCount = 1, Data = 3, Tags = PageTags.All(5) };
        s._folios[2] = new Folio { Flags = FolioFlags.Uptodate | FolioFlags.Lru | FolioFlags.SwapCache, RefCount = 1, Entry = Entry };
        s._slots[Entry.Index] = new Slot { Count = 1, Flags = SlotFlags.HasCache, Folio = Two };
        s._metadata.Save(Entry, PageTags.All(6));
        var saved = new StepReport();
        w.Ghost.Follow(ref saved, Observation.Prepared(Entry));

        // What P0 did to get there: page a with data 3, tagged 2 once and 5 since.
        var (a, b) = (new PageAt(P0, A), new PageAt(P0, B));
        w.Oracle.Follow(Arch, Observation.Mapped(a), Observation.Mapped(b), Observation.Stored(a, 3), Observation.Tagged(a, 0, 2), Observation.Tagged(a, 0, 5), Observation.Pinned(a), Observation.Protected(b));
        return w;
    }

    /// <summary>What is found by looking at everything; and the same must be found by looking at what has changed since all was sound, which the step's footprint must say.</summary>
    private static List<Breach> Broken(World w, StepReport report, Moment moment)
    {
        var sound = Sound();
        report.Written = Footprints.Between(in sound.State, in w.State);
        var everything = new Attention();
        everything.Everything(in w);
        var changed = new Attention();
        changed.Everything(in sound);
        changed.Follow(in w, in report, expected: default, moment);
        var broken = Broken(in w, in report, everything, moment);
        Assert.Equal(broken, Broken(in w, in report, changed, moment));
        return broken;
    }

    private static List<Breach> Broken(in World w, in StepReport report, Attention attention, Moment moment)
    {
        var broken = new List<Breach>();
        var view = new View(in w, in report, attention, marksExclusive: true, marksSwapPtes: true, Arch.Metadata.Mask, moment);
        foreach (var id in InvariantCatalogue.Due(attention.Scope.Concerns, report.Marks, report.Oops).Members())
        {
            if (!InvariantCatalogue.Of(id).Holds(in view, out var breach)) broken.Add(breach);
        }

        return broken;
    }

    private static void ShareWithP1(ref MachineState s)
    {
        s._frames[1].MapCount = 2;
        s._folios[1].RefCount = 2;
        s._mms[1].Flags = MmFlags.Alive | MmFlags.Forking;
        s._counters[1].AnonPages = 1;
        s._ptes[Capacity.Pages] = Core.Mm.Pte.MkPte(One, Vma.Anonymous);
    }

    private static ref Pte Pte(ref World w, Vpn page) => ref w.State._ptes[new PageAt(P0, page).Number];

    /// <summary>Metadata of a page was saved by address, in a range that counts so many users.</summary>
    private static void SaveAt(ref World w, ref StepReport r, PageAt at, byte users)
    {
        w.State._metadata.Range(RangeId.Of(at.Mm, 0)) = new() { Users = users, End = 3 };
        w.Ghost.Follow(ref r, Observation.SavedAt(at));
    }
}
