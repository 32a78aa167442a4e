using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// The folio_ref_count() check of the thread (series v1, 1/3): when do_swap_page() ends and nothing but the new mapping
/// refers to the page, a write fault has mapped it writable, and from 5.19 on any fault has marked it exclusive. Nothing is
/// lost when it has not: the next write fault finds out, at the price of one more fault. So it takes a checker to see it.
/// A page whose first write somebody wants to be told of (uffd-wp, soft-dirty) need not be mapped writable, nor one to which somebody else
/// still referred when do_swap_page() looked (reclaim that had it in hand, say; an LRU batch, which only write faults drain), though nobody does by the end.
/// </summary>
internal sealed class ExclusiveDetected : IInvariant
{
    private const byte NotWritable = 0;
    private const byte NotMarked = 1;

    /// <inheritdoc/>
    public InvariantId Id => InvariantId.ExclusiveDetected;

    /// <inheritdoc/>
    public string Name => "exclusive-detected";

    /// <inheritdoc/>
    public string Statement => "when do_swap_page() ends and nothing but the new mapping refers to the page (nor did when it looked), a write fault has mapped it writable and (5.19 on) any fault has marked it exclusive";

    /// <inheritdoc/>
    public Mark ExercisedBy => Mark.SwapInAlone;

    /// <inheritdoc/>
    public string Exercise => "do_swap_page() ended with nothing but the new mapping referring to the page";

    /// <inheritdoc/>
    public Concern Concerns => Concern.None;

    /// <inheritdoc/>
    public Mark Alarms => Mark.SwapInAlone;

    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => true;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        breach = default;
        for (var i = 0; i < v.Report.Observations.Count; i++)
        {
            var alone = v.Report.Observations[i];
            if (alone.Kind != ObservationKind.SwapInAlone || CodeOf(in v, in alone) is not { } code) continue;
            var seen = v.Ghost.SeenBy(v.Report.Task);
            if (seen.Refs > 1 + (seen.InCache ? 1 : 0) + (seen.InBatch && alone.Yes ? 1 : 0)) continue;
            var holder = (seen.InCache ? 1 : 0) | (seen.InBatch ? 2 : 0);
            breach = new Breach(Id, code, alone.At.Mm, alone.At.Page, alone.Pfn, alone.Entry, Expected: 1, Actual: seen.Refs, Detail: holder);
            return false;
        }

        return true;
    }

    private static byte? CodeOf(in View v, in Observation alone)
    {
        var pte = v.State.Pte(alone.At);
        var tracked = pte.IsUffdWp || !v.State.Vma(alone.At).Is(VmaFlags.SoftDirty);
        if (alone.Yes && !pte.IsWritable && !tracked) return NotWritable;
        return v.MarksExclusive && !v.State.Frame(alone.Pfn).Test(PageFlags.AnonExclusive) ? NotMarked : null;
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
