using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>
/// The beginning of do_swap_page(): find the page in the swap cache, or read it, around the cache or into it
/// (mm/memory.c, mm/swap_state.c, mm/page_io.c).
/// </summary>
public static class SwapIn
{
    /// <summary>Read into the swap cache.</summary>
    internal static readonly Label Readahead = new("readahead");

    /// <summary>The folio is there, lock it.</summary>
    internal static readonly Label LockFolio = new("lock_folio");

    /// <summary>Somebody else has claimed the slot.</summary>
    internal static readonly Label ClaimTaken = new("claim_taken");

    /// <summary>There is no folio: no memory, or the entry is nobody's any more.</summary>
    internal static readonly Label NoFolio = new("no_folio");

    /// <summary><c>out</c> of do_swap_page().</summary>
    internal static readonly Label Out = new("out");

    /// <summary>Look the entry up in the swap cache.</summary>
    public static Step SwapCacheGetFolio { get; } = Step.Of("mm/swap_state.c: swap_cache_get_folio()", Era.All,
    [
        Do(static (in m, ref t) =>
        {
            t.Entry = t.OrigPte.Entry;
            t.Clear(TaskFlags.NeedClearCache | TaskFlags.Exclusive);
            t.Range = default;
            GetFromCache(in m, ref t);
        }, Locals.OrigPte, Locals.Entry | Locals.Folio | Locals.Swapcache | Locals.Range),
        Unless(static (in m, in t) => t.Folio.IsNone, LockFolio, Locals.Folio),
    ]);

    /// <summary>Read around the swap cache when the device is synchronous and nobody else refers to the slot.</summary>
    public static Step SkipSwapcache { get; } = Step.Of("mm/memory.c: do_swap_page(), SWP_SYNCHRONOUS_IO && __swap_count() == 1", Era.All.With("0bcac06f27d7, 4.15"),
        [Unless(static (in m, in t) => m.ReadArea(t.Entry.Type).Is(AreaFlags.Synchronous) && m.ReadSlot(t.Entry).Count == 1, Readahead, Locals.Entry)]);

    /// <summary>Claim the slot, so that nobody else reads around the cache at the same time; if someone has, try again later.</summary>
    public static Step SwapcachePrepare { get; } = Step.Of("mm/swapfile.c: swapcache_prepare()", Era.Since("6.8", "13ddaf26be32").To("6.11"),
    [
        Do(static (in m, ref t) => ClaimAll(in m, ref t), Locals.Entry | Locals.Range),
        Unless(static (in m, in t) => t.Is(TaskFlags.NeedClearCache), ClaimTaken),
    ]);

    /// <summary>Whoever has the claim is about to map the page or to add one to the cache. Leave when it has, and fault again.</summary>
    public static Step ScheduleTimeout { get; } = Step.Of("mm/memory.c: do_swap_page(), schedule_timeout_uninterruptible()", Era.Since("6.8", "13ddaf26be32"),
        [Wait(static (in m, in t) => ClaimedByOther(in m, in t), Locals.Entry | Locals.Range)]);

    /// <summary>A fresh page, locked, that nobody else can find.</summary>
    public static Step VmaAllocFolio { get; } = Step.Of("mm/memory.c: do_swap_page(), vma_alloc_folio(), folio_add_lru()", Era.Until("6.11"),
    [
        Do(static (in m, ref t) => t.Folio = PageAlloc.Alloc(in m, ref t), sets: Locals.Folio),
        If(static (in m, in t) => t.Folio.IsNone, NoFolio, Locals.Folio),
        SetLocked(LockName.Folio),
        Do(static (in m, ref t) => PageAlloc.LruCacheAdd(in m, t.Folio), Locals.Folio),
    ]);

