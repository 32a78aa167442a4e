namespace Hooks.Core.Mm;

/// <summary>
/// mm/swapfile.c, mm/swap_state.c and mm/swap_slots.c: slots, their counts, the swap cache and the slot cache.
/// Each function is the kernel's of that name.
/// </summary>
internal static class SwapFile
{
    /// <summary><c>THRESHOLD_ACTIVATE_SWAP_SLOTS_CACHE</c> for one CPU: the slot cache starts when more slots than these are free.</summary>
    public const int ActivateSlotCache = 320;

    /// <summary><c>THRESHOLD_DEACTIVATE_SWAP_SLOTS_CACHE</c> for one CPU: it stops when fewer are free.</summary>
    public const int DeactivateSlotCache = 128;

    /// <summary><c>get_nr_swap_pages()</c>: free slots of all areas.</summary>
    public static int FreeSlots(in Memory m)
    {
        var free = 0;
        for (var i = 0; i < Capacity.Areas; i++)
        {
            ref readonly var area = ref m.ReadArea(i);
            if (!area.Is(AreaFlags.Off)) free += area.Pages - area.InUse;
        }

        return free;
    }

    /// <summary><c>vm_swap_full()</c>: more than half of the swap space is in use.</summary>
    public static bool VmSwapFull(in Memory m)
    {
        if ((m.Rules & MmRules.NeverFull) != 0) return false;
        var total = 0;
        for (var i = 0; i < Capacity.Areas; i++)
        {
            ref readonly var area = ref m.ReadArea(i);
            if (!area.Is(AreaFlags.Off)) total += area.Pages;
        }

        return FreeSlots(in m) * 2 < total;
    }

    /// <summary><c>mem_cgroup_swap_full()</c>: <see cref="VmSwapFull"/>, or the cgroup uses half of what it may.</summary>
    public static bool MemCgroupSwapFull(in Memory m)
    {
        if (VmSwapFull(in m)) return true;
        var max = m.ReadGlobals(GlobalParts.SwapMax).SwapMax;
        return max != 0 && 2 * ChargedSlots(in m) >= max - 1;
    }

    /// <summary>The cgroup's <c>memory.swap.current</c>: all slots that were given to a page and not yet returned (<c>mem_cgroup_uncharge_swap()</c>).</summary>
    private static int ChargedSlots(in Memory m)
    {
        var charged = 0;
        for (var i = 0; i < Capacity.Areas; i++) charged += m.ReadArea(i).InUse;
        return charged;
    }

    /// <summary><c>folio_alloc_swap()</c>: a slot with count 0 and <c>SWAP_HAS_CACHE</c>, or none when swap is full, or the cgroup has all that it may (<c>mem_cgroup_try_charge_swap()</c>).</summary>
    /// <exception cref="CapacityException">The area has free slots, but more are in use at once than the state can hold.</exception>
    public static SwapEntry FolioAllocSwap(in Memory m) => Charged(in m, AllocSlot(in m), slots: 1);

    /// <summary><see cref="FolioAllocSwap(in Memory)"/> of a large folio: as many neighbouring slots as it has pages, aligned as it is; the first of them.</summary>
    /// <exception cref="CapacityException">The area has free slots, but more are in use at once than the state can hold.</exception>
    public static SwapEntry FolioAllocSwap(in Memory m, int order) => Charged(in m, AllocSlots(in m, 1 << order), 1 << order);

    private static SwapEntry Charged(in Memory m, SwapEntry entry, int slots)
    {
        var max = m.ReadGlobals(GlobalParts.SwapMax).SwapMax;
        if (max == 0 || entry.IsNone || ChargedSlots(in m) <= max - 1) return entry;
        for (var i = 0; i < slots; i++) SwapRangeFree(in m, entry.Plus(i));
        return SwapEntry.None;
    }

