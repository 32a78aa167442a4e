using System.Runtime.CompilerServices;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;

namespace Hooks.KernelSource.Paths;

/// <summary>
/// What the rows of the table of helpers stand for: what a function of the kernel does to the machine, and what it says of it. Each is what the step of the
/// same name in a hand-written path is. A primitive that may have to wait has a second one, ending in Wait, which changes nothing.
/// </summary>
internal static class Primitives
{
    /// <summary>The number that stands for fork()'s child.</summary>
    private const long Child = 2;

    // Faults and their places.

    /// <summary><c>vmf->flags</c>: FAULT_FLAG_WRITE (1), FAULT_FLAG_UNSHARE (0x400).</summary>
    public static long FaultFlags(in Memory m, ref KTask t) => (t.Is(TaskFlags.WriteLeft) ? 1 : 0) | (t.Is(TaskFlags.Unshare) ? 0x400 : 0);

    /// <summary>Sets <c>vmf->flags</c>; only FAULT_FLAG_WRITE can change.</summary>
    public static void SetFaultFlags(in Memory m, ref KTask t, long value)
    {
        if ((value & 1) != 0) t.Set(TaskFlags.WriteLeft);
        else t.Clear(TaskFlags.WriteLeft);
    }

    /// <summary><c>vma->vm_flags</c>: VM_READ, VM_WRITE, VM_LOCKED, VM_SOFTDIRTY.</summary>
    public static long VmFlags(in Memory m, ref KTask t)
    {
        var vma = VmaOf(in m, in t);
        return (vma.Is(VmaFlags.Read) ? 1 : 0) | (vma.Is(VmaFlags.Write) ? 2 : 0) | (vma.IsLocked ? 0x2000 : 0) | (vma.Is(VmaFlags.SoftDirty) ? 0x08000000 : 0);
    }

    /// <summary>What a fault handler returns, to whoever made the fault.</summary>
    public static void FaultResult(in Memory m, ref KTask t, long fault)
    {
        // A VM_FAULT_OOM of an entry that was nobody's for a moment: nobody is told, and the access is tried again (pagefault_out_of_memory()).
        if ((fault & 1) != 0 && t.Is(TaskFlags.AllocFailed)) t.Result = OpResult.Oom;
        else if ((fault & 0x12) != 0) t.Result = OpResult.SigBus;
    }

    /// <summary>What the path that was gone through has returned.</summary>
    public static long ResultOfCall(in Memory m, ref KTask t) => t.Result switch
    {
        OpResult.Oom => 1,
        OpResult.SigBus => 2,
        OpResult.Userfault => 0x400,
        _ => 0,
    };

    /// <summary><c>handle_userfault()</c>: the program's handler decides; the fault goes no further.</summary>
    public static void HandleUserfault(in Memory m, ref KTask t) => t.Result = OpResult.Userfault;

    /// <summary>A call that nothing the model does reaches (role <c>never</c>), reached.</summary>
    /// <exception cref="NeverReachedException">Always.</exception>
    public static long Never(in Memory m, ref KTask t) =>
        throw new NeverReachedException($"No verdict: {t.Path.KernelName()} has come to a call that the table of helpers says is never reached. Say with --helpers what the function is.");

    /// <summary>BUG_ON() and its like.</summary>
    public static void Assert(in Memory m, ref KTask t, bool fails)
    {
        if (fails) m.Complain(Oops.AssertionFailed);
    }

    // The swap cache, and reading.

    /// <summary><c>swap_cache_get_folio()</c>: the folio cached under an entry, with a reference.</summary>
    public static Pfn SwapCacheGetFolio(in Memory m, ref KTask t, SwapEntry entry)
    {
        t.Clear(TaskFlags.ReadAround);
        return SwapIn.GetFromCache(in m, ref t, entry);
    }

    /// <inheritdoc cref="ReadSwapCacheAsync"/>
    public static Waiting ReadSwapCacheAsyncWait(in Memory m, ref KTask t, SwapEntry entry) => SwapIn.ClaimedByOther(in m, in t, entry);

    /// <summary><c>__read_swap_cache_async()</c>: a fresh folio in the swap cache, locked until it is read; or the one that is there.</summary>
    public static Pfn ReadSwapCacheAsync(in Memory m, ref KTask t, SwapEntry entry)
    {
        var folio = SwapIn.AddToCache(in m, ref t, entry);
        if (!folio.IsNone && !t.Is(TaskFlags.Answer)) SetLocked(in m, ref t, folio);
        return folio;
    }

    /// <summary>Whether <see cref="ReadSwapCacheAsync"/> has found the folio there.</summary>
    public static bool FoundInSwapCache(in Memory m, ref KTask t) => t.Is(TaskFlags.Answer);

    /// <summary>The device has read a folio of the swap cache: valid, and unlocked.</summary>
    public static void EndSwapRead(in Memory m, ref KTask t, Pfn folio, SwapEntry entry)
    {
        SwapFile.Read(in m, folio, entry);
        m.Count(Mark.ReadIntoCache);
        FolioUnlock(in m, ref t, folio);
    }

    /// <summary>A synchronous <c>swap_read_folio()</c> around the swap cache: its end unlocks the folio.</summary>
    public static void SwapReadFolio(in Memory m, ref KTask t, Pfn folio)
    {
        SwapFile.Read(in m, folio, t.Entry);
        m.Count(Mark.ReadAround);
        t.Set(TaskFlags.ReadAround);
        FolioUnlock(in m, ref t, folio);
    }

    /// <summary><c>swapcache_prepare()</c>: claims the slot. 0, or -EEXIST if somebody has it.</summary>
    public static long SwapcachePrepare(in Memory m, ref KTask t, SwapEntry entry) => SwapIn.Claim(in m, ref t, entry) ? 0 : -17;

    /// <inheritdoc cref="ScheduleTimeout"/>
    public static Waiting ScheduleTimeoutWait(in Memory m, ref KTask t) => SwapIn.ClaimedByOther(in m, in t);

    /// <summary><c>schedule_timeout_uninterruptible()</c>: until whoever has the claim has put a folio into the cache, or given it up.</summary>
    public static void ScheduleTimeout(in Memory m, ref KTask t)
    {
    }

    /// <summary><c>swapcache_clear()</c>: gives the claim up.</summary>
    public static void SwapcacheClear(in Memory m, ref KTask t, SwapEntry entry) => SwapIn.Unclaim(in m, ref t, entry);

