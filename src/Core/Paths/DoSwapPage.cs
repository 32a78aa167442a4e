using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>
/// The steps of do_swap_page(), mm/memory.c, top to bottom, from the moment when the page is there
/// (<see cref="SwapIn"/> gets it). The orders in which the kernels take them are in
/// <see cref="DoSwapPageOrders"/>.
/// </summary>
public static class DoSwapPage
{
    /// <summary>Wait for the folio lock.</summary>
    public static Step FolioLock { get; } = Step.Of("mm/filemap.c: folio_lock_or_retry()", "all kernels",
        static (ref s, ref t, arch) => Locks.TryFolio(ref s, ref t, t.Folio) ? Flow.Next : Flow.Block);

    /// <summary>Is it still this entry's folio? It may have left the cache, and been added under another entry, meanwhile.</summary>
    public static Step FolioTestSwapcache { get; } = Step.Of("mm/memory.c: do_swap_page(), folio_test_swapcache(), page_private()", "all kernels", static (ref s, ref t, arch) =>
    {
        ref var folio = ref s.Folio(t.Folio);
        return folio.Test(FolioFlags.SwapCache) && folio.Entry == t.Entry ? Flow.Next : Flow.Goto(Label.OutPage);
    });

    /// <summary>A write wants to know by the reference count whether it is the only user: drop the LRU batch's reference.</summary>
    public static Step LruAddDrainForWrite { get; } = Step.Of("mm/memory.c: do_swap_page(), lru_add_drain()", "5.18 on (c145e0b47c77)", static (ref s, ref t, arch) =>
    {
        if (t.Is(TaskFlags.WriteLeft) && !s.Folio(t.Folio).Test(FolioFlags.Lru)) PageAlloc.LruAddDrain(ref s);
        return Flow.Next;
    });

    /// <summary>Back out if somebody else has handled the fault.</summary>
    public static Step PteSame { get; } = Step.Of("mm/memory.c: do_swap_page(), pte_same()", "all kernels",
        static (ref s, ref t, arch) => s.Pte(t.Mm, t.Page) == t.OrigPte ? Flow.Next : Flow.Goto(Label.OutNomap));

    /// <summary>The read may have failed.</summary>
    public static Step FolioTestUptodate { get; } = Step.Of("mm/memory.c: do_swap_page(), folio_test_uptodate()", "all kernels", static (ref s, ref t, arch) =>
    {
        if (s.Folio(t.Folio).Test(FolioFlags.Uptodate)) return Flow.Next;
        t.Result = OpResult.SigBus;
        return Flow.Goto(Label.OutNomap);
    });

    /// <summary>
    /// Certainly exclusive: the swap PTE says so, or the page is fresh and not in the swap cache. Not while it is being
    /// written to a device that needs stable pages: then the mark is dropped.
    /// </summary>
    public static Step PteSwpExclusive { get; } = Step.Of("mm/memory.c: do_swap_page(), pte_swp_exclusive()", "5.19 on (1493a1913e34)", static (ref s, ref t, arch) =>
    {
        var exclusive = t.OrigPte.IsSwpExclusive;
        if (t.Swapcache.IsNone)
        {
            exclusive = true;
        }
        else if (s.Folio(t.Folio).Test(FolioFlags.Writeback) && s.Areas[t.Entry.Type].Is(AreaFlags.StableWrites))
        {
            if (exclusive) s.Events |= Event.ExclusiveGivenUp;
            exclusive = false;
        }

        if (exclusive) t.Set(TaskFlags.Exclusive);
        return Flow.Next;
    });

    /// <summary>Give the page its metadata back. Before SwapFree: freeing the last reference to the slot throws the saved copy away.</summary>
    public static Step ArchSwapRestore { get; } = Step.Of("mm/memory.c: do_swap_page(), arch_swap_restore(entry, folio)", "6.5 on (6dca4ac6fc91), 6.1 stable", static (ref s, ref t, arch) =>
    {
        arch.ArchSwapRestore(ref s, t.Entry, t.Folio);
        return Flow.Next;
    });