    /// <summary>As <see cref="AllocSlot"/>, of an area that has room for them; clusters of one order each are not modelled, so small slots may stand between large ones.</summary>
    private static SwapEntry AllocSlots(in Memory m, int slots)
    {
        if ((m.Rules & MmRules.Clusters) != 0) return AllocCluster(in m, slots);
        var inTurn = (m.Rules & MmRules.InTurn) != 0;
        var first = inTurn ? ClusterArea(in m) : FirstArea(in m);
        for (var i = 0; i < Capacity.Areas; i++)
        {
            var type = (first + i) % Capacity.Areas;
            ref readonly var area = ref m.ReadArea(type);
            if (!area.Is(AreaFlags.Used) || area.Is(AreaFlags.Off)) continue;
            var limit = Math.Min((int)area.Pages, Capacity.SlotsPerArea);
            var places = (limit + 1) / slots;
            var from = inTurn && area.Next != 0 && area.Next <= limit ? (area.Next + slots - 1) / slots : 0;
            for (var n = 0; n < places; n++)
            {
                var offset = (from + n) % places * slots;
                if (offset == 0 || !AreFree(in m, SwapEntry.Of(type, offset), slots)) continue;
                for (var slot = 0; slot < slots; slot++) Take(in m, SwapEntry.Of(type, offset + slot), inTurn);
                return SwapEntry.Of(type, offset);
            }
        }

        return SwapEntry.None;
    }

    /// <summary>
    /// From a cluster of their own (SWAPFILE_CLUSTER, 512 slots), of which the first, which has the header's page, is none (setup_clusters()). The state has the first few slots of an area only: those stand at their end.
    /// </summary>
    /// <exception cref="CapacityException">More are in use at once than the state can hold.</exception>
    private static SwapEntry AllocCluster(in Memory m, int slots)
    {
        const int Cluster = 512;
        var first = (m.Rules & MmRules.InTurn) != 0 ? ClusterArea(in m) : FirstArea(in m);
        for (var i = 0; i < Capacity.Areas; i++)
        {
            var type = (first + i) % Capacity.Areas;
            ref readonly var area = ref m.ReadArea(type);
            if (!area.Is(AreaFlags.Used) || area.Is(AreaFlags.Off) || area.Pages < (2 * Cluster) - 1) continue;

            // A disk that turns has none before 6.15 (by date; so in 6.12, no more in 7.2).
            if (!area.Is(AreaFlags.Synchronous) && (m.Rules & MmRules.InTurn) == 0) continue;
            for (var offset = Capacity.SlotsPerArea - slots; offset >= slots; offset -= slots)
            {
                if (!AreFree(in m, SwapEntry.Of(type, offset), slots)) continue;
                for (var slot = 0; slot < slots; slot++) Take(in m, SwapEntry.Of(type, offset + slot), inTurn: false);
                return SwapEntry.Of(type, offset);
            }

            throw new CapacityException($"swap area {type}: the workload has more than {Capacity.SlotsPerArea} slots in use at once; shorten it");
        }

        return SwapEntry.None;
    }

    private static bool AreFree(in Memory m, SwapEntry first, int slots)
    {
        for (var i = 0; i < slots; i++)
        {
            if (!m.ReadSlot(first.Plus(i)).IsFree) return false;
        }

        return true;
    }

    /// <summary><c>folio_file_page()</c>: of a folio in the swap cache, the page that an entry is for.</summary>
    public static Pfn PageOf(in Memory m, Pfn folio, SwapEntry entry) => m.ReadFolio(folio).IsLarge ? folio.Plus(entry.Value - m.ReadFolio(folio).Entry.Value) : folio;

    /// <summary><c>folio_swap()</c>: the entry that goes with the first page, of a folio that has one for this.</summary>
    public static SwapEntry FolioSwap(in Memory m, SwapEntry entry, Pfn folio) => m.ReadFolio(folio) is { IsLarge: true, Entry: { IsNone: false } first } ? first : entry;

    /// <summary><c>folio_matches_swap_entry()</c>: it is in the swap cache, and the entry is one of its.</summary>
    public static bool IsOfEntry(in Memory m, Pfn folio, SwapEntry entry)
    {
        ref readonly var f = ref m.ReadFolio(folio);
        return f.Test(FolioFlags.SwapCache) && (uint)(entry.Value - f.Entry.Value) < (uint)f.Pages;
    }

