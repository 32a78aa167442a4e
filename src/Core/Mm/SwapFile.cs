using Hooks.Core.Arch;

namespace Hooks.Core.Mm;

/// <summary>
/// mm/swapfile.c, mm/swap_state.c and mm/swap_slots.c: slots, their counts, the swap cache and the slot cache.
/// Each function is the kernel's of that name, on order-0 pages.
/// </summary>
public static class SwapFile
{
    /// <summary><c>THRESHOLD_ACTIVATE_SWAP_SLOTS_CACHE</c> for one CPU: the slot cache starts when more slots than these are free.</summary>
    public const int ActivateSlotCache = 320;

    /// <summary><c>THRESHOLD_DEACTIVATE_SWAP_SLOTS_CACHE</c> for one CPU: it stops when fewer are free.</summary>
    public const int DeactivateSlotCache = 128;

    /// <summary><c>get_nr_swap_pages()</c>: free slots of all areas.</summary>
    public static int FreeSlots(in MachineState s)
    {
        var free = 0;
        for (var i = 0; i < Capacity.Areas; i++)
        {
            if (!s.Areas[i].Is(AreaFlags.Off)) free += s.Areas[i].Pages - s.Areas[i].InUse;
        }

        return free;
    }

    /// <summary><c>vm_swap_full()</c>: more than half of the swap space is in use.</summary>
    public static bool VmSwapFull(in MachineState s)
    {
        var total = 0;
        for (var i = 0; i < Capacity.Areas; i++)
        {
            if (!s.Areas[i].Is(AreaFlags.Off)) total += s.Areas[i].Pages;
        }

        return FreeSlots(in s) * 2 < total;
    }

    /// <summary><c>folio_alloc_swap()</c>: a slot with count 0 and <c>SWAP_HAS_CACHE</c>, or none when swap is full.</summary>
    /// <exception cref="CapacityException">The area has free slots, but more are in use at once than the state can hold.</exception>
    public static SwapEntry FolioAllocSwap(ref MachineState s, IArchHooks arch)
    {
        CheckCacheActive(ref s, arch);
        var first = FirstArea(in s);
        for (var i = 0; i < Capacity.Areas; i++)
        {
            var type = (first + i) % Capacity.Areas;
            ref var area = ref s.Areas[type];
            if (!area.Is(AreaFlags.Used) || area.Is(AreaFlags.Off) || area.InUse >= area.Pages) continue;
            var limit = Math.Min((int)area.Pages, Capacity.SlotsPerArea);
            for (var offset = 1; offset <= limit; offset++)
            {
                var entry = SwapEntry.Of(type, offset);
                ref var slot = ref s.Slot(entry);

                // Swap more than half full: a slot that only the swap cache still has is taken from it (__try_to_reclaim_swap(TTRS_ANYWAY)).
                if (slot.Count == 0 && !slot.Folio.IsNone && s.Folio(slot.Folio).LockedBy == 0 && VmSwapFull(in s)) FolioFreeSwap(ref s, slot.Folio, arch);
                if (!slot.IsFree) continue;
                slot.Flags = SlotFlags.HasCache;
                area.InUse++;
                s.AreaTurn = (byte)((type + 1) % Capacity.Areas);
                if (offset > area.HighWater) area.HighWater = (byte)offset;
                return entry;
            }

            throw new CapacityException(
                $"swap area {type}: the workload has more than {Capacity.SlotsPerArea} slots in use at once; shorten it, or turn the slot cache off");
        }

        return SwapEntry.None;
    }

    /// <summary>The area of the highest priority; of equal ones the one whose turn it is (<c>get_swap_pages()</c>, <c>plist_requeue()</c>).</summary>
    private static int FirstArea(in MachineState s)
    {
        var first = 0;
        for (var i = 1; i < Capacity.Areas; i++)
        {
            var (best, other) = (s.Areas[first].Priority, s.Areas[i].Priority);
            if (other > best || (other == best && best != 0 && s.AreaTurn == i)) first = i;
        }

        return first;
    }

    /// <summary><c>drain_slots_cache_cpu()</c>: the slot caches return all they hold back.</summary>
    /// <returns>Whether there was anything.</returns>
    public static bool DrainSlotsCache(ref MachineState s, IArchHooks arch)
    {
        var any = false;
        for (var type = 0; type < Capacity.Areas; type++)
        {
            for (var offset = 1; offset <= s.Areas[type].HighWater; offset++)
            {
                var entry = SwapEntry.Of(type, offset);
                if (!s.Slot(entry).IsHeldBack) continue;
                SwapRangeFree(ref s, entry, arch);
                any = true;
            }
        }

        return any;
    }

    /// <summary><c>add_to_swap_cache()</c>: the folio is found under the entry from now on; the cache holds a reference.</summary>
    public static void AddToSwapCache(ref MachineState s, Pfn pfn, SwapEntry entry)
    {
        ref var folio = ref s.Folio(pfn);
        folio.RefCount++;
        folio.Set(FolioFlags.SwapCache);
        folio.Entry = entry;
        s.Slot(entry).Folio = pfn;
    }

    /// <summary><c>delete_from_swap_cache()</c>: out of the cache, give <c>SWAP_HAS_CACHE</c> back, drop the cache's reference.</summary>
    public static void DeleteFromSwapCache(ref MachineState s, Pfn pfn, IArchHooks arch)
    {
        ref var folio = ref s.Folio(pfn);
        var entry = folio.Entry;
        folio.Clear(FolioFlags.SwapCache);
        folio.Entry = SwapEntry.None;
        s.Slot(entry).Folio = Pfn.None;
        PutHasCache(ref s, entry, arch);
        PageAlloc.Put(ref s, pfn);
    }

