using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// Writable ⇒ exclusive ⇒ alone. A writable mapping is the page's only one, and no swap entry refers to the page; from
/// 5.19 on it is marked exclusive. A marked page, or a marked swap entry, is nobody else's. Entries whose page table lock
/// is held are in the middle of a change.
/// </summary>
internal sealed class Exclusivity : IInvariant
{
    private const byte WritableShared = 0;
    private const byte WritableUnmarked = 1;
    private const byte MarkedShared = 2;
    private const byte SwapMarkerShared = 3;
    private const byte CachedMarked = 4;

    /// <inheritdoc/>
    public InvariantId Id => InvariantId.Exclusivity;

    /// <inheritdoc/>
    public string Name => "exclusivity";

    /// <inheritdoc/>
    public string Statement => "a writable page is exclusive (marked so from 5.19 on), and an exclusive page has one mapping and no swap entry that refers to it";

    /// <inheritdoc/>
    public Mark ExercisedBy => Mark.CowCopy | Mark.CowReuse;

    /// <inheritdoc/>
    public string Exercise => "a write to a read-only page copied or reused it";

    /// <inheritdoc/>
    public Concern Concerns => Concern.Settled;


    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => true;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        for (var left = v.Scope.Settled; left.Any; left = left.Rest)
        {
            var at = left.First;
            if (!v.State.Mm(at.Mm).IsAlive || !v.State.PageTableLock(at.Mm).IsFree) continue;
            var pte = v.State.Pte(at);
            var broken = pte.IsPresent ? CheckPresent(in v, pte) : pte.IsSwap ? CheckSwap(in v, pte) : default;
            if (broken.Pfn.IsNone && broken.Entry.IsNone) continue;
            breach = broken with { Mm = at.Mm, Page = at.Page };
            return false;
        }

        breach = default;
        return true;
    }

    /// <inheritdoc/>
    public string Describe(in Breach breach) => breach.Code switch
    {
        WritableShared => $"page {breach.Page} of {breach.Mm} is mapped writable, but {breach.Pfn} has {breach.Actual} mappings and {breach.Detail} swap entries refer to it",
        WritableUnmarked => $"page {breach.Page} of {breach.Mm} is mapped writable, but {breach.Pfn} is not marked exclusive",
        MarkedShared => $"{breach.Pfn}, page {breach.Page} of {breach.Mm}, is marked exclusive, but has {breach.Actual} mappings and {breach.Detail} swap entries refer to it",
        SwapMarkerShared => $"the swap PTE of page {breach.Page} of {breach.Mm} ({breach.Entry}) is marked exclusive, but the slot's count is {breach.Actual}",
        _ => $"the swap PTE of page {breach.Page} of {breach.Mm} ({breach.Entry}) refers to {breach.Pfn} in the swap cache, which is still marked exclusive",
    };

    private Breach CheckPresent(in View v, Pte pte)
    {
        ref readonly var page = ref v.State.Frame(pte.Pfn);
        var marked = page.Test(PageFlags.AnonExclusive);
        if (!pte.IsWritable && !marked) return default;
        ref readonly var folio = ref v.State.Folio(v.State.FolioOf(pte.Pfn));
        var entries = folio.Test(FolioFlags.SwapCache) ? v.State.Slot(folio.Entry.Plus(page.Index)).Count : 0;
        if (page.MapCount != 1 || entries != 0)
        {
            return new Breach(Id, pte.IsWritable ? WritableShared : MarkedShared, Pfn: pte.Pfn, Actual: page.MapCount, Detail: entries);
        }

        return v.MarksExclusive && !marked ? new Breach(Id, WritableUnmarked, Pfn: pte.Pfn) : default;
    }

    private Breach CheckSwap(in View v, Pte pte)
    {
        ref readonly var slot = ref v.State.Slot(pte.Entry);
        if (pte.IsSwpExclusive && slot.Count != 1) return new Breach(Id, SwapMarkerShared, Entry: pte.Entry, Expected: 1, Actual: slot.Count);
        if (slot.Folio.IsNone) return default;
        var page = v.State.PageOf(slot.Folio, pte.Entry);
        return v.State.Frame(page).Test(PageFlags.AnonExclusive) && v.State.FolioLock(slot.Folio).IsFree ? new Breach(Id, CachedMarked, Pfn: page, Entry: pte.Entry) : default;
    }
}
