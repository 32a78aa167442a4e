using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// What any thread could read now is what its program last wrote. A mapped page is visible at every step, whatever locks
/// are held; a page that is not mapped reads as zero only once its page table lock is free.
/// </summary>
internal sealed class DataPreservation : IInvariant
{
    private const byte Mapped = 0;
    private const byte Dropped = 1;
    private const byte Leftover = 2;
    private const byte NeverGivenUp = 3;

    /// <inheritdoc/>
    public InvariantId Id => InvariantId.DataPreservation;

    /// <inheritdoc/>
    public string Name => "data-preservation";

    /// <inheritdoc/>
    public string Statement => "what any thread could read now is the data its program last wrote there";

    /// <inheritdoc/>
    public Mark ExercisedBy => Mark.SwapInOfData;

    /// <inheritdoc/>
    public string Exercise => "a page with data was swapped in";

    /// <inheritdoc/>
    public Concern Concerns => Concern.Data;


    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => true;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        for (var left = v.Scope.Data; left.Any; left = left.Rest)
        {
            var at = left.First;
            if (!v.State.Mm(at.Mm).IsComplete) continue;
            var expected = v.Oracle.Of(at);
            var pte = v.State.Pte(at);
            var busy = !v.State.PageTableLock(at.Mm).IsFree;
            if (!expected.Mapped)
            {
                if (pte.IsNone || busy || !v.State.MmapLock(at.Mm).Writer.IsFree) continue;
                breach = new Breach(Id, Leftover, at.Mm, at.Page);
                return false;
            }

            if (expected.Dropped)
            {
                breach = new Breach(Id, NeverGivenUp, at.Mm, at.Page);
                return false;
            }

            if (pte.IsPresent)
            {
                var data = v.State.Frame(pte.Pfn).Data;
                if (data == expected.Data) continue;
                breach = new Breach(Id, Mapped, at.Mm, at.Page, pte.Pfn, Expected: expected.Data, Actual: data);
                return false;
            }

            // A poisoned page is lost, but the program is told: only a failed read of this very page may do that.
            if (pte.IsSwap || (pte.IsPoisoned && v.Ghost.Lost.Contains(at)) || expected.Data == 0 || busy) continue;
            breach = new Breach(Id, Dropped, at.Mm, at.Page, Expected: expected.Data);
            return false;
        }

        breach = default;
        return true;
    }

    /// <inheritdoc/>
    public string Describe(in Breach breach) => breach.Code switch
    {
        Mapped => $"{breach.Mm} reads {breach.Actual} from page {breach.Page} ({breach.Pfn}), where it last wrote {breach.Expected}",
        NeverGivenUp => $"{breach.Mm} has lost page {breach.Page}: it was dropped as if given up with MADV_FREE, which {breach.Mm} has not done",
        Leftover => $"{breach.Mm} has given page {breach.Page} up, yet something is still mapped there",
        _ => $"{breach.Mm} would read 0 from page {breach.Page}, where it last wrote {breach.Expected}: nothing is mapped there any more",
    };
}