    private static SwapEntry AllocSlot(in Memory m)
    {
        var inTurn = (m.Rules & (MmRules.InTurn | MmRules.Clusters)) != 0;
        CheckCacheActive(in m);
        var first = (m.Rules & MmRules.InTurn) != 0 ? ClusterArea(in m) : FirstArea(in m);
        for (var i = 0; i < Capacity.Areas; i++)
        {
            var type = (first + i) % Capacity.Areas;
            ref readonly var area = ref m.ReadArea(type);
            if (!area.Is(AreaFlags.Used) || area.Is(AreaFlags.Off) || area.InUse >= area.Pages) continue;
            var limit = Math.Min((int)area.Pages, Capacity.SlotsPerArea);
            var from = inTurn && area.Next != 0 && area.Next <= limit ? area.Next : 1;
            for (var n = 0; n < limit; n++)
            {
                var offset = from + n > limit ? from + n - limit : from + n;
                var entry = SwapEntry.Of(type, offset);
                ref readonly var slot = ref m.ReadSlot(entry);

                // Swap more than half full: a slot that only the swap cache still has is taken from it (__try_to_reclaim_swap(TTRS_ANYWAY)).
                if (slot.Count == 0 && !slot.Folio.IsNone && m.ReadFolioLock(slot.Folio).IsFree && (m.Rules & MmRules.SlotsStay) == 0 && VmSwapFull(in m)) FolioFreeSwap(in m, slot.Folio);
                if (!slot.IsFree) continue;
                Take(in m, entry, inTurn);
                return entry;
            }

            throw new CapacityException(
                $"swap area {type}: the workload has more than {Capacity.SlotsPerArea} slots in use at once; shorten it, or turn the slot cache off");
        }

        return SwapEntry.None;
    }

    /// <summary>A free slot is given out.</summary>
    private static void Take(in Memory m, SwapEntry entry, bool inTurn)
    {
        m.WriteSlot(entry).Flags = SlotFlags.HasCache;
        ref var area = ref m.WriteArea(entry.Type);
        area.InUse++;
        if (entry.Offset > area.HighWater) area.HighWater = (byte)entry.Offset;
        if (inTurn) area.Next = (byte)(entry.Offset + 1);
        if ((m.Rules & MmRules.InTurn) != 0)
        {
            m.WriteGlobals(GlobalParts.AreaTurn).AreaTurn = (byte)Other(entry.Type);
        }
        else if (area.Priority != 0)
        {
            // The slot cache has fetched 64 from this area, and the next one has its turn when they are gone.
            m.WriteGlobals(GlobalParts.AreaTurn).AreaTurn = (byte)(UsesSlotCache(in m, in area) ? entry.Type : Other(entry.Type));
        }
    }

    /// <summary>
    /// Each slot from the area of the highest priority; of equal ones from the one whose turn it is (<c>get_swap_pages()</c>, <c>plist_requeue()</c>). Where no priority
    /// is given, an area switched on later has a lower one.
    /// </summary>
    private static int FirstArea(in Memory m) => HighestPriority(in m, m.ReadGlobals(GlobalParts.AreaTurn).AreaTurn);

    /// <summary>
    /// The area, not on a disk that turns, that this CPU has a cluster of, whatever its priority, until the cluster's end (<c>swap_alloc_fast()</c>). Then, and at first,
    /// the area of the highest priority; of equal ones, as all are to which none is given, the next one, as each that is asked goes to the back of its equals
    /// (<c>swap_alloc_slow()</c>).
    /// </summary>
    private static int ClusterArea(in Memory m)
    {
        var next = m.ReadGlobals(GlobalParts.AreaTurn).AreaTurn;
        var asked = Other(next);
        var current = m.ReadArea(asked).Is(AreaFlags.Synchronous) ? asked : Other(asked);
        ref readonly var area = ref m.ReadArea(current);
        var goesOn = area.Is(AreaFlags.Synchronous) && !area.Is(AreaFlags.Off) && area.Next != 0 && AnyFreeFrom(in m, current, area.Next);
        return goesOn ? current : HighestPriority(in m, next);
    }

