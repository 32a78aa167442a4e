using Hooks.Core.Arch;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core.Invariants;

/// <summary>
/// A slot's count is the number of swap PTEs that refer to it; it "has cache" exactly if a folio is in the swap cache
/// there, a fault has claimed it, or it is freed and held back; and an area's slots in use add up. Entries that a task works
/// on under a page table lock are in the middle of a change.
/// </summary>
internal sealed class SwapCount : IInvariant
{
    private const byte BadFree = 0;
    private const byte Count = 1;
    private const byte HasCache = 2;
    private const byte CacheLink = 3;
    private const byte InUse = 4;
    private const byte SwapEnts = 5;
    private const byte OffInUse = 6;

    /// <inheritdoc/>
    public InvariantId Id => InvariantId.SwapCount;

    /// <inheritdoc/>
    public string Name => "swap-count";

    /// <inheritdoc/>
    public string Statement => "a slot's count is the number of swap PTEs that refer to it, and it has-cache exactly if the swap cache, a claim or the slot cache holds it";

    /// <inheritdoc/>
    public Mark ExercisedBy => Mark.SlotFreed | Mark.SlotHeldBack;

    /// <inheritdoc/>
    public string Exercise => "a swap slot was freed";

    /// <inheritdoc/>
    public Concern Concerns => Concern.Mms | Concern.Folios | Concern.Slots | Concern.Areas;

    /// <inheritdoc/>
    public Oops Complaints => Oops.BadSlotUse;

    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => true;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        breach = default;
        if ((v.Report.Oops & Oops.BadSlotUse) != 0)
        {
            breach = new Breach(Id, BadFree, Entry: v.Task.Entry);
            return false;
        }

        for (var left = v.Scope.Mms; left.Any; left = left.Rest)
        {
            var mm = left.First;
            if (!v.State.Mm(mm).IsAlive || !v.State.PageTableLock(mm).IsFree) continue;
            var entries = (v.Referrers.Swapped & PageAt.AllOf(mm)).Count;
            if (entries == v.State.Counters(mm).SwapEnts) continue;
            breach = new Breach(Id, SwapEnts, mm, Expected: entries, Actual: v.State.Counters(mm).SwapEnts);
            return false;
        }

        for (var left = v.Scope.Slots; left.Any; left = left.Rest)
        {
            if (!CheckSlot(in v, left.First, ref breach)) return false;
        }

        for (var left = v.Scope.Folios; left.Any; left = left.Rest)
        {
            ref readonly var folio = ref v.State.Folio(left.First);
            if (!folio.Test(FolioFlags.SwapCache)) continue;
            for (var i = 0; i < folio.Pages; i++)
            {
                if (v.State.Slot(folio.Entry.Plus(i)).Folio == left.First) continue;
                breach = new Breach(Id, CacheLink, Pfn: left.First, Entry: folio.Entry.Plus(i));
                return false;
            }
        }

        return (v.Scope.Concerns & Concern.Areas) == 0 || AreasAddUp(in v, out breach);
    }

    private bool CheckSlot(in View v, SwapEntry entry, ref Breach breach)
    {
        ref readonly var slot = ref v.State.Slot(entry);
        var references = v.Referrers.SwappedAt(entry).Count;
        if (!v.Referrers.SlotsInWork.Contains(entry) && slot.Count != references)
        {
            breach = new Breach(Id, Count, Entry: entry, Expected: references, Actual: slot.Count);
            return false;
        }

        var held = !slot.Folio.IsNone || slot.IsHeldBack || v.Referrers.Claimed.Contains(entry);
        if (slot.HasCache != held)
        {
            breach = new Breach(Id, HasCache, Entry: entry, Expected: held ? 1 : 0, Actual: slot.HasCache ? 1 : 0);
            return false;
        }

        if (slot.Folio.IsNone) return true;
        ref readonly var folio = ref v.State.Folio(slot.Folio);
        if (folio.Test(FolioFlags.SwapCache) && (uint)(entry.Value - folio.Entry.Value) < (uint)folio.Pages) return true;
        breach = new Breach(Id, CacheLink, Pfn: slot.Folio, Entry: entry);
        return false;
    }

    private bool AreasAddUp(in View v, out Breach breach)
    {
        breach = default;
        for (var type = 0; type < Capacity.Areas; type++)
        {
            ref readonly var area = ref v.State.Area(type);
            var inUse = 0;
            for (var offset = 1; offset <= area.HighWater; offset++)
            {
                if (!v.State.Slot(SwapEntry.Of(type, offset)).IsFree) inUse++;
            }

            // A swapoff at work is on its way there; one that has ended is not (unless it found another at work).
            var ended = v.Moment == Moment.OperationEnded && v.Task.Verb == Verb.SwapOff && v.Task.Value == type && v.Task.Result != OpResult.NotApplicable;
            var atWork = area.Is(AreaFlags.Unusing) && !ended;
            if (area.Is(AreaFlags.Off) && inUse != 0 && !atWork)
            {
                breach = new Breach(Id, OffInUse, Actual: inUse, Detail: type);
                return false;
            }

            if (inUse == area.InUse) continue;
            breach = new Breach(Id, InUse, Expected: inUse, Actual: area.InUse, Detail: type);
            return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public string Describe(in Breach breach) => breach.Code switch
    {
        BadFree => $"{breach.Entry} was used or freed while free, or its place in the swap cache given back twice",
        Count => $"{breach.Entry} has count {breach.Actual}, but {breach.Expected} swap PTEs refer to it",
        HasCache => breach.Actual == 1
            ? $"{breach.Entry} is marked has-cache, but nothing is in the swap cache there, nobody has claimed it and it is not held back"
            : $"{breach.Entry} is not marked has-cache, though it is in the swap cache, claimed or held back",
        CacheLink => $"{breach.Pfn} and {breach.Entry} do not agree on whether that page is in the swap cache there",
        OffInUse => $"swap area {breach.Detail} is switched off, but {breach.Actual} of its slots are in use",
        InUse => $"swap area {breach.Detail} counts {breach.Actual} slots in use, but {breach.Expected} are",
        _ => $"{breach.Mm} counts {breach.Actual} swap entries, but has {breach.Expected}",
    };
}
