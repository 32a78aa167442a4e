using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// What any thread could read now is what its program last wrote. A mapped page is visible at every step, whatever locks
/// are held; a page that is not mapped reads as zero only once its page table lock is free.
/// </summary>
public sealed class DataPreservation : IInvariant
{
    private const byte Mapped = 0;
    private const byte Dropped = 1;
    private const byte Leftover = 2;

    /// <inheritdoc/>
    public InvariantId Id => InvariantId.DataPreservation;

    /// <inheritdoc/>
    public string Name => "data-preservation";

    /// <inheritdoc/>
    public string Statement => "what any thread could read now is the data its program last wrote there";

    /// <inheritdoc/>
    public Event ExercisedBy => Event.SwapInOfData;

    /// <inheritdoc/>
    public string Exercise => "a page with data was swapped in";

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
            if (!mm.IsRunning) continue;
            var expected = v.Oracle.Of(new MmId(m), new Vpn(p));
            var pte = mm.Ptes[p];
            if (!expected.Mapped)
            {
                if (pte.IsNone || mm.PtlOwner != 0 || mm.MmapWriter != 0) continue;
                breach = new Breach(Id, Leftover, new MmId(m), new Vpn(p));
                return false;
            }

            if (pte.IsPresent)
            {
                var data = v.State.Folios[pte.Pfn.Value].Data;
                if (data == expected.Data) continue;
                breach = new Breach(Id, Mapped, new MmId(m), new Vpn(p), pte.Pfn, Expected: expected.Data, Actual: data);
                return false;
            }

            // A poisoned page is lost, but the program is told: only a failed read may do that.
            if (pte.IsSwap || (pte.IsPoisoned && v.State.AnyReadError != 0) || expected.Data == 0 || mm.PtlOwner != 0) continue;
            breach = new Breach(Id, Dropped, new MmId(m), new Vpn(p), Expected: expected.Data);
            return false;
        }

        breach = default;
        return true;
    }

    /// <inheritdoc/>
    public string Describe(in Breach breach) => breach.Code switch
    {
        Mapped => $"{breach.Mm} reads {breach.Actual} from page {breach.Page} ({breach.Pfn}), where it last wrote {breach.Expected}",
        Leftover => $"{breach.Mm} has given page {breach.Page} up, yet something is still mapped there",
        _ => $"{breach.Mm} would read 0 from page {breach.Page}, where it last wrote {breach.Expected}: nothing is mapped there any more",
    };
}
