using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>
/// unuse_pte(), mm/swapfile.c: swapoff maps a page, in the address space and at the page that <see cref="SwapOff"/> has come
/// to. What do_swap_page() does for a fault, without the fault: so each of its fixes had to be made here once more.
/// </summary>
public static class UnusePte
{
    private static readonly Label Poison = new("poison");
    private static readonly Label GiveBack = new("swap_free");
    private static readonly Label Unlock = new("out");

    /// <summary>The page is mapped, or was by somebody else.</summary>
    internal static readonly Label Unused = new("unused");


    /// <summary>Page table lock of the address space that has the entry.</summary>
    public static Step PteOffsetMapLock { get; } = Step.Of("mm/swapfile.c: unuse_pte(), pte_offset_map_lock()", Era.All, [Acquire(LockName.PageTable.At(LockOf.Walk))]);

    /// <summary>Somebody may have brought it back meanwhile; or taken a large folio out of the swap cache, to read its pages one by one. (Soft-dirty, uffd-wp and exclusive bits are not compared; the entry is read again.)</summary>
    public static Step PteSameAsSwp { get; } = Step.Of("mm/swapfile.c: unuse_pte(), pte_same_as_swp()", Era.All,
    [
        Let(static (in m, ref t) => t.OrigPte = m.ReadPte(t.Walk), Locals.Walk, Locals.OrigPte),
        Unless(static (in m, in t) => t.OrigPte.IsSwap && t.OrigPte.Entry == t.Entry, Unlock, Locals.OrigPte | Locals.Entry),
        When(static (in m, in t) => m.ReadFolio(t.Folio).IsLarge, Locals.Folio,
            Do(static (in m, ref t) => t.Answer(MayMapOfLarge(in m, in t)), Locals.Folio | Locals.Entry),
            Unless(Answer, Unlock)),
    ]);

    /// <summary>The read may have failed: a poison marker is put there instead of whatever the page holds.</summary>
    public static Step FolioTestUptodate { get; } = Step.Of("mm/swapfile.c: unuse_pte(), folio_test_uptodate()", Era.Since("5.19", "9f186f9e5fa9"),
        [Unless(static (in m, in t) => m.ReadFolio(t.Folio).Test(FolioFlags.Uptodate), Poison, Locals.Folio)]);

    /// <summary>Give the page its metadata back. Before SwapFree: freeing the last reference to the slot throws the saved copy away.</summary>
    public static Step ArchSwapRestore { get; } = Step.Of("mm/swapfile.c: unuse_pte(), arch_swap_restore()", Era.Since("6.5").With("the series of 6dca4ac6fc91, its second patch"),
        static (in m, ref t) => m.Arch.ArchSwapRestore(in m, SwapFile.FolioSwap(in m, t.Entry, t.Folio), t.Folio), Locals.Entry | Locals.Folio);

    /// <summary>MM_SWAPENTS and MM_ANONPAGES, and a reference for the mapping.</summary>
    public static Step IncMmCounter { get; } = Step.Of("mm/swapfile.c: unuse_pte(), dec_mm_counter(), inc_mm_counter(), get_page()", Era.All, static (in m, ref t) =>
    {
        ref var counters = ref m.WriteCounters(t.Walk.Mm);
        counters.SwapEnts--;
        counters.AnonPages++;
        PageAlloc.Get(in m, ref t, t.Folio);
    }, Locals.Walk | Locals.Folio);

    /// <summary>One mapping more, exclusive if the swap PTE says so.</summary>
    public static Step PageAddAnonRmapExclusive { get; } = Step.Of("mm/swapfile.c: unuse_pte(), pte_swp_exclusive(), page_add_anon_rmap()", Era.Since("5.19", "1493a1913e34"),
        static (in m, ref t) => AddRmap(in m, ref t, t.OrigPte.IsSwpExclusive), Locals.Folio | Locals.Walk | Locals.OrigPte | Locals.Entry);

    /// <summary>One mapping more.</summary>
    public static Step PageAddAnonRmap { get; } = Step.Of("mm/swapfile.c: unuse_pte(), page_add_anon_rmap()", Era.Until("5.18"),
        static (in m, ref t) => AddRmap(in m, ref t, exclusive: false), Locals.Folio | Locals.Walk | Locals.Entry);

    /// <summary>A read-only entry. The swap PTE's soft-dirty and uffd-wp bits are forgotten.</summary>
    public static Step MkPte { get; } = Step.Of("mm/swapfile.c: unuse_pte(), pte_mkold(mk_pte())", Era.Until("5.18"),
        static (in m, ref t) => t.NewPte = Pte.MkPte(PageOf(in m, in t), m.ReadVma(t.Walk.Mm, t.Walk.Page)), Locals.Folio | Locals.Walk | Locals.Entry, Locals.NewPte);

    /// <summary>A read-only entry with the swap PTE's soft-dirty and uffd-wp bits.</summary>
    public static Step MkPteWithBits { get; } = Step.Of("mm/swapfile.c: unuse_pte(), pte_swp_soft_dirty(), pte_swp_uffd_wp()", Era.Since("5.19", "14a762dd1977"), static (in m, ref t) =>
    {
        t.NewPte = Pte.MkPte(PageOf(in m, in t), m.ReadVma(t.Walk.Mm, t.Walk.Page)).With(t.OrigPte.Tracking);
        if (t.OrigPte.Tracking != 0) m.Count(Mark.BitsCarried);
    }, Locals.Folio | Locals.Walk | Locals.OrigPte | Locals.Entry, Locals.NewPte);