    /// <summary><c>swap_duplicate()</c>: one more swap PTE refers to the slot.</summary>
    public static void SwapDuplicate(in Memory m, ref KTask t, SwapEntry entry)
    {
        if (t.Path == PathId.ShrinkFolioList && m.ReadSlot(entry).Count != 0) m.Count(Mark.SwapOutShared);
        SwapFile.SwapDuplicate(in m, entry);
    }

    /// <summary><c>folio_dup_swap()</c> (7.0 on): as <see cref="SwapDuplicate"/>, for the entry that the folio is cached under.</summary>
    public static void FolioDupSwap(in Memory m, ref KTask t, Pfn folio) => SwapDuplicate(in m, ref t, m.ReadFolio(folio).Entry);

    /// <summary><c>swap_free()</c>: one swap PTE fewer refers to the slot.</summary>
    public static void SwapFree(in Memory m, ref KTask t, SwapEntry entry) => SwapFile.SwapFree(in m, entry);

    /// <summary><c>folio_put_swap()</c> (7.0 on): as <see cref="SwapFree"/>, for the entry that the folio is cached under.</summary>
    public static void FolioPutSwap(in Memory m, ref KTask t, Pfn folio) => SwapFile.SwapFree(in m, m.ReadFolio(folio).Entry);

    /// <summary><c>folio_free_swap()</c>: leaves the swap cache if no swap PTE is left.</summary>
    public static bool FolioFreeSwap(in Memory m, ref KTask t, Pfn folio) => SwapFile.FolioFreeSwap(in m, folio);

    /// <summary><c>reuse_swap_page()</c> (until 5.17): nobody else maps the page or refers to its slot; then it leaves the swap cache.</summary>
    public static bool ReuseSwapPage(in Memory m, ref KTask t, Pfn page)
    {
        DoSwapPage.Looked(in m, page);
        return DoSwapPage.MayReuse(in m, page);
    }

    /// <summary><c>free_swap_cache()</c>: leaves the swap cache if nobody maps the folio.</summary>
    public static void FreeSwapCache(in Memory m, ref KTask t, Pfn folio) => SwapFile.FreeSwapCache(in m, folio);

    /// <summary><c>__swap_count()</c>: swap PTEs that refer to the slot.</summary>
    public static long SwapCount(in Memory m, ref KTask t, SwapEntry entry) => m.ReadSlot(entry).Count;

    /// <summary><c>vm_swap_full()</c>.</summary>
    public static bool MemCgroupSwapFull(in Memory m, ref KTask t) => SwapFile.MemCgroupSwapFull(in m);

    /// <summary><c>get_swap_device()</c>: the area of an entry, as 1 + its number.</summary>
    public static long SwapInfo(in Memory m, ref KTask t, SwapEntry entry) => 1 + entry.Type;

    /// <summary><c>si->flags</c>: SWP_SYNCHRONOUS_IO, SWP_STABLE_WRITES.</summary>
    public static long SwapInfoFlags(in Memory m, ref KTask t, long area)
    {
        ref readonly var si = ref m.ReadArea((int)area - 1);
        return (si.Is(AreaFlags.Synchronous) ? 1 << 12 : 0) | (si.Is(AreaFlags.StableWrites) ? 1 << 11 : 0);
    }

    // Folios.

    /// <summary><c>alloc_pages()</c> and its like: a fresh page with the task's reference; NULL without memory.</summary>
    public static Pfn AllocFolio(in Memory m, ref KTask t) => PageAlloc.Alloc(in m, ref t);

    /// <summary><c>__folio_set_locked()</c>: the lock of something that nobody else can know.</summary>
    public static void SetLocked(in Memory m, ref KTask t, Pfn folio)
    {
        if (!FolioTrylock(in m, ref t, folio)) m.Complain(Oops.BadUnlock);
    }

    /// <summary><c>folio_trylock()</c>.</summary>
    public static bool FolioTrylock(in Memory m, ref KTask t, Pfn folio) => Locks.TryAcquireFolio(in m, in t, folio);

    /// <inheritdoc cref="FolioLock"/>
    public static Waiting FolioLockWait(in Memory m, ref KTask t, Pfn folio) => m.ReadFolioLock(folio).IsFree ? default : new Waiting(WaitKind.Folio, folio.Value);

    /// <summary><c>folio_lock()</c>.</summary>
    public static void FolioLock(in Memory m, ref KTask t, Pfn folio) => Locks.TryAcquireFolio(in m, in t, folio);

    /// <summary><c>folio_unlock()</c>. When do_swap_page() unlocks a page that it has mapped, it has done its work.</summary>
    public static void FolioUnlock(in Memory m, ref KTask t, Pfn folio)
    {
        Locks.ReleaseFolio(in m, in t, folio);
        if (t.Path == PathId.DoSwapPage && t.PageTableLocks.Any && m.ReadPte(t.Mm, t.Page).Pfn == folio) DoSwapPage.Ended(in m, in t, folio);
    }

    /// <summary><c>folio_get()</c>.</summary>
    public static void FolioGet(in Memory m, ref KTask t, Pfn folio) => PageAlloc.Get(in m, ref t, folio);

    /// <summary><c>folio_put()</c>.</summary>
    public static void FolioPut(in Memory m, ref KTask t, Pfn folio) => PageAlloc.Put(in m, ref t, folio);

    /// <summary><c>folio_add_lru()</c>: into the LRU batch, which holds a reference.</summary>
    public static void FolioAddLru(in Memory m, ref KTask t, Pfn folio) => PageAlloc.LruCacheAdd(in m, folio);

    /// <summary><c>folio_add_lru_vma()</c>: the same, and mlocks a page of a locked VMA.</summary>
    public static void FolioAddLruVma(in Memory m, ref KTask t, Pfn folio)
    {
        if (VmaOf(in m, in t).IsLocked) m.WriteFolio(folio).Set(FolioFlags.Mlocked);
        PageAlloc.LruCacheAdd(in m, folio);
    }

    /// <summary><c>lru_add_drain()</c>.</summary>
    public static void LruAddDrain(in Memory m, ref KTask t) => PageAlloc.LruAddDrain(in m);