    /// <summary><c>folio_free_swap()</c> (try_to_free_swap() until 6.0): leave the swap cache if no swap entry refers to the slot any more.</summary>
    /// <returns>Whether it left.</returns>
    public static bool FolioFreeSwap(ref MachineState s, Pfn pfn, IArchHooks arch)
    {
        ref var folio = ref s.Folio(pfn);
        if (!folio.Test(FolioFlags.SwapCache) || folio.Test(FolioFlags.Writeback) || s.Slot(folio.Entry).Count != 0) return false;

        // The kernel sets the flag afterwards, holding a reference. Here the cache's may be the last one, and a free page has no flags.
        folio.Set(FolioFlags.Dirty);
        DeleteFromSwapCache(ref s, pfn, arch);
        return true;
    }

    /// <summary><c>free_swap_cache()</c>: leave the swap cache if nobody maps the page and nobody has it locked.</summary>
    public static void FreeSwapCache(ref MachineState s, Pfn pfn, IArchHooks arch)
    {
        if (s.Folio(pfn).MapCount == 0 && s.Folio(pfn).LockedBy == 0) FolioFreeSwap(ref s, pfn, arch);
    }

    /// <summary><c>swap_duplicate()</c>: one more swap PTE refers to the slot.</summary>
    public static void SwapDuplicate(ref MachineState s, SwapEntry entry)
    {
        if (s.Slot(entry).IsFree) s.Events |= Event.BadSlotUse;
        s.Slot(entry).Count++;
    }

    /// <summary><c>swap_free()</c>: one swap PTE fewer; the last one frees the slot unless the swap cache has it.</summary>
    public static void SwapFree(ref MachineState s, SwapEntry entry, IArchHooks arch)
    {
        ref var slot = ref s.Slot(entry);
        if (slot.Count == 0)
        {
            s.Events |= Event.BadSlotUse;
            return;
        }

        slot.Count--;
        if (slot.Count == 0 && !slot.HasCache) FreeSwapSlot(ref s, entry, arch);
    }

    /// <summary><c>swapcache_prepare()</c>: claim the slot's place in the cache.</summary>
    /// <returns>False if it has one already, or nobody uses the slot.</returns>
    public static bool SwapcachePrepare(ref MachineState s, SwapEntry entry)
    {
        ref var slot = ref s.Slot(entry);
        if (slot.HasCache || slot.Count == 0) return false;
        slot.Flags |= SlotFlags.HasCache;
        return true;
    }

    /// <summary><c>put_swap_folio()</c> and <c>swapcache_clear()</c>: drop <c>SWAP_HAS_CACHE</c>; with no swap PTE left the slot is free.</summary>
    public static void PutHasCache(ref MachineState s, SwapEntry entry, IArchHooks arch)
    {
        ref var slot = ref s.Slot(entry);
        if (!slot.HasCache) s.Events |= Event.BadSlotUse;
        slot.Flags &= ~SlotFlags.HasCache;
        if (slot.Count == 0) FreeSwapSlot(ref s, entry, arch);
    }

    /// <summary><c>free_swap_slot()</c>: hold the slot back in the slot cache if that is active, else return it now.</summary>
    private static void FreeSwapSlot(ref MachineState s, SwapEntry entry, IArchHooks arch)
    {
        ref var area = ref s.Areas[entry.Type];
        var holdBack = s.SlotCacheDisabled == 0 && (area.Is(AreaFlags.SlotCacheOn) || (!area.Is(AreaFlags.SlotCacheOff) && s.SlotCacheActive != 0));
        if (holdBack)
        {
            // A slot in the cache keeps SWAP_HAS_CACHE in swap_map, so that nobody allocates it.
            s.Slot(entry).Flags = SlotFlags.HasCache | SlotFlags.HeldBack;
            s.Events |= Event.SlotHeldBack;
            return;
        }

        SwapRangeFree(ref s, entry, arch);
    }

    /// <summary><c>swap_range_free()</c>: the slot is really returned, and the architecture told.</summary>
    private static void SwapRangeFree(ref MachineState s, SwapEntry entry, IArchHooks arch)
    {
        s.Slot(entry).Flags = SlotFlags.None;
        s.Areas[entry.Type].InUse--;
        s.Events |= Event.SlotFreed;
        s.ReadErrors &= ~entry.Bit;
        arch.ArchSwapInvalidatePage(ref s, entry);
        if ((s.Metadata.Owed & entry.Bit) != 0) s.Events |= Event.MetadataDropped;
        s.Metadata.Owed &= ~entry.Bit;
    }

    /// <summary><c>check_cache_active()</c>: asked at every allocation only, so a running slot cache goes on until then.</summary>
    private static void CheckCacheActive(ref MachineState s, IArchHooks arch)
    {
        var free = FreeSlots(in s);
        if (s.SlotCacheActive == 0)
        {
            if (free > ActivateSlotCache) s.SlotCacheActive = 1;
            return;
        }

        if (free >= DeactivateSlotCache) return;
        s.SlotCacheActive = 0;
        for (var type = 0; type < Capacity.Areas; type++)
        {
            for (var offset = 1; offset <= s.Areas[type].HighWater; offset++)
            {
                var entry = SwapEntry.Of(type, offset);
                if (s.Slot(entry).IsHeldBack && !s.Areas[type].Is(AreaFlags.SlotCacheOn)) SwapRangeFree(ref s, entry, arch);
            }
        }
    }
}
