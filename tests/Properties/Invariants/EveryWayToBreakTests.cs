using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Xunit;

namespace Hooks.Properties.Invariants;

/// <summary>
/// A sound state, and one change to it: each way in which an invariant can break is noticed by that invariant, which
/// says so in words.
/// </summary>
public class EveryWayToBreakTests
{
    private static readonly MmId P0 = new(0);
    private static readonly Vpn A = new(0);
    private static readonly Vpn B = new(1);
    private static readonly Pfn One = new(1);
    private static readonly Pfn Two = new(2);
    private static readonly SwapEntry Entry = SwapEntry.Of(0, 1);

    public delegate void Change(ref MachineState s);

    private static List<(string Words, InvariantId Breaks, Moment Moment, Change Change)> Ways { get; } =
    [
        ("reads 9 from page a (pfn 1), where it last wrote 3", InvariantId.DataPreservation, Moment.AfterStep, static (ref s) => s.Folios[1].Data = 9),
        ("nothing is mapped there any more", InvariantId.DataPreservation, Moment.AfterStep, static (ref s) =>
        {
            s.Pte(P0, A) = Pte.None;
            s.Folios[1] = default;
            s.Mms[0].AnonPages = 0;
        }),
        ("sees tags 0000 on page a (pfn 1), where it last stored 5555: they are lost", InvariantId.TagPreservation, Moment.AfterStep, static (ref s) => s.Folios[1].Tags = default),
        ("mapped writable, but pfn 1 is not marked exclusive", InvariantId.Exclusivity, Moment.AfterStep, static (ref s) => s.Folios[1].Clear(FolioFlags.AnonExclusive)),
        ("mapped writable, but pfn 1 has 2 mappings", InvariantId.Exclusivity, Moment.AfterStep, static (ref s) => ShareWithP1(ref s)),
        ("is marked exclusive, but has 2 mappings", InvariantId.Exclusivity, Moment.AfterStep, static (ref s) =>
        {
            s.Pte(P0, A) = s.Pte(P0, A).Without(PteFlags.Write);
            ShareWithP1(ref s);
        }),
        ("marked exclusive, but the slot's count is 2", InvariantId.Exclusivity, Moment.AfterStep, static (ref s) =>
        {
            s.Slot(Entry).Count = 2;
            s.Mms[1].Flags = MmFlags.Alive | MmFlags.Forking;
            s.Mms[1].SwapEnts = 1;
            s.Mms[1].Ptes[1] = Pte.OfEntry(Entry);
        }),
        ("refers to pfn 2 in the swap cache, which is still marked exclusive", InvariantId.Exclusivity, Moment.AfterStep, static (ref s) => s.Folios[2].Set(FolioFlags.AnonExclusive)),
        ("is not soft-dirty, though the program has written the page", InvariantId.BitPreservation, Moment.AfterStep, static (ref s) => s.Mms[0].Vmas[0] &= ~VmaFlags.SoftDirty),
        ("no longer write-protected by userfaultfd", InvariantId.BitPreservation, Moment.AfterStep, static (ref s) => s.Pte(P0, B) = s.Pte(P0, B).Without(PteFlags.UffdWp)),
        ("is not marked exclusive, though the program has written the page", InvariantId.BitPreservation, Moment.AfterStep, static (ref s) =>
        {
            s.Folios[1].Clear(FolioFlags.AnonExclusive);
            s.Pte(P0, A) = s.Pte(P0, A).Without(PteFlags.Write);
        }),
        ("page a of P0 is pinned as pfn 1, but pfn 5 is mapped there now", InvariantId.PinStability, Moment.AfterStep, static (ref s) => s.Pte(P0, A) = Pte.MkPte(new Pfn(5), VmaFlags.Tagged)),
        ("which is neither mapped there nor in the swap cache for it", InvariantId.PinStability, Moment.AfterStep, static (ref s) => s.Pte(P0, A) = Pte.OfEntry(SwapEntry.Of(0, 2))),
        ("P0 sees 9, which another process has written", InvariantId.PinStability, Moment.AfterStep, static (ref s) => s.Folios[1].Data = 9),
        ("has changed from 7 to 8 meanwhile", InvariantId.DeviceStability, Moment.AfterStep, static (ref s) =>
        {
            s.Areas[0].Flags |= AreaFlags.StableWrites;
            s.Folios[2].Set(FolioFlags.Writeback);
            s.Folios[2].Data = 8;
            s.Slot(Entry).Data = 7;
        }),
        ("counts 0 pins, but has 1", InvariantId.Refcount, Moment.AfterStep, static (ref s) => s.Folios[1].Pins = 0),
        ("counts 1 pins, but has 0", InvariantId.Refcount, Moment.AfterStep, static (ref s) => s.Mms[0].Pins[0] = default),
        ("page a of P0 is pinned as pfn 2, but pfn 1 is mapped there now", InvariantId.PinStability, Moment.AfterStep, static (ref s) => s.Mms[0].Pins[0] = new Pin(Two, PinFlags.Write)),
        ("has given page c up, yet something is still mapped there", InvariantId.DataPreservation, Moment.AfterStep, static (ref s) => s.Mms[0].Ptes[2] = Pte.OfEntry(Entry)),
        ("pfn 1 has reference count 0, though its mappings", InvariantId.Refcount, Moment.AfterStep, static (ref s) =>
        {
            s.Tasks[0].Ptls = 1;
            s.Tasks[0].Folio = One;
            s.Folios[1].RefCount = 0;
        }),
        ("a reference to a page was dropped that nobody had", InvariantId.Refcount, Moment.AfterStep, static (ref s) => s.Events = Event.BadFolioPut),
        ("pfn 1 has reference count 3, but its mappings, its pins, the swap cache, the LRU batch and the tasks that hold it make 2", InvariantId.Refcount, Moment.AfterStep, static (ref s) => s.Folios[1].RefCount = 3),
        ("pfn 3 has reference count 1", InvariantId.Refcount, Moment.AfterStep, static (ref s) => s.Folios[3].RefCount = 1),
        ("pfn 4 is free, yet it has flags set", InvariantId.Refcount, Moment.AfterStep, static (ref s) => s.Folios[4].Set(FolioFlags.Dirty)),
        ("counts 2 anonymous pages, but maps 1", InvariantId.Refcount, Moment.AfterStep, static (ref s) => s.Mms[0].AnonPages = 2),
        ("map count 1, but 0 page table entries map it", InvariantId.Refcount, Moment.AfterStep, static (ref s) => s.Folios[2].MapCount = 1),
        ("was used or freed while free", InvariantId.SwapCount, Moment.AfterStep, static (ref s) => s.Events = Event.BadSlotUse),
        ("count 0, but 1 swap PTEs refer to it", InvariantId.SwapCount, Moment.AfterStep, static (ref s) =>
        {
            s.Slot(Entry).Count = 0;
            s.Pte(P0, B) = Pte.OfEntry(Entry);
        }),
        ("marked has-cache, but nothing is in the swap cache there", InvariantId.SwapCount, Moment.AfterStep, static (ref s) =>
        {
            s.Slots[1].Flags = SlotFlags.HasCache;
            s.Areas[0].InUse = 2;
            s.Areas[0].HighWater = 2;
        }),
        ("is not marked has-cache, though", InvariantId.SwapCount, Moment.AfterStep, static (ref s) => s.Slot(Entry).Flags = SlotFlags.None),
        ("do not agree on whether that page is in the swap cache there", InvariantId.SwapCount, Moment.AfterStep, static (ref s) => s.Folios[2].Entry = SwapEntry.Of(0, 2)),
        ("pfn 4 and swap 0:1 do not agree", InvariantId.SwapCount, Moment.AfterStep, static (ref s) => s.Folios[4] = new Folio { Flags = FolioFlags.SwapCache, RefCount = 1, Entry = Entry }),
        ("pfn 2 and swap 0:1 do not agree", InvariantId.SwapCount, Moment.AfterStep, static (ref s) =>
        {
            s.Slot(Entry).Folio = Pfn.None;
            s.Slot(Entry).Flags = SlotFlags.None;
        }),
        ("counts 3 slots in use, but 1 are", InvariantId.SwapCount, Moment.AfterStep, static (ref s) => s.Areas[0].InUse = 3),
        ("swap area 0 is switched off, but 1 of its slots are in use", InvariantId.SwapCount, Moment.AfterStep, static (ref s) => s.Areas[0].Flags |= AreaFlags.Off),
        ("is still being written, though its device writes at once", InvariantId.Progress, Moment.OperationEnded, static (ref s) =>
        {
            s.Areas[0].Flags |= AreaFlags.Synchronous;
            s.Folios[2].Set(FolioFlags.Writeback);
        }),
        ("counts 0 swap entries, but has 1", InvariantId.SwapCount, Moment.AfterStep, static (ref s) => s.Mms[0].SwapEnts = 0),
        ("was returned, but the metadata saved for it is still there", InvariantId.MetadataLifetime, Moment.AfterStep, static (ref s) => s.Metadata.Owed = 0),
        ("swap 0:2 was returned, but the metadata saved", InvariantId.MetadataLifetime, Moment.AfterStep, static (ref s) => s.Metadata.Save(SwapEntry.Of(0, 2), default)),
        ("is gone, though the slot has not been returned", InvariantId.MetadataLifetime, Moment.AfterStep, static (ref s) => s.Metadata.Erase(Entry)),
        ("is still there, though the page is no longer swapped out", InvariantId.MetadataLifetime, Moment.AfterStep, static (ref s) => Range(ref s, P0) = new() { Users = 1, End = 3, Saved = 1 }),
        ("counts 2 users, but 1 of its pages have metadata saved", InvariantId.MetadataLifetime, Moment.AfterStep, static (ref s) => Range(ref s, P0) = new() { Users = 2, End = 3, Saved = 2 }),
        ("is still there, though the process is gone", InvariantId.MetadataLifetime, Moment.AfterStep, static (ref s) => Range(ref s, new MmId(3)) = new() { Users = 1, End = 3, Saved = 2 }),
        ("waits for a lock that nobody will give back", InvariantId.Progress, Moment.Deadlock, static (ref s) => { }),
        ("in one operation and is no further", InvariantId.Progress, Moment.Livelock, static (ref s) => { }),
        ("has given a lock back that it did not have", InvariantId.Progress, Moment.AfterStep, static (ref s) => s.Events = Event.BadUnlock),
        ("SIGBUS, though no read has failed", InvariantId.Progress, Moment.OperationEnded, static (ref s) => s.Tasks[0].Result = OpResult.SigBus),
        ("no page, though memory is free", InvariantId.Progress, Moment.OperationEnded, static (ref s) => s.Tasks[0].Result = OpResult.Oom),
        ("still holds the mmap lock or a page table lock", InvariantId.Progress, Moment.OperationEnded, static (ref s) => s.Tasks[0].Set(TaskFlags.MmapRead)),
        ("still holds a reference to a page, or a claim", InvariantId.Progress, Moment.OperationEnded, static (ref s) => s.Tasks[0].Set(TaskFlags.NeedClearCache)),
        ("still has pfn 1 locked", InvariantId.Progress, Moment.OperationEnded, static (ref s) => s.Folios[1].LockedBy = 1),
        ("still has pfn 24 locked", InvariantId.Progress, Moment.OperationEnded, static (ref s) => s.Folios[Capacity.Folios].LockedBy = 1),
    ];