    /// <summary><c>folio_ref_count()</c>; in do_swap_page() it is what the exclusive check goes by.</summary>
    public static long FolioRefCount(in Memory m, ref KTask t, Pfn folio)
    {
        if (t.Path == PathId.DoSwapPage) DoSwapPage.Looked(in m, folio);
        return m.ReadFolio(folio).RefCount;
    }

    /// <summary><c>folio_test_swapcache()</c>.</summary>
    public static bool TestSwapCache(in Memory m, ref KTask t, Pfn folio) => m.ReadFolio(folio).Test(FolioFlags.SwapCache);

    /// <summary><c>folio_test_anon()</c>: whether it has been mapped.</summary>
    public static bool TestAnon(in Memory m, ref KTask t, Pfn folio) => m.ReadFolio(folio).Test(FolioFlags.Anon);

    /// <summary><c>folio_test_lru()</c>.</summary>
    public static bool TestLru(in Memory m, ref KTask t, Pfn folio) => m.ReadFolio(folio).Test(FolioFlags.Lru);

    /// <summary><c>folio_test_writeback()</c>.</summary>
    public static bool TestWriteback(in Memory m, ref KTask t, Pfn folio)
    {
        if (!m.ReadFolio(folio).Test(FolioFlags.Writeback)) return false;

        // The write that reclaim has started ends when it has looked, and it does not come round again.
        if (t.Path == PathId.ShrinkFolioList && t.Is(TaskFlags.Written) && t.End == SwapOutEnd.Cached) EndWriteback(in m, ref t, folio);

        // do_swap_page() does not map a page exclusive that it sees being written and that must not change: right as of this look, though the write may have ended by the time the page is mapped.
        if (t.Path == PathId.DoSwapPage && m.ReadPte(t.Mm, t.Page).IsSwpExclusive && DoSwapPage.IsStableWriteback(in m, in t, folio)) m.Observe(Observation.ExclusiveGivenUp(new PageAt(t.Mm, t.Page)));
        return true;
    }

    /// <summary><c>folio_test_mlocked()</c>.</summary>
    public static bool TestMlocked(in Memory m, ref KTask t, Pfn folio) => m.ReadFolio(folio).Test(FolioFlags.Mlocked);

    /// <summary><c>folio_test_dirty()</c>.</summary>
    public static bool TestDirty(in Memory m, ref KTask t, Pfn folio) => m.ReadFolio(folio).Test(FolioFlags.Dirty);

    /// <summary><c>folio_test_locked()</c>.</summary>
    public static bool TestLocked(in Memory m, ref KTask t, Pfn folio) => !m.ReadFolioLock(folio).IsFree;

    /// <summary><c>folio_test_uptodate()</c>; where it is not, the read has failed.</summary>
    public static bool TestUptodate(in Memory m, ref KTask t, Pfn folio)
    {
        if (m.ReadFolio(folio).Test(FolioFlags.Uptodate)) return true;
        if (t.Path == PathId.DoSwapPage) m.Observe(Observation.NotUptodate(t.Entry));
        return false;
    }

    /// <summary><c>__folio_mark_uptodate()</c>.</summary>
    public static void MarkUptodate(in Memory m, ref KTask t, Pfn folio) => m.WriteFolio(folio).Set(FolioFlags.Uptodate);

    /// <summary><c>PageAnonExclusive()</c>.</summary>
    public static bool PageAnonExclusive(in Memory m, ref KTask t, Pfn page) => m.ReadFrame(page).Test(PageFlags.AnonExclusive);

    /// <summary><c>SetPageAnonExclusive()</c>.</summary>
    public static void SetPageAnonExclusive(in Memory m, ref KTask t, Pfn page) => m.WriteFrame(page).Set(PageFlags.AnonExclusive);

    /// <summary><c>page_private()</c>, <c>folio->swap</c>: the entry that a folio is cached under.</summary>
    public static SwapEntry SwapEntryOf(in Memory m, ref KTask t, Pfn folio) => m.ReadFolio(folio).Entry;

    /// <summary><c>is_folio_zero_filled()</c>.</summary>
    public static bool IsZeroFilled(in Memory m, ref KTask t, Pfn folio) => m.ReadFrame(folio).Data == 0;

    /// <summary><c>swap_zeromap_folio_set()</c>.</summary>
    public static void ZeromapSet(in Memory m, ref KTask t, Pfn folio) => m.WriteSlot(m.ReadFolio(folio).Entry).Flags |= SlotFlags.Zero;

    /// <summary><c>swap_zeromap_folio_clear()</c>.</summary>
    public static void ZeromapClear(in Memory m, ref KTask t, Pfn folio) => m.WriteSlot(m.ReadFolio(folio).Entry).Flags &= ~SlotFlags.Zero;

    /// <summary><c>folio_matches_swap_entry()</c>.</summary>
    public static bool MatchesSwapEntry(in Memory m, ref KTask t, Pfn folio, SwapEntry entry)
    {
        ref readonly var f = ref m.ReadFolio(folio);
        return f.Test(FolioFlags.SwapCache) && f.Entry == entry;
    }

    /// <summary><c>__wp_page_copy_user()</c>: data, and what the architecture keeps with it.</summary>
    public static void CopyUserHighpage(in Memory m, ref KTask t, Pfn to, Pfn from)
    {
        m.WriteFrame(to).Data = m.ReadFrame(from).Data;
        m.Arch.CopyHighpage(in m, to, from, VmaOf(in m, in t));
    }

    // Page tables.

    /// <inheritdoc cref="PteOffsetMapLock"/>
    public static Waiting PteOffsetMapLockWait(in Memory m, ref KTask t) =>
        m.ReadPageTableLock(At(in t).Mm).IsFree ? default : new Waiting(WaitKind.PageTable, At(in t).Mm.Value);

    /// <summary><c>pte_offset_map_lock()</c>. (From 6.5 on it may find no page table; the model's are always there.)</summary>
    public static void PteOffsetMapLock(in Memory m, ref KTask t)
    {
        Locks.TryAcquirePageTable(in m, ref t, At(in t).Mm);

        // The program has given the page up when it called; nobody else is there to see it go.
        if (t.Path is PathId.Munmap or PathId.ExitMmap) m.Observe(Observation.Unmapped(t.Zap));
    }

    /// <summary><c>pte_unmap_unlock()</c>.</summary>
    public static void PteUnmapUnlock(in Memory m, ref KTask t) => Locks.ReleasePageTable(in m, ref t, At(in t).Mm);

