namespace Hooks.Core.Mm;

/// <summary>mm/page_alloc.c and mm/swap.c: giving pages out, references, LRU batches.</summary>
public static class PageAlloc
{
    /// <summary>
    /// <c>alloc_pages()</c>: a free page with one reference, held by the task. Its data and tags are whatever was there.
    /// Frames go round, so that a freed page is not at once its old owner's again (which would hide lost tags).
    /// </summary>
    /// <returns>The page, or <see cref="Pfn.None"/> when memory is full, or the call was made to fail.</returns>
    public static Pfn Alloc(ref MachineState s, ref KTask t)
    {
        if (FaultInjection.Strikes(ref s, FaultKind.Alloc))
        {
            t.Set(TaskFlags.AllocFailed);
            return Pfn.None;
        }

        for (var i = 1; i <= Capacity.Folios; i++)
        {
            var pfn = new Pfn((byte)(((s.LastPfn + i - 1) % Capacity.Folios) + 1));
            ref var folio = ref s.Folio(pfn);
            if (folio.RefCount != 0) continue;
            s.LastPfn = pfn.Value;
            folio.RefCount = 1;
            t.Held |= pfn.Bit;
            return pfn;
        }

        return Pfn.None;
    }

    /// <summary><c>folio_get()</c> by a task.</summary>
    public static void Get(ref MachineState s, ref KTask t, Pfn pfn)
    {
        s.Folio(pfn).RefCount++;
        t.Held |= pfn.Bit;
    }

    /// <summary><c>folio_put()</c> of the task's own reference.</summary>
    public static void Put(ref MachineState s, ref KTask t, Pfn pfn)
    {
        t.Held &= ~pfn.Bit;
        Put(ref s, pfn);
    }

    /// <summary><c>folio_put()</c> of a reference that a mapping, a batch or the swap cache had.</summary>
    public static void Put(ref MachineState s, Pfn pfn)
    {
        ref var folio = ref s.Folio(pfn);
        if (folio.RefCount == 0)
        {
            s.Events |= Event.BadFolioPut;
            return;
        }

        if (--folio.RefCount != 0) return;

        // free_pages_prepare() clears the page flags, PG_arch_2 with them. The tag memory keeps its content.
        folio = new Folio { Data = folio.Data, Tags = folio.Tags };
        s.Events |= Event.FolioFreed;
    }

    /// <summary><c>folio_add_lru()</c>: into this CPU's batch, which holds a reference.</summary>
    public static void LruCacheAdd(ref MachineState s, Pfn pfn)
    {
        ref var folio = ref s.Folio(pfn);
        folio.Set(FolioFlags.LruBatch);
        folio.RefCount++;
    }

    /// <summary><c>lru_add_drain()</c>: the batch's pages go to the LRU lists, its references are dropped.</summary>
    public static void LruAddDrain(ref MachineState s)
    {
        for (byte i = 1; i <= Capacity.Folios; i++)
        {
            var pfn = new Pfn(i);
            ref var folio = ref s.Folio(pfn);
            if (!folio.Test(FolioFlags.LruBatch)) continue;
            folio.Clear(FolioFlags.LruBatch);
            folio.Set(FolioFlags.Lru);
            Put(ref s, pfn);
        }
    }
}