    private static int HighestPriority(in Memory m, int ofEqualOnes)
    {
        var first = 0;
        for (var i = 1; i < Capacity.Areas; i++)
        {
            var (best, other) = (m.ReadArea(first).Priority, m.ReadArea(i).Priority);
            if (other > best || (other == best && m.ReadArea(i).Is(AreaFlags.Used) && ofEqualOnes == i)) first = i;
        }

        return first;
    }

    private static int Other(int type) => (type + 1) % Capacity.Areas;

    /// <summary><c>enable_swap_info()</c>: an area switched on goes behind its equals, and begins anew.</summary>
    public static void EnableSwapInfo(in Memory m, int type)
    {
        ref var area = ref m.WriteArea(type);
        area.Flags &= ~AreaFlags.Off;
        area.Next = 0;
        m.WriteGlobals(GlobalParts.AreaTurn).AreaTurn = (byte)Other(type);
    }

    private static bool AnyFreeFrom(in Memory m, int type, int offset)
    {
        for (; offset <= Math.Min((int)m.ReadArea(type).Pages, Capacity.SlotsPerArea); offset++)
        {
            if (m.ReadSlot(SwapEntry.Of(type, offset)).IsFree) return true;
        }

        return false;
    }

    /// <summary><c>drain_slots_cache_cpu()</c>: the slot caches return all they hold back.</summary>
    /// <returns>Whether there was anything.</returns>
    public static bool DrainSlotsCache(in Memory m)
    {
        var any = false;

        // With what is left of the 64 that it has fetched goes the turn of the area that they came from.
        if (m.ReadGlobals(GlobalParts.AreaTurn).AreaTurn is var turn && m.ReadArea(turn) is { Priority: not 0, HighWater: not 0 } area && UsesSlotCache(in m, in area)) m.WriteGlobals(GlobalParts.AreaTurn).AreaTurn = (byte)Other(turn);
        for (var type = 0; type < Capacity.Areas; type++)
        {
            for (var offset = 1; offset <= m.ReadArea(type).HighWater; offset++)
            {
                var entry = SwapEntry.Of(type, offset);
                if (!m.ReadSlot(entry).IsHeldBack) continue;
                SwapRangeFree(in m, entry);
                any = true;
            }
        }

        return any;
    }

    /// <summary><c>add_to_swap_cache()</c>: the folio is found under the entry from now on; the cache holds a reference for each of its pages.</summary>
    public static void AddToSwapCache(in Memory m, Pfn pfn, SwapEntry entry)
    {
        ref var folio = ref m.WriteFolio(pfn);
        folio.RefCount += (byte)folio.Pages;
        folio.Set(FolioFlags.SwapCache);
        folio.Entry = entry;
        for (var i = 0; i < folio.Pages; i++) m.WriteSlot(entry.Plus(i)).Folio = pfn;
    }

    /// <summary><c>delete_from_swap_cache()</c>: out of the cache, give <c>SWAP_HAS_CACHE</c> back, drop the cache's reference.</summary>
    public static void DeleteFromSwapCache(in Memory m, Pfn pfn)
    {
        ref var folio = ref m.WriteFolio(pfn);
        var entry = folio.Entry;
        folio.Clear(FolioFlags.SwapCache);
        folio.Entry = SwapEntry.None;
        for (var i = 0; i < folio.Pages; i++)
        {
            m.WriteSlot(entry.Plus(i)).Folio = Pfn.None;
            PutHasCache(in m, entry.Plus(i));
        }

        folio.RefCount -= (byte)(folio.Pages - 1);
        PageAlloc.Put(in m, pfn);
    }

