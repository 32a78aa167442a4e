using System.Globalization;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;

namespace Hooks.Core.Traces;

/// <summary>
/// The difference between two worlds in words, one line a change: <c>P0 a: swap 0:1 exclusive → pfn 2 read-only tagged</c>.
/// In the order of the world: processes, pages, slots, saved metadata, what there is one of, the tasks' locals and holdings, what programs expect. All that a step
/// can change is in it, but for where the task stands: that is the step itself.
/// </summary>
public static class StateDiff
{
    private static readonly (FolioFlags Flag, string Name)[] FolioFlagNames =
    [
        (FolioFlags.Uptodate, "uptodate"), (FolioFlags.Dirty, "dirty"), (FolioFlags.Writeback, "writeback"), (FolioFlags.Lru, "on LRU"),
        (FolioFlags.SwapCache, "in swap cache"), (FolioFlags.Mlocked, "mlocked"), (FolioFlags.LazyFree, "lazyfree"), (FolioFlags.Anon, "anonymous"),
    ];

    private static readonly (TaskFlags Flag, string Name)[] TaskFlagNames =
    [
        (TaskFlags.Unshare, "FAULT_FLAG_UNSHARE"), (TaskFlags.WriteFault, "write fault"), (TaskFlags.WriteLeft, "FAULT_FLAG_WRITE"), (TaskFlags.Exclusive, "exclusive"),
        (TaskFlags.AnonExclusive, "anon_exclusive"), (TaskFlags.NeedClearCache, "need_clear_cache"), (TaskFlags.AllocFailed, "allocation failed"), (TaskFlags.Answer, "answer"), (TaskFlags.HoldsMm, "holds its mm"), (TaskFlags.CopiedForChild, "copied for the child"), (TaskFlags.ReadAround, "read around the swap cache"),
    ];

    private static readonly FolioFlags AllFolioFlags = FolioFlagNames.Aggregate(FolioFlags.None, (all, f) => all | f.Flag);
    private static readonly TaskFlags AllTaskFlags = TaskFlagNames.Aggregate(TaskFlags.None, (all, f) => all | f.Flag);
    private static readonly BitSet<Pfn> AllFrames = BitSet<Pfn>.UpTo(Capacity.Frames + 1);

    private const PageFlags AllPageFlags = PageFlags.AnonExclusive | PageFlags.ArchTagged;
    private const SlotFlags AllSlotFlags = SlotFlags.HasCache | SlotFlags.HeldBack | SlotFlags.Zero;

    /// <summary>The changes from one world to another.</summary>
    public static IReadOnlyList<string> Between(in World before, in World after) => Between(in before, in after, locals: true);

    /// <summary>The changes from one world to another, with the tasks' local slots or without: a path read from source has variables of its own in them.</summary>
    internal static IReadOnlyList<string> Between(in World before, in World after, bool locals)
    {
        // Most of a world does not change in a step: nothing is put into words before it is known to differ.
        var lines = new List<string>();
        if (before.State != after.State) DiffState(lines, in before.State, in after.State);
        for (byte i = 0; i < Capacity.Tasks; i++)
        {
            if (!ValueBytes.Same(in before.Tasks[i], in after.Tasks[i])) DiffTask(lines, new TaskId(i), in before.Tasks[i], in after.Tasks[i], locals);
        }

        if (!ValueBytes.Same(in before.Ghost, in after.Ghost)) DiffGhost(lines, in before.Ghost, in after.Ghost);
        if (before.Oracle != after.Oracle) DiffOracle(lines, in before.Oracle, in after.Oracle);
        return lines;
    }

    private static void DiffState(List<string> lines, in MachineState a, in MachineState b)
    {
        for (byte m = 0; m < Capacity.Mms; m++) DiffMm(lines, new MmId(m), in a, in b);
        for (byte i = 0; i <= Capacity.Frames; i++) DiffFolio(lines, new Pfn(i), in a, in b);
        for (var i = 0; i < SwapEntry.Total; i++)
        {
            var entry = SwapEntry.At(i);
            if (!ValueBytes.Same(in a.Slot(entry), in b.Slot(entry))) DiffSlot(lines, entry, in a.Slot(entry), in b.Slot(entry));
        }

        for (var i = 0; i < Capacity.Areas; i++) DiffArea(lines, i, in a.Area(i), in b.Area(i));
        DiffMetadata(lines, in a.Metadata, in b.Metadata);
        DiffGlobals(lines, in a.Globals, in b.Globals);
    }