    /// <summary><c>ptep_get()</c>.</summary>
    public static Pte PtepGet(in Memory m, ref KTask t)
    {
        var pte = m.ReadPte(At(in t));

        // Nothing is given up as well as something.
        if (t.Path == PathId.MadviseDontneed && pte.IsNone) m.Observe(Observation.Discarded(t.Zap));
        return pte;
    }

    /// <summary><c>set_pte_at()</c>: from here on every thread of the process sees it.</summary>
    /// <param name="m">The machine.</param>
    /// <param name="t">The task.</param>
    /// <param name="mm">2: the child that fork() makes; else the address space that the path is about.</param>
    /// <param name="pte">The entry.</param>
    public static void SetPteAt(in Memory m, ref KTask t, long mm, Pte pte)
    {
        var at = mm == Child ? At(in t) with { Mm = t.Child } : At(in t);
        if (pte.Kind == PteKind.Marker)
        {
            m.WritePte(at, pte);
            m.Observe(Observation.Poisoned(at, t.Entry));
            return;
        }

        if (t.Path == PathId.DoSwapPage)
        {
            DoSwapPage.Map(in m, in t, pte, m.FolioOf(pte.Pfn), fresh: t.Is(TaskFlags.ReadAround));
            return;
        }

        m.Arch.SetPteAt(in m, at.Mm, at.Page, pte);
        switch (t.Path)
        {
            case PathId.DoWpPage:
                m.Count(Mark.CowCopy);
                break;
            case PathId.ShrinkFolioList when pte.IsSwap:
                m.Count(pte.Flags == PteFlags.None ? Mark.SwapOut : Mark.SwapOut | Mark.BitsCarried);
                break;
            case PathId.SwapOff:
                m.Count(Mark.Unused);
                if (!m.ReadFolio(m.FolioOf(pte.Pfn)).Test(FolioFlags.Uptodate)) m.Observe(Observation.Poisoned(at, t.Entry));
                break;
        }
    }

    /// <summary><c>ptep_set_access_flags()</c>: makes a mapping writable.</summary>
    public static void PtepSetAccessFlags(in Memory m, ref KTask t, Pte pte)
    {
        m.Count(Mark.CowReuse);
        if (m.ReadFolio(m.FolioOf(pte.Pfn)).MaybeDmaPinned) m.Count(Mark.PinRespected);
        m.WritePte(At(in t), pte);
    }

    /// <summary><c>ptep_clear_flush()</c>: nobody sees the old mapping any more, which is the value.</summary>
    public static Pte PtepClearFlush(in Memory m, ref KTask t) => PtepGetAndClear(in m, ref t);

    /// <summary><c>pte_clear_not_present_full()</c>, <c>clear_full_ptes()</c>: the entry goes, and with it, where others may be looking, what the program had there.</summary>
    public static void PteClear(in Memory m, ref KTask t)
    {
        m.WritePte(At(in t), Pte.None);
        if (t.Path == PathId.MadviseDontneed) m.Observe(Observation.Discarded(t.Zap));
    }

    /// <summary><c>ptep_get_and_clear_full()</c>: the entry that was there.</summary>
    public static Pte PtepGetAndClear(in Memory m, ref KTask t)
    {
        var pte = m.ReadPte(At(in t));
        PteClear(in m, ref t);
        return pte;
    }

    /// <summary><c>__tlb_remove_page()</c>: the task keeps the mapping's reference until the TLB has been flushed.</summary>
    public static void TlbRemovePage(in Memory m, ref KTask t, Pfn page) => t.Folio = m.FolioOf(page);

    /// <summary><c>__try_to_reclaim_swap(TTRS_UNMAPPED | TTRS_FULL)</c>.</summary>
    public static void TryToReclaimSwap(in Memory m, ref KTask t, SwapEntry entry) => Zap.TryToReclaim(in m, entry);

    /// <summary><c>arch_swap_restore()</c>: the hook gives the page its metadata back.</summary>
    public static void ArchSwapRestore(in Memory m, ref KTask t, SwapEntry entry, Pfn folio) => m.Arch.ArchSwapRestore(in m, entry, folio);

    /// <summary><c>arch_do_swap_page()</c>: the hook, with the new and the old entry.</summary>
    public static void ArchDoSwapPage(in Memory m, ref KTask t, Pte pte, Pte old) => m.Arch.ArchDoSwapPage(in m, t.Mm, t.Page, pte, old);

    /// <summary><c>add_mm_counter()</c>: MM_ANONPAGES (1) or MM_SWAPENTS (2).</summary>
    public static void AddMmCounter(in Memory m, ref KTask t, long member, long value) => Add(ref m.WriteCounters(At(in t).Mm), member, value);

    /// <summary><c>folio_try_dup_anon_rmap_pte()</c>: one mapping more, which gets the task's reference, and exclusive no longer; or true: the page may be pinned, and must stay its owner's.</summary>
    public static bool TryDupAnonRmap(in Memory m, ref KTask t, Pfn folio) => !DupMmap.TryDup(in m, ref t, folio);

    /// <summary><c>page_needs_cow_for_dma()</c> (until 5.18).</summary>
    public static bool NeedsCowForDma(in Memory m, ref KTask t, Pfn page) => DupMmap.MayBePinned(in m, in t, m.FolioOf(page));

    /// <summary><c>page_dup_rmap()</c> (until 5.18): one mapping more, which gets the task's reference.</summary>
    public static void DupRmap(in Memory m, ref KTask t, Pfn folio) => DupMmap.Dup(in m, ref t, folio);

    /// <summary><c>ptep_set_wrprotect()</c>.</summary>
    public static void PtepSetWrprotect(in Memory m, ref KTask t) => m.WritePte(At(in t), m.ReadPte(At(in t)).Without(PteFlags.Write));

    /// <summary><c>copy_user_highpage()</c> in fork(): data and metadata, for the child.</summary>
    public static void CopyForChild(in Memory m, ref KTask t, Pfn copy, Pfn folio) => DupMmap.CopyForChild(in m, ref t, copy, folio);

    /// <summary><c>rss[member]++</c>: a counter of the child that fork() makes, or of the address space that is given up.</summary>
    public static void AddRss(in Memory m, ref KTask t, long member, long value) => Add(ref m.WriteCounters(t.Path == PathId.DupMmap ? t.Child : At(in t).Mm), member, value);

