using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>
/// unuse_pte(), mm/swapfile.c: swapoff maps a page, in the address space and at the page that <see cref="SwapOff"/> has come
/// to. What do_swap_page() does for a fault, without the fault: so each of its fixes had to be made here once more.
/// </summary>
public static class UnusePte
{
    /// <summary>Page table lock of the address space that has the entry.</summary>
    public static Step PteOffsetMapLock { get; } = Step.Of("mm/swapfile.c: unuse_pte(), pte_offset_map_lock()", "all kernels",
        static (ref s, ref t, arch) => Locks.TryPtl(ref s, ref t, t.Walk) ? Flow.Next : Flow.Block);

    /// <summary>Somebody may have brought it back meanwhile. (Soft-dirty, uffd-wp and exclusive bits are not compared; the entry is read again.)</summary>
    public static Step PteSameAsSwp { get; } = Step.Of("mm/swapfile.c: unuse_pte(), pte_same_as_swp()", "all kernels", static (ref s, ref t, arch) =>
    {
        t.OrigPte = s.Pte(t.Walk, t.WalkPage);
        return t.OrigPte.IsSwap && t.OrigPte.Entry == t.Entry ? Flow.Next : Flow.Goto(Label.Unlock);
    });

    /// <summary>The read may have failed: a poison marker is put there instead of whatever the page holds.</summary>
    public static Step FolioTestUptodate { get; } = Step.Of("mm/swapfile.c: unuse_pte(), folio_test_uptodate()", "5.19 on (9f186f9e5fa9)",
        static (ref s, ref t, arch) => s.Folio(t.Folio).Test(FolioFlags.Uptodate) ? Flow.Next : Flow.Goto(Label.Poison));

    /// <summary>Give the page its metadata back. Before SwapFree: freeing the last reference to the slot throws the saved copy away.</summary>
    public static Step ArchSwapRestore { get; } = Step.Of("mm/swapfile.c: unuse_pte(), arch_swap_restore()", "6.5 on (the series of 6dca4ac6fc91, its second patch)", static (ref s, ref t, arch) =>
    {
        arch.ArchSwapRestore(ref s, t.Entry, t.Folio);
        return Flow.Next;
    });

    /// <summary>MM_SWAPENTS and MM_ANONPAGES, and a reference for the mapping.</summary>
    public static Step IncMmCounter { get; } = Step.Of("mm/swapfile.c: unuse_pte(), dec_mm_counter(), inc_mm_counter(), get_page()", "all kernels", static (ref s, ref t, arch) =>
    {
        ref var mm = ref s.Mm(t.Walk);
        mm.SwapEnts--;
        mm.AnonPages++;
        s.Folio(t.Folio).RefCount++;
        return Flow.Next;
    });

    /// <summary>One mapping more, exclusive if the swap PTE says so.</summary>
    public static Step PageAddAnonRmapExclusive { get; } = Step.Of("mm/swapfile.c: unuse_pte(), pte_swp_exclusive(), page_add_anon_rmap()", "5.19 on (1493a1913e34)",
        static (ref s, ref t, arch) => AddRmap(ref s, ref t, t.OrigPte.IsSwpExclusive));

    /// <summary>One mapping more.</summary>
    public static Step PageAddAnonRmap { get; } = Step.Of("mm/swapfile.c: unuse_pte(), page_add_anon_rmap()", "until 5.18",
        static (ref s, ref t, arch) => AddRmap(ref s, ref t, exclusive: false));

    /// <summary>A read-only entry. The swap PTE's soft-dirty and uffd-wp bits are forgotten.</summary>
    public static Step MkPte { get; } = Step.Of("mm/swapfile.c: unuse_pte(), pte_mkold(mk_pte())", "until 5.18", static (ref s, ref t, arch) =>
    {
        t.NewPte = Pte.MkPte(t.Folio, s.Vma(t.Walk, t.WalkPage));
        return Flow.Next;
    });