    private static void DiffMm(List<string> lines, MmId id, in MachineState a, in MachineState b)
    {
        AddInWords(lines, $"{id}", a.Mm(id).Flags, b.Mm(id).Flags, Life);
        Add(lines, $"{id} mm_users", a.Mm(id).Users, b.Mm(id).Users);
        foreach (var at in PagesOf(id)) Add(lines, $"{at} VMA", a.Vma(at), b.Vma(at));
        foreach (var at in PagesOf(id)) Add(lines, $"{at}", a.Pte(at), b.Pte(at));
        Add(lines, $"{id} mmap_lock", MmapLock(in a, id), MmapLock(in b, id));
        Add(lines, $"{id} page table lock", a.PageTableLock(id), b.PageTableLock(id));
        foreach (var at in PagesOf(id)) AddInWords(lines, $"{id} pin at {at.Page}", a.Pin(at), b.Pin(at), PinOf);
        Add(lines, $"{id} MM_ANONPAGES", a.Counters(id).AnonPages, b.Counters(id).AnonPages);
        Add(lines, $"{id} MM_SWAPENTS", a.Counters(id).SwapEnts, b.Counters(id).SwapEnts);
    }

    private static IEnumerable<PageAt> PagesOf(MmId mm)
    {
        for (var all = PageAt.AllOf(mm); all.Any; all = all.Rest) yield return all.First;
    }

    private static void DiffFolio(List<string> lines, Pfn pfn, in MachineState s, in MachineState t)
    {
        var (a, b) = (s.Folio(pfn), t.Folio(pfn));
        var (page, then) = (s.Frame(pfn), t.Frame(pfn));
        var freed = a.RefCount != 0 && b.RefCount == 0;
        Add(lines, $"{pfn} order", a.Order, b.Order);
        Add(lines, $"{pfn} ref_count", a.RefCount, b.RefCount, freed ? " (free)" : "");
        Add(lines, $"{pfn} map_count", page.MapCount, then.MapCount);
        Add(lines, $"{pfn} pins", a.Pins, b.Pins);
        foreach (var (flag, name) in FolioFlagNames)
        {
            if (!freed) Add(lines, $"{pfn} {name}", YesNo(a.Test(flag)), YesNo(b.Test(flag)));
        }

        if (!freed) Add(lines, $"{pfn} exclusive", YesNo(page.Test(PageFlags.AnonExclusive)), YesNo(then.Test(PageFlags.AnonExclusive)));
        if (!freed) Add(lines, $"{pfn} tags initialised", YesNo(page.Test(PageFlags.ArchTagged)), YesNo(then.Test(PageFlags.ArchTagged)));
        Add(lines, $"{pfn} other flags", a.Flags & ~AllFolioFlags, b.Flags & ~AllFolioFlags);
        Add(lines, $"{pfn} other page flags", page.Flags & ~AllPageFlags, then.Flags & ~AllPageFlags);
        Add(lines, $"{pfn} page of its folio", page.Index, then.Index);
        Add(lines, $"{pfn} in LRU batch", YesNo(s.Globals.LruBatch.Contains(pfn)), YesNo(t.Globals.LruBatch.Contains(pfn)));
        Add(lines, $"{pfn} entry", a.Entry, b.Entry);
        Add(lines, $"{pfn} lock", s.FolioLock(pfn), t.FolioLock(pfn));
        Add(lines, $"{pfn} data", page.Data, then.Data);
        Add(lines, $"{pfn} tags", page.Tags, then.Tags);
    }