    public static TheoryData<int, InvariantId, string> Numbered()
    {
        var data = new TheoryData<int, InvariantId, string>();
        for (var i = 0; i < Ways.Count; i++) data.Add(i, Ways[i].Breaks, Ways[i].Words);
        return data;
    }

    [Fact]
    public void A_sound_state_breaks_nothing() => Assert.Empty(Broken(Sound(), Moment.AfterStep));

    [Theory]
    [MemberData(nameof(Numbered))]
    public void A_broken_state_is_noticed_by_the_invariant_it_breaks_and_described(int way, InvariantId breaks, string words)
    {
        var s = Sound();
        Ways[way].Change(ref s);
        var broken = Broken(s, Ways[way].Moment);
        var breach = Assert.Single(broken, b => b.Invariant == breaks);
        Assert.Contains(words, InvariantCatalogue.Of(breaks).Describe(breach), StringComparison.Ordinal);
    }

    [Fact]
    public void Somebody_elses_tag_is_stale_and_an_old_tag_of_ones_own_is_only_lost()
    {
        var s = Sound();
        s.Folios[1].Tags = PageTags.All(5).With(3, 0xc);
        var stale = Assert.Single(Broken(s, Moment.AfterStep), b => b.Invariant == InvariantId.NoStaleTags);
        Assert.Contains("tag c in granule 3 of page a", InvariantCatalogue.Of(InvariantId.NoStaleTags).Describe(stale), StringComparison.Ordinal);
        s.Folios[1].Tags = PageTags.All(2);
        Assert.Equal(InvariantId.TagPreservation, Assert.Single(Broken(s, Moment.AfterStep)).Invariant);
    }

