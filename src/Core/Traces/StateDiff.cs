using System.Numerics;
using Hooks.Core.Mm;

namespace Hooks.Core.Traces;

/// <summary>
/// The difference between two states in words, one line a change: <c>P0 a: swap 0:1 exclusive → pfn 2 read-only tagged</c>.
/// In the order of the state: processes, pages, slots, saved metadata, the task's own locals.
/// </summary>
public static class StateDiff
{
    private static readonly (FolioFlags Flag, string Name)[] FolioFlagNames =
    [
        (FolioFlags.Uptodate, "uptodate"), (FolioFlags.Dirty, "dirty"), (FolioFlags.Writeback, "writeback"), (FolioFlags.Lru, "on LRU"),
        (FolioFlags.SwapCache, "in swap cache"), (FolioFlags.AnonExclusive, "exclusive"), (FolioFlags.ArchTagged, "tags initialised"),
        (FolioFlags.Mlocked, "mlocked"), (FolioFlags.LruBatch, "in LRU batch"),
    ];

    /// <summary>The changes from one state to another.</summary>
    public static IReadOnlyList<string> Between(in MachineState before, in MachineState after)
    {
        var lines = new List<string>();
        // Most of a state does not change in a step: nothing is put into words before it is known to differ.
        for (byte m = 0; m < Capacity.Mms; m++)
        {
            if (!ValueBytes.Same(in before.Mms[m], in after.Mms[m])) DiffMm(lines, new MmId(m), in before.Mms[m], in after.Mms[m]);
        }

        for (byte i = 1; i <= Capacity.Folios; i++)
        {
            if (!ValueBytes.Same(in before.Folios[i], in after.Folios[i])) DiffFolio(lines, new Pfn(i), in before.Folios[i], in after.Folios[i]);
        }

        for (var i = 0; i < Capacity.Areas * Capacity.SlotsPerArea; i++)
        {
            if (!ValueBytes.Same(in before.Slots[i], in after.Slots[i])) DiffSlot(lines, new SwapEntry((byte)(i + 1)), in before.Slots[i], in after.Slots[i]);
        }

        for (var i = 0; i < Capacity.Areas; i++) Add(lines, $"swap area {i}", OnOff(before.Areas[i].Flags), OnOff(after.Areas[i].Flags));
        Add(lines, "swap slot cache", before.SlotCacheActive == 1 ? "active" : "inactive", after.SlotCacheActive == 1 ? "active" : "inactive");
        if (!ValueBytes.Same(in before.Metadata, in after.Metadata)) DiffMetadata(lines, in before, in after);
        for (byte m = 0; m < Capacity.Mms; m++)
        {
            if (!ValueBytes.Same(in before.Tasks[m], in after.Tasks[m])) DiffTask(lines, new MmId(m), in before.Tasks[m], in after.Tasks[m]);
        }

        return lines;
    }

    private static void DiffMm(List<string> lines, MmId id, in MmStruct a, in MmStruct b)
    {
        Add(lines, $"{id}", Life(a.Flags), Life(b.Flags));
        for (byte p = 0; p < Capacity.Pages; p++) Add(lines, $"{id} {new Vpn(p)} VMA", Vma(a.Vmas[p]), Vma(b.Vmas[p]));
        for (byte p = 0; p < Capacity.Pages; p++) Add(lines, $"{id} {new Vpn(p)}", a.Ptes[p].ToString(), b.Ptes[p].ToString());
        Add(lines, $"{id} mmap_lock", MmapLock(in a), MmapLock(in b));
        Add(lines, $"{id} page table lock", Owner(a.PtlOwner), Owner(b.PtlOwner));
        for (byte p = 0; p < Capacity.Pages; p++) Add(lines, $"{id} pin at {new Vpn(p)}", PinOf(a.Pins[p]), PinOf(b.Pins[p]));
        Add(lines, $"{id} MM_ANONPAGES", a.AnonPages, b.AnonPages);
        Add(lines, $"{id} MM_SWAPENTS", a.SwapEnts, b.SwapEnts);
    }

    private static void DiffFolio(List<string> lines, Pfn pfn, in Folio a, in Folio b)
    {
        var freed = a.RefCount != 0 && b.RefCount == 0;
        Add(lines, $"{pfn} ref_count", a.RefCount, b.RefCount, freed ? " (free)" : "");
        Add(lines, $"{pfn} map_count", a.MapCount, b.MapCount);
        Add(lines, $"{pfn} pins", a.Pins, b.Pins);
        foreach (var (flag, name) in FolioFlagNames)
        {
            if (!freed) Add(lines, $"{pfn} {name}", a.Test(flag) ? "yes" : "no", b.Test(flag) ? "yes" : "no");
        }

        Add(lines, $"{pfn} entry", a.Entry.ToString(), b.Entry.ToString());
        Add(lines, $"{pfn} lock", Owner(a.LockedBy), Owner(b.LockedBy));
        Add(lines, $"{pfn} data", a.Data, b.Data);
        Add(lines, $"{pfn} tags", a.Tags.ToString(), b.Tags.ToString());
    }

