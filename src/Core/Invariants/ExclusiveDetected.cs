using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// The folio_ref_count() check of the thread (series v1, 1/3): when do_swap_page() ends and nothing but the new mapping
/// refers to the page, a write fault has mapped it writable, and from 5.19 on any fault has marked it exclusive. Nothing is
/// lost when it has not: the next write fault finds out, at the price of one more fault. So it takes a checker to see it.
/// A page whose first write somebody wants to be told of (uffd-wp, soft-dirty) need not be mapped writable.
/// </summary>
public sealed class ExclusiveDetected : IInvariant
{
    private const byte NotWritable = 0;
    private const byte NotMarked = 1;

    /// <inheritdoc/>
    public InvariantId Id => InvariantId.ExclusiveDetected;

    /// <inheritdoc/>
    public string Name => "exclusive-detected";

    /// <inheritdoc/>
    public string Statement => "when do_swap_page() ends and nothing but the new mapping refers to the page, a write fault has mapped it writable and (5.19 on) any fault has marked it exclusive";

    /// <inheritdoc/>
    public Event ExercisedBy => Event.SwapInAlone;

    /// <inheritdoc/>
    public string Exercise => "do_swap_page() ended with nothing but the new mapping referring to the page";

    /// <inheritdoc/>
    public Concern Concerns => Concern.None;

    /// <inheritdoc/>
    public Event Alarms => Event.SwapInAlone;

    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => true;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        breach = default;
        if ((v.Events & Event.SwapInAlone) == 0) return true;
        ref readonly var t = ref v.State.Tasks[v.Task];
        ref readonly var folio = ref v.State.Folios[t.Folio.Value];
        var pte = v.State.Mms[t.Mm.Value].Ptes[t.Page.Value];
        var tracked = pte.IsUffdWp || (v.State.Mms[t.Mm.Value].Vmas[t.Page.Value] & VmaFlags.SoftDirty) == 0;
        var code = t.Is(TaskFlags.WriteFault) && !pte.IsWritable && !tracked ? NotWritable
            : v.MarksExclusive && !folio.Test(FolioFlags.AnonExclusive) ? NotMarked
            : byte.MaxValue;
        if (code == byte.MaxValue) return true;
        var holder = (t.Is(TaskFlags.CheckedInCache) ? 1 : 0) | (t.Is(TaskFlags.CheckedInBatch) ? 2 : 0);
        breach = new Breach(Id, code, t.Mm, t.Page, t.Folio, t.Entry, Expected: 1, Actual: t.CheckedRefs, Detail: holder);
        return false;
    }

    /// <inheritdoc/>
    public string Describe(in Breach breach)
    {
        var what = breach.Code == NotWritable ? "is not mapped writable by the write fault" : "is not marked exclusive";
        var why = breach.Detail switch
        {
            1 => ": the swap cache still held a reference",
            2 => ": an LRU batch still held a reference",
            3 => ": the swap cache and an LRU batch still held references",
            _ => "",
        };
        return $"{breach.Pfn}, page {breach.Page} of {breach.Mm}, has no user but this mapping, yet it {what}; when do_swap_page() looked, its reference count was {breach.Actual}{why}";
    }
}