    /// <summary>A fresh folio, locked, that nobody else can find: as large as the entries around this one allow, and as there is memory for.</summary>
    public static Step AllocSwapFolio { get; } = Step.Of("mm/memory.c: do_swap_page(), alloc_swap_folio()", Era.Since("6.12", "242d12c98174").To("6.19"),
    [
        Do(static (in m, ref t) => t.Folio = AllocFolio(in m, ref t), Locals.Entry | Locals.OrigPte, Locals.Folio | Locals.Range),
        If(static (in m, in t) => t.Folio.IsNone, NoFolio, Locals.Folio),
        SetLocked(LockName.Folio),
    ]);

    /// <summary>Claim the slots that the folio is for, all or none, so that nobody else reads around the cache at the same time; if someone has, give the folio back and try again later.</summary>
    public static Step SwapcachePrepareAll { get; } = Step.Of("mm/swapfile.c: swapcache_prepare(); mm/memory.c: do_swap_page(), folio_add_lru()", Era.Since("6.12", "242d12c98174").To("6.19"),
    [
        Do(static (in m, ref t) => ClaimAll(in m, ref t), Locals.Entry | Locals.Range),
        Unless(static (in m, in t) => t.Is(TaskFlags.NeedClearCache), ClaimTaken),
        Do(static (in m, ref t) => PageAlloc.LruCacheAdd(in m, t.Folio), Locals.Folio),
    ], nameof(SwapcachePrepare));

    /// <summary>
    /// Read the slot into the fresh page. The device keeps data only: the tags stay the previous owner's. The end of the read unlocks the page, and
    /// do_swap_page() locks it again.
    /// </summary>
    public static Step SwapReadpage { get; } = Step.Of("mm/page_io.c: swap_readpage(), synchronous", Era.All,
    [
        Do(static (in m, ref t) =>
        {
            SwapFile.Read(in m, t.Folio, t.Entry.Plus(-t.Before));
            m.Count(t.Range.More == 0 ? Mark.ReadAround : Mark.ReadAround | Mark.LargeSwapIn);
        }, Locals.Folio | Locals.Entry | Locals.Range),
        Release(LockName.Folio),
    ]);

    /// <summary>
    /// Without memory the fault fails, unless somebody else has handled it meanwhile. An entry that was nobody's for a moment is VM_FAULT_OOM in the kernel
    /// too if it is there again; nobody is told, and the access is tried again (pagefault_out_of_memory()).
    /// </summary>
    public static Step PteSameWithoutFolio { get; } = Step.Of("mm/memory.c: do_swap_page(), !folio, pte_same()", Era.All,
        [When(static (in m, in t) => m.ReadPte(t.Mm, t.Page) == t.OrigPte && t.Is(TaskFlags.AllocFailed), Locals.OrigPte, Result(OpResult.Oom))]);

    /// <summary>
    /// A fresh page in the swap cache, locked until it is read; from a synchronous device a large folio, from 7.0 on. Somebody may have put one there meanwhile: take that. Somebody else's claim is waited for, but for a slot that
    /// nobody uses any more: there is nothing to read.
    /// </summary>
    public static Step ReadSwapCacheAsync { get; } = Step.Of("mm/swap_state.c: __read_swap_cache_async()", Era.All,
    [
        Wait(static (in m, in t) => ClaimInTheWay(in m, in t), Locals.Entry),
        Do(static (in m, ref t) => t.Folio = t.Swapcache = AddToCache(in m, ref t, t.Entry, (m.Rules & MmRules.LargeSwapIn) != 0 ? LargeFolio.SwapInOrder(in m, in t) : 0), Locals.Entry | Locals.OrigPte, Locals.Folio | Locals.Swapcache),
        If(static (in m, in t) => t.Folio.IsNone, NoFolio, Locals.Folio),
        If(Answer, LockFolio),
        SetLocked(LockName.Folio),
    ]);