    private static void DiffSlot(List<string> lines, SwapEntry entry, in Slot a, in Slot b)
    {
        Add(lines, $"{entry} count", a.Count, b.Count);
        Add(lines, $"{entry}", Held(in a), Held(in b));
        Add(lines, $"{entry} other flags", a.Flags & ~AllSlotFlags, b.Flags & ~AllSlotFlags);
        Add(lines, $"{entry} zero mark", YesNo(a.IsZero), YesNo(b.IsZero));
        Add(lines, $"{entry} in swap cache", a.Folio, b.Folio);
        Add(lines, $"{entry} data on device", a.Data, b.Data);
    }

    private static void DiffArea(List<string> lines, int type, in SwapArea a, in SwapArea b)
    {
        AddInWords(lines, $"swap area {type}", a.Flags, b.Flags, OnOff);
        Add(lines, $"swap area {type} slots in use", a.InUse, b.InUse);
        Add(lines, $"swap area {type} highest slot", a.HighWater, b.HighWater);
        Add(lines, $"swap area {type} next slot", a.Next, b.Next);
        Add(lines, $"swap area {type} size", a.Pages, b.Pages);
        Add(lines, $"swap area {type} priority", a.Priority, b.Priority);
    }

    private static void DiffMetadata(List<string> lines, in MetadataStore a, in MetadataStore b)
    {
        for (var i = 0; i < SwapEntry.Total; i++) Add(lines, $"{SwapEntry.At(i)} saved tags", Saved(in a, SwapEntry.At(i)), Saved(in b, SwapEntry.At(i)));
        Add(lines, "tags saved by slots that there are not", a.Saved.Except(BitSet<SwapEntry>.UpTo(SwapEntry.Total)), b.Saved.Except(BitSet<SwapEntry>.UpTo(SwapEntry.Total)));
        for (var i = 0; i < RangeId.Total; i++) Add(lines, $"{RangeId.At(i)}", Range(in a.RangeOf(RangeId.At(i))), Range(in b.RangeOf(RangeId.At(i))));
    }

    private static void DiffGlobals(List<string> lines, in GlobalState a, in GlobalState b)
    {
        AddInWords(lines, "swap slot cache", a.SlotCacheActive, b.SlotCacheActive, static active => active == 0 ? "inactive" : "active");
        AddInWords(lines, "swap slot cache disabled", a.SlotCacheDisabled, b.SlotCacheDisabled, static disabled => YesNo(disabled != 0));
        Add(lines, "turn of swap area", a.AreaTurn, b.AreaTurn);
        AddInWords(lines, "memory.swap.max", a.SwapMax, b.SwapMax, static max => max == 0 ? "max" : (max - 1).ToString(CultureInfo.InvariantCulture));
        for (var i = 0; i < FaultCounters.Kinds; i++) Add(lines, $"calls until {((FaultKind)i).ToString().ToLowerInvariant()} fails", a.Faults[i], b.Faults[i]);
        Add(lines, "other pages in LRU batch", a.LruBatch.Except(AllFrames), b.LruBatch.Except(AllFrames));
        Add(lines, "last page given out", a.LastPfn, b.LastPfn);
    }

    private static void DiffTask(List<string> lines, TaskId id, in KTask a, in KTask b, bool locals)
    {
        foreach (var (flag, name) in TaskFlagNames) Add(lines, $"{id}'s {name}", YesNo(a.Is(flag)), YesNo(b.Is(flag)));
        Add(lines, $"{id}'s other flags", a.Flags & ~AllTaskFlags, b.Flags & ~AllTaskFlags);
        Add(lines, $"{id}'s result", a.Result, b.Result);
        if (locals) DiffLocals(lines, id, in a, in b);
        Add(lines, $"{id}'s references", a.Held, b.Held);
        Add(lines, $"{id}'s claims", a.Claimed, b.Claimed);
        Add(lines, $"{id}'s page table locks", a.PageTableLocks, b.PageTableLocks);
        Add(lines, $"{id}'s mmap_locks for reading", a.MmapRead, b.MmapRead);
        Add(lines, $"{id}'s mmap_locks for writing", a.MmapWrite, b.MmapWrite);
        Add(lines, $"{id}'s operation", (a.Verb, a.Mm, a.Value, a.Granule, a.To, a.Pin, a.Fault, a.Child, a.End), (b.Verb, b.Mm, b.Value, b.Granule, b.To, b.Pin, b.Fault, b.Child, b.End));
        Add(lines, $"{id}'s page", a.Page, b.Page);
    }