    [Fact]
    public void What_a_task_changes_under_a_page_table_lock_is_not_counted_yet_but_what_is_visible_is_checked()
    {
        var s = Sound();
        s.Mms[0].PtlOwner = 1;
        s.Tasks[0].Ptls = 1;
        s.Tasks[0].Folio = One;
        s.Tasks[0].Entry = Entry;
        s.Folios[1].RefCount = 3;
        s.Slot(Entry).Count = 0;
        s.Mms[0].AnonPages = 0;
        Assert.Empty(Broken(s, Moment.AfterStep));
        s.Folios[1].Data = 9;
        Assert.Equal([InvariantId.DataPreservation, InvariantId.PinStability], Broken(s, Moment.AfterStep).Select(b => b.Invariant));
    }

    /// <summary>P0 has page a mapped, exclusive, tagged and pinned, in pfn 1; page b, write-protected by userfaultfd, is in swap and, clean, in the swap cache in pfn 2, its tags saved.</summary>
    private static MachineState Sound()
    {
        var s = new MachineState();
        s.Areas[0] = new SwapArea { Flags = AreaFlags.Used, Pages = 8, InUse = 1, HighWater = 1 };
        ref var mm = ref s.Mms[0];
        mm.Flags = MmFlags.Alive;
        mm.AnonPages = 1;
        mm.SwapEnts = 1;
        mm.Vmas[0] = mm.Vmas[1] = VmaFlags.Mapped | VmaFlags.Tagged | VmaFlags.SoftDirty;
        mm.Ptes[0] = Pte.MkPte(One, mm.Vmas[0]).With(PteFlags.Write | PteFlags.Dirty);
        mm.Ptes[1] = Pte.OfEntry(Entry).With(PteFlags.SwpExclusive | PteFlags.UffdWp);
        mm.Pins[0] = new Pin(One, PinFlags.None);
        s.Folios[1] = new Folio { Flags = FolioFlags.Uptodate | FolioFlags.Lru | FolioFlags.AnonExclusive, RefCount = 2, Pins = 1, MapCount = 1, Data = 3, Tags = PageTags.All(5) };
        s.Folios[2] = new Folio { Flags = FolioFlags.Uptodate | FolioFlags.Lru | FolioFlags.SwapCache, RefCount = 1, Entry = Entry };
        s.Slot(Entry) = new Slot { Count = 1, Flags = SlotFlags.HasCache, Folio = Two };
        s.Metadata.Save(Entry, PageTags.All(6));
        s.Metadata.Owed = Entry.Bit;
        return s;
    }