    /// <summary>A read-only entry with the swap PTE's soft-dirty and uffd-wp bits.</summary>
    public static Step MkPteWithBits { get; } = Step.Of("mm/swapfile.c: unuse_pte(), pte_swp_soft_dirty(), pte_swp_uffd_wp()", "5.19 on (14a762dd1977)", static (ref s, ref t, arch) =>
    {
        t.NewPte = Pte.MkPte(t.Folio, s.Vma(t.Walk, t.WalkPage)).With(t.OrigPte.Tracking);
        if (t.OrigPte.Tracking != 0) s.Events |= Event.BitsCarried;
        return Flow.Next;
    });

    /// <summary>Map it.</summary>
    public static Step SetPteAt { get; } = Step.Of("mm/swapfile.c: unuse_pte(), set_pte_at()", "all kernels", static (ref s, ref t, arch) =>
    {
        arch.SetPteAt(ref s, t.Walk, t.WalkPage, t.NewPte);
        s.Events |= Event.Unused;
        return Flow.Next;
    });

    /// <summary>The mapping's swap entry is given back.</summary>
    public static Step SwapFree { get; } = Step.Of("mm/swapfile.c: unuse_pte(), swap_free()", "all kernels", static (ref s, ref t, arch) =>
    {
        SwapFile.SwapFree(ref s, t.Entry, arch);
        return Flow.Next;
    });

    /// <summary>Drop the page table lock.</summary>
    public static Step PteUnmapUnlock { get; } = Step.Of("mm/swapfile.c: unuse_pte(), pte_unmap_unlock()", "all kernels", static (ref s, ref t, arch) =>
    {
        Locks.PtlUnlock(ref s, ref t, t.Walk);
        return Flow.Goto(Label.Unmapped);
    });

    /// <summary>The page could not be read: an access will be SIGBUS.</summary>
    public static Step MakePoisoned { get; } = Step.Of("mm/swapfile.c: unuse_pte(), make_swapin_error_entry() (make_poisoned_swp_entry() from 6.6 on)", "5.19 on (9f186f9e5fa9)", static (ref s, ref t, arch) =>
    {
        s.Mm(t.Walk).SwapEnts--;
        s.Pte(t.Walk, t.WalkPage) = Pte.MakePoisoned;
        return Flow.Goto(Label.SwapFree);
    });

    /// <summary>5.16: maps the page before it counts the mapping, and whatever it holds.</summary>
    public static PathItem[] Linux5_16 { get; } = Order([IncMmCounter, MkPte, SetPteAt, PageAddAnonRmap], poison: false);

    /// <summary>5.17 and 5.18: counts first (1eba86c096e3).</summary>
    public static PathItem[] Linux5_17 { get; } = Order([IncMmCounter, PageAddAnonRmap, MkPte, SetPteAt], poison: false);

    /// <summary>5.19 to 6.4: bits kept, failed reads noticed, no restore.</summary>
    public static PathItem[] Linux5_19 { get; } = Order([FolioTestUptodate, IncMmCounter, PageAddAnonRmapExclusive, MkPteWithBits, SetPteAt], poison: true);

    /// <summary>6.5 on: restores first.</summary>
    public static PathItem[] Linux6_5 { get; } = Order([FolioTestUptodate, ArchSwapRestore, IncMmCounter, PageAddAnonRmapExclusive, MkPteWithBits, SetPteAt], poison: true);

    private static Flow AddRmap(ref MachineState s, ref KTask t, bool exclusive)
    {
        ref var folio = ref s.Folio(t.Folio);
        folio.MapCount++;
        if (exclusive) folio.Set(FolioFlags.AnonExclusive);
        if ((s.Vma(t.Walk, t.WalkPage) & VmaFlags.Locked) != 0) folio.Set(FolioFlags.Mlocked);
        return Flow.Next;
    }

    private static PathItem[] Order(PathItem[] body, bool poison) =>
    [
        PteOffsetMapLock,
        PteSameAsSwp,
        .. body,
        Label.SwapFree,
        SwapFree,
        Label.Unlock,
        PteUnmapUnlock,
        .. poison ? [Label.Poison, MakePoisoned] : Array.Empty<PathItem>(),
        Label.Unmapped,
    ];
}