    /// <summary><c>inc_mm_counter()</c>.</summary>
    public static void IncMmCounter(in Memory m, ref KTask t, long member) => AddMmCounter(in m, ref t, member, 1);

    /// <summary><c>dec_mm_counter()</c>.</summary>
    public static void DecMmCounter(in Memory m, ref KTask t, long member) => AddMmCounter(in m, ref t, member, -1);

    /// <summary><c>folio_add_anon_rmap_pte()</c> and its like: one mapping more, exclusive or not; the task's reference is the mapping's from here on.</summary>
    public static void AddAnonRmap(in Memory m, ref KTask t, Pfn folio, long flags) => Rmap.PageAddAnonRmap(in m, ref t, folio, (flags & 1) != 0, VmaOf(in m, in t));

    /// <summary><c>do_page_add_anon_rmap()</c> (until 5.18): the same; its RMAP_EXCLUSIVE marks no page.</summary>
    public static void AddAnonRmapUnmarked(in Memory m, ref KTask t, Pfn folio) => AddAnonRmap(in m, ref t, folio, 0);

    /// <summary><c>folio_add_new_anon_rmap()</c>: the one mapping of a page that nobody had mapped. Who puts it on the LRU mlocks it, if it is to be.</summary>
    public static void AddNewAnonRmap(in Memory m, ref KTask t, Pfn folio, long flags) => Rmap.PageAddAnonRmap(in m, ref t, folio, (flags & 1) != 0, VmaOf(in m, in t).Without(VmaFlags.Locked));

    /// <summary><c>page_add_new_anon_rmap()</c>: the same, exclusive.</summary>
    public static void AddNewAnonRmapExclusive(in Memory m, ref KTask t, Pfn folio) => AddNewAnonRmap(in m, ref t, folio, 1);

    /// <summary><c>folio_remove_rmap_pte()</c>: one mapping fewer; its reference is the task's.</summary>
    public static void RemoveRmap(in Memory m, ref KTask t, Pfn folio)
    {
        if (t.Path == PathId.DoWpPage && m.ReadFolio(folio).MaybeDmaPinned) m.Count(Mark.PinRespected);

        // try_to_unmap_one() takes a mapping away without a swap entry in its place: what MADV_FREE gave up is gone.
        if (t.Path == PathId.ShrinkFolioList && m.ReadFolio(folio).Test(FolioFlags.LazyFree) && m.ReadPte(At(in t)).IsNone) m.Observe(Observation.LazyFreed(At(in t)));
        Rmap.PageRemoveRmap(in m, ref t, folio, VmaOf(in m, in t));
    }

    // Moving an entry to another address.

    /// <summary>The number that stands for the address that mremap() moves to, and for the place of its entry; a smaller one is the old address.</summary>
    internal const long NewAddress = 16;

    /// <summary>The entry at an address.</summary>
    public static Pte PtepGetOf(in Memory m, ref KTask t, long address)
    {
        var pte = m.ReadPte(PlaceOf(in t, address));
        if (address < NewAddress && pte.IsNone) Follow(in m, ref t);
        return pte;
    }

    /// <summary><c>ptep_get_and_clear()</c> at an address: what the program had there is on its way.</summary>
    public static Pte PtepGetAndClearOf(in Memory m, ref KTask t, long address)
    {
        var pte = m.ReadPte(PlaceOf(in t, address));
        m.WritePte(PlaceOf(in t, address), Pte.None);

        // Until it stands at the other address the entry is in no page table, and counts.
        (t.Entry, t.Folio) = (pte.Entry, m.FolioOf(pte.Pfn));
        if (address < NewAddress) Follow(in m, ref t);
        return pte;
    }

    /// <summary><c>set_pte_at()</c> at an address.</summary>
    public static void SetPteAtOf(in Memory m, ref KTask t, long address, Pte pte)
    {
        var at = PlaceOf(in t, address);
        m.Arch.SetPteAt(in m, at.Mm, at.Page, pte);
        if (address >= NewAddress) Follow(in m, ref t);
    }

    private static PageAt PlaceOf(in KTask t, long address) => new(t.Mm, address < NewAddress ? t.Page : t.To);

    /// <summary>The program finds at the new address what it had: from when its entry has left the old one, and once.</summary>
    private static void Follow(in Memory m, ref KTask t)
    {
        if (t.Is(TaskFlags.Moved)) return;
        t.Set(TaskFlags.Moved);
        Mremap.Follow(in m, in t);
    }

    // Taking the mappings of a folio away, one after the other.

    /// <inheritdoc cref="PageVmaMappedWalk"/>
    public static Waiting PageVmaMappedWalkWait(in Memory m, ref KTask t) => t.PageTableLocks.Contains(t.Walk.Mm) ? default : PteOffsetMapLockWait(in m, ref t);

    /// <summary><c>page_vma_mapped_walk()</c>: comes to the mapping, with its page table locked; the second time, or where it is gone, to the end, with nothing locked.</summary>
    public static bool PageVmaMappedWalk(in Memory m, ref KTask t)
    {
        if (!t.PageTableLocks.Contains(t.Walk.Mm))
        {
            Locks.TryAcquirePageTable(in m, ref t, t.Walk.Mm);
            var pte = m.ReadPte(t.Walk);
            if (pte.IsPresent && m.FolioOf(pte.Pfn) == t.Folio) return true;
        }

        PageVmaMappedWalkDone(in m, ref t);
        return false;
    }

    /// <summary><c>page_vma_mapped_walk_done()</c>: unlocks the page table.</summary>
    public static void PageVmaMappedWalkDone(in Memory m, ref KTask t) => Locks.ReleasePageTable(in m, ref t, t.Walk.Mm);

    /// <summary><c>arch_unmap_one()</c>: the hook may save what belongs to the mapping. −1: it cannot.</summary>
    public static long ArchUnmapOne(in Memory m, ref KTask t, Pte pte)
    {
        if (m.Arch.ArchUnmapOne(in m, t.Walk.Mm, t.Walk.Page, pte)) return 0;
        m.Count(Mark.SwapOutRefused);
        return -1;
    }

