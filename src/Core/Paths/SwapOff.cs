using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>
/// swapoff() and try_to_unuse(), mm/swapfile.c: every page of the area is brought back into the address spaces that have
/// it (<see cref="UnusePte"/> maps it), then what only the swap cache has is thrown out of it. One process or page after the other.
/// </summary>
public static class SwapOff
{
    /// <summary>No more slots from this area; the slot caches return theirs.</summary>
    public static Step DelFromAvailList { get; } = Step.Of("mm/swapfile.c: swapoff(), del_from_avail_list(), disable_swap_slots_cache_lock()", "all kernels", static (ref s, ref t, arch) =>
    {
        ref var area = ref s.Areas[t.Value];
        if (!area.Is(AreaFlags.Used) || area.Is(AreaFlags.Off))
        {
            t.Result = OpResult.NotApplicable;
            return Flow.Return;
        }

        area.Flags |= AreaFlags.Off;
        s.SlotCacheDisabled = 1;
        SwapFile.DrainSlotsCache(ref s, arch);
        t.Walk = default;
        t.WalkPage = default;
        return Flow.Next;
    });

    /// <summary>The next swap PTE of the area, process by process.</summary>
    public static Step UnusePteRange { get; } = Step.Of("mm/swapfile.c: unuse_mm(), unuse_pte_range(), is_swap_pte()", "all kernels", static (ref s, ref t, arch) =>
    {
        t.Folio = t.Swapcache = Pfn.None;
        t.Entry = SwapEntry.None;
        for (int m = t.Walk.Value, p = t.WalkPage.Value; m < Capacity.Mms; m++, p = 0)
        {
            for (; p < Capacity.Pages; p++)
            {
                var pte = s.Mms[m].Ptes[p];
                if (!s.Mms[m].IsAlive || !pte.IsSwap || pte.Entry.Type != t.Value) continue;
                if (s.Mms[m].MmapWriter != 0) return Flow.Block;
                (t.Walk, t.WalkPage) = (new MmId((byte)m), new Vpn((byte)p));
                t.OrigPte = pte;
                t.Entry = pte.Entry;
                return Flow.Next;
            }
        }

        return Flow.Goto(Label.Done);
    });

    /// <summary>In the swap cache already?</summary>
    public static Step SwapCacheGetFolio { get; } = Step.Of("mm/swapfile.c: unuse_pte_range(), swap_cache_get_folio()", "all kernels", static (ref s, ref t, arch) =>
    {
        var found = s.Slot(t.Entry).Folio;
        if (found.IsNone) return Flow.Next;
        PageAlloc.Get(ref s, ref t, found);
        t.Folio = t.Swapcache = found;
        s.Events |= Event.CacheHit;
        return Flow.Goto(Label.LockFolio);
    });

    /// <summary>Read it into the swap cache; never around it.</summary>
    public static Step SwapinReadahead { get; } = Step.Of("mm/swapfile.c: unuse_pte_range(), swapin_readahead()", "all kernels", static (ref s, ref t, arch) =>
        SwapIn.AddToCache(ref s, ref t, arch) switch
        {
            SwapIn.CacheAdd.Added => Flow.Next,
            SwapIn.CacheAdd.Found => Flow.Goto(Label.LockFolio),
            SwapIn.CacheAdd.Claimed => Flow.Block,
            _ => Flow.Goto(Label.Fail),
        });

    /// <summary>Wait for the folio lock.</summary>
    public static Step FolioLock { get; } = Step.Of("mm/swapfile.c: unuse_pte_range(), folio_lock()", "all kernels",
        static (ref s, ref t, arch) => Locks.TryFolio(ref s, ref t, t.Folio) ? Flow.Next : Flow.Block);

    /// <summary>Wait until the device has written the page. (It will: the model lets the write end here.)</summary>
    public static Step FolioWaitWriteback { get; } = Step.Of("mm/swapfile.c: unuse_pte_range(), folio_wait_writeback()", "all kernels", static (ref s, ref t, arch) =>
    {
        s.Folio(t.Folio).Clear(FolioFlags.Writeback);
        return Flow.Next;
    });

    /// <summary>With the last swap PTE gone the folio leaves the swap cache.</summary>
    public static Step FolioFreeSwap { get; } = Step.Of("mm/swapfile.c: unuse_pte_range(), folio_free_swap()", "all kernels (try_to_free_swap() until 6.0)", static (ref s, ref t, arch) =>
    {
        SwapFile.FolioFreeSwap(ref s, t.Folio, arch);
        return Flow.Next;
    });

    /// <summary>Unlock the folio, and drop the reference that the look-up took.</summary>
    public static Step FolioPut { get; } = Step.Of("mm/swapfile.c: unuse_pte_range(), folio_unlock(), folio_put()", "all kernels", static (ref s, ref t, arch) =>
    {
        Locks.UnlockFolio(ref s, ref t, t.Folio);
        PageAlloc.Put(ref s, ref t, t.Folio);
        return Flow.Goto(Label.ThisPage);
    });

