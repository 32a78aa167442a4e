using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>
/// swapoff() and try_to_unuse(), mm/swapfile.c: every page of the area is brought back into the address spaces that have
/// it (<see cref="UnusePte"/> maps it), then what only the swap cache has is thrown out of it. One process or page after the other.
/// </summary>
public static class SwapOff
{
    private static readonly Label ThisPage = new("this_page");
    private static readonly Label HaveEntry = new("have_entry");
    private static readonly Label LockFolio = new("lock_folio");
    private static readonly Label NoMoreEntries = new("no_more_entries");
    private static readonly Label Done = new("done");
    private static readonly Label TakeDown = new("mmput");
    private static readonly Label Fail = new("fail");
    private static readonly Label Out = new("out");

    /// <summary>No more slots from this area; the slot caches return theirs.</summary>
    public static Step DelFromAvailList { get; } = Step.Of("mm/swapfile.c: swapoff(), del_from_avail_list(), disable_swap_slots_cache_lock()", Era.All,
    [
        EndIf(static (in m, in t) => !m.ReadArea(t.Value).Is(AreaFlags.Used) || m.ReadArea(t.Value).Is(AreaFlags.Off), OpResult.NotApplicable),
        Wait(static (in m, in t) => m.ReadGlobals(GlobalParts.SlotCache).SlotCacheDisabled != 0 ? new Waiting(WaitKind.SwapOff, t.Value) : default),
        Do(static (in m, ref t) =>
        {
            m.WriteArea(t.Value).Flags |= AreaFlags.Off | AreaFlags.Unusing;
            m.WriteGlobals(GlobalParts.SlotCache).SlotCacheDisabled = 1;
            SwapFile.DrainSlotsCache(in m);
            t.Walk = default;
            t.Busy = 0;
        }, sets: Locals.Walk | Locals.Busy),
    ]);

    /// <summary>The next swap PTE of the area, process by process; each is held while it is worked on (<c>mmget_not_zero()</c>, <c>mmput()</c>).</summary>
    public static Step UnusePteRange { get; } = Step.Of("mm/swapfile.c: try_to_unuse(), mmget_not_zero(), unuse_mm(), unuse_pte_range()", Era.All,
    [
        Let(static (in m, ref t) =>
        {
            t.Folio = t.Swapcache = Pfn.None;
            t.Entry = SwapEntry.None;
            t.Walk = NextEntry(in m, in t);
        }, Locals.Walk, Locals.Folio | Locals.Swapcache | Locals.Entry | Locals.Walk),
        If(static (in m, in t) => IsEnd(t.Walk), NoMoreEntries, Locals.Walk),
        Wait(static (in m, in t) => m.ReadMmapLock(t.Walk.Mm).Writer.IsFree ? default : new Waiting(WaitKind.MmapRead, t.Walk.Mm.Value), Locals.Walk),
        Do(static (in m, ref t) =>
        {
            t.OrigPte = m.ReadPte(t.Walk);
            t.Entry = t.OrigPte.Entry;
            Hold(in m, ref t, (byte)(t.Walk.Mm.Value + 1));
        }, Locals.Walk | Locals.Busy, Locals.OrigPte | Locals.Entry | Locals.Busy | Locals.Zap),
        If(Answer, TakeDown),
    ]);

    /// <summary>In the swap cache already?</summary>
    public static Step SwapCacheGetFolio { get; } = Step.Of("mm/swapfile.c: unuse_pte_range(), swap_cache_get_folio()", Era.All,
    [
        Do(static (in m, ref t) => SwapIn.GetFromCache(in m, ref t), Locals.Entry, Locals.Folio | Locals.Swapcache),
        Unless(static (in m, in t) => t.Folio.IsNone, LockFolio, Locals.Folio),
    ]);

