namespace Hooks.Core.Mm;

/// <summary>
/// Folios of several pages: which order a fault gets (mm/memory.c), what is mapped of one, and how one becomes many again (mm/huge_memory.c). Neighbouring pages of an
/// address space whose VMAs are alike are one VMA here, as mmap() and mprotect() would merge and split them.
/// </summary>
internal static class LargeFolio
{
    /// <summary>The largest: four pages.</summary>
    public const int MaxOrder = 2;

    /// <summary><c>alloc_anon_folio()</c>: the highest order whose pages, aligned, lie in the VMA of the fault and are untouched; 0 where the VMA does not ask for more, or a userfaultfd wants to know.</summary>
    public static int AnonOrder(in Memory m, in KTask t)
    {
        if (m.ReadVma(t.Mm, t.Page).Is(VmaFlags.UffdWp)) return 0;
        for (var order = Orders(in m, in t); order >= LeastOrder(in m); order--)
        {
            if (IsOneVma(in m, in t, order) && AreNone(in m, t.Mm, First(t.Page, order), 1 << order)) return order;
        }

        return 0;
    }

    /// <summary>
    /// <c>alloc_swap_folio()</c> (6.12), <c>swapin_sync()</c> with the orders that <c>thp_swapin_suitable()</c> leaves (7.0): the highest order whose pages, aligned, lie in the VMA of the fault, and whose swap PTEs
    /// name neighbouring slots, aligned alike, that differ in nothing else. Not where a userfaultfd wants to know.
    /// </summary>
    public static int SwapInOrder(in Memory m, in KTask t)
    {
        if (m.ReadVma(t.Mm, t.Page).Is(VmaFlags.UffdWp) || !m.ReadArea(t.Entry.Type).Is(AreaFlags.Synchronous)) return 0;
        for (var order = Orders(in m, in t); order >= LeastOrder(in m); order--)
        {
            var index = t.Page.Value & ((1 << order) - 1);
            if ((t.Entry.Offset & ((1 << order) - 1)) != index || !IsOneVma(in m, in t, order)) continue;
            if (IsBatch(in m, in t, First(t.Page, order), index, 1 << order) && AreReadable(in m, t.Entry.Plus(-index), 1 << order)) return order;
        }

        return 0;
    }

    /// <summary><c>swap_pte_batch()</c>: whether the pages from <paramref name="first"/> on have the swap PTEs that go with the fault's, which is that of page <paramref name="index"/> of them.</summary>
    public static bool IsBatch(in Memory m, in KTask t, Vpn first, int index, int pages)
    {
        var any = (m.Rules & MmRules.BatchIgnoresExclusive) != 0 ? PteFlags.SwpExclusive : PteFlags.None;
        for (var i = 0; i < pages; i++)
        {
            if (m.ReadPte(t.Mm, first.Plus(i)).With(any) != t.OrigPte.Plus(i - index).With(any)) return false;
        }

        return true;
    }

    /// <summary>Whether the pages of the fault's address space around it, 1 &lt;&lt; <paramref name="order"/> and aligned, are one VMA.</summary>
    public static bool IsOneVma(in Memory m, in KTask t, int order) => IsOneVma(in m, in t, First(t.Page, order), 1 << order);

    /// <summary>Whether these pages of the fault's address space are the VMA of the fault.</summary>
    public static bool IsOneVma(in Memory m, in KTask t, Vpn first, int pages)
    {
        var vma = m.ReadVma(t.Mm, t.Page);
        for (var i = 0; i < pages; i++)
        {
            if (m.ReadVma(t.Mm, first.Plus(i)) != vma) return false;
        }

        return true;
    }

    /// <summary>The first of the aligned pages around one.</summary>
    public static Vpn First(Vpn page, int order) => new((byte)(page.Value & ~((1 << order) - 1)));