    /// <summary><c>folio_try_share_anon_rmap_pte()</c>: exclusive no longer; or true: the page may be pinned, and must stay its owner's.</summary>
    public static bool TryShareAnonRmap(in Memory m, ref KTask t, Pfn page)
    {
        if (m.ReadFolio(m.FolioOf(page)).MaybeDmaPinned)
        {
            m.Count(Mark.PinRespected);
            return true;
        }

        m.WriteFrame(page).Clear(PageFlags.AnonExclusive);
        return false;
    }

    /// <summary><c>mlock_vma_folio()</c>.</summary>
    public static void MlockVmaFolio(in Memory m, ref KTask t, Pfn folio) => m.WriteFolio(folio).Set(FolioFlags.Mlocked);

    /// <summary><c>folio_mark_dirty()</c>.</summary>
    public static void MarkDirty(in Memory m, ref KTask t, Pfn folio) => m.WriteFolio(folio).Set(FolioFlags.Dirty);

    /// <summary><c>folio_test_swapbacked()</c>: not of what MADV_FREE gave up.</summary>
    public static bool TestSwapbacked(in Memory m, ref KTask t, Pfn folio) => !m.ReadFolio(folio).Test(FolioFlags.LazyFree);

    /// <summary><c>folio_set_swapbacked()</c>.</summary>
    public static void SetSwapbacked(in Memory m, ref KTask t, Pfn folio) => m.WriteFolio(folio).Clear(FolioFlags.LazyFree);

    /// <summary><c>folio_mapcount()</c>.</summary>
    public static long MapCount(in Memory m, ref KTask t, Pfn folio) => m.ReadFrame(folio).MapCount;

    // Reclaim of a folio.

    /// <summary>The number that stands for the list of folios to be reclaimed: there is one.</summary>
    internal const long FolioList = 9;

    /// <summary>The list of those that stay, of those that are freed.</summary>
    private const long RetFolios = 1, FreeFolios = 2;

    /// <summary><c>list_empty()</c>.</summary>
    public static bool ListIsEmpty(in Memory m, ref KTask t, long list) => list != FolioList || t.Is(TaskFlags.Taken);

    /// <summary><c>lru_to_folio()</c>: the folio; it is taken off the list at once.</summary>
    public static Pfn LruToFolio(in Memory m, ref KTask t)
    {
        t.Set(TaskFlags.Taken);
        return t.Folio;
    }

    /// <summary><c>list_add()</c>.</summary>
    public static void ListAdd(in Memory m, ref KTask t, long list)
    {
        if (list == RetFolios) t.Set(TaskFlags.Listed);
        else if (list == FreeFolios) PageAlloc.Put(in m, ref t, t.Folio);
    }

    /// <summary><c>folio_mapped()</c>.</summary>
    public static bool IsMapped(in Memory m, ref KTask t, Pfn folio)
    {
        if (m.ReadFrame(folio).MapCount != 0) return true;
        if (t.Path == PathId.ShrinkFolioList) t.Result = OpResult.Applied;
        return false;
    }

    /// <summary><c>folio_evictable()</c>.</summary>
    public static bool IsEvictable(in Memory m, ref KTask t, Pfn folio) => !m.ReadFolio(folio).Test(FolioFlags.Mlocked);

    /// <summary><c>folio_check_references()</c>: FOLIOREF_ACTIVATE (3) if it is mapped in a locked VMA, else FOLIOREF_RECLAIM (0).</summary>
    public static long CheckReferences(in Memory m, ref KTask t, Pfn folio)
    {
        if (t.Verb != Verb.Reclaim || (m.Rules & MmRules.LockedIsActivated) == 0 || !Rmap.IsMappedLocked(in m, folio)) return 0;
        m.WriteFolio(folio).Set(FolioFlags.Mlocked);
        return 3;
    }

    /// <summary><c>folio_maybe_dma_pinned()</c>.</summary>
    public static bool MaybeDmaPinned(in Memory m, ref KTask t, Pfn folio)
    {
        if (!m.ReadFolio(folio).MaybeDmaPinned) return false;
        m.Count(Mark.PinRespected);
        return true;
    }

    /// <summary><c>folio_alloc_swap()</c>: a slot, and a place in the swap cache. 0, or -ENOMEM without a slot.</summary>
    public static long FolioAllocSwap(in Memory m, ref KTask t, Pfn folio)
    {
        var entry = SwapFile.FolioAllocSwap(in m);
        if (entry.IsNone) return -12;
        SwapFile.AddToSwapCache(in m, folio, entry);
        return 0;
    }

    /// <summary><c>add_to_swap()</c> (until 6.14): the same, and dirty; whether it could be done.</summary>
    public static bool AddToSwap(in Memory m, ref KTask t, Pfn folio)
    {
        if (FolioAllocSwap(in m, ref t, folio) != 0) return false;
        MarkDirty(in m, ref t, folio);
        return true;
    }

    /// <summary><c>folio_test_lazyfree()</c>: MADV_FREE gave it up.</summary>
    public static bool TestLazyfree(in Memory m, ref KTask t, Pfn folio) => m.ReadFolio(folio).Test(FolioFlags.LazyFree);

    /// <summary><c>folio_clear_dirty_for_io()</c>: whether it was.</summary>
    public static bool ClearDirty(in Memory m, ref KTask t, Pfn folio)
    {
        var was = m.ReadFolio(folio).Test(FolioFlags.Dirty);
        m.WriteFolio(folio).Clear(FolioFlags.Dirty);
        return was;
    }

    /// <summary><c>arch_prepare_to_swap()</c>: the hook saves metadata. 0, or -ENOMEM.</summary>
    public static long ArchPrepareToSwap(in Memory m, ref KTask t, Pfn folio)
    {
        if (!m.Arch.ArchPrepareToSwap(in m, folio))
        {
            m.Count(Mark.SwapOutRefused);
            return -12;
        }

        var entry = m.ReadFolio(folio).Entry;
        if (m.TryLoad(entry, out _)) m.Observe(Observation.Prepared(entry));
        return 0;
    }

    /// <summary><c>__swap_writepage()</c>: under writeback, the data are in the slot, and the folio is unlocked.</summary>
    public static void StartWriteback(in Memory m, ref KTask t)
    {
        var folio = t.Folio;
        m.WriteFolio(folio).Set(FolioFlags.Writeback);
        t.Entry = m.ReadFolio(folio).Entry;
        m.WriteSlot(t.Entry).Data = m.ReadFrame(folio).Data;
        if (t.End == SwapOutEnd.Writeback && !WriteEndsAtOnce(in m, ref t) && m.ReadArea(t.Entry.Type).Is(AreaFlags.StableWrites)) m.Count(Mark.StableWriteback);
        t.Set(TaskFlags.Written);
        FolioUnlock(in m, ref t, folio);
    }