    /// <summary>A synchronous device reads this page and no others, so there is no batch of pages to drain.</summary>
    public static Step SwapinSync { get; } = Step.Of("mm/memory.c: do_swap_page(), SWP_SYNCHRONOUS_IO, swapin_sync()", Era.Since("7.0", KernelCatalogue.NothingAroundTheCache).To("7.2"),
        [If(static (in m, in t) => m.ReadArea(t.Entry.Type).Is(AreaFlags.Synchronous), LockFolio, Locals.Entry)]);

    /// <summary>The device has read the page in the swap cache: valid, and unlocked by the end of the read.</summary>
    public static Step EndSwapRead { get; } = Step.Of("mm/page_io.c: end_swap_bio_read()", Era.All,
    [
        Do(static (in m, ref t) =>
        {
            SwapFile.Read(in m, t.Folio, SwapFile.FolioSwap(in m, t.Entry, t.Folio));
            m.Count(m.ReadFolio(t.Folio).IsLarge ? Mark.ReadIntoCache | Mark.LargeSwapIn : Mark.ReadIntoCache);
        }, Locals.Folio | Locals.Entry),
        Release(LockName.Folio),
    ]);

    /// <summary>Readahead pushes the pages it read onto the LRU.</summary>
    public static Step LruAddDrain { get; } = Step.Of("mm/swap_state.c: swap_cluster_readahead(), lru_add_drain()", Era.Until("7.2").With("with a readahead window above 1"), static (in m, ref t) => PageAlloc.LruAddDrain(in m));

    /// <summary><c>swap_cache_get_folio()</c> for the task's entry: sets folio and swapcache, both none if nothing is there.</summary>
    internal static void GetFromCache(in Memory m, ref KTask t) => t.Folio = t.Swapcache = GetFromCache(in m, ref t, t.Entry);

    /// <summary><c>swap_cache_get_folio()</c>: the folio cached under an entry, with a reference of the task's.</summary>
    internal static Pfn GetFromCache(in Memory m, ref KTask t, SwapEntry entry)
    {
        var found = m.ReadSlot(entry).Folio;
        if (found.IsNone) return found;
        PageAlloc.Get(in m, ref t, found);
        m.Count(Mark.CacheHit);
        return found;
    }

    /// <summary>Whether somebody else has claimed one of the slots that the task is about, and has put nothing into the cache yet.</summary>
    internal static Waiting ClaimedByOther(in Memory m, in KTask t)
    {
        for (var i = 0; i <= t.Range.More; i++)
        {
            if (ClaimedByOther(in m, in t, t.Entry.Plus(i - t.Before)) is { Kind: not WaitKind.None } wait) return wait;
        }

        return default;
    }

    /// <summary>What a read into the swap cache waits for: somebody else's claim, unless no page table has the entry any more (<c>swap_entry_swapped()</c>, swap_swapcount()). While the slot caches are off for a swapoff the slot is looked at all the same (until 6.13).</summary>
    internal static Waiting ClaimInTheWay(in Memory m, in KTask t)
    {
        var isUnused = m.ReadSlot(t.Entry).Count == 0 && ((m.Rules & MmRules.HoldBack) == 0 || m.ReadGlobals(GlobalParts.SlotCache).SlotCacheDisabled == 0);
        return isUnused ? default : ClaimedByOther(in m, in t, t.Entry);
    }

    /// <summary>Whether somebody else has claimed the slot, and has put nothing into the cache yet.</summary>
    internal static Waiting ClaimedByOther(in Memory m, in KTask t, SwapEntry entry)
    {
        ref readonly var slot = ref m.ReadSlot(entry);
        return slot.HasCache && !slot.IsHeldBack && slot.Folio.IsNone && !t.Claimed.Contains(entry) ? new Waiting(WaitKind.Claim, (byte)entry.Number) : default;
    }

