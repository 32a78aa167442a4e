using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// A folio's references are its mappings, its pins, one for each page in the swap cache, one for the LRU batch, one for each task that holds it;
/// its map count is the number of page table entries that map it; MM_ANONPAGES counts them for each process. Pages that a
/// task works on under a page table lock are in the middle of a change.
/// </summary>
internal sealed class Refcount : IInvariant
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
    public Mark ExercisedBy => Mark.FolioFreed;

    /// <inheritdoc/>
    public string Exercise => "a page was freed";

    /// <inheritdoc/>
    public Concern Concerns => Concern.Mms | Concern.Folios;

    /// <inheritdoc/>
    public Oops Complaints => Oops.BadFolioPut;

    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => true;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        breach = default;
        if ((v.Report.Oops & Oops.BadFolioPut) != 0)
        {
            breach = new Breach(Id, BadPut);
            return false;
        }

        for (var left = v.Scope.Mms; left.Any; left = left.Rest)
        {
            var mm = left.First;
            if (!v.State.Mm(mm).IsAlive || !v.State.PageTableLock(mm).IsFree) continue;
            var present = (v.Referrers.Present & PageAt.AllOf(mm)).Count;
            if (present == v.State.Counters(mm).AnonPages) continue;
            breach = new Breach(Id, AnonPages, mm, Expected: present, Actual: v.State.Counters(mm).AnonPages);
            return false;
        }

        for (var left = v.Scope.Folios; left.Any; left = left.Rest)
        {
            var pfn = v.State.FolioOf(left.First);
            if (v.State.Folio(pfn).IsLarge ? !CheckLargeFolio(in v, pfn, ref breach) : !CheckFolio(in v, pfn, ref breach)) return false;
        }

        return true;
    }

    private bool CheckFolio(in View v, Pfn pfn, ref Breach breach)
    {
        ref readonly var folio = ref v.State.Folio(pfn);
        ref readonly var page = ref v.State.Frame(pfn);
        var maps = v.Referrers.MappedAt(pfn).Count;
        var pinned = v.Referrers.PinnedAt(pfn);
        var held = v.Attention.Holdings.HeldTo(pfn);
        if (maps == 0 && !pinned.Any && held == 0 && IsFree(in v, pfn)) return true;
        var gets = Gets(in v, pinned);
        var pins = pinned.Count - gets;
        var grabbed = v.Attention.Holdings.GrabbedOn(pfn);
        if (folio.Pins != pins + grabbed)
        {
            breach = new Breach(Id, PinCount, Pfn: pfn, Expected: pins + grabbed, Actual: folio.Pins);
            return false;
        }

        var known = maps + pins + gets + (folio.Test(FolioFlags.SwapCache) ? 1 : 0) + (v.State.Globals.LruBatch.Contains(pfn) ? 1 : 0);
        if (v.Referrers.FoliosInWork.Contains(pfn))
        {
            // In the middle of a change there may be references, and from 5.19 on map counts, too many, but never too few.
            if (folio.RefCount < known) breach = new Breach(Id, TooFew, Pfn: pfn, Expected: known, Actual: folio.RefCount);
            else if (v.MarksExclusive && page.MapCount < maps) breach = new Breach(Id, Maps, Pfn: pfn, Expected: maps, Actual: page.MapCount);
            else return true;
            return false;
        }

        var refs = known + held;
        if (folio.RefCount != refs) breach = new Breach(Id, Refs, Pfn: pfn, Expected: refs, Actual: folio.RefCount);
        else if (page.MapCount != maps) breach = new Breach(Id, Maps, Pfn: pfn, Expected: maps, Actual: page.MapCount);
        else if (refs == 0) breach = new Breach(Id, FreeInUse, Pfn: pfn);
        else return true;
        return false;
    }

    /// <summary>As <see cref="CheckFolio"/>: map counts of each page, references and pins of all of them.</summary>
    private bool CheckLargeFolio(in View v, Pfn pfn, ref Breach breach)
    {
        ref readonly var folio = ref v.State.Folio(pfn);
        var inWork = v.Referrers.FoliosInWork.Contains(pfn);
        int maps = 0, pinned = 0, gets = 0;
        for (var i = 0; i < folio.Pages; i++)
        {
            var page = pfn.Plus(i);
            var mapped = v.Referrers.MappedAt(page).Count;
            var counted = v.State.Frame(page).MapCount;
            var pins = v.Referrers.PinnedAt(page);
            maps += mapped;
            pinned += pins.Count;
            gets += Gets(in v, pins);
            if (inWork ? !v.MarksExclusive || counted >= mapped : counted == mapped) continue;
            breach = new Breach(Id, Maps, Pfn: page, Expected: mapped, Actual: counted);
            return false;
        }

        var held = v.Attention.Holdings.HeldTo(pfn);
        var grabbed = v.Attention.Holdings.GrabbedOn(pfn);
        var known = maps + pinned + (folio.Test(FolioFlags.SwapCache) ? folio.Pages : 0) + (v.State.Globals.LruBatch.Contains(pfn) ? 1 : 0);
        if (folio.Pins != pinned - gets + grabbed) breach = new Breach(Id, PinCount, Pfn: pfn, Expected: pinned - gets + grabbed, Actual: folio.Pins);
        else if (inWork && folio.RefCount < known) breach = new Breach(Id, TooFew, Pfn: pfn, Expected: known, Actual: folio.RefCount);
        else if (!inWork && folio.RefCount != known + held) breach = new Breach(Id, Refs, Pfn: pfn, Expected: known + held, Actual: folio.RefCount);
        else if (!inWork && known + held == 0) breach = new Breach(Id, FreeInUse, Pfn: pfn);
        else return true;
        return false;
    }

    /// <summary>How many of the pins at these pages are plain references.</summary>
    private static int Gets(in View v, BitSet<PageAt> pages)
    {
        var gets = 0;
        for (; pages.Any; pages = pages.Rest)
        {
            if ((v.State.Pin(pages.First).Flags & PinFlags.Get) != 0) gets++;
        }

        return gets;
    }

    /// <summary>Whether a page is free in every respect.</summary>
    private static bool IsFree(in View v, Pfn pfn)
    {
        ref readonly var folio = ref v.State.Folio(pfn);
        ref readonly var page = ref v.State.Frame(pfn);
        return folio is { Flags: FolioFlags.None, RefCount: 0, Pins: 0, Entry.IsNone: true } && page is { Flags: PageFlags.None, MapCount: 0 }
            && v.State.FolioLock(pfn).IsFree && !v.State.Globals.LruBatch.Contains(pfn);
    }

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