    /// <summary><c>folio_free_swap()</c> (try_to_free_swap() until 6.0): leave the swap cache if no swap entry refers to the slot any more.</summary>
    /// <returns>Whether it left.</returns>
    public static bool FolioFreeSwap(in Memory m, Pfn pfn)
    {
        ref readonly var folio = ref m.ReadFolio(pfn);
        if (!folio.Test(FolioFlags.SwapCache) || folio.Test(FolioFlags.Writeback) || FolioSwapped(in m, in folio)) return false;

        // The kernel sets the flag afterwards, holding a reference. Here the cache's may be the last one, and a free page has no flags.
        m.WriteFolio(pfn).Set(FolioFlags.Dirty);
        DeleteFromSwapCache(in m, pfn);
        return true;
    }

    /// <summary><c>folio_swapped()</c>: swap entries refer to any of its slots.</summary>
    private static bool FolioSwapped(in Memory m, in Folio folio)
    {
        for (var i = 0; i < folio.Pages; i++)
        {
            if (m.ReadSlot(folio.Entry.Plus(i)).Count != 0) return true;
        }

        return false;
    }

    /// <summary><c>free_swap_cache()</c>: leave the swap cache if nobody maps the page and nobody has it locked.</summary>
    public static void FreeSwapCache(in Memory m, Pfn folio)
    {
        if (!LargeFolio.IsMapped(in m, folio) && m.ReadFolioLock(folio).IsFree) FolioFreeSwap(in m, folio);
    }

    /// <summary><c>swap_duplicate()</c>: one more swap PTE refers to the slot.</summary>
    public static void SwapDuplicate(in Memory m, SwapEntry entry)
    {
        if (m.ReadSlot(entry).IsFree) m.Complain(Oops.BadSlotUse);
        m.WriteSlot(entry).Count++;
    }

    /// <summary><c>swap_free()</c>: one swap PTE fewer; the last one frees the slot unless the swap cache has it.</summary>
    public static void SwapFree(in Memory m, SwapEntry entry)
    {
        ref var slot = ref m.WriteSlot(entry);
        if (slot.Count == 0)
        {
            m.Complain(Oops.BadSlotUse);
            return;
        }

        slot.Count--;
        if (slot.Count == 0 && !slot.HasCache) FreeSwapSlot(in m, entry);
    }

    /// <summary><c>swapcache_prepare()</c>: claim the slot's place in the cache.</summary>
    /// <returns>False if it has one already, or nobody uses the slot.</returns>
    public static bool SwapcachePrepare(in Memory m, SwapEntry entry)
    {
        if (!MayPrepare(in m, entry)) return false;
        m.WriteSlot(entry).Flags |= SlotFlags.HasCache;
        return true;
    }

    /// <summary>Whether <c>swapcache_prepare()</c> gets a slot: it is in use, and nobody has a place in the swap cache under it.</summary>
    public static bool MayPrepare(in Memory m, SwapEntry entry) => m.ReadSlot(entry) is { HasCache: false, Count: not 0 };

    /// <summary><c>put_swap_folio()</c> and <c>swapcache_clear()</c>: drop <c>SWAP_HAS_CACHE</c>; with no swap PTE left the slot is free.</summary>
    public static void PutHasCache(in Memory m, SwapEntry entry)
    {
        ref var slot = ref m.WriteSlot(entry);
        if (!slot.HasCache) m.Complain(Oops.BadSlotUse);
        slot.Flags &= ~SlotFlags.HasCache;
        if (slot.Count == 0) FreeSwapSlot(in m, entry);
    }

    /// <summary>The device's answer to a read: the data, or an error, which leaves the page as it was and not up to date.</summary>
    public static void Read(in Memory m, Pfn folio, SwapEntry entry)
    {
        if (m.ReadFolio(folio).IsLarge)
        {
            ReadLarge(in m, folio, entry);
            return;
        }

        ref readonly var slot = ref m.ReadSlot(entry);

        // What is zero nobody has written, and no device is asked for (swap_read_folio_zeromap()).
        if (!slot.IsZero && m.Strikes(FaultKind.Read))
        {
            m.Observe(Observation.ReadFailed(entry));
            return;
        }

        m.WriteFrame(folio).Data = slot.IsZero ? (byte)0 : slot.Data;
        m.WriteFolio(folio).Set(FolioFlags.Uptodate);
        m.Observe(Observation.ReadDone(entry));
    }