    /// <summary>
    /// <c>__read_swap_cache_async()</c>: the folio, with a reference of the task's, and as the answer whether it was in the cache already. None: the entry is nobody's any more, or there is no
    /// memory.
    /// </summary>
    /// <param name="m">The machine.</param>
    /// <param name="t">The task.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="order">How large it is to be; the slots of the aligned pages around it are in use, and none is cached or claimed.</param>
    internal static Pfn AddToCache(in Memory m, ref KTask t, SwapEntry entry, int order = 0)
    {
        if (order > 0 && PageAlloc.AllocFolio(in m, ref t, order) is { IsNone: false } large) return AddLargeToCache(in m, ref t, large, entry, order);
        t.Answer(false);
        var folio = m.ReadSlot(entry).Folio;
        if (!folio.IsNone)
        {
            PageAlloc.Get(in m, ref t, folio);
            t.Answer(true);
            return folio;
        }

        if (!SwapFile.SwapcachePrepare(in m, entry)) return Pfn.None;
        folio = PageAlloc.Alloc(in m, ref t);
        if (folio.IsNone)
        {
            SwapFile.PutHasCache(in m, entry);
            return folio;
        }

        SwapFile.AddToSwapCache(in m, folio, entry);
        PageAlloc.LruCacheAdd(in m, folio);
        return folio;
    }

    private static Pfn AddLargeToCache(in Memory m, ref KTask t, Pfn folio, SwapEntry entry, int order)
    {
        t.Answer(false);
        var first = SwapEntry.Of(entry.Type, entry.Offset & ~((1 << order) - 1));
        for (var i = 0; i < 1 << order; i++) SwapFile.SwapcachePrepare(in m, first.Plus(i));
        SwapFile.AddToSwapCache(in m, folio, first);
        PageAlloc.LruCacheAdd(in m, folio);
        return folio;
    }

    /// <summary><c>alloc_swap_folio()</c>: for as many of the pages around as may be read as one, and as there is memory for.</summary>
    private static Pfn AllocFolio(in Memory m, ref KTask t)
    {
        var order = (m.Rules & MmRules.LargeReadAround) != 0 ? LargeFolio.SwapInOrder(in m, in t) : 0;
        if (order == 0 || PageAlloc.AllocFolio(in m, ref t, order) is not { IsNone: false } large) return PageAlloc.Alloc(in m, ref t);
        t.Range = ((byte)(t.Page.Value & ((1 << order) - 1)), (byte)((1 << order) - 1));
        return large;
    }

    /// <summary><c>swapcache_prepare(entry, nr_pages)</c>: the slots are the task's, unless somebody has one of them.</summary>
    private static void ClaimAll(in Memory m, ref KTask t)
    {
        var first = t.Entry.Plus(-t.Before);
        for (var i = 0; i <= t.Range.More; i++)
        {
            if (!SwapFile.MayPrepare(in m, first.Plus(i))) return;
        }

        for (var i = 0; i <= t.Range.More; i++) Claim(in m, ref t, first.Plus(i));
        t.Set(TaskFlags.NeedClearCache);
    }

    /// <summary><c>swapcache_clear(entry, nr_pages)</c>: all that the task has claimed is given up.</summary>
    internal static void UnclaimAll(in Memory m, ref KTask t)
    {
        for (var claimed = t.Claimed; claimed.Any; claimed = claimed.Rest) Unclaim(in m, ref t, claimed.First);
        t.Range = default;
    }

    /// <summary><c>swapcache_prepare()</c>: the slot is the task's, unless somebody has it.</summary>
    internal static bool Claim(in Memory m, ref KTask t, SwapEntry entry)
    {
        if (!SwapFile.SwapcachePrepare(in m, entry)) return false;
        t.Claimed = t.Claimed.With(entry);
        return true;
    }

    /// <summary><c>swapcache_clear()</c>: the claim is given up; with the last swap entry gone this is what frees the slot.</summary>
    internal static void Unclaim(in Memory m, ref KTask t, SwapEntry entry)
    {
        t.Claimed = t.Claimed.Without(entry);
        SwapFile.PutHasCache(in m, entry);
    }
}
