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
        if (vma.IsLocked) m.WriteFolio(folio).Set(FolioFlags.Mlocked);
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

    /// <summary><c>munlock_folio()</c>: unless another locked VMA maps it, the page is no longer mlocked.</summary>
    public static void MunlockFolio(in Memory m, Pfn page)
    {
        if (!IsMappedLocked(in m, page)) m.WriteFolio(m.FolioOf(page)).Clear(FolioFlags.Mlocked);
    }

    /// <summary>The folio behind a page table entry: mapped there, or in the swap cache for the swap entry there.</summary>
    public static Pfn FolioBehind(in Memory m, Pte pte) =>
        pte.IsPresent ? m.FolioOf(pte.Pfn) : pte.IsSwap ? m.ReadSlot(pte.Entry).Folio : Pfn.None;

    private static bool IsMappedLocked(in Memory m, Pfn page)
    {
        PageAt at = default;
        while (m.NextMapping(page, ref at))
        {
            if (m.ReadVma(at.Mm, at.Page).IsLocked) return true;
            if (at.Number == PageAt.Total - 1) return false;
            at = PageAt.At(at.Number + 1);
        }

        return false;
    }
}