    /// <summary><c>pte_range_none()</c>. Of one page the zero page is as good as nothing: a write to it gets a page of its own.</summary>
    public static bool AreNone(in Memory m, MmId mm, Vpn first, int pages)
    {
        for (var i = 0; i < pages; i++)
        {
            var pte = m.ReadPte(mm, first.Plus(i));
            if (!pte.IsNone || (pages > 1 && pte.IsZeroPage)) return false;
        }

        return true;
    }

    /// <summary><c>folio_mapcount()</c>: page table entries that map any of its pages.</summary>
    public static int MapCount(in Memory m, Pfn folio)
    {
        var count = 0;
        for (int i = 0, pages = m.ReadFolio(folio).Pages; i < pages; i++) count += m.ReadFrame(folio.Plus(i)).MapCount;
        return count;
    }

    /// <summary><c>folio_mapped()</c>.</summary>
    public static bool IsMapped(in Memory m, Pfn folio) => MapCount(in m, folio) != 0;

    /// <summary>
    /// Whether it is one process's: <c>folio_mapcount() == 1</c> of one page; of more <c>folio_likely_mapped_shared()</c>, a guess from the number of mappings and those of the first page, and from 6.15 on
    /// <c>folio_maybe_mapped_shared()</c>, by address spaces.
    /// </summary>
    public static bool IsMappedOnce(in Memory m, Pfn folio)
    {
        var pages = m.ReadFolio(folio).Pages;
        if (pages == 1) return m.ReadFrame(folio).MapCount <= 1;
        var mappings = MapCount(in m, folio);
        if (mappings <= 1) return true;
        if ((m.Rules & MmRules.KnowsMms) != 0) return IsOfOneMm(in m, folio);
        return mappings <= pages && m.ReadFrame(folio).MapCount <= 1;
    }

    /// <summary><c>__wp_can_reuse_large_anon_folio()</c> (6.15): a large folio of which more than one page is mapped, all by the task's process, and that nobody else refers to. It leaves the swap cache on the way.</summary>
    public static bool CanReuse(in Memory m, in KTask t, Pfn folio)
    {
        if ((m.Rules & MmRules.KnowsMms) == 0 || MapCount(in m, folio) <= 1 || !IsOfOneMm(in m, folio)) return false;
        if (m.ReadFolio(folio).Test(FolioFlags.SwapCache))
        {
            if (!m.ReadFolioLock(folio).IsFree) return false;
            SwapFile.FolioFreeSwap(in m, folio);
        }

        return m.ReadFolio(folio).RefCount == MapCount(in m, folio);
    }

    private static bool IsOfOneMm(in Memory m, Pfn folio)
    {
        var all = m.MappingsOf(folio);
        if (!all.Any) return true;
        var mm = all.First.Mm;
        for (var left = all.Rest; left.Any; left = left.Rest)
        {
            if (left.First.Mm != mm) return false;
        }

        return true;
    }

    /// <summary><c>folio_test_partially_mapped()</c>: some page of it is mapped no more.</summary>
    public static bool IsPartiallyMapped(in Memory m, Pfn folio)
    {
        for (int i = 0, pages = m.ReadFolio(folio).Pages; i < pages; i++)
        {
            if (m.ReadFrame(folio.Plus(i)).MapCount == 0) return true;
        }

        return false;
    }

