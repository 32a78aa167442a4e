namespace Hooks.Core.Mm;

/// <summary>mm/rmap.c: the count of mappings, and the exclusive mark.</summary>
public static class Rmap
{
    /// <summary>
    /// <c>page_add_anon_rmap()</c> / <c>page_add_new_anon_rmap()</c>: one mapping more. The reference that the task
    /// holds becomes the mapping's. A page mapped into a locked VMA is mlocked.
    /// </summary>
    /// <param name="s">The machine.</param>
    /// <param name="t">The task that holds a reference.</param>
    /// <param name="pfn">The page.</param>
    /// <param name="exclusive"><c>RMAP_EXCLUSIVE</c>, on a kernel that marks pages (5.19 on).</param>
    /// <param name="vma">The VMA mapped into.</param>
    public static void PageAddAnonRmap(ref MachineState s, ref KTask t, Pfn pfn, bool exclusive, VmaFlags vma)
    {
        ref var folio = ref s.Folio(pfn);
        folio.MapCount++;
        t.Held &= ~pfn.Bit;
        if (exclusive) folio.Set(FolioFlags.AnonExclusive);
        if ((vma & VmaFlags.Locked) != 0) folio.Set(FolioFlags.Mlocked);
    }

    /// <summary>
    /// <c>page_remove_rmap()</c>: one mapping fewer. The mapping's reference is dropped by the caller. With the last mapping
    /// in a locked VMA the page is no longer mlocked.
    /// </summary>
    public static void PageRemoveRmap(ref MachineState s, Pfn pfn, VmaFlags vma)
    {
        ref var folio = ref s.Folio(pfn);
        folio.MapCount--;
        if ((vma & VmaFlags.Locked) != 0 && !IsMappedLocked(in s, pfn)) folio.Clear(FolioFlags.Mlocked);
    }

    /// <summary>The next mapping of a page at or after the given place, in the order of mm and page; <c>rmap_walk()</c>.</summary>
    /// <returns>Whether there is one.</returns>
    public static bool NextMapping(in MachineState s, Pfn pfn, ref MmId mm, ref Vpn page)
    {
        for (int m = mm.Value, v = page.Value; m < Capacity.Mms; m++, v = 0)
        {
            for (; v < Capacity.Pages; v++)
            {
                var pte = s.Mms[m].Ptes[v];
                if (!pte.IsPresent || pte.Pfn != pfn) continue;
                mm = new MmId((byte)m);
                page = new Vpn((byte)v);
                return true;
            }
        }

        return false;
    }

    /// <summary>The page behind a page table entry: mapped there, or in the swap cache for the swap entry there.</summary>
    public static Pfn FolioBehind(in MachineState s, Pte pte) =>
        pte.IsPresent ? pte.Pfn : pte.IsSwap ? s.Slots[pte.Entry.Index].Folio : Pfn.None;

    private static bool IsMappedLocked(in MachineState s, Pfn pfn)
    {
        MmId mm = default;
        Vpn page = default;
        while (NextMapping(in s, pfn, ref mm, ref page))
        {
            if ((s.Mms[mm.Value].Vmas[page.Value] & VmaFlags.Locked) != 0) return true;
            (mm, page) = page.Value == Capacity.Pages - 1 ? (new MmId((byte)(mm.Value + 1)), default) : (mm, new Vpn((byte)(page.Value + 1)));
        }

        return false;
    }
}