    /// <summary>Give the entry back. The last reference frees the slot, and with it what the architecture saved.</summary>
    public static Step SwapFree { get; } = Step.Of("mm/swapfile.c: swap_free()", "all kernels (swap_free_nr() from 6.11)", static (ref s, ref t, arch) =>
    {
        SwapFile.SwapFree(ref s, t.Entry, arch);
        return Flow.Next;
    });

    /// <summary>Leave the swap cache if swap is more than half full or the page is mlocked.</summary>
    public static Step TryToFreeSwap { get; } = Step.Of("mm/memory.c: do_swap_page(), try_to_free_swap()", "until 5.17", static (ref s, ref t, arch) =>
    {
        if (ShouldMakeRoom(in s, in t)) SwapFile.FolioFreeSwap(ref s, t.Folio, arch);
        return Flow.Next;
    });

    /// <summary>
    /// Leave the swap cache if swap is more than half full, the page is mlocked, or it is a write fault and the references
    /// are exactly two: the cache's and this fault's.
    /// </summary>
    public static Step FolioFreeSwap { get; } = Step.Of("mm/memory.c: should_try_to_free_swap(), folio_free_swap()", "5.18 on (c145e0b47c77)", static (ref s, ref t, arch) =>
    {
        ref var folio = ref s.Folio(t.Folio);
        if (!folio.Test(FolioFlags.SwapCache)) return Flow.Next;
        if (ShouldMakeRoom(in s, in t) || (t.Is(TaskFlags.WriteLeft) && folio.RefCount == 2))
        {
            SwapFile.FolioFreeSwap(ref s, t.Folio, arch);
        }

        return Flow.Next;
    });

    /// <summary>MM_ANONPAGES and MM_SWAPENTS.</summary>
    public static Step IncMmCounter { get; } = Step.Of("mm/memory.c: inc_mm_counter(), dec_mm_counter()", "all kernels", static (ref s, ref t, arch) =>
    {
        ref var mm = ref s.Mm(t.Mm);
        mm.AnonPages++;
        mm.SwapEnts--;
        return Flow.Next;
    });

    /// <summary>The new entry: clean and read-only so far.</summary>
    public static Step MkPte { get; } = Step.Of("mm/memory.c: mk_pte()", "all kernels", static (ref s, ref t, arch) =>
    {
        t.NewPte = Pte.MkPte(t.Folio, s.Vma(t.Mm, t.Page));
        return Flow.Next;
    });

    /// <summary>
    /// A write may reuse the page if map count and swap count together say that nobody else has it; it is taken out of the
    /// swap cache on the way. References other than these are not looked at.
    /// </summary>
    public static Step ReuseSwapPage { get; } = Step.Of("mm/swapfile.c: reuse_swap_page()", "until 5.17", static (ref s, ref t, arch) =>
    {
        Remember(ref s, ref t);
        if (!t.Is(TaskFlags.WriteLeft)) return Flow.Next;
        ref var folio = ref s.Folio(t.Folio);
        var inCache = folio.Test(FolioFlags.SwapCache);
        var users = folio.MapCount + (inCache ? s.Slot(folio.Entry).Count : 0);
        if (users > 1) return Flow.Next;
        if (users == 1 && inCache)
        {
            if (!folio.Test(FolioFlags.Writeback))
            {
                SwapFile.DeleteFromSwapCache(ref s, t.Folio, arch);
                folio.Set(FolioFlags.Dirty);
            }
            else if (s.Areas[t.Entry.Type].Is(AreaFlags.StableWrites))
            {
                return Flow.Next;
            }
        }

        MapWritable(ref t, arch);
        return Flow.Next;
    });

    /// <summary>A write may map the page writable if it is fresh, or the one reference is this fault's.</summary>
    public static Step CheckPageCount { get; } = Step.Of("mm/memory.c: do_swap_page(), page_count(page) == 1", "5.18 (c145e0b47c77)", static (ref s, ref t, arch) =>
    {
        Remember(ref s, ref t);
        if (t.Is(TaskFlags.WriteLeft) && (t.Swapcache.IsNone || s.Folio(t.Folio).RefCount == 1)) MapWritable(ref t, arch);
        return Flow.Next;
    });