    /// <summary>
    /// <c>split_folio()</c> of a folio that the task has locked: each page becomes a folio of its own. What the task has, the lock and its reference, it has of the folio of page
    /// <paramref name="keep"/> from then on, which becomes <see cref="KTask.Folio"/> (no instruction says that it sets it: it does so together with the lock). On the way every mapping is taken away (try_to_migrate()) and put back (remove_migration_ptes()): for whoever looks at page
    /// tables it is one step here.
    /// </summary>
    /// <param name="m">The machine.</param>
    /// <param name="t">The task.</param>
    /// <param name="keep">The page whose folio the task goes on with.</param>
    /// <returns>False: somebody else refers to it, or it is being written, or an architecture cannot part with a mapping; it stays as it is. So it does where the kernel would wait for another's page table lock.</returns>
    public static bool TrySplit(in Memory m, ref KTask t, Pfn keep)
    {
        var head = t.Folio;
        var old = m.ReadFolio(head);
        var cached = old.Test(FolioFlags.SwapCache);
        var held = t.Held[head];
        if (old.Test(FolioFlags.Writeback) || old.RefCount != Mappings(in m, in t, head) + held + (cached ? old.Pages : 0) || !TryToMigrate(in m, head)) return false;
        if (IsDirty(in m, head)) old.Set(FolioFlags.Dirty);
        if (Rmap.IsMappedLocked(in m, head)) old.Clear(FolioFlags.Mlocked);

        // __split_folio_to_order(): the others go to the LRU, or to the list that reclaim has in hand and gives back. The first page's PG_arch_2 goes to all, whatever theirs was.
        var tagged = m.ReadFrame(head).Test(PageFlags.ArchTagged);
        for (var i = 0; i < old.Pages; i++)
        {
            var page = head.Plus(i);
            ref var frame = ref m.WriteFrame(page);
            frame.Index = 0;
            if ((m.Rules & MmRules.SplitKeepsArchFlag) == 0) frame.Flags = tagged ? frame.Flags | PageFlags.ArchTagged : frame.Flags & ~PageFlags.ArchTagged;
            m.WriteFolio(page) = new Folio
            {
                Flags = page == keep ? old.Flags : old.Flags | FolioFlags.Lru,
                RefCount = (byte)(frame.MapCount + (cached ? 1 : 0) + (page == keep ? held : 0)),
                Entry = cached ? old.Entry.Plus(i) : SwapEntry.None,
            };
            if (cached) m.WriteSlot(old.Entry.Plus(i)).Folio = page;
        }

        for (var i = 0; i < old.Pages && (m.Rules & MmRules.SplitToZeroPage) != 0; i++) TryToMapUnusedToZeroPage(in m, head.Plus(i));
        RemoveMigrationPtes(in m, head, old.Pages);
        Keep(in m, ref t, head, keep, held);
        FreeUnmapped(in m, head, keep, old.Pages);
        m.Count(Mark.FolioSplit);
        return true;
    }

    /// <summary>Makes a folio that was just mapped, and is in the LRU batch, so many folios of one page (<see cref="MmRules.OnePageEach"/>).</summary>
    public static void Separate(in Memory m, Pfn head)
    {
        var old = m.ReadFolio(head);
        for (var i = 0; i < old.Pages; i++)
        {
            m.WriteFrame(head.Plus(i)).Index = 0;
            m.WriteFolio(head.Plus(i)) = new Folio { Flags = old.Flags, RefCount = (byte)(i == 0 ? 1 + old.RefCount - old.Pages : 1) };
            if (i > 0) PageAlloc.LruCacheAdd(in m, head.Plus(i));
        }
    }

    /// <summary>The orders that may be had at all.</summary>
    private static int Orders(in Memory m, in KTask t) => (m.Rules & MmRules.LargeFolios) != 0 && m.ReadVma(t.Mm, t.Page).Is(VmaFlags.Large) ? MaxOrder : 0;

    /// <summary>The smallest order above 0 that there is.</summary>
    private static int LeastOrder(in Memory m) => (m.Rules & MmRules.Clusters) != 0 ? MaxOrder : 1;

    /// <summary>Slots that are in use, in nobody's cache, and zero or not alike.</summary>
    private static bool AreReadable(in Memory m, SwapEntry first, int slots)
    {
        var zero = m.ReadSlot(first).IsZero;
        for (var i = 0; i < slots; i++)
        {
            ref readonly var slot = ref m.ReadSlot(first.Plus(i));
            if (slot.Count == 0 || slot.HasCache || slot.IsZero != zero) return false;
        }

        return true;
    }

    /// <summary>The entries that map it, as a walk finds them: one that is being taken away has a reference and no entry. Too many to be true if another task is changing a page table that has one.</summary>
    private static int Mappings(in Memory m, in KTask t, Pfn folio)
    {
        var all = m.MappingsOf(folio);
        for (var left = all; left.Any; left = left.Rest)
        {
            if (!m.ReadPageTableLock(left.First.Mm).IsFree && !t.PageTableLocks.Contains(left.First.Mm)) return int.MaxValue / 2;
        }

        return all.Count;
    }

