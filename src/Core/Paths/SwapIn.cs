using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>
/// The beginning of do_swap_page(): find the page in the swap cache, or read it, around the cache or into it
/// (mm/memory.c, mm/swap_state.c, mm/page_io.c).
/// </summary>
public static class SwapIn
{
    /// <summary>Look the entry up in the swap cache.</summary>
    public static Step SwapCacheGetFolio { get; } = Step.Of("mm/swap_state.c: swap_cache_get_folio()", "all kernels", static (ref s, ref t, arch) =>
    {
        t.Entry = t.OrigPte.Entry;
        var found = s.Slot(t.Entry).Folio;
        if (found.IsNone) return Flow.Next;
        PageAlloc.Get(ref s, ref t, found);
        t.Folio = t.Swapcache = found;
        s.Events |= Event.CacheHit;
        return Flow.Goto(Label.LockFolio);
    });

    /// <summary>Read around the swap cache when the device is synchronous and nobody else refers to the slot.</summary>
    public static Step SkipSwapcache { get; } = Step.Of("mm/memory.c: do_swap_page(), SWP_SYNCHRONOUS_IO && __swap_count() == 1", "4.15 on (0bcac06f27d7)", static (ref s, ref t, arch) =>
        s.Areas[t.Entry.Type].Is(AreaFlags.Synchronous) && s.Slot(t.Entry).Count == 1 ? Flow.Next : Flow.Goto(Label.Readahead));

    /// <summary>Claim the slot, so that nobody else reads around the cache at the same time; if someone has, try again later.</summary>
    public static Step SwapcachePrepare { get; } = Step.Of("mm/swapfile.c: swapcache_prepare()", "6.8 on (13ddaf26be32), 6.1 stable", static (ref s, ref t, arch) =>
    {
        if (!SwapFile.SwapcachePrepare(ref s, t.Entry)) return Flow.Enter(PathId.FinishFault);
        t.Set(TaskFlags.NeedClearCache);
        return Flow.Next;
    });

    /// <summary>A fresh page, locked, that nobody else can find.</summary>
    public static Step VmaAllocFolio { get; } = Step.Of("mm/memory.c: do_swap_page(), vma_alloc_folio(), folio_add_lru()", "all kernels", static (ref s, ref t, arch) =>
    {
        t.Folio = PageAlloc.Alloc(ref s, ref t);
        if (t.Folio.IsNone)
        {
            t.Result = OpResult.Oom;
            return Flow.Enter(PathId.FinishFault);
        }

        Locks.TryFolio(ref s, ref t, t.Folio);
        PageAlloc.LruCacheAdd(ref s, t.Folio);
        return Flow.Next;
    });

    /// <summary>Read the slot into the fresh page. The device keeps data only: the tags stay the previous owner's.</summary>
    public static Step SwapReadpage { get; } = Step.Of("mm/page_io.c: swap_readpage(), synchronous", "all kernels", static (ref s, ref t, arch) =>
    {
        Read(ref s, t.Folio, t.Entry);
        s.Events |= Event.ReadAround;
        return Flow.Goto(Label.HaveFolio);
    });

    /// <summary>A fresh page in the swap cache, locked until it is read. Somebody may have put one there meanwhile: take that.</summary>
    public static Step ReadSwapCacheAsync { get; } = Step.Of("mm/swap_state.c: __read_swap_cache_async()", "all kernels", static (ref s, ref t, arch) =>
    {
        switch (AddToCache(ref s, ref t, arch))
        {
            case CacheAdd.Added:
                return Flow.Next;
            case CacheAdd.Found:
                return Flow.Goto(Label.LockFolio);
            case CacheAdd.Claimed:
                // Whoever has the claim is about to map the page or to add one. Leave, and fault again.
                return Flow.Enter(PathId.FinishFault);
            default:
                t.Result = OpResult.Oom;
                return Flow.Enter(PathId.FinishFault);
        }
    });

    /// <summary>The device has read the page in the swap cache: valid, and unlocked by the end of the read.</summary>
    public static Step EndSwapRead { get; } = Step.Of("mm/page_io.c: end_swap_bio_read()", "all kernels", static (ref s, ref t, arch) =>
    {
        Read(ref s, t.Folio, t.Entry);
        Locks.UnlockFolio(ref s, ref t, t.Folio);
        s.Events |= Event.ReadIntoCache;
        return Flow.Next;
    });

    /// <summary>Readahead pushes the pages it read onto the LRU.</summary>
    public static Step LruAddDrain { get; } = Step.Of("mm/swap_state.c: swap_cluster_readahead(), lru_add_drain()", "all kernels, with a readahead window above 1", static (ref s, ref t, arch) =>
    {
        PageAlloc.LruAddDrain(ref s);
        return Flow.Next;
    });

    /// <summary>How <c>__read_swap_cache_async()</c> ended.</summary>
    internal enum CacheAdd
    {
        /// <summary>A fresh page is in the cache, locked, still to be read.</summary>
        Added,

        /// <summary>Somebody had put one there.</summary>
        Found,

        /// <summary>Somebody has claimed the slot.</summary>
        Claimed,

        /// <summary>No memory.</summary>
        Oom,
    }

    /// <summary><c>__read_swap_cache_async()</c> for the task's entry; the folio is then the task's.</summary>
    internal static CacheAdd AddToCache(ref MachineState s, ref KTask t, IArchHooks arch)
    {
        var found = s.Slot(t.Entry).Folio;
        if (!found.IsNone)
        {
            PageAlloc.Get(ref s, ref t, found);
            t.Folio = t.Swapcache = found;
            return CacheAdd.Found;
        }

        if (!SwapFile.SwapcachePrepare(ref s, t.Entry)) return CacheAdd.Claimed;
        t.Folio = PageAlloc.Alloc(ref s, ref t);
        if (t.Folio.IsNone)
        {
            SwapFile.PutHasCache(ref s, t.Entry, arch);
            return CacheAdd.Oom;
        }

        t.Swapcache = t.Folio;
        Locks.TryFolio(ref s, ref t, t.Folio);
        SwapFile.AddToSwapCache(ref s, t.Folio, t.Entry);
        PageAlloc.LruCacheAdd(ref s, t.Folio);
        return CacheAdd.Added;
    }

    /// <summary>The device's answer: the data, or an error, which leaves the page as it was and not up to date.</summary>
    private static void Read(ref MachineState s, Pfn pfn, SwapEntry entry)
    {
        if (FaultInjection.Strikes(ref s, FaultKind.Read))
        {
            s.ReadErrors |= entry.Bit;
            s.AnyReadError = 1;
            return;
        }

        ref var folio = ref s.Folio(pfn);
        folio.Data = s.Slot(entry).Data;
        folio.Set(FolioFlags.Uptodate);
        s.ReadErrors &= ~entry.Bit;
    }
}