    /// <summary>Exclusive if certainly so, or if the one reference is this fault's; then a write maps it writable.</summary>
    public static Step CheckExclusive { get; } = Step.Of("mm/memory.c: do_swap_page(), exclusive || folio_ref_count(folio) == 1", "5.19 on (6c287605fd56, 1493a1913e34)", static (ref s, ref t, arch) =>
    {
        Remember(ref s, ref t);
        if (!t.Is(TaskFlags.Exclusive) && s.Folio(t.Folio).RefCount != 1) return Flow.Next;
        t.Set(TaskFlags.Exclusive);
        if (t.Is(TaskFlags.WriteLeft)) MapWritable(ref t, arch);
        return Flow.Next;
    });

    /// <summary>As CheckExclusive, and a read fault too maps an exclusive page writable (though not dirty): the write fault to come is saved.</summary>
    public static Step CheckExclusiveWritable { get; } = Step.Of("mm/memory.c: do_swap_page(), exclusive || folio_ref_count(folio) == 1, pte_mkwrite()", "6.11 on (c18160dba5ff)", static (ref s, ref t, arch) =>
    {
        Remember(ref s, ref t);
        if (!t.Is(TaskFlags.Exclusive) && s.Folio(t.Folio).RefCount != 1) return Flow.Next;
        t.Set(TaskFlags.Exclusive);

        // Not if somebody wants to be told of the first write.
        var vma = s.Vma(t.Mm, t.Page);
        if ((vma & VmaFlags.UffdWp) != 0 && t.NewPte.IsUffdWp) return Flow.Next;
        if ((vma & VmaFlags.SoftDirty) == 0 && !t.NewPte.IsSoftDirty) return Flow.Next;
        if (t.Is(TaskFlags.WriteLeft)) MapWritable(ref t, arch);
        t.NewPte = t.NewPte.With(PteFlags.Write);
        return Flow.Next;
    });

    /// <summary>The bits of the swap PTE: soft-dirty and uffd-wp. What is write-protected by userfaultfd is not mapped writable, whatever was decided.</summary>
    public static Step PteSwpBits { get; } = Step.Of("mm/memory.c: do_swap_page(), pte_swp_soft_dirty(), pte_swp_uffd_wp()", "all kernels", static (ref s, ref t, arch) =>
    {
        t.NewPte = t.NewPte.With(t.OrigPte.Tracking);
        if (t.OrigPte.IsUffdWp) t.NewPte = t.NewPte.Without(PteFlags.Write);
        if (t.OrigPte.Tracking != 0) s.Events |= Event.BitsCarried;
        return Flow.Next;
    });

    /// <summary>One mapping more, marked exclusive or not; the fault's reference is the mapping's from here on.</summary>
    public static Step PageAddAnonRmapExclusive { get; } = Step.Of("mm/rmap.c: page_add_anon_rmap(), RMAP_EXCLUSIVE", "5.19 on", static (ref s, ref t, arch) =>
    {
        Rmap.PageAddAnonRmap(ref s, ref t, t.Folio, t.Is(TaskFlags.Exclusive), s.Vma(t.Mm, t.Page));
        return Flow.Next;
    });

    /// <summary>One mapping more; the fault's reference is the mapping's from here on.</summary>
    public static Step PageAddAnonRmap { get; } = Step.Of("mm/rmap.c: do_page_add_anon_rmap()", "until 5.18", static (ref s, ref t, arch) =>
    {
        Rmap.PageAddAnonRmap(ref s, ref t, t.Folio, exclusive: false, s.Vma(t.Mm, t.Page));
        return Flow.Next;
    });

    /// <summary>Map the page: from here on every thread of the process sees it.</summary>
    public static Step SetPteAt { get; } = Step.Of("mm/memory.c: set_pte_at()", "all kernels", static (ref s, ref t, arch) =>
    {
        arch.SetPteAt(ref s, t.Mm, t.Page, t.NewPte);
        s.Events |= Event.SwapIn;
        if (s.Folio(t.Folio).Test(FolioFlags.Writeback) && s.Areas[t.Entry.Type].Is(AreaFlags.StableWrites)) s.Events |= Event.SwapInUnstable;
        return Flow.Next;
    });