    /// <summary><c>try_to_migrate()</c>: the architecture is asked as when a page is swapped out.</summary>
    private static bool TryToMigrate(in Memory m, Pfn folio)
    {
        for (var left = m.MappingsOf(folio); left.Any; left = left.Rest)
        {
            if (!m.Arch.ArchUnmapOne(in m, left.First.Mm, left.First.Page, m.ReadPte(left.First))) return false;
        }

        return true;
    }

    /// <summary><c>try_to_migrate_one()</c>: what was written through a mapping is the folio's to remember, all of it.</summary>
    private static bool IsDirty(in Memory m, Pfn folio)
    {
        for (var left = m.MappingsOf(folio); left.Any; left = left.Rest)
        {
            if (m.ReadPte(left.First).IsDirty) return true;
        }

        return false;
    }

    /// <summary>
    /// <c>try_to_map_unused_to_zeropage()</c>: a page of zeroes is not put back where it was mapped, the zero page is; not in a locked mapping, nor with arm64 where PG_mte_tagged says that it has tags (memcmp_pages()).
    /// What that flag says is that of the folio's first page by now.
    /// </summary>
    private static void TryToMapUnusedToZeroPage(in Memory m, Pfn page)
    {
        if (m.ReadFrame(page).Data != 0 || m.ReadFrame(page).Test(PageFlags.ArchTagged)) return;
        PageAt at = default;
        while (m.NextInWalk(page, ref at))
        {
            // Put back in a locked mapping it is mlocked, and stays in those that come after.
            if (m.ReadFolio(page).Test(FolioFlags.Mlocked) || m.ReadVma(at.Mm, at.Page).IsLocked) return;
            m.WritePte(at, Pte.ZeroPage.With(m.ReadPte(at).Tracking));
            m.WriteCounters(at.Mm).AnonPages--;
            ref var frame = ref m.WriteFrame(page);
            frame.MapCount--;
            frame.Clear(PageFlags.AnonExclusive);
            m.WriteFolio(page).RefCount--;
        }
    }

    /// <summary><c>remove_migration_pte()</c>: no hook of the swap path is called; set_pte_at() is.</summary>
    private static void RemoveMigrationPtes(in Memory m, Pfn first, int pages)
    {
        for (var i = 0; i < pages; i++)
        {
            for (var left = m.MappingsOf(first.Plus(i)); left.Any; left = left.Rest)
            {
                var at = left.First;
                var pte = m.ReadPte(at);
                m.WritePte(at, Pte.None);
                m.Arch.SetPteAt(in m, at.Mm, at.Page, pte);
                if (m.ReadVma(at.Mm, at.Page).IsLocked) m.WriteFolio(first.Plus(i)).Set(FolioFlags.Mlocked);
            }
        }
    }

    private static void Keep(in Memory m, ref KTask t, Pfn head, Pfn keep, int held)
    {
        if (keep == head) return;
        for (var i = 0; i < held; i++)
        {
            t.Give(head);
            t.Take(keep);
        }

        m.WriteFolioLock(keep, m.ReadFolioLock(head));
        m.WriteFolioLock(head, default);
        t.Folio = keep;
    }

    /// <summary><c>free_folio_and_swap_cache()</c> of the new folios: one that nobody maps is free, unless swap entries refer to it.</summary>
    private static void FreeUnmapped(in Memory m, Pfn first, Pfn keep, int pages)
    {
        for (var i = 0; i < pages; i++)
        {
            var folio = first.Plus(i);
            if (folio == keep || m.ReadFrame(folio).MapCount != 0) continue;
            m.WriteFolio(folio).RefCount++;
            SwapFile.FreeSwapCache(in m, folio);
            PageAlloc.Put(in m, folio);
        }
    }
}
