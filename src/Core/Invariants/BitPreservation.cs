using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// The bits that a page table entry carries through swap survive: soft-dirty (a page written since the program last asked is
/// reported as written), uffd-wp (what is write-protected by userfaultfd stays so), and, from 5.19 on where swap PTEs have the
/// marker, exclusive (a page that a program has written, and not shared by fork since, is known to be its own).
/// </summary>
internal sealed class BitPreservation : IInvariant
{
    private const byte SoftDirty = 0;
    private const byte UffdWp = 1;
    private const byte Exclusive = 2;

    /// <inheritdoc/>
    public InvariantId Id => InvariantId.BitPreservation;

    /// <inheritdoc/>
    public string Name => "bit-preservation";

    /// <inheritdoc/>
    public string Statement => "soft-dirty, uffd-wp and exclusive survive swap-out, swap-in, swapoff and fork";

    /// <inheritdoc/>
    public Mark ExercisedBy => Mark.BitsCarried;

    /// <inheritdoc/>
    public string Exercise => "a mapping with one of the bits went to swap or came back";

    /// <inheritdoc/>
    public Concern Concerns => Concern.Settled;


    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => arch.HasSoftDirty || arch.HasUffdWp || (marksExclusive && arch.HasPteSwpExclusive);

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        for (var left = v.Scope.Settled; left.Any; left = left.Rest)
        {
            var at = left.First;
            if (!v.State.Mm(at.Mm).IsComplete || !v.State.PageTableLock(at.Mm).IsFree || !v.State.MmapLock(at.Mm).Writer.IsFree) continue;
            var pte = v.State.Pte(at);
            if (!pte.IsPresent && !pte.IsSwap) continue;
            var expected = v.Oracle.Of(at);
            var lost = expected.SoftDirty && !pte.IsSoftDirty && !v.State.Vma(at).Is(VmaFlags.SoftDirty) ? SoftDirty
                : expected.UffdWp && !pte.IsUffdWp ? UffdWp
                : expected.Owned && v.MarksSwapPtes && !IsMarked(in v, pte) ? Exclusive
                : byte.MaxValue;
            if (lost == byte.MaxValue) continue;
            breach = new Breach(Id, lost, at.Mm, at.Page, pte.Pfn, pte.Entry);
            return false;
        }

        breach = default;
        return true;
    }

    /// <inheritdoc/>
    public string Describe(in Breach breach)
    {
        var what = breach.Pfn.IsNone ? $"the swap PTE of page {breach.Page} of {breach.Mm} ({breach.Entry})" : $"page {breach.Page} of {breach.Mm} ({breach.Pfn})";
        return breach.Code switch
        {
            SoftDirty => $"{what} is not soft-dirty, though the program has written the page since it last asked",
            UffdWp => $"{what} is no longer write-protected by userfaultfd, though nobody has taken that away",
            _ => $"{what} is not marked exclusive, though the program has written the page and not shared it since",
        };
    }

    private static bool IsMarked(in View v, Pte pte) =>
        pte.IsPresent ? v.State.Frame(pte.Pfn).Test(PageFlags.AnonExclusive) : pte.IsSwpExclusive;
}