    /// <summary>Read it into the swap cache; never around it. If the entry has gone meanwhile, look again.</summary>
    public static Step SwapinReadahead { get; } = Step.Of("mm/swapfile.c: unuse_pte_range(), swapin_readahead()", Era.All,
    [
        Wait(static (in m, in t) => SwapIn.ClaimInTheWay(in m, in t), Locals.Entry),
        Do(static (in m, ref t) => t.Folio = t.Swapcache = SwapIn.AddToCache(in m, ref t, t.Entry), Locals.Entry, Locals.Folio | Locals.Swapcache),
        When(static (in m, in t) => t.Folio.IsNone, Locals.Folio,
            If(static (in m, in t) => m.ReadSlot(t.Entry).Count == 0, ThisPage, Locals.Entry),
            Goto(Fail)),
        If(Answer, LockFolio),
        SetLocked(LockName.Folio),
    ]);

    /// <summary>Wait for the folio lock.</summary>
    public static Step FolioLock { get; } = Step.Of("mm/swapfile.c: unuse_pte_range(), folio_lock()", Era.All, [Acquire(LockName.Folio)]);

    /// <summary>Wait until the device has written the page. (It will: the model lets the write end here.)</summary>
    public static Step FolioWaitWriteback { get; } = Step.Of("mm/swapfile.c: unuse_pte_range(), folio_wait_writeback()", Era.All, static (in m, ref t) => EndWriteback.End(in m, t.Folio), Locals.Folio);

    /// <summary>With the last swap PTE gone the folio leaves the swap cache.</summary>
    public static Step FolioFreeSwap { get; } = Step.Of("mm/swapfile.c: unuse_pte_range(), folio_free_swap()", Era.All.With("try_to_free_swap() until 6.0"), static (in m, ref t) => SwapFile.FolioFreeSwap(in m, t.Folio), Locals.Folio);

    /// <summary>Unlock the folio, and drop the reference that the look-up took.</summary>
    public static Step FolioPut { get; } = Step.Of("mm/swapfile.c: unuse_pte_range(), folio_unlock(), folio_put()", Era.All,
    [
        Release(LockName.Folio),
        Do(static (in m, ref t) => PageAlloc.Put(in m, ref t, t.Folio), Locals.Folio),
    ]);

    /// <summary>No process has an entry of the area any more: the last one is given up.</summary>
    public static Step MmputLast { get; } = Step.Of("mm/swapfile.c: try_to_unuse(), mmput(prev_mm)", Era.All,
    [
        Do(static (in m, ref t) => Hold(in m, ref t, 0), Locals.Busy, Locals.Busy | Locals.Zap),
        If(Answer, TakeDown),
    ]);

    /// <summary>
    /// What only the swap cache has leaves it, one folio at a time. With slots still in use after that it goes round, and looks for swap PTEs again; when
    /// there is nothing to be done it waits for others, for ever if a count is wrong.
    /// </summary>
    public static Step FindNextToUnuse { get; } = Step.Of("mm/swapfile.c: try_to_unuse(), find_next_to_unuse(), folio_free_swap()", Era.All,
    [
        Wait(static (in m, in t) => Stuck(in m, in t)),
        When(static (in m, in t) => m.ReadArea(t.Value).InUse != 0,
            Do(static (in m, ref t) => t.Answer(FreeOneCached(in m, in t))),
            If(Answer, Done),
            Do(static (in m, ref t) => t.Walk = default, sets: Locals.Walk),
            Goto(ThisPage)),
    ]);

    /// <summary>The area is gone, with what the architecture kept for it.</summary>
    public static Step ArchSwapInvalidateArea { get; } = Step.Of("mm/swapfile.c: swapoff(), arch_swap_invalidate_area()", Era.All,
    [
        Do(static (in m, ref t) =>
        {
            m.WriteGlobals(GlobalParts.SlotCache).SlotCacheDisabled = 0;
            m.WriteArea(t.Value).Flags &= ~AreaFlags.Unusing;
            m.Arch.ArchSwapInvalidateArea(in m, t.Value);
        }),
        Result(OpResult.Applied),
        Return,
    ]);

    /// <summary>No memory: the area goes on as before.</summary>
    public static Step ReinsertSwapInfo { get; } = Step.Of("mm/swapfile.c: swapoff(), mmput(), reinsert_swap_info()", Era.All,
    [
        Do(static (in m, ref t) =>
        {
            m.WriteArea(t.Value).Flags &= ~(AreaFlags.Off | AreaFlags.Unusing);
            m.WriteGlobals(GlobalParts.SlotCache).SlotCacheDisabled = 0;
            Hold(in m, ref t, 0);
        }, Locals.Busy, Locals.Busy | Locals.Zap),
        Result(OpResult.Oom),
        Unless(Answer, Out),
    ]);