    /// <summary>Whether the write has ended when the device has been told of it: a synchronous one's has, and of a disk's we let it where reclaim comes round again.</summary>
    public static bool WriteEndsAtOnce(in Memory m, ref KTask t) => t.End == SwapOutEnd.Gone || m.ReadArea(m.ReadFolio(t.Folio).Entry.Type).Is(AreaFlags.Synchronous);

    /// <summary><c>folio_end_writeback()</c>.</summary>
    public static void EndWriteback(in Memory m, ref KTask t, Pfn folio) => m.WriteFolio(folio).Clear(FolioFlags.Writeback);

    /// <summary>The folio that is reclaimed.</summary>
    public static Pfn TaskFolio(in Memory m, ref KTask t) => t.Folio;

    /// <summary><c>folio_ref_freeze()</c>: whether there are so many references, and no more.</summary>
    public static bool RefIs(in Memory m, ref KTask t, Pfn folio, long references) => m.ReadFolio(folio).RefCount == references;

    /// <summary><c>__remove_mapping()</c>: leaves the swap cache, if nobody but it and this task holds the page and it is clean.</summary>
    public static bool RemoveMapping(in Memory m, ref KTask t, Pfn folio)
    {
        if (!ShrinkFolioList.MayRemove(in m, in t)) return false;
        SwapFile.DeleteFromSwapCache(in m, folio);
        return true;
    }

    // Functions of page table entries.

    /// <summary><c>mk_pte()</c>: a clean read-only entry with the protection of the VMA.</summary>
    public static Pte MkPte(in Memory m, ref KTask t, Pfn page) => Pte.MkPte(page, VmaOf(in m, in t));

    /// <summary><c>vm_normal_page()</c>: the page mapped.</summary>
    public static Pfn PageOfPte(in Memory m, ref KTask t, Pte pte) => pte.Pfn;

    /// <summary><c>pte_to_swp_entry()</c>; of the poison marker <see cref="PoisonMarker"/>.</summary>
    public static SwapEntry EntryOfPte(in Memory m, ref KTask t, Pte pte) => pte.IsPoisoned ? PoisonMarker(in m, ref t) : pte.Entry;

    /// <summary><c>is_poisoned_swp_entry()</c>.</summary>
    public static bool IsPoisonMarker(in Memory m, ref KTask t, SwapEntry entry) => entry.Value == byte.MaxValue;

    /// <summary><c>softleaf_is_swap()</c>: no marker.</summary>
    public static bool IsSwapEntry(in Memory m, ref KTask t, SwapEntry entry) => entry.Value != byte.MaxValue;

    /// <summary><c>swp_entry_to_pte()</c>; of <see cref="PoisonMarker"/> the poison marker.</summary>
    public static Pte PteOfEntry(in Memory m, ref KTask t, SwapEntry entry) => entry.Value == byte.MaxValue ? Pte.Poison : Pte.OfEntry(entry);

    /// <summary><c>make_poisoned_swp_entry()</c>.</summary>
    public static SwapEntry PoisonMarker(in Memory m, ref KTask t) => new(byte.MaxValue);

    /// <summary><c>pte_same()</c>.</summary>
    public static bool PteSame(in Memory m, ref KTask t, Pte a, Pte b) => a == b;

    /// <summary><c>pte_same_as_swp()</c>: soft-dirty, uffd-wp and exclusive bits are not compared.</summary>
    public static bool PteSameAsSwp(in Memory m, ref KTask t, Pte pte, Pte swp) => pte.IsSwap && pte.Entry == swp.Entry;

    /// <summary><c>pte_none()</c>.</summary>
    public static bool IsNone(in Memory m, ref KTask t, Pte pte) => pte.IsNone;

    /// <summary><c>pte_present()</c>.</summary>
    public static bool IsPresent(in Memory m, ref KTask t, Pte pte) => pte.IsPresent;

    /// <summary><c>pte_write()</c>.</summary>
    public static bool IsWrite(in Memory m, ref KTask t, Pte pte) => pte.IsWritable;

    /// <summary><c>pte_dirty()</c>.</summary>
    public static bool IsDirty(in Memory m, ref KTask t, Pte pte) => pte.IsDirty;

    /// <summary><c>pte_swp_exclusive()</c>.</summary>
    public static bool IsSwpExclusive(in Memory m, ref KTask t, Pte pte) => pte.IsSwpExclusive;

    /// <summary><c>pte_swp_mkexclusive()</c>: where the architecture has the bit.</summary>
    public static Pte MkSwpExclusive(in Memory m, ref KTask t, Pte pte) => m.Arch.HasPteSwpExclusive ? pte.With(PteFlags.SwpExclusive) : pte;

    /// <summary><c>pte_swp_mkuffd_wp()</c>.</summary>
    public static Pte MkSwpUffdWp(in Memory m, ref KTask t, Pte pte) => pte.With(PteFlags.UffdWp);

    /// <summary><c>pte_swp_clear_exclusive()</c>.</summary>
    public static Pte ClearSwpExclusive(in Memory m, ref KTask t, Pte pte) => pte.Without(PteFlags.SwpExclusive);

    /// <summary><c>pte_soft_dirty()</c>.</summary>
    public static bool IsSoftDirty(in Memory m, ref KTask t, Pte pte) => pte.IsSoftDirty;

    /// <summary><c>pte_uffd_wp()</c>.</summary>
    public static bool IsUffdWp(in Memory m, ref KTask t, Pte pte) => pte.IsUffdWp;

    /// <summary><c>pte_swp_soft_dirty()</c>.</summary>
    public static bool SwpSoftDirty(in Memory m, ref KTask t, Pte pte) => Carried(in m, pte.IsSoftDirty);

    /// <summary><c>pte_swp_uffd_wp()</c>.</summary>
    public static bool SwpUffdWp(in Memory m, ref KTask t, Pte pte) => Carried(in m, pte.IsUffdWp);