    /// <summary>All pages of a folio at once, from the slots of which the first is <paramref name="first"/>.</summary>
    private static void ReadLarge(in Memory m, Pfn folio, SwapEntry first)
    {
        var pages = m.ReadFolio(folio).Pages;
        var failed = !m.ReadSlot(first).IsZero && m.Strikes(FaultKind.Read);
        for (var i = 0; i < pages; i++)
        {
            var entry = first.Plus(i);
            ref readonly var slot = ref m.ReadSlot(entry);
            if (!failed) m.WriteFrame(folio.Plus(i)).Data = slot.IsZero ? (byte)0 : slot.Data;
            m.Observe(failed ? Observation.ReadFailed(entry) : Observation.ReadDone(entry));
        }

        if (!failed) m.WriteFolio(folio).Set(FolioFlags.Uptodate);
    }

    /// <summary><c>free_swap_slot()</c>: hold the slot back in the slot cache if that is active, else return it now.</summary>
    private static void FreeSwapSlot(in Memory m, SwapEntry entry)
    {
        ref readonly var area = ref m.ReadArea(entry.Type);
        if (UsesSlotCache(in m, in area))
        {
            // A slot in the cache keeps SWAP_HAS_CACHE in swap_map, so that nobody allocates it.
            m.WriteSlot(entry).Flags = SlotFlags.HasCache | SlotFlags.HeldBack;
            m.Count(Mark.SlotHeldBack);
            return;
        }

        SwapRangeFree(in m, entry);
    }

    private static bool UsesSlotCache(in Memory m, in SwapArea area)
    {
        if ((m.Rules & MmRules.HoldBack) == 0) return false;
        ref readonly var globals = ref m.ReadGlobals(GlobalParts.SlotCache);
        return globals.SlotCacheDisabled == 0 && (area.Is(AreaFlags.SlotCacheOn) || (!area.Is(AreaFlags.SlotCacheOff) && globals.SlotCacheActive != 0));
    }

    /// <summary><c>swap_range_free()</c>: the slot is really returned, and the architecture told.</summary>
    private static void SwapRangeFree(in Memory m, SwapEntry entry)
    {
        m.WriteSlot(entry).Flags = SlotFlags.None;
        m.WriteArea(entry.Type).InUse--;
        m.SlotReturned(entry);
        m.Arch.ArchSwapInvalidatePage(in m, entry);
    }

    /// <summary><c>check_cache_active()</c>: asked at every allocation only, so a running slot cache goes on until then.</summary>
    private static void CheckCacheActive(in Memory m)
    {
        if ((m.Rules & MmRules.HoldBack) == 0) return;
        var free = FreeSlots(in m);
        if (m.ReadGlobals(GlobalParts.SlotCache).SlotCacheActive == 0)
        {
            if (free > ActivateSlotCache - ((m.Rules & MmRules.SlotCacheStartsEarly) != 0 ? 1 : 0)) m.WriteGlobals(GlobalParts.SlotCache).SlotCacheActive = 1;
            return;
        }

        if (free >= DeactivateSlotCache + ((m.Rules & MmRules.SlotCacheStopsEarly) != 0 ? 1 : 0)) return;
        m.WriteGlobals(GlobalParts.SlotCache).SlotCacheActive = 0;
        for (var type = 0; type < Capacity.Areas; type++)
        {
            for (var offset = 1; offset <= m.ReadArea(type).HighWater; offset++)
            {
                var entry = SwapEntry.Of(type, offset);
                if (m.ReadSlot(entry).IsHeldBack && !m.ReadArea(type).Is(AreaFlags.SlotCacheOn)) SwapRangeFree(in m, entry);
            }
        }
    }
}
