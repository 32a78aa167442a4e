namespace Hooks.Core.Mm;

/// <summary>mm/page_alloc.c and mm/swap.c: giving pages out, references, LRU batches.</summary>
internal static class PageAlloc
{
    /// <summary>
    /// <c>alloc_pages()</c>: a free page with one reference, held by the task. It comes with somebody else's tags: which page is given out is
    /// the environment's choice, and it always makes this one, as a page of one's own would hide lost tags.
    /// </summary>
    /// <returns>The page, or <see cref="Pfn.None"/> when memory is full, or the call was made to fail.</returns>
    public static Pfn Alloc(in Memory m, ref KTask t)
    {
        var pfn = AllocFolio(in m, ref t, order: 0);
        if (pfn.IsNone) t.Set(TaskFlags.AllocFailed);
        return pfn;
    }

    /// <summary><c>vma_alloc_folio()</c>: a folio of 1 &lt;&lt; <paramref name="order"/> pages, as <see cref="Alloc"/> gives one. Who asked for more than one page asks for one when there is none.</summary>
    public static Pfn AllocFolio(in Memory m, ref KTask t, int order)
    {
        var pages = 1 << order;
        var pfn = m.Strikes(FaultKind.Alloc) ? Pfn.None : m.NextFree(pages);
        if (pfn.IsNone) return pfn;
        m.WriteGlobals(GlobalParts.PageAllocator).LastPfn = (byte)(pfn.Value + pages - 1);
        m.WriteFolio(pfn) = new Folio { RefCount = 1, Order = (byte)order };
        for (var i = 0; i < pages; i++) m.WriteFrame(pfn.Plus(i)) = new PageFrame { Tags = PageTags.PreviousOwner, Index = (byte)i };
        t.Take(pfn);
        return pfn;
    }

    /// <summary><c>folio_get()</c> by a task.</summary>
    public static void Get(in Memory m, ref KTask t, Pfn folio)
    {
        m.WriteFolio(folio).RefCount++;
        t.Take(folio);
    }

    /// <summary><c>folio_put()</c> of the task's own reference.</summary>
    public static void Put(in Memory m, ref KTask t, Pfn folio)
    {
        t.Give(folio);
        Put(in m, folio);
    }

    /// <summary><c>folio_put()</c> of a reference that a mapping, a batch or the swap cache had.</summary>
    public static void Put(in Memory m, Pfn pfn)
    {
        ref var folio = ref m.WriteFolio(pfn);
        if (folio.RefCount == 0)
        {
            m.Complain(Oops.BadFolioPut);
            return;
        }

        if (--folio.RefCount != 0) return;

        // free_pages_prepare() clears the page flags, PG_arch_2 with them. The memory keeps its content, tags and all.
        var pages = folio.Pages;
        folio = default;
        for (var i = 0; i < pages; i++)
        {
            ref var page = ref m.WriteFrame(pfn.Plus(i));
            page = new PageFrame { Data = page.Data, Tags = page.Tags };
        }

        m.WriteFolioLock(pfn, default);
        ref readonly var batch = ref m.ReadGlobals(GlobalParts.LruBatch).LruBatch;
        if (batch.Contains(pfn)) m.WriteGlobals(GlobalParts.LruBatch).LruBatch = batch.Without(pfn);
        m.WriteGlobals(GlobalParts.PageAllocator);
        m.Count(Mark.FolioFreed);
    }

    /// <summary><c>folio_add_lru()</c>: into this CPU's batch, which holds a reference. A large folio does not stay there, and neither does what is in it already (<c>folio_may_be_lru_cached()</c>).</summary>
    public static void LruCacheAdd(in Memory m, Pfn folio)
    {
        ref var globals = ref m.WriteGlobals(GlobalParts.LruBatch);
        globals.LruBatch = globals.LruBatch.With(folio);
        m.WriteFolio(folio).RefCount++;
        if (m.ReadFolio(folio).IsLarge) LruAddDrain(in m);
    }

    /// <summary><c>lru_add_drain()</c>: the batch's pages go to the LRU lists, its references are dropped.</summary>
    public static void LruAddDrain(in Memory m)
    {
        var batch = m.ReadGlobals(GlobalParts.LruBatch).LruBatch;
        if (!batch.Any) return;
        m.WriteGlobals(GlobalParts.LruBatch).LruBatch = default;
        for (; batch.Any; batch = batch.Rest)
        {
            m.WriteFolio(batch.First).Set(FolioFlags.Lru);
            Put(in m, batch.First);
        }
    }

    /// <summary>Whether a folio is in the LRU batch.</summary>
    public static bool InLruBatch(in Memory m, Pfn folio) => m.ReadGlobals(GlobalParts.LruBatch).LruBatch.Contains(folio);
}
