using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Properties;

/// <summary>Footprints worked out from two states, byte by byte, and not taken down on the way.</summary>
internal static class Footprints
{
    /// <summary>The objects that differ.</summary>
    public static Footprint Between(in MachineState a, in MachineState b)
    {
        var changed = new Footprint();
        for (var i = 0; i < PageAt.Total; i++)
        {
            var at = PageAt.At(i);
            if (!ValueBytes.Same(in a._ptes[i], in b._ptes[i])) changed.Ptes = changed.Ptes.With(at);
            if (!ValueBytes.Same(in a._vmas[i], in b._vmas[i])) changed.Vmas = changed.Vmas.With(at);
            if (!ValueBytes.Same(in a._pins[i], in b._pins[i])) changed.Pins = changed.Pins.With(at);
        }

        for (var i = 0; i < Capacity.Mms; i++)
        {
            var mm = MmId.At(i);
            if (!ValueBytes.Same(in a._mms[i], in b._mms[i])) changed.Mms = changed.Mms.With(mm);
            if (!ValueBytes.Same(in a._counters[i], in b._counters[i])) changed.Counters = changed.Counters.With(mm);
            if (!ValueBytes.Same(in a._mmapLocks[i], in b._mmapLocks[i])) changed.MmapLocks = changed.MmapLocks.With(mm);
            if (!ValueBytes.Same(in a._pageTableLocks[i], in b._pageTableLocks[i])) changed.PageTableLocks = changed.PageTableLocks.With(mm);
        }

        for (var i = 0; i <= Capacity.Frames; i++)
        {
            var pfn = Pfn.At(i);
            if (!ValueBytes.Same(in a._folios[i], in b._folios[i])) changed.Folios = changed.Folios.With(pfn);
            if (!ValueBytes.Same(in a._frames[i], in b._frames[i])) changed.Frames = changed.Frames.With(pfn);
            if (!ValueBytes.Same(in a._folioLocks[i], in b._folioLocks[i])) changed.FolioLocks = changed.FolioLocks.With(pfn);
            if (IsFree(in a, i) != IsFree(in b, i)) changed.Globals |= GlobalParts.PageAllocator;
        }

        for (var i = 0; i < SwapEntry.Total; i++)
        {
            var entry = SwapEntry.At(i);
            if (!ValueBytes.Same(in a._slots[i], in b._slots[i])) changed.Slots = changed.Slots.With(entry);
            if ((a._metadata.TryLoad(entry, out var x), x) != (b._metadata.TryLoad(entry, out var y), y)) changed.SavedByEntry = changed.SavedByEntry.With(entry);
        }

        for (var i = 0; i < Capacity.Areas; i++)
        {
            if (!ValueBytes.Same(in a._areas[i], in b._areas[i])) changed.Areas = changed.Areas.With(AreaId.At(i));
        }

        for (var i = 0; i < RangeId.Total; i++)
        {
            var range = RangeId.At(i);
            if (!ValueBytes.Same(in a._metadata.RangeOf(range), in b._metadata.RangeOf(range))) changed.SavedByAddress = changed.SavedByAddress.With(range);
        }

        ref readonly var before = ref a._globals;
        ref readonly var after = ref b._globals;
        if (before.LastPfn != after.LastPfn) changed.Globals |= GlobalParts.PageAllocator;
        if ((before.SlotCacheActive, before.SlotCacheDisabled) != (after.SlotCacheActive, after.SlotCacheDisabled)) changed.Globals |= GlobalParts.SlotCache;
        if (before.AreaTurn != after.AreaTurn) changed.Globals |= GlobalParts.AreaTurn;
        if (before.SwapMax != after.SwapMax) changed.Globals |= GlobalParts.SwapMax;
        if (!ValueBytes.Same(in before.Faults, in after.Faults)) changed.Globals |= GlobalParts.Faults;
        if (before.LruBatch != after.LruBatch) changed.Globals |= GlobalParts.LruBatch;
        return changed;
    }

    /// <summary>Whether a page frame can be given out: it is no folio's that is in use.</summary>
    private static bool IsFree(in MachineState s, int frame) => s._folios[frame].RefCount == 0 && s._frames[frame].Index == 0;

    /// <summary>What is in one and not in another, in words; empty if nothing is.</summary>
    public static string Missing(in Footprint changed, in Footprint from)
    {
        var missing = new List<string>();
        Add("page table entries", changed.Ptes.Except(from.Ptes));
        Add("VMAs", changed.Vmas.Except(from.Vmas));
        Add("pins", changed.Pins.Except(from.Pins));
        Add("address spaces", changed.Mms.Except(from.Mms));
        Add("counters", changed.Counters.Except(from.Counters));
        Add("mmap_locks", changed.MmapLocks.Except(from.MmapLocks));
        Add("page table locks", changed.PageTableLocks.Except(from.PageTableLocks));
        Add("folios", changed.Folios.Except(from.Folios));
        Add("page frames", changed.Frames.Except(from.Frames));
        Add("folio locks", changed.FolioLocks.Except(from.FolioLocks));
        Add("slots", changed.Slots.Except(from.Slots));
        Add("areas", changed.Areas.Except(from.Areas));
        Add("saved by entry", changed.SavedByEntry.Except(from.SavedByEntry));
        Add("saved by address", changed.SavedByAddress.Except(from.SavedByAddress));
        if ((changed.Globals & ~from.Globals) != 0) missing.Add($"{changed.Globals & ~from.Globals}");
        return string.Join("; ", missing);

        void Add<T>(string what, BitSet<T> set)
            where T : struct, INumbered<T>
        {
            if (set.Any) missing.Add($"{what} {set}");
        }
    }
}
