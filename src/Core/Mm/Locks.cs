namespace Hooks.Core.Mm;

/// <summary>
/// The locks, in the kernel's order: mmap_lock → folio lock → page table lock. Taking one that somebody else has
/// answers false, and the step blocks. (The slot lock is not modelled: every change of a slot is one atomic step.)
/// </summary>
public static class Locks
{
    /// <summary><c>mmap_read_lock()</c>.</summary>
    public static bool TryMmapRead(ref MachineState s, ref KTask t)
    {
        ref var mm = ref s.Mm(t.Mm);
        if (mm.MmapWriter != 0) return false;
        mm.MmapReaders++;
        t.Set(TaskFlags.MmapRead);
        return true;
    }

    /// <summary><c>mmap_write_lock()</c>.</summary>
    public static bool TryMmapWrite(ref MachineState s, ref KTask t)
    {
        ref var mm = ref s.Mm(t.Mm);
        if (mm.MmapWriter != 0 || mm.MmapReaders != 0) return false;
        mm.MmapWriter = Me(in t);
        t.Set(TaskFlags.MmapWrite);
        return true;
    }

    /// <summary><c>mmap_read_unlock()</c> or <c>mmap_write_unlock()</c>, whichever the task holds.</summary>
    public static void MmapUnlock(ref MachineState s, ref KTask t)
    {
        ref var mm = ref s.Mm(t.Mm);
        if (t.Is(TaskFlags.MmapRead)) mm.MmapReaders--;
        if (t.Is(TaskFlags.MmapWrite)) mm.MmapWriter = 0;
        t.Clear(TaskFlags.MmapRead | TaskFlags.MmapWrite);
    }

    /// <summary><c>folio_trylock()</c>; <c>folio_lock()</c> is this, tried again until it succeeds.</summary>
    public static bool TryFolio(ref MachineState s, ref KTask t, Pfn pfn)
    {
        ref var folio = ref s.Folio(pfn);
        if (folio.LockedBy != 0) return false;
        folio.LockedBy = Me(in t);
        return true;
    }

    /// <summary><c>folio_unlock()</c>.</summary>
    public static void UnlockFolio(ref MachineState s, ref KTask t, Pfn pfn)
    {
        ref var folio = ref s.Folio(pfn);
        if (folio.LockedBy != Me(in t)) s.Events |= Event.BadUnlock;
        folio.LockedBy = 0;
    }

    /// <summary><c>pte_offset_map_lock()</c>: the page table lock of an mm.</summary>
    public static bool TryPtl(ref MachineState s, ref KTask t, MmId id)
    {
        ref var mm = ref s.Mm(id);
        if (mm.PtlOwner != 0) return false;
        mm.PtlOwner = Me(in t);
        t.Ptls |= (byte)(1 << id.Value);
        return true;
    }

    /// <summary><c>pte_unmap_unlock()</c>.</summary>
    public static void PtlUnlock(ref MachineState s, ref KTask t, MmId id)
    {
        if (s.Mm(id).PtlOwner != Me(in t)) s.Events |= Event.BadUnlock;
        s.Mm(id).PtlOwner = 0;
        t.Ptls &= (byte)~(1 << id.Value);
    }

    private static byte Me(in KTask t) => (byte)(t.Mm.Value + 1);
}