    /// <summary>swapon(), of an area that was switched off.</summary>
    public static Step EnableSwapInfo { get; } = Step.Of("mm/swapfile.c: swapon(), enable_swap_info()", Era.All,
    [
        EndIf(static (in m, in t) => !m.ReadArea(t.Value).Is(AreaFlags.Off) || m.ReadArea(t.Value).Is(AreaFlags.Unusing), OpResult.NotApplicable),
        Do(static (in m, ref t) => SwapFile.EnableSwapInfo(in m, t.Value)),
        Result(OpResult.Applied),
        Return,
    ]);

    /// <summary>The slot cache is full of freed slots, and returns them all.</summary>
    public static Step DrainSlotsCache { get; } = Step.Of("mm/swap_slots.c: free_swap_slot(), swapcache_free_entries()", Era.Until("6.13"),
    [
        Do(static (in m, ref t) => t.Answer(SwapFile.DrainSlotsCache(in m))),
        EndIf(Answer, OpResult.Applied),
        Result(OpResult.NotApplicable),
        Return,
    ]);

    /// <summary>There is no slot cache: nothing to be returned.</summary>
    public static Step NoSlotsCache { get; } = Step.Of("none: mm/swap_slots.c keeps no freed slots any more", Era.Since("6.14", KernelCatalogue.NothingHeldBack), [Result(OpResult.NotApplicable), Return]);

    /// <summary>A call to come will fail.</summary>
    public static Step SetupFaultAttr { get; } = Step.Of("lib/fault-inject.c: should_fail()", Era.All.With("CONFIG_FAULT_INJECTION"),
    [
        Do(static (in m, ref t) => m.WriteGlobals(GlobalParts.Faults).Faults[(int)t.Fault] = t.Value),
        Result(OpResult.Applied),
        Return,
    ]);

    /// <summary>The cgroup of all processes may have so many slots; what it has above that it keeps.</summary>
    public static Step SwapMaxWrite { get; } = Step.Of("mm/memcontrol.c: swap_max_write()", Era.All,
    [
        Do(static (in m, ref t) => m.WriteGlobals(GlobalParts.SwapMax).SwapMax = t.Value == Operation.NoSwapMax ? (byte)0 : (byte)(t.Value + 1)),
        Result(OpResult.Applied),
        Return,
    ]);

    /// <summary>swapoff() in 5.16.</summary>
    public static KernelPath Linux5_16 { get; } = Order(UnusePte.Linux5_16);

    /// <summary>swapoff() in 5.17 and 5.18.</summary>
    public static KernelPath Linux5_17 { get; } = Order(UnusePte.Linux5_17);

    /// <summary>swapoff() from 5.19 to 6.4, and in 6.1 stable.</summary>
    public static KernelPath Linux5_19 { get; } = Order(UnusePte.Linux5_19);

    /// <summary>swapoff() from 6.5 on.</summary>
    public static KernelPath Linux6_5 { get; } = Order(UnusePte.Linux6_5);

    /// <summary>swapoff() from 7.3 on: reading ahead drains no LRU batch.</summary>
    public static KernelPath Linux7_3 { get; } = Linux6_5.Without(SwapIn.LruAddDrain);

    /// <summary>swapon().</summary>
    public static KernelPath SwapOnPath { get; } = new(PathId.SwapOn, "swapon()", EnableSwapInfo);

    /// <summary>The slot cache returns its slots.</summary>
    public static KernelPath DrainPath { get; } = new(PathId.DrainSlots, "swapcache_free_entries()", DrainSlotsCache);

    /// <summary>From 6.14 on there is none.</summary>
    public static KernelPath NoSlotCachePath { get; } = new(PathId.DrainSlots, "swapcache_free_entries()", NoSlotsCache);

    /// <summary>Arming an injected failure.</summary>
    public static KernelPath InjectPath { get; } = new(PathId.InjectFault, "fault injection", SetupFaultAttr);

    /// <summary>Writing memory.swap.max.</summary>
    public static KernelPath SwapMaxPath { get; } = new(PathId.SwapMax, "swap_max_write()", SwapMaxWrite);

