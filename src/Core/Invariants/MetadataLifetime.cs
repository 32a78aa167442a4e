using System.Numerics;
using Hooks.Core.Arch;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core.Invariants;

/// <summary>
/// Saved metadata exists exactly as long as its slot (saved by swap entry), or as its page is swapped out (saved by mm and
/// address): longer is a leak, shorter a use after free waiting to happen.
/// </summary>
public sealed class MetadataLifetime : IInvariant
{
    private const byte Leaked = 0;
    private const byte TooEarly = 1;
    private const byte AddressLeaked = 2;
    private const byte Users = 3;
    private const byte DeadMm = 4;

    /// <inheritdoc/>
    public InvariantId Id => InvariantId.MetadataLifetime;

    /// <inheritdoc/>
    public string Name => "metadata-lifetime";

    /// <inheritdoc/>
    public string Statement => "saved metadata exists exactly as long as its slot, or as its page is swapped out";

    /// <inheritdoc/>
    public Event ExercisedBy => Event.MetadataDropped;

    /// <inheritdoc/>
    public string Exercise => "metadata was saved, and dropped when its time was over";

    /// <inheritdoc/>
    public Concern Concerns => Concern.Metadata | Concern.SavedFor | Concern.Operations;

    /// <inheritdoc/>
    public Event Alarms => Event.None;

    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => arch.HasTags;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        ref readonly var store = ref v.State.Metadata;
        var wrong = store.Saved ^ store.Owed;
        if (wrong != 0)
        {
            var entry = new SwapEntry((byte)(BitOperations.TrailingZeroCount(wrong) + 1));
            breach = new Breach(Id, (store.Saved & entry.Bit) != 0 ? Leaked : TooEarly, Entry: entry);
            return false;
        }

        var entries = (v.Scope.Concerns & Concern.Metadata) != 0 ? store.Saved : store.Saved & v.Scope.Slots;
        for (var left = entries; left != 0; left &= left - 1)
        {
            var entry = new SwapEntry((byte)(BitOperations.TrailingZeroCount(left) + 1));
            if (!v.State.Slots[entry.Index].IsFree) continue;
            breach = new Breach(Id, Leaked, Entry: entry);
            return false;
        }

        for (var left = v.Referrers.RangesInUse; left != 0; left &= left - 1)
        {
            var i = BitOperations.TrailingZeroCount(left);
            var m = (byte)(i / Capacity.RangesPerMm);

            // On its way out: what was saved for it goes with it, a few steps after its pages (destroy_context()).
            if (v.State.Mms[m].IsAlive && v.State.Tasks[m].Verb == Verb.Exit) continue;
            if (!CheckRange(in v, new MmId(m), in store.ByAddress[i], out breach)) return false;
        }

        breach = default;
        return true;
    }

    /// <inheritdoc/>
    public string Describe(in Breach breach) => breach.Code switch
    {
        Leaked => $"{breach.Entry} was returned, but the metadata saved for it is still there",
        TooEarly => $"the metadata saved for {breach.Entry} is gone, though the slot has not been returned",
        AddressLeaked => $"metadata saved for page {breach.Page} of {breach.Mm} is still there, though the page is no longer swapped out",
        Users => $"the metadata range of {breach.Mm} from page {breach.Page} counts {breach.Actual} users, but {breach.Expected} of its pages have metadata saved",
        _ => $"metadata of {breach.Mm} is still there, though the process is gone",
    };

    private bool CheckRange(in View v, MmId id, in AddressRange range, out Breach breach)
    {
        breach = default;
        ref readonly var mm = ref v.State.Mms[id.Value];
        if (!mm.IsAlive)
        {
            breach = new Breach(Id, DeadMm, id);
            return false;
        }

        var inWork = mm.PtlOwner != 0;
        for (byte p = range.Start; p <= range.End; p++)
        {
            if ((range.Saved & (1 << p)) == 0 || mm.Ptes[p].IsSwap) continue;

            // Saving comes before the swap PTE, restoring may come after the mapping. But a page given up will not be restored.
            if (inWork && v.Oracle.Of(id, new Vpn(p)).Mapped) continue;
            breach = new Breach(Id, AddressLeaked, id, new Vpn(p));
            return false;
        }

        var saved = BitOperations.PopCount(range.Saved);
        if (inWork || saved == range.Users) return true;
        breach = new Breach(Id, Users, id, new Vpn(range.Start), Expected: saved, Actual: range.Users);
        return false;
    }
}
