namespace Hooks.Core.Mm;

/// <summary>mm/rmap.c: the count of mappings, and the exclusive mark.</summary>
internal static class Rmap
{
    /// <summary>
    /// <c>page_add_anon_rmap()</c> / <c>page_add_new_anon_rmap()</c>: one mapping more. The reference that the task
    /// holds becomes the mapping's. A page mapped into a locked VMA is mlocked.
    /// </summary>
    /// <param name="m">The machine.</param>
    /// <param name="t">The task that holds a reference.</param>
    /// <param name="page">The page.</param>
    /// <param name="exclusive"><c>RMAP_EXCLUSIVE</c>, on a kernel that marks pages (5.19 on).</param>
    /// <param name="vma">The VMA mapped into.</param>
    public static void PageAddAnonRmap(in Memory m, ref KTask t, Pfn page, bool exclusive, Vma vma)
    {
        ref var frame = ref m.WriteFrame(page);
        frame.MapCount++;
        if (exclusive) frame.Set(PageFlags.AnonExclusive);
        var folio = m.FolioOf(page);
        t.Give(folio);
        m.WriteFolio(folio).Set(vma.IsLocked ? FolioFlags.Anon | FolioFlags.Mlocked : FolioFlags.Anon);
    }

    /// <summary>
    /// <c>folio_add_new_anon_rmap()</c> of a large folio: each of its pages is mapped once, it says. The task's reference becomes one mapping's; those of the others the caller takes
    /// (<c>folio_ref_add()</c>).
    /// </summary>
    public static void FolioAddNewAnonRmap(in Memory m, ref KTask t, Pfn folio, bool exclusive, Vma vma)
    {
        for (int i = 0, pages = m.ReadFolio(folio).Pages; i < pages; i++)
        {
            ref var frame = ref m.WriteFrame(folio.Plus(i));
            frame.MapCount = 1;
            if (exclusive) frame.Set(PageFlags.AnonExclusive);
        }

        t.Give(folio);
        m.WriteFolio(folio).Set(vma.IsLocked ? FolioFlags.Anon | FolioFlags.Mlocked : FolioFlags.Anon);
    }

    /// <summary>
    /// A large folio that was swapped out, as many pages of it as are mapped now: <c>folio_add_new_anon_rmap()</c> of all of it if none was mapped before, else <c>folio_add_anon_rmap_ptes()</c>. The task's reference
    /// becomes one mapping's. Whether it is mlocked is left to reclaim (<c>mlock_vma_folio()</c> of small folios only).
    /// </summary>
    public static void FolioAddSwappedInRmap(in Memory m, ref KTask t, Pfn page, int pages, bool exclusive, Vma vma)
    {
        var folio = m.FolioOf(page);
        if (!m.ReadFolio(folio).Test(FolioFlags.Anon))
        {
            FolioAddNewAnonRmap(in m, ref t, folio, exclusive, vma.Without(VmaFlags.Locked));
            return;
        }

        for (var i = 0; i < pages; i++)
        {
            ref var frame = ref m.WriteFrame(page.Plus(i));
            frame.MapCount++;
            if (exclusive) frame.Set(PageFlags.AnonExclusive);
        }

        t.Give(folio);
    }

    /// <summary>
    /// <see cref="PageAddAnonRmap"/> of a page that was swapped out. From 6.11 on one that comes fresh from the device is mapped as a new one
    /// (<c>folio_add_new_anon_rmap()</c>), and is mlocked only when reclaim finds it in a locked VMA (<c>folio_referenced_one()</c>, <c>try_to_unmap_one()</c>).
    /// </summary>
    public static void PageAddSwappedInRmap(in Memory m, ref KTask t, Pfn page, bool exclusive, Vma vma)
    {
        var asNew = (m.Rules & MmRules.FreshIsNotMlocked) != 0 && !m.ReadFolio(m.FolioOf(page)).Test(FolioFlags.Anon);
        PageAddAnonRmap(in m, ref t, page, exclusive, asNew ? vma.Without(VmaFlags.Locked) : vma);
    }

    /// <summary>
    /// <c>page_remove_rmap()</c>: one mapping fewer. The mapping's reference is the task's from here on, which drops it when it is ready to. With the last mapping
    /// in a locked VMA the page is no longer mlocked.
    /// </summary>
    public static void PageRemoveRmap(in Memory m, ref KTask t, Pfn page, Vma vma)
    {
        m.WriteFrame(page).MapCount--;
        var folio = m.FolioOf(page);
        t.Take(folio);
        if (vma.IsLocked) MunlockFolio(in m, page);
    }

    /// <summary><c>munlock_folio()</c>: unless another locked VMA maps it, the page is no longer mlocked. A large folio is not, whoever else maps it: reclaim will correct it.</summary>
    public static void MunlockFolio(in Memory m, Pfn page)
    {
        var folio = m.FolioOf(page);
        if (m.ReadFolio(folio).IsLarge || !IsMappedLocked(in m, folio)) m.WriteFolio(folio).Clear(FolioFlags.Mlocked);
    }

    /// <summary>The folio behind a page table entry: mapped there, or in the swap cache for the swap entry there.</summary>
    public static Pfn FolioBehind(in Memory m, Pte pte) =>
        pte.IsPresent ? m.FolioOf(pte.Pfn) : pte.IsSwap ? m.ReadSlot(pte.Entry).Folio : Pfn.None;

    /// <summary>The page behind a page table entry: mapped there, or in the swap cache for the swap entry there.</summary>
    public static Pfn PageBehind(in Memory m, Pte pte)
    {
        if (!pte.IsSwap) return pte.Pfn;
        var folio = m.ReadSlot(pte.Entry).Folio;
        return folio.IsNone ? folio : SwapFile.PageOf(in m, folio, pte.Entry);
    }

    /// <summary>Whether reclaim takes it for mlocked (<c>folio_referenced_one()</c>): mapped in a locked VMA; a large folio with all of its pages in one.</summary>
    public static bool IsAllMappedLocked(in Memory m, Pfn folio)
    {
        var pages = m.ReadFolio(folio).Pages;
        if (pages == 1) return IsMappedLocked(in m, folio);
        for (byte mm = 0; mm < Capacity.Mms; mm++)
        {
            var (locked, first) = (0, Vma.None);
            for (var left = m.MappingsOf(folio); left.Any; left = left.Rest)
            {
                var at = left.First;
                if (at.Mm.Value != mm) continue;
                var vma = m.ReadVma(at.Mm, at.Page);
                if (locked == 0) first = vma;
                if (vma.IsLocked && vma == first) locked++;
            }

            if (locked == pages) return true;
        }

        return false;
    }

    /// <summary>Whether it is mapped in a locked VMA.</summary>
    public static bool IsMappedLocked(in Memory m, Pfn folio)
    {
        for (var left = m.MappingsOf(folio); left.Any; left = left.Rest)
        {
            if (m.ReadVma(left.First.Mm, left.First.Page).IsLocked) return true;
        }

        return false;
    }
}