    private static PageAt End => new(new MmId(Capacity.Mms), default);

    private static bool IsEnd(PageAt at) => at.Mm.Value == Capacity.Mms;

    /// <summary>The first swap PTE of the area at or after the walk whose entry is in use (<c>swap_count()</c>), in an address space that somebody still uses.</summary>
    private static PageAt NextEntry(in Memory m, in KTask t)
    {
        for (var i = IsEnd(t.Walk) ? PageAt.Total : t.Walk.Number; i < PageAt.Total; i++)
        {
            var at = PageAt.At(i);
            var pte = m.ReadPte(at);
            if (pte.IsSwap && pte.Entry.Type == t.Value && m.ReadSlot(pte.Entry).Count != 0 && IsUsed(in m, in t, at.Mm)) return at;
        }

        return End;
    }

    private static bool IsUsed(in Memory m, in KTask t, MmId mm) => m.ReadMm(mm).IsAlive && (m.ReadMm(mm).Users != 0 || t.Busy == mm.Value + 1);

    /// <summary>Gives up the address space held, and holds another (1 + its number; 0 for none). The answer: whether nobody uses the first any more, and it is to be taken down.</summary>
    private static void Hold(in Memory m, ref KTask t, byte next)
    {
        t.Answer(false);
        if (t.Busy == next) return;
        if (next != 0) m.WriteMm(new MmId((byte)(next - 1))).Users++;
        var before = t.Busy;
        t.Busy = next;
        t.Zap = default;
        if (before == 0) return;
        var mm = new MmId((byte)(before - 1));
        if (--m.WriteMm(mm).Users != 0) return;
        t.Zap = new PageAt(mm, default);
        t.Answer(true);
    }

    /// <summary>Nothing to bring back, nothing to throw out of the cache, and slots in use: others have to move first.</summary>
    private static Waiting Stuck(in Memory m, in KTask t)
    {
        if (m.ReadArea(t.Value).InUse == 0) return default;
        var waiting = new Waiting(WaitKind.Slots, t.Value);
        for (var offset = 1; offset <= m.ReadArea(t.Value).HighWater; offset++)
        {
            var folio = m.ReadSlot(SwapEntry.Of(t.Value, offset)).Folio;
            if (folio.IsNone) continue;
            if (!m.ReadFolioLock(folio).IsFree) return new Waiting(WaitKind.Folio, folio.Value);
            if (m.ReadSlot(SwapEntry.Of(t.Value, offset)).Count == 0) return default;
        }

        var whole = t;
        whole.Walk = default;
        return IsEnd(NextEntry(in m, in whole)) ? waiting : default;
    }

    /// <summary><c>folio_wait_writeback()</c>, <c>folio_free_swap()</c> of the first folio of the area in the cache that nothing refers to.</summary>
    private static bool FreeOneCached(in Memory m, in KTask t)
    {
        for (var offset = 1; offset <= m.ReadArea(t.Value).HighWater; offset++)
        {
            var folio = m.ReadSlot(SwapEntry.Of(t.Value, offset)).Folio;
            if (folio.IsNone) continue;
            EndWriteback.End(in m, folio);
            if (SwapFile.FolioFreeSwap(in m, folio)) return true;
        }

        return false;
    }

    private static KernelPath Order(PathItem[] unusePte) => new(PathId.SwapOff, "swapoff(), try_to_unuse(), unuse_pte()",
    [
        DelFromAvailList,
        ThisPage,
        UnusePteRange,
        HaveEntry,
        SwapCacheGetFolio,
        SwapinReadahead,
        SwapIn.EndSwapRead,
        SwapIn.LruAddDrain,
        LockFolio,
        FolioLock,
        FolioWaitWriteback,
        .. unusePte,
        FolioFreeSwap,
        FolioPut,
        Goto(ThisPage),
        TakeDown,
        Call(PathId.ExitMmap),
        Goto(ThisPage),
        NoMoreEntries,
        MmputLast,
        Done,
        FindNextToUnuse,
        ArchSwapInvalidateArea,
        Fail,
        ReinsertSwapInfo,
        Call(PathId.ExitMmap),
        Out,
        Return,
    ]);
}
