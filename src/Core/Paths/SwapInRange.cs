using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>
/// How much of a large folio do_swap_page() maps, and what it does for each of those pages (mm/memory.c, <c>check_folio</c>; 242d12c98174 and before it a508a79fc9f3 of 2024). With a folio of one page all of this is about
/// that page.
/// </summary>
internal static class SwapInRange
{
    /// <summary>
    /// All pages of the folio, if the swap PTEs around that of the fault are those of its slots, alike, and of one VMA; else this page alone. What was read around the cache is mapped whole or not at all. A folio
    /// that was never mapped is not mapped in part either: from 7.0 on it leaves the swap cache, though swap entries refer to it, and the fault begins anew with one page.
    /// </summary>
    /// <returns>Whether the fault goes on.</returns>
    public static bool Take(in Memory m, ref KTask t)
    {
        ref readonly var folio = ref m.ReadFolio(t.Folio);
        var around = t.Swapcache.IsNone;
        var index = around ? t.Range.Index : t.Entry.Value - folio.Entry.Value;
        var first = t.Page.Value - index;
        var whole = first >= 0 && first + folio.Pages <= Capacity.Pages && LargeFolio.IsOneVma(in m, in t, new Vpn((byte)first), folio.Pages) && LargeFolio.IsBatch(in m, in t, new Vpn((byte)first), index, folio.Pages);
        if (around) return whole;
        t.Range = ((byte)index, whole ? (byte)(folio.Pages - 1) : (byte)0);
        if (folio.Test(FolioFlags.Anon))
        {
            if (m.ReadFrame(FirstPage(in t)).Test(PageFlags.AnonExclusive)) m.Complain(Oops.AssertionFailed);
            return true;
        }

        if (!whole) SwapFile.DeleteFromSwapCache(in m, t.Folio);
        return whole;
    }

    /// <summary>The page of the first of the entries that are mapped.</summary>
    public static Pfn FirstPage(in KTask t) => t.Range.More != 0 ? t.Folio : t.Folio.Plus(t.Range.Index);

    /// <summary><c>folio_swap()</c>: the entry that goes with the folio's first page.</summary>
    public static SwapEntry FolioSwap(in Memory m, in KTask t) => t.Entry.Plus(-t.Range.Index);

    /// <summary><c>swap_free_nr()</c>, <c>folio_put_swap()</c>: one swap PTE fewer refers to each slot.</summary>
    public static void SwapFree(in Memory m, in KTask t)
    {
        for (var i = 0; i <= t.Range.More; i++) SwapFile.SwapFree(in m, t.Entry.Plus(i - t.Before));
    }

    /// <summary><c>folio_ref_add(nr_pages - 1)</c>, <c>folio_add_new_anon_rmap()</c> or <c>folio_add_anon_rmap_ptes()</c>.</summary>
    public static void AddRmap(in Memory m, ref KTask t, bool exclusive)
    {
        var vma = m.ReadVma(t.Mm, t.Page);
        if (!m.ReadFolio(t.Folio).IsLarge)
        {
            Rmap.PageAddSwappedInRmap(in m, ref t, t.Folio, exclusive, vma);
            return;
        }

        m.WriteFolio(t.Folio).RefCount += t.Range.More;
        Rmap.FolioAddSwappedInRmap(in m, ref t, FirstPage(in t), 1 + t.Range.More, exclusive, vma);
    }

    /// <summary><c>arch_do_swap_page_nr()</c>.</summary>
    /// <param name="m">The machine.</param>
    /// <param name="t">The task.</param>
    /// <param name="oldPte">What the first of the entries was.</param>
    public static void ArchDoSwapPage(in Memory m, in KTask t, Pte oldPte)
    {
        for (var i = 0; i <= t.Range.More; i++) m.Arch.ArchDoSwapPage(in m, t.Mm, t.Page.Plus(i - t.Before), t.NewPte.Plus(i), oldPte.Plus(i));
    }
}
