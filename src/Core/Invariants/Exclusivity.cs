using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// Writable ⇒ exclusive ⇒ alone. A writable mapping is the page's only one, and no swap entry refers to the page; from
/// 5.19 on it is marked exclusive. A marked page, or a marked swap entry, is nobody else's. Entries whose page table lock
/// is held are in the middle of a change.
/// </summary>
public sealed class Exclusivity : IInvariant
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
    public Event ExercisedBy => Event.CowCopy | Event.CowReuse;

    /// <inheritdoc/>
    public string Exercise => "a write to a read-only page copied or reused it";

    /// <inheritdoc/>
    public Concern Concerns => Concern.Pages;

    /// <inheritdoc/>
    public Event Alarms => Event.None;

    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => true;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        for (var left = v.Scope.Pages; left != 0; left &= left - 1)
        {
            var (m, p) = Scope.PageOf(left);
            ref readonly var mm = ref v.State.Mms[m];
            if (!mm.IsAlive || mm.PtlOwner != 0) continue;
            var pte = mm.Ptes[p];
            var broken = pte.IsPresent ? CheckPresent(in v, pte) : pte.IsSwap ? CheckSwap(in v, pte) : default;
            if (broken.Pfn.IsNone && broken.Entry.IsNone) continue;
            breach = broken with { Mm = new MmId(m), Page = new Vpn(p) };
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
        ref readonly var folio = ref v.State.Folios[pte.Pfn.Value];
        var marked = folio.Test(FolioFlags.AnonExclusive);
        if (!pte.IsWritable && !marked) return default;
        var entries = folio.Test(FolioFlags.SwapCache) ? v.State.Slots[folio.Entry.Index].Count : 0;
        if (folio.MapCount != 1 || entries != 0)
        {
            return new Breach(Id, pte.IsWritable ? WritableShared : MarkedShared, Pfn: pte.Pfn, Actual: folio.MapCount, Detail: entries);
        }

        return v.MarksExclusive && !marked ? new Breach(Id, WritableUnmarked, Pfn: pte.Pfn) : default;
    }

    private Breach CheckSwap(in View v, Pte pte)
    {
        var slot = v.State.Slots[pte.Entry.Index];
        if (pte.IsSwpExclusive && slot.Count != 1) return new Breach(Id, SwapMarkerShared, Entry: pte.Entry, Expected: 1, Actual: slot.Count);
        if (slot.Folio.IsNone) return default;
        ref readonly var folio = ref v.State.Folios[slot.Folio.Value];
        var inWork = folio.LockedBy != 0;
        return folio.Test(FolioFlags.AnonExclusive) && !inWork ? new Breach(Id, CachedMarked, Pfn: slot.Folio, Entry: pte.Entry) : default;
    }
}
