using System.Numerics;
using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// A folio's references are its mappings, its pins, one for the swap cache, one for the LRU batch, one for each task that holds it;
/// its map count is the number of page table entries that map it; MM_ANONPAGES counts them for each process. Pages that a
/// task works on under a page table lock are in the middle of a change.
/// </summary>
public sealed class Refcount : IInvariant
{
    private const byte BadPut = 0;
    private const byte Refs = 1;
    private const byte Maps = 2;
    private const byte AnonPages = 3;
    private const byte TooFew = 4;
    private const byte FreeInUse = 5;
    private const byte PinCount = 6;

    /// <inheritdoc/>
    public InvariantId Id => InvariantId.Refcount;

    /// <inheritdoc/>
    public string Name => "refcount";

    /// <inheritdoc/>
    public string Statement => "a folio's reference count is its mappings and pins plus swap cache, LRU batch and holders; its map count is the number of PTEs that map it";

    /// <inheritdoc/>
    public Event ExercisedBy => Event.FolioFreed;

    /// <inheritdoc/>
    public string Exercise => "a page was freed";

    /// <inheritdoc/>
    public Concern Concerns => Concern.Mms | Concern.Folios;

    /// <inheritdoc/>
    public Event Alarms => Event.BadFolioPut;

    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => true;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        breach = default;
        if ((v.Events & Event.BadFolioPut) != 0)
        {
            breach = new Breach(Id, BadPut);
            return false;
        }

        for (var left = (uint)v.Scope.Mms; left != 0; left &= left - 1)
        {
            var m = (byte)BitOperations.TrailingZeroCount(left);
            ref readonly var mm = ref v.State.Mms[m];
            if (!mm.IsAlive || mm.PtlOwner != 0) continue;
            var present = 0;
            for (var p = 0; p < Capacity.Pages; p++)
            {
                if (mm.Ptes[p].IsPresent) present++;
            }

            if (present == mm.AnonPages) continue;
            breach = new Breach(Id, AnonPages, new MmId(m), Expected: present, Actual: mm.AnonPages);
            return false;
        }

        for (var left = v.Scope.Folios; left != 0; left &= left - 1)
        {
            var pfn = new Pfn((byte)BitOperations.TrailingZeroCount(left));
            ref readonly var folio = ref v.State.Folios[pfn.Value];
            var maps = BitOperations.PopCount(v.Referrers.MappedAt(pfn.Value));
            var pinned = v.Referrers.PinnedAt(pfn.Value);
            if (maps == 0 && pinned == 0 && (v.Referrers.Held & pfn.Bit) == 0 && IsFree(in folio)) continue;
            var gets = Gets(in v, pinned);
            var pins = BitOperations.PopCount(pinned) - gets;
            if (folio.Pins != pins)
            {
                breach = new Breach(Id, PinCount, Pfn: pfn, Expected: pins, Actual: folio.Pins);
                return false;
            }

            var known = maps + pins + gets + (folio.Test(FolioFlags.SwapCache) ? 1 : 0) + (folio.Test(FolioFlags.LruBatch) ? 1 : 0);
            if ((v.Referrers.FoliosInWork & pfn.Bit) != 0)
            {
                // In the middle of a change there may be references, and from 5.19 on map counts, too many, but never too few.
                if (folio.RefCount >= known && (!v.MarksExclusive || folio.MapCount >= maps)) continue;
                breach = folio.RefCount < known
                    ? new Breach(Id, TooFew, Pfn: pfn, Expected: known, Actual: folio.RefCount)
                    : new Breach(Id, Maps, Pfn: pfn, Expected: maps, Actual: folio.MapCount);
                return false;
            }

            var refs = known + ((v.Referrers.Held & pfn.Bit) != 0 ? 1 : 0);
            if (folio.RefCount == refs && folio.MapCount == maps)
            {
                if (refs != 0) continue;
                breach = new Breach(Id, FreeInUse, Pfn: pfn);
                return false;
            }

            breach = folio.RefCount != refs
                ? new Breach(Id, Refs, Pfn: pfn, Expected: refs, Actual: folio.RefCount)
                : new Breach(Id, Maps, Pfn: pfn, Expected: maps, Actual: folio.MapCount);
            return false;
        }

        return true;
    }

    /// <summary>How many of the pins at these pages are plain references.</summary>
    private static int Gets(in View v, uint pages)
    {
        var gets = 0;
        for (; pages != 0; pages &= pages - 1)
        {
            var (m, p) = Scope.PageOf(pages);
            if ((v.State.Mms[m].Pins[p].Flags & PinFlags.Get) != 0) gets++;
        }

        return gets;
    }

    /// <summary>Whether a page is free in every respect.</summary>
    private static bool IsFree(in Folio folio) =>
        folio.Flags == FolioFlags.None && folio is { RefCount: 0, MapCount: 0, LockedBy: 0, Pins: 0 } && folio.Entry.IsNone;

    /// <inheritdoc/>
    public string Describe(in Breach breach) => breach.Code switch
    {
        BadPut => "a reference to a page was dropped that nobody had",
        Refs => $"{breach.Pfn} has reference count {breach.Actual}, but its mappings, its pins, the swap cache, the LRU batch and the tasks that hold it make {breach.Expected}",
        TooFew => $"{breach.Pfn} has reference count {breach.Actual}, though its mappings, its pins, the swap cache and the LRU batch alone make {breach.Expected}: it can be freed under their feet",
        FreeInUse => $"{breach.Pfn} is free, yet it has flags set, is locked or has a swap entry",
        PinCount => $"{breach.Pfn} counts {breach.Actual} pins, but has {breach.Expected}",
        Maps => $"{breach.Pfn} has map count {breach.Actual}, but {breach.Expected} page table entries map it",
        _ => $"{breach.Mm} counts {breach.Actual} anonymous pages, but maps {breach.Expected}",
    };
}