    /// <summary>What only the swap cache has leaves it, one folio at a time. Slots still in use after that: begin again, for ever if a count is wrong.</summary>
    public static Step FindNextToUnuse { get; } = Step.Of("mm/swapfile.c: try_to_unuse(), find_next_to_unuse(), folio_free_swap()", "all kernels", static (ref s, ref t, arch) =>
    {
        ref var area = ref s.Areas[t.Value];
        if (area.InUse == 0) return Flow.Next;
        for (var offset = 1; offset <= area.HighWater; offset++)
        {
            var entry = SwapEntry.Of(t.Value, offset);
            var pfn = s.Slot(entry).Folio;
            if (pfn.IsNone) continue;
            if (s.Folio(pfn).LockedBy != 0) return Flow.Block;
            s.Folio(pfn).Clear(FolioFlags.Writeback);
            if (SwapFile.FolioFreeSwap(ref s, pfn, arch)) return Flow.Goto(Label.Done);
        }

        // try_to_unuse() goes round until nothing is in use; nobody else moves here, so it would go round for ever.
        return Flow.Block;
    });

    /// <summary>The area is gone, with what the architecture kept for it.</summary>
    public static Step ArchSwapInvalidateArea { get; } = Step.Of("mm/swapfile.c: swapoff(), arch_swap_invalidate_area()", "all kernels", static (ref s, ref t, arch) =>
    {
        s.SlotCacheDisabled = 0;
        arch.ArchSwapInvalidateArea(ref s, t.Value);
        t.Result = OpResult.Applied;
        return Flow.Return;
    });

    /// <summary>No memory: the area goes on as before.</summary>
    public static Step ReinsertSwapInfo { get; } = Step.Of("mm/swapfile.c: swapoff(), reinsert_swap_info()", "all kernels", static (ref s, ref t, arch) =>
    {
        s.Areas[t.Value].Flags &= ~AreaFlags.Off;
        s.SlotCacheDisabled = 0;
        t.Result = OpResult.Oom;
        return Flow.Return;
    });

    /// <summary>swapon(), of an area that was switched off.</summary>
    public static Step EnableSwapInfo { get; } = Step.Of("mm/swapfile.c: swapon(), enable_swap_info()", "all kernels", static (ref s, ref t, arch) =>
    {
        var off = s.Areas[t.Value].Is(AreaFlags.Off);
        s.Areas[t.Value].Flags &= ~AreaFlags.Off;
        t.Result = off ? OpResult.Applied : OpResult.NotApplicable;
        return Flow.Return;
    });

    /// <summary>The slot cache is full of freed slots, and returns them all.</summary>
    public static Step DrainSlotsCache { get; } = Step.Of("mm/swap_slots.c: free_swap_slot(), swapcache_free_entries()", "until 6.14", static (ref s, ref t, arch) =>
    {
        t.Result = SwapFile.DrainSlotsCache(ref s, arch) ? OpResult.Applied : OpResult.NotApplicable;
        return Flow.Return;
    });

    /// <summary>A call to come will fail.</summary>
    public static Step SetupFaultAttr { get; } = Step.Of("lib/fault-inject.c: should_fail()", "CONFIG_FAULT_INJECTION", static (ref s, ref t, arch) =>
    {
        s.Faults[(int)t.Fault] = t.Value;
        t.Result = OpResult.Applied;
        return Flow.Return;
    });

    /// <summary>swapoff() in 5.16.</summary>
    public static KernelPath Linux5_16 { get; } = Order(UnusePte.Linux5_16);

    /// <summary>swapoff() in 5.17 and 5.18.</summary>
    public static KernelPath Linux5_17 { get; } = Order(UnusePte.Linux5_17);

    /// <summary>swapoff() from 5.19 to 6.4, and in 6.1 stable.</summary>
    public static KernelPath Linux5_19 { get; } = Order(UnusePte.Linux5_19);

    /// <summary>swapoff() from 6.5 on.</summary>
    public static KernelPath Linux6_5 { get; } = Order(UnusePte.Linux6_5);

    /// <summary>swapon().</summary>
    public static KernelPath SwapOnPath { get; } = new(PathId.SwapOn, "swapon()", EnableSwapInfo);

    /// <summary>The slot cache returns its slots.</summary>
    public static KernelPath DrainPath { get; } = new(PathId.DrainSlots, "swapcache_free_entries()", DrainSlotsCache);

    /// <summary>Arming an injected failure.</summary>
    public static KernelPath InjectPath { get; } = new(PathId.InjectFault, "fault injection", SetupFaultAttr);

    private static KernelPath Order(PathItem[] unusePte) => new(PathId.SwapOff, "swapoff(), try_to_unuse(), unuse_pte()",
    [
        DelFromAvailList,
        Label.ThisPage,
        UnusePteRange,
        SwapCacheGetFolio,
        SwapinReadahead,
        SwapIn.EndSwapRead,
        SwapIn.LruAddDrain,
        Label.LockFolio,
        FolioLock,
        FolioWaitWriteback,
        .. unusePte,
        FolioFreeSwap,
        FolioPut,
        Label.Done,
        FindNextToUnuse,
        ArchSwapInvalidateArea,
        Label.Fail,
        ReinsertSwapInfo,
    ]);
}
