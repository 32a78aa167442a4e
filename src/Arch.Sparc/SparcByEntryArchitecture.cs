using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;

namespace Hooks.Arch.Sparc;

/// <summary>sparc with a store by swap entry, as docs/findings.md proposes it, or as it was proposed first, which loses tags. The hooks that it needs are called from 6.5 on.</summary>
/// <param name="flagged">Whether a flag of each page says that its tags mean something: without it, it is the first proposal.</param>
public sealed class SparcByEntryArchitecture(bool flagged) : IArchitecture
{
    /// <inheritdoc/>
    public string Name => NameOf(flagged);

    /// <inheritdoc/>
    public string Description => "ADI with tags saved by swap entry, in the hooks that arm64 has: a proposal" + (flagged ? ", with a flag for each page" : " that loses tags, as no flag says which pages have any");

    /// <inheritdoc/>
    public IArchHooks Hooks(Kernel kernel) => new AdiByEntry(kernel, flagged);

    /// <summary>
    /// Nothing from 6.5 on, but that without a flag tags are lost that were never saved. Before, nobody calls arch_swap_restore(), or do_swap_page() alone does (stable 6.1): tags are lost, and without a flag a page shows its previous owner's.
    /// </summary>
    public InvariantSet ExpectedBreaches(Kernel kernel)
    {
        var breaches = InvariantSet.None;
        if (!flagged || kernel.Version < new KernelVersion(6, 5)) breaches |= InvariantSet.Of(InvariantId.TagPreservation);
        if (!flagged && kernel.Version < new KernelVersion(6, 5)) breaches |= InvariantSet.Of(InvariantId.NoStaleTags);
        if (kernel.Version < Adi.ExclusiveBit) breaches |= InvariantSet.Of(InvariantId.PinStability);
        return breaches;
    }

    /// <summary>The flag is the folio's first page's for all of them when it is split, as arm64's is.</summary>
    public InvariantSet ExpectedLarge(Kernel kernel) => flagged ? InvariantSet.Of(InvariantId.TagPreservation, InvariantId.NoStaleTags) : InvariantSet.None;

    /// <summary><c>sparc-by-entry</c>, <c>sparc-by-entry-unflagged</c>.</summary>
    internal static string NameOf(bool flagged) => flagged ? "sparc-by-entry" : "sparc-by-entry-unflagged";
}