    /// <summary>Map it.</summary>
    public static Step SetPteAt { get; } = Step.Of("mm/swapfile.c: unuse_pte(), set_pte_at()", Era.All, static (in m, ref t) =>
    {
        m.Arch.SetPteAt(in m, t.Walk.Mm, t.Walk.Page, t.NewPte);
        m.Count(Mark.Unused);

        // Until 5.18 whatever is there is mapped: what comes of it, the failed read has caused.
        if (!m.ReadFolio(t.Folio).Test(FolioFlags.Uptodate)) m.Observe(Observation.Poisoned(t.Walk, t.Entry));
    }, Locals.Walk | Locals.NewPte | Locals.Folio | Locals.Entry);

    /// <summary>The mapping's swap entry is given back.</summary>
    public static Step SwapFree { get; } = Step.Of("mm/swapfile.c: unuse_pte(), swap_free()", Era.All, static (in m, ref t) => SwapFile.SwapFree(in m, t.Entry), Locals.Entry);

    /// <summary>Drop the page table lock.</summary>
    public static Step PteUnmapUnlock { get; } = Step.Of("mm/swapfile.c: unuse_pte(), pte_unmap_unlock()", Era.All, [Release(LockName.PageTable.At(LockOf.Walk))]);

    /// <summary>The page could not be read: an access will be SIGBUS.</summary>
    public static Step MakePoisoned { get; } = Step.Of("mm/swapfile.c: unuse_pte(), make_swapin_error_entry() (make_poisoned_swp_entry() from 6.6 on)", Era.Since("5.19", "9f186f9e5fa9"),
    [
        Do(static (in m, ref t) =>
        {
            m.WriteCounters(t.Walk.Mm).SwapEnts--;
            m.WritePte(t.Walk, Pte.Poison);
            m.Observe(Observation.Poisoned(t.Walk, t.Entry));
        }, Locals.Walk | Locals.Entry),
        Goto(GiveBack),
    ]);

    /// <summary>5.16: maps the page before it counts the mapping, and whatever it holds.</summary>
    public static PathItem[] Linux5_16 { get; } = Order([IncMmCounter, MkPte, SetPteAt, PageAddAnonRmap], poison: false);

    /// <summary>5.17 and 5.18: counts first (1eba86c096e3).</summary>
    public static PathItem[] Linux5_17 { get; } = Order([IncMmCounter, PageAddAnonRmap, MkPte, SetPteAt], poison: false);

    /// <summary>5.19 to 6.4: bits kept, failed reads noticed, no restore.</summary>
    public static PathItem[] Linux5_19 { get; } = Order([FolioTestUptodate, IncMmCounter, PageAddAnonRmapExclusive, MkPteWithBits, SetPteAt], poison: true);

    /// <summary>6.5 on: restores first.</summary>
    public static PathItem[] Linux6_5 { get; } = Order([FolioTestUptodate, ArchSwapRestore, IncMmCounter, PageAddAnonRmapExclusive, MkPteWithBits, SetPteAt], poison: true);

    /// <summary>The page of the folio that the entry is for.</summary>
    private static Pfn PageOf(in Memory m, in KTask t) => SwapFile.PageOf(in m, t.Folio, t.Entry);

    /// <summary>
    /// <c>folio_matches_swap_entry()</c>. Whether the folio was ever mapped is not asked: a large one that was only read is about to be marked as mapped whole, and exclusive whole, for this one page
    /// (docs/findings.md). With the fix that no kernel has it leaves the swap cache instead.
    /// </summary>
    private static bool MayMapOfLarge(in Memory m, in KTask t)
    {
        if (!SwapFile.IsOfEntry(in m, t.Folio, t.Entry)) return false;
        if ((m.Rules & MmRules.UnuseDropsNewLarge) == 0 || m.ReadFolio(t.Folio).Test(FolioFlags.Anon)) return true;
        SwapFile.DeleteFromSwapCache(in m, t.Folio);
        return false;
    }

    private static void AddRmap(in Memory m, ref KTask t, bool exclusive)
    {
        var vma = m.ReadVma(t.Walk.Mm, t.Walk.Page);
        if (!m.ReadFolio(t.Folio).IsLarge) Rmap.PageAddSwappedInRmap(in m, ref t, t.Folio, exclusive, vma);
        else Rmap.FolioAddSwappedInRmap(in m, ref t, PageOf(in m, in t), pages: 1, exclusive, vma);
    }

    private static PathItem[] Order(PathItem[] body, bool poison) =>
    [
        PteOffsetMapLock,
        PteSameAsSwp,
        .. body,
        GiveBack,
        SwapFree,
        Unlock,
        PteUnmapUnlock,
        .. poison ? [Goto(Unused), Poison, MakePoisoned] : Array.Empty<PathItem>(),
        Unused,
    ];
}