    /// <summary>What P0 did to get there: page a with data 3, tagged 2 once and 5 since.</summary>
    private static Oracle Expected()
    {
        var oracle = new Oracle();
        foreach (var page in new[] { A, B }) oracle.Follow(Event.UserMapped, new KTask { Page = page });
        oracle.Follow(Event.UserWrote, new KTask { Page = A, Value = 3 });
        oracle.Follow(Event.UserTagged, new KTask { Page = A, Value = 2 });
        oracle.Follow(Event.UserTagged, new KTask { Page = A, Value = 5 });
        oracle.Follow(Event.UserPinned, new KTask { Page = A });
        oracle.Follow(Event.UserProtected, new KTask { Page = B });
        return oracle;
    }

    /// <summary>What is found by looking at everything; and the same must be found by looking at what has changed since all was sound.</summary>
    private static List<Breach> Broken(MachineState s, Moment moment)
    {
        var everything = new Changes();
        everything.Everything(in s, in s.Tasks[0]);
        var changed = new Changes();
        changed.Everything(Sound(), default);
        changed.Follow(in s, in s.Tasks[0], oracle: 0, moment);
        var broken = Broken(in s, everything, moment);
        Assert.Equal(broken, Broken(in s, changed, moment));
        return broken;
    }

    private static List<Breach> Broken(in MachineState s, Changes changes, Moment moment)
    {
        var oracle = Expected();
        var broken = new List<Breach>();
        var view = new View(in s, in oracle, changes, marksExclusive: true, marksSwapPtes: true, task: 0, moment, s.Events);
        foreach (var id in InvariantCatalogue.Due(changes.Scope.Concerns, s.Events).Members())
        {
            if (!InvariantCatalogue.Of(id).Holds(in view, out var breach)) broken.Add(breach);
        }

        return broken;
    }

    private static void ShareWithP1(ref MachineState s)
    {
        s.Folios[1].MapCount = 2;
        s.Folios[1].RefCount = 2;
        s.Mms[1].Flags = MmFlags.Alive | MmFlags.Forking;
        s.Mms[1].AnonPages = 1;
        s.Mms[1].Ptes[0] = Pte.MkPte(One, VmaFlags.Mapped);
    }

    private static ref Core.Arch.AddressRange Range(ref MachineState s, MmId mm) => ref s.Metadata.Range(mm, 0);
}
