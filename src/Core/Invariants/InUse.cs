using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>What of a machine is in use, or is referred to: most of it never is, in a small world.</summary>
internal static class InUse
{
    /// <summary>The address spaces, folios and slots.</summary>
    public static Footprint Of(in World w)
    {
        var used = new Footprint();
        ref readonly var s = ref w.State;
        for (byte i = 0; i < Capacity.Mms; i++)
        {
            var mm = new MmId(i);
            if (!IsInUse(in s, mm) && !AnyPin(in s, mm)) continue;
            used.Mms = used.Mms.With(mm);
            for (var pages = PageAt.AllOf(mm); pages.Any; pages = pages.Rest) Include(in s, pages.First, ref used);
        }

        for (byte i = 1; i <= Capacity.Frames; i++)
        {
            ref readonly var folio = ref s.Folio(new Pfn(i));
            used.Folios = new(used.Folios.Bits | (((byte)folio.Flags | folio.Order | folio.RefCount | folio.Pins | folio.Entry.Value | s.FolioLock(new Pfn(i)).Value) != 0 ? 1UL << i : 0));
        }

        used.Folios |= s.Globals.LruBatch;
        used.Slots |= s.Metadata.Saved | w.Ghost.Owed;
        for (var type = 0; type < Capacity.Areas; type++)
        {
            for (var offset = 1; offset <= s.Area(type).HighWater; offset++)
            {
                var entry = SwapEntry.Of(type, offset);
                used.Slots = used.Slots.With(entry);
                used.Folios = used.Folios.With(s.Slot(entry).Folio);
            }
        }

        for (byte i = 0; i < Capacity.Tasks; i++)
        {
            ref readonly var t = ref w.Tasks[i];
            used.Folios |= t.Held.Folios;
            used.Slots |= t.Claimed;
        }

        used.Folios = used.Folios.Without(Pfn.None);
        return used;
    }

    private static bool IsInUse(in MachineState s, MmId mm) =>
        ((byte)s.Mm(mm).Flags | s.Mm(mm).Users | s.Counters(mm).AnonPages | s.Counters(mm).SwapEnts | s.PageTableLock(mm).Value | s.MmapLock(mm).Readers | s.MmapLock(mm).Writer.Value) != 0;

    private static bool AnyPin(in MachineState s, MmId mm)
    {
        for (var pages = PageAt.AllOf(mm); pages.Any; pages = pages.Rest)
        {
            if (!s.Pin(pages.First).Pfn.IsNone) return true;
        }

        return false;
    }

    private static void Include(in MachineState s, PageAt at, ref Footprint used)
    {
        var pte = s.Pte(at);
        if (pte.Kind is PteKind.Present or PteKind.Migration) used.Folios = used.Folios.With(pte.Pfn);
        else if (pte.IsSwap) used.Slots = used.Slots.With(pte.Entry);
        used.Folios = used.Folios.With(s.Pin(at).Pfn);
    }
}
