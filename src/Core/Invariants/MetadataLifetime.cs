using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// Saved metadata exists exactly as long as its slot (saved by swap entry), or as its page is swapped out (saved by mm and
/// address): longer is a leak, shorter a use after free waiting to happen.
/// </summary>
internal sealed class MetadataLifetime : IInvariant
{
    private const byte Leaked = 0;
    private const byte TooEarly = 1;
    private const byte AddressLeaked = 2;
    private const byte Users = 3;
    private const byte DeadMm = 4;
    private const byte UsedAfterFree = 5;

    /// <inheritdoc/>
    public InvariantId Id => InvariantId.MetadataLifetime;

    /// <inheritdoc/>
    public string Name => "metadata-lifetime";

    /// <inheritdoc/>
    public string Statement => "saved metadata exists exactly as long as its slot, or as its page is swapped out";

    /// <inheritdoc/>
    public Mark ExercisedBy => Mark.MetadataDropped;

    /// <inheritdoc/>
    public string Exercise => "metadata was saved, and dropped when its time was over";

    /// <inheritdoc/>
    public Concern Concerns => Concern.Metadata | Concern.SavedFor | Concern.Operations;

    /// <inheritdoc/>
    public Oops Complaints => Oops.UseAfterFree;

    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => arch.Metadata.Any;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        if ((v.Report.Oops & Oops.UseAfterFree) != 0)
        {
            breach = new Breach(Id, UsedAfterFree, v.Task.Mm, v.Task.Page, Entry: v.Task.Entry);
            return false;
        }

        ref readonly var store = ref v.State.Metadata;
        var wrong = store.Saved ^ v.Ghost.Owed;
        if (wrong.Any)
        {
            breach = new Breach(Id, store.Saved.Contains(wrong.First) ? Leaked : TooEarly, Entry: wrong.First);
            return false;
        }

        var entries = (v.Scope.Concerns & Concern.Metadata) != 0 ? store.Saved : store.Saved & v.Scope.Slots;
        for (var left = entries; left.Any; left = left.Rest)
        {
            if (!v.State.Slot(left.First).IsFree) continue;
            breach = new Breach(Id, Leaked, Entry: left.First);
            return false;
        }

        for (var left = v.Referrers.RangesInUse; left.Any; left = left.Rest)
        {
            // On its way out: what was saved for it goes with it, a few steps after its pages (destroy_context()).
            ref readonly var mm = ref v.State.Mm(left.First.Mm);
            if (mm.IsAlive && (mm.Flags & MmFlags.Exiting) != 0) continue;
            if (!CheckRange(in v, left.First.Mm, in store.RangeOf(left.First), out breach)) return false;
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
        UsedAfterFree => $"{breach.Mm} uses the metadata saved for {breach.Entry} after they were freed",
        Users => $"the metadata range of {breach.Mm} from page {breach.Page} counts {breach.Actual} users, but {breach.Expected} of its pages have metadata saved",
        _ => $"metadata of {breach.Mm} is still there, though the process is gone",
    };

    private bool CheckRange(in View v, MmId id, in AddressRange range, out Breach breach)
    {
        breach = default;
        if (!v.State.Mm(id).IsAlive)
        {
            breach = new Breach(Id, DeadMm, id);
            return false;
        }

        var inWork = !v.State.PageTableLock(id).IsFree;
        var saved = 0;
        for (byte p = range.Start; p <= range.End; p++)
        {
            var at = new PageAt(id, new Vpn(p));
            if (!v.Ghost.SavedAt.Contains(at)) continue;
            saved++;

            // Saving comes before the swap PTE, restoring may come after the mapping. But a page given up will not be restored.
            if (v.State.Pte(at).IsSwap || (inWork && v.Oracle.Of(at).Mapped)) continue;
            breach = new Breach(Id, AddressLeaked, id, new Vpn(p));
            return false;
        }
        if (inWork || saved == range.Users) return true;
        breach = new Breach(Id, Users, id, new Vpn(range.Start), Expected: saved, Actual: range.Users);
        return false;
    }
}