    private static void DiffLocals(List<string> lines, TaskId id, in KTask a, in KTask b)
    {
        Add(lines, $"{id}'s folio", a.Folio, b.Folio);
        Add(lines, $"{id}'s swapcache", a.Swapcache, b.Swapcache);
        Add(lines, $"{id}'s old folio", a.OldFolio, b.OldFolio);
        Add(lines, $"{id}'s entry", a.Entry, b.Entry);
        Add(lines, $"{id}'s orig_pte", a.OrigPte, b.OrigPte);
        Add(lines, $"{id}'s pte", a.NewPte, b.NewPte);
        Add(lines, $"{id}'s walk", a.Walk, b.Walk);
        Add(lines, $"{id}'s zap", a.Zap, b.Zap);
        Add(lines, $"{id}'s mm held", a.Busy, b.Busy);
        Add(lines, $"{id}'s page of its folio", a.Range.Index, b.Range.Index);
        Add(lines, $"{id}'s pages mapped with it", a.Range.More, b.Range.More);
        foreach (var i in (int[])[3, 5, 8, 9, 13, 15]) Add(lines, $"{id}'s slot {i}", a.Slot(i), b.Slot(i));
        foreach (var (i, bits) in ((int, int)[])[(0, 8), (1, 8), (2, 8), (4, 8), (10, 16), (11, 16), (12, 8), (14, 16)]) Add(lines, $"{id}'s slot {i} beyond its value", a.Slot(i) >> bits, b.Slot(i) >> bits);
    }

    private static void DiffGhost(List<string> lines, in Ghost a, in Ghost b)
    {
        Add(lines, "saved tags owed for", a.Owed, b.Owed);
        Add(lines, "failed reads of", a.ReadFailed, b.ReadFailed);
        Add(lines, "lost by failed reads", a.Lost, b.Lost);
        Add(lines, "tags saved by address of", a.SavedAt, b.SavedAt);
        for (byte i = 0; i < Capacity.Tasks; i++) AddInWords(lines, $"{new TaskId(i)} saw", a.SeenBy(new TaskId(i)), b.SeenBy(new TaskId(i)), Seen);
    }

    private static void DiffOracle(List<string> lines, in Oracle a, in Oracle b)
    {
        for (var i = 0; i < PageAt.Total; i++)
        {
            var at = PageAt.At(i);
            AddInWords(lines, $"{at} expected", a.Of(at), b.Of(at), static page => Expected(in page));
            AddInWords(lines, $"{at} pin expected", a.PinOf(at), b.PinOf(at), Expected);
        }
    }

    private static void Add<T>(List<string> lines, string what, T before, T after, string note = "")
    {
        if (EqualityComparer<T>.Default.Equals(before, after)) return;
        lines.Add($"{what}: {Word(before)} → {Word(after)}{note}");
    }

    /// <summary>As <see cref="Add{T}"/>, in words of its own; what the words do not tell apart is shown as bytes.</summary>
    private static void AddInWords<T>(List<string> lines, string what, T before, T after, Func<T, string> words)
        where T : unmanaged
    {
        if (ValueBytes.Same(in before, in after)) return;
        var (from, to) = (words(before), words(after));
        lines.Add(from == to ? $"{what}: {from} ({Convert.ToHexString(ValueBytes.Of(in before))}) → {to} ({Convert.ToHexString(ValueBytes.Of(in after))})" : $"{what}: {from} → {to}");
    }

    private static string Word<T>(T value) => value?.ToString() is { Length: > 0 } text ? text : "none";

    private static string YesNo(bool yes) => yes ? "yes" : "no";

