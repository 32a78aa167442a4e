using System.Numerics;
using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// A slot's count is the number of swap PTEs that refer to it; it "has cache" exactly if a folio is in the swap cache
/// there, a fault has claimed it, or it is freed and held back; and an area's slots in use add up. Entries that a task works
/// on under a page table lock are in the middle of a change.
/// </summary>
public sealed class SwapCount : IInvariant
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
    public Event ExercisedBy => Event.SlotFreed | Event.SlotHeldBack;

    /// <inheritdoc/>
    public string Exercise => "a swap slot was freed";

    /// <inheritdoc/>
    public Concern Concerns => Concern.Mms | Concern.Folios | Concern.Slots | Concern.Areas;

    /// <inheritdoc/>
    public Event Alarms => Event.BadSlotUse;

    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => true;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        breach = default;
        if ((v.Events & Event.BadSlotUse) != 0)
        {
            breach = new Breach(Id, BadFree, Entry: v.State.Tasks[v.Task].Entry);
            return false;
        }

        for (var left = (uint)v.Scope.Mms; left != 0; left &= left - 1)
        {
            var m = (byte)BitOperations.TrailingZeroCount(left);
            ref readonly var mm = ref v.State.Mms[m];
            if (!mm.IsAlive || mm.PtlOwner != 0) continue;
            var entries = 0;
            for (var p = 0; p < Capacity.Pages; p++)
            {
                if (mm.Ptes[p].IsSwap) entries++;
            }

            if (entries == mm.SwapEnts) continue;
            breach = new Breach(Id, SwapEnts, new MmId(m), Expected: entries, Actual: mm.SwapEnts);
            return false;
        }

        for (var left = v.Scope.Slots; left != 0; left &= left - 1)
        {
            var entry = new SwapEntry((byte)(BitOperations.TrailingZeroCount(left) + 1));
            ref readonly var slot = ref v.State.Slots[entry.Index];
            var references = BitOperations.PopCount(v.Referrers.SwappedAt(entry.Index));
            if ((v.Referrers.SlotsInWork & entry.Bit) == 0 && slot.Count != references)
            {
                breach = new Breach(Id, Count, Entry: entry, Expected: references, Actual: slot.Count);
                return false;
            }

            var held = !slot.Folio.IsNone || slot.IsHeldBack || (v.Referrers.Claimed & entry.Bit) != 0;
            if (slot.HasCache != held)
            {
                breach = new Breach(Id, HasCache, Entry: entry, Expected: held ? 1 : 0, Actual: slot.HasCache ? 1 : 0);
                return false;
            }

            if (slot.Folio.IsNone) continue;
            ref readonly var folio = ref v.State.Folios[slot.Folio.Value];
            if (folio.Test(FolioFlags.SwapCache) && folio.Entry == entry) continue;
            breach = new Breach(Id, CacheLink, Pfn: slot.Folio, Entry: entry);
            return false;
        }

        for (var left = v.Scope.Folios; left != 0; left &= left - 1)
        {
            var i = (byte)BitOperations.TrailingZeroCount(left);
            ref readonly var folio = ref v.State.Folios[i];
            if (!folio.Test(FolioFlags.SwapCache) || v.State.Slots[folio.Entry.Index].Folio.Value == i) continue;
            breach = new Breach(Id, CacheLink, Pfn: new Pfn(i), Entry: folio.Entry);
            return false;
        }

        return (v.Scope.Concerns & Concern.Areas) == 0 || AreasAddUp(in v, out breach);
    }

    private bool AreasAddUp(in View v, out Breach breach)
    {
        breach = default;
        for (var type = 0; type < Capacity.Areas; type++)
        {
            ref readonly var area = ref v.State.Areas[type];
            var inUse = 0;
            for (var offset = 1; offset <= area.HighWater; offset++)
            {
                if (!v.State.Slots[SwapEntry.Of(type, offset).Index].IsFree) inUse++;
            }

            if (area.Is(AreaFlags.Off) && inUse != 0 && (v.State.SlotCacheDisabled == 0 || v.Moment == Moment.OperationEnded))
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