    private static void DiffSlot(List<string> lines, SwapEntry entry, in Slot a, in Slot b)
    {
        Add(lines, $"{entry} count", a.Count, b.Count);
        Add(lines, $"{entry}", Held(in a), Held(in b));
        Add(lines, $"{entry} in swap cache", a.Folio.ToString(), b.Folio.ToString());
        Add(lines, $"{entry} data on device", a.Data, b.Data);
    }

    private static void DiffMetadata(List<string> lines, in MachineState a, in MachineState b)
    {
        for (var left = a.Metadata.Saved | b.Metadata.Saved; left != 0; left &= left - 1)
        {
            var entry = new SwapEntry((byte)(BitOperations.TrailingZeroCount(left) + 1));
            Add(lines, $"{entry} saved tags", Saved(in a.Metadata, entry), Saved(in b.Metadata, entry));
        }

        for (byte m = 0; m < Capacity.Mms; m++)
        {
            for (var i = 0; i < Capacity.RangesPerMm; i++)
            {
                var at = (m * Capacity.RangesPerMm) + i;
                Add(lines, $"{new MmId(m)} tag store {i}", Range(in a.Metadata.ByAddress[at]), Range(in b.Metadata.ByAddress[at]));
            }
        }
    }

    private static void DiffTask(List<string> lines, MmId id, in KTask a, in KTask b)
    {
        Add(lines, $"{id}'s exclusive", a.Is(TaskFlags.Exclusive) ? "true" : "false", b.Is(TaskFlags.Exclusive) ? "true" : "false");
        Add(lines, $"{id}'s need_clear_cache", a.Is(TaskFlags.NeedClearCache) ? "true" : "false", b.Is(TaskFlags.NeedClearCache) ? "true" : "false");
        Add(lines, $"{id}'s FAULT_FLAG_WRITE", a.Is(TaskFlags.WriteLeft) ? "set" : "clear", b.Is(TaskFlags.WriteLeft) ? "set" : "clear");
        Add(lines, $"{id}'s folio", a.Folio.ToString(), b.Folio.ToString());
        Add(lines, $"{id}'s pte", a.NewPte.ToString(), b.NewPte.ToString());
    }

    private static void Add<T>(List<string> lines, string what, T before, T after, string note = "")
        where T : IEquatable<T>
    {
        if (!before.Equals(after)) lines.Add($"{what}: {before} → {after}{note}");
    }

    private static string Life(MmFlags flags) => (flags & MmFlags.Alive) == 0 ? "gone" : (flags & MmFlags.Forking) != 0 ? "being forked" : "alive";

    private static string OnOff(AreaFlags flags) => (flags & AreaFlags.Off) != 0 ? "off" : "on";

    private static string PinOf(Pin pin) => pin.Pfn.IsNone
        ? "none"
        : $"{pin.Pfn}{((pin.Flags & PinFlags.Write) != 0 ? " write" : "")}{((pin.Flags & PinFlags.Get) != 0 ? " FOLL_GET" : " FOLL_PIN")}{((pin.Flags & PinFlags.Stale) != 0 ? " stale" : "")}";

    private static string Vma(VmaFlags flags) => flags == VmaFlags.None
        ? "none"
        : "mapped" + ((flags & VmaFlags.Tagged) != 0 ? " tagged" : "") + ((flags & VmaFlags.Locked) != 0 ? " locked" : "") + ((flags & VmaFlags.UffdWp) != 0 ? " uffd-wp" : "")
            + ((flags & VmaFlags.SoftDirty) == 0 ? " soft-dirty tracked" : "");

    private static string MmapLock(in MmStruct mm) =>
        mm.MmapWriter != 0 ? $"{Owner(mm.MmapWriter)} writes" : mm.MmapReaders == 0 ? "free" : $"{mm.MmapReaders} reading";

    private static string Owner(byte task) => task == 0 ? "free" : $"P{task - 1}";

    private static string Held(in Slot slot) => slot.IsHeldBack ? "held back in the slot cache" : slot.HasCache ? "has cache" : slot.Count != 0 ? "in use" : "free";

    private static string Saved(in Arch.MetadataStore store, SwapEntry entry) => store.TryLoad(entry, out var tags) ? tags.ToString() : "none";

    private static string Range(in Arch.AddressRange range)
    {
        if (range.Users == 0) return "none";
        var saved = "";
        for (byte p = range.Start; p <= range.End; p++)
        {
            if ((range.Saved & (1 << p)) != 0) saved += $" {new Vpn(p)}={range.Tags[p]}";
        }

        return $"pages {new Vpn(range.Start)}–{new Vpn(range.End)}, {range.Users} users,{(saved.Length == 0 ? " nothing saved" : saved)}";
    }
}