    private static string Life(MmFlags flags) =>
        ((flags & MmFlags.Alive) == 0 ? "gone" : (flags & MmFlags.Forking) != 0 ? "being forked" : (flags & MmFlags.Exiting) != 0 ? "exiting" : "alive") + ((flags & MmFlags.HasPinned) != 0 ? ", has pinned" : "") + ((flags & MmFlags.HasAnonVma) != 0 ? ", has anon_vma" : "") + ((flags & MmFlags.WalkedLast) != 0 ? ", last in rmap walks" : "")
        + ((flags & MmFlags.Alive) == 0 && (flags & ~MmFlags.HasPinned) != 0 ? $" {flags}" : "") + ((flags & (MmFlags.Forking | MmFlags.Exiting)) == (MmFlags.Forking | MmFlags.Exiting) ? " and exiting" : "");

    private static string OnOff(AreaFlags flags) => ((flags & AreaFlags.Off) != 0 ? "off" : "on") + ((flags & AreaFlags.Unusing) != 0 ? ", being emptied" : "")
        + ((flags & AreaFlags.Used) != 0 ? "" : " unused") + ((flags & AreaFlags.Synchronous) != 0 ? " synchronous" : "") + ((flags & AreaFlags.StableWrites) != 0 ? " stable-writes" : "")
        + ((flags & AreaFlags.SlotCacheOff) != 0 ? " slot-cache=off" : "") + ((flags & AreaFlags.SlotCacheOn) != 0 ? " slot-cache=on" : "");

    private static string PinOf(Pin pin) => pin.Pfn.IsNone
        ? pin.Flags == PinFlags.None ? "none" : $"none {pin.Flags}"
        : $"{pin.Pfn}{((pin.Flags & PinFlags.Write) != 0 ? " write" : "")}{((pin.Flags & PinFlags.Get) != 0 ? " FOLL_GET" : " FOLL_PIN")}{((pin.Flags & PinFlags.Stale) != 0 ? " stale" : "")}";

    private static string MmapLock(in MachineState s, MmId mm)
    {
        ref readonly var held = ref s.MmapLock(mm);
        var readers = held.Readers == 0 ? "" : $"{held.Readers} reading";
        return held.Writer.IsFree ? (readers.Length == 0 ? "free" : readers) : $"{held.Writer} writes{(readers.Length == 0 ? "" : ", " + readers)}";
    }

    private static string Held(in Slot slot) =>
        slot.IsHeldBack ? "held back in the slot cache" + (slot.HasCache ? "" : ", without has-cache") : slot.HasCache ? "has cache" : slot.Count != 0 ? "in use" : "free";

    private static string Saved(in MetadataStore store, SwapEntry entry) => store.TryLoad(entry, out var tags) ? tags.ToString() : tags.Bits == 0 ? "none" : $"none ({tags})";

    private static string Range(in AddressRange range)
    {
        if (ValueBytes.Same(in range, default)) return "none";
        var tags = "";
        for (byte p = 0; p < Capacity.Pages; p++) tags += $" {new Vpn(p)}={range.Tags[p]}";
        var bytes = range.FirstByte == 0 && range.LastByte == 0 ? "" : $"bytes {range.FirstByte:x}–{range.LastByte:x}, ";
        return $"pages {new Vpn(range.Start)}–{new Vpn(range.End)}, {bytes}{range.Users} users,{tags}";
    }

    private static string Seen(SwapInSeen seen) =>
        $"{seen.Refs} references{(seen.InCache ? ", in swap cache" : "")}{(seen.InBatch ? ", in LRU batch" : "")}{(seen.ReadFailed ? ", a failed read" : "")}";

    private static string Expected(in OraclePage page) => ValueBytes.Same(in page, default) ? "nothing"
        : $"data {page.Data} tags {page.Tags}{(page.Mapped ? "" : " unmapped")}{(page.SoftDirty ? " soft-dirty" : "")}{(page.UffdWp ? " uffd-wp" : "")}{(page.Owned ? " its own" : "")}{(page.MayBeZero ? " or zero" : "")}{(page.Dropped ? " dropped" : "")}, ever written {page.EverWritten:x} tagged {page.EverSet:x}";

    private static string Expected(OraclePin pin) => $"{(pin.Attached ? "attached" : "none")} {pin.Allowed:x}";
}