    /// <summary><c>pte_mkdirty()</c>: soft-dirty too, where there is such a bit.</summary>
    public static Pte MkDirty(in Memory m, ref KTask t, Pte pte) => pte.With(PteFlags.Dirty | (m.Arch.HasSoftDirty ? PteFlags.SoftDirty : PteFlags.None));

    /// <summary><c>pte_mkclean()</c>.</summary>
    public static Pte MkClean(in Memory m, ref KTask t, Pte pte) => pte.Without(PteFlags.Dirty);

    /// <summary><c>pte_mkwrite()</c>.</summary>
    public static Pte MkWrite(in Memory m, ref KTask t, Pte pte) => pte.MkWrite(m.Arch);

    /// <summary><c>maybe_mkwrite()</c>.</summary>
    public static Pte MaybeMkWrite(in Memory m, ref KTask t, Pte pte) => VmaOf(in m, in t).Is(VmaFlags.Write) ? pte.MkWrite(m.Arch) : pte;

    /// <summary><c>pte_wrprotect()</c>.</summary>
    public static Pte WrProtect(in Memory m, ref KTask t, Pte pte) => pte.Without(PteFlags.Write);

    /// <summary><c>pte_mksoft_dirty()</c>: where the architecture has the bit.</summary>
    public static Pte MkSoftDirty(in Memory m, ref KTask t, Pte pte) => m.Arch.HasSoftDirty ? pte.With(PteFlags.SoftDirty) : pte;

    /// <summary><c>pte_swp_mksoft_dirty()</c>. (A marker has no bits in the model.)</summary>
    public static Pte MkSwpSoftDirty(in Memory m, ref KTask t, Pte pte) => pte.IsPoisoned ? pte : MkSoftDirty(in m, ref t, pte);

    /// <summary><c>pgtable_supports_soft_dirty()</c>.</summary>
    public static bool HasSoftDirty(in Memory m, ref KTask t) => m.Arch.HasSoftDirty;

    /// <summary><c>is_swap_pte()</c>: neither none nor present.</summary>
    public static bool IsSwapPte(in Memory m, ref KTask t, Pte pte) => !pte.IsNone && !pte.IsPresent;

    /// <summary><c>pte_mkuffd_wp()</c>: write-protects, too.</summary>
    public static Pte MkUffdWp(in Memory m, ref KTask t, Pte pte) => pte.With(PteFlags.UffdWp).Without(PteFlags.Write);

    /// <summary><c>pte_clear_uffd_wp()</c>.</summary>
    public static Pte ClearUffdWp(in Memory m, ref KTask t, Pte pte) => pte.Without(PteFlags.UffdWp);

    /// <summary><c>userfaultfd_wp()</c>.</summary>
    public static bool UserfaultfdWp(in Memory m, ref KTask t) => VmaOf(in m, in t).Is(VmaFlags.UffdWp);

    /// <summary><c>userfaultfd_pte_wp()</c>.</summary>
    public static bool UserfaultfdPteWp(in Memory m, ref KTask t, Pte pte) => pte.IsUffdWp && VmaOf(in m, in t).Is(VmaFlags.UffdWp);

    /// <summary><c>pte_needs_soft_dirty_wp()</c>: the program asks for writes, and this page counts as not written.</summary>
    public static bool NeedsSoftDirtyWp(in Memory m, ref KTask t, Pte pte) => !pte.IsSoftDirty && !VmaOf(in m, in t).Is(VmaFlags.SoftDirty);

    /// <summary><c>IS_ERR_OR_NULL()</c>: NULL, as nothing here is an error in the shape of a pointer.</summary>
    public static bool IsNull(in Memory m, ref KTask t, long value) => value == 0;

    /// <summary><c>min()</c>.</summary>
    public static long Min(in Memory m, ref KTask t, long a, long b) => Math.Min(a, b);

    /// <summary><c>max()</c>.</summary>
    public static long Max(in Memory m, ref KTask t, long a, long b) => Math.Max(a, b);

    // From and to the numbers that variables are.

    /// <summary>A number as a page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Pfn ToPfn(long value) => new((byte)value);

    /// <summary>A page as a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long OfPfn(Pfn value) => value.Value;

    /// <summary>A number as a swap entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static SwapEntry ToSwapEntry(long value) => new((byte)value);

    /// <summary>A swap entry as a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long OfSwapEntry(SwapEntry value) => value.Value;

    /// <summary>A number as a page table entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Pte ToPte(long value) => Unsafe.BitCast<uint, Pte>((uint)value);

    /// <summary>A page table entry as a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long OfPte(Pte value) => (int)Unsafe.BitCast<Pte, uint>(value);

    /// <summary>The value of a slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long Load(ref KTask t, int slot) => (int)t.Slot(slot);

    /// <summary>Sets a slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store(long value, ref KTask t, int slot) => t.SetSlot(slot, (uint)value);

    /// <summary>The value of a truth value's bit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long LoadBit(ref KTask t, int bit) => (t.Slot(SlotAllocation.Bits) >> bit) & 1;

    /// <summary>Sets a truth value's bit, to 0 or 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void StoreBit(long value, ref KTask t, int bit) =>
        t.SetSlot(SlotAllocation.Bits, (t.Slot(SlotAllocation.Bits) & ~(1u << bit)) | ((uint)value << bit));

    /// <summary>Keeps the answer of a step for the branch in the same step.</summary>
    internal static void KeepAnswer(bool yes, ref KTask t) => t.Answer(yes);

    private static bool Carried(in Memory m, bool bit)
    {
        if (bit) m.Count(Mark.BitsCarried);
        return bit;
    }

    private static PageAt At(in KTask t) => t.Path switch
    {
        PathId.SwapOff or PathId.ShrinkFolioList => t.Walk,
        PathId.Munmap or PathId.ExitMmap or PathId.MadviseDontneed => t.Zap,
        _ => new PageAt(t.Mm, t.Page),
    };

    private static void Add(ref MmCounters counters, long member, long value)
    {
        if (member == 1) counters.AnonPages = (byte)(counters.AnonPages + value);
        else if (member == 2) counters.SwapEnts = (byte)(counters.SwapEnts + value);
    }

    /// <summary>The VMA that is asked about; in fork() it is the child's.</summary>
    private static Vma VmaOf(in Memory m, in KTask t)
    {
        var at = At(in t);
        return m.ReadVma(t.Path == PathId.DupMmap ? t.Child : at.Mm, at.Page);
    }
}