    /// <summary>The architecture's hook, given the swap PTE as the old one.</summary>
    public static Step ArchDoSwapPageOldPte { get; } = Step.Of("mm/memory.c: arch_do_swap_page(mm, vma, addr, pte, orig_pte), orig_pte the swap PTE", "until 5.16; series v1", static (ref s, ref t, arch) =>
    {
        arch.ArchDoSwapPage(ref s, t.Mm, t.Page, t.NewPte, t.OrigPte);
        return Flow.Next;
    });

    /// <summary>The architecture's hook, given the new PTE twice: it can no longer know the swap entry.</summary>
    public static Step ArchDoSwapPageNewPte { get; } = Step.Of("mm/memory.c: arch_do_swap_page(mm, vma, addr, pte, orig_pte), orig_pte already the new PTE", "5.17 on (1eba86c096e3)", static (ref s, ref t, arch) =>
    {
        arch.ArchDoSwapPage(ref s, t.Mm, t.Page, t.NewPte, t.NewPte);
        return Flow.Next;
    });

    /// <summary>Unlock the folio: do_swap_page() has done its work.</summary>
    public static Step FolioUnlock { get; } = Step.Of("mm/filemap.c: folio_unlock()", "all kernels", static (ref s, ref t, arch) =>
    {
        Locks.UnlockFolio(ref s, ref t, t.Folio);
        s.Events |= Event.SwapInEnded;
        if (s.Folio(t.Folio).RefCount == 1) s.Events |= Event.SwapInAlone;
        return Flow.Next;
    });

    /// <summary>A write that was not mapped writable goes on as a write to a read-only page.</summary>
    public static Step WriteFaultLeft { get; } = Step.Of("mm/memory.c: do_swap_page(), vmf->flags & FAULT_FLAG_WRITE", "all kernels", static (ref s, ref t, arch) =>
    {
        if (!t.Is(TaskFlags.WriteLeft)) return Flow.Next;
        if (s.Folio(t.Folio).RefCount == 1) s.Events |= Event.NeedlessFault;
        t.OrigPte = s.Pte(t.Mm, t.Page);
        return Flow.Enter(PathId.DoWpPage);
    });

    /// <summary>Backing out: unlock the folio.</summary>
    public static Step OutFolioUnlock { get; } = Step.Of("mm/memory.c: do_swap_page(), out_page", "all kernels", static (ref s, ref t, arch) =>
    {
        Locks.UnlockFolio(ref s, ref t, t.Folio);
        return Flow.Next;
    });

    /// <summary>Backing out: drop the reference.</summary>
    public static Step OutFolioPut { get; } = Step.Of("mm/memory.c: do_swap_page(), out_release", "all kernels", static (ref s, ref t, arch) =>
    {
        PageAlloc.Put(ref s, ref t, t.Folio);
        return Flow.Next;
    });

    private static bool ShouldMakeRoom(in MachineState s, in KTask t) =>
        SwapFile.VmSwapFull(in s)
        || (s.Mms[t.Mm.Value].Vmas[t.Page.Value] & VmaFlags.Locked) != 0
        || s.Folios[t.Folio.Value].Test(FolioFlags.Mlocked);

    /// <summary>What the check saw, for the message of exclusive-detected.</summary>
    private static void Remember(ref MachineState s, ref KTask t)
    {
        ref var folio = ref s.Folio(t.Folio);
        t.CheckedRefs = folio.RefCount;
        t.Clear(TaskFlags.CheckedInCache | TaskFlags.CheckedInBatch);
        if (folio.Test(FolioFlags.SwapCache)) t.Set(TaskFlags.CheckedInCache);
        if (folio.Test(FolioFlags.LruBatch)) t.Set(TaskFlags.CheckedInBatch);
    }

    private static void MapWritable(ref KTask t, IArchHooks arch)
    {
        t.NewPte = t.NewPte.MkWriteDirty(arch);
        t.Clear(TaskFlags.WriteLeft);
    }
}
