using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// No mapping shows tags that were never set there by its owner or its ancestors: somebody else's tags are a leak between
/// processes, worse than tags lost.
/// </summary>
public sealed class NoStaleTags : IInvariant
{
    /// <inheritdoc/>
    public InvariantId Id => InvariantId.NoStaleTags;

    /// <inheritdoc/>
    public string Name => "no-stale-tags";

    /// <inheritdoc/>
    public string Statement => "no mapping shows a tag that neither its owner nor an ancestor ever set there";

    /// <inheritdoc/>
    public Event ExercisedBy => Event.MappedUsedPage;

    /// <inheritdoc/>
    public string Exercise => "a page that had belonged to somebody else was mapped tagged";

    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch) => arch.HasTags;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        for (byte m = 0; m < Capacity.Mms; m++)
        {
            ref readonly var mm = ref v.State.Mms[m];
            if (!mm.IsRunning) continue;
            for (byte p = 0; p < Capacity.Pages; p++)
            {
                var pte = mm.Ptes[p];
                if (!pte.IsPresent || !pte.IsTagged) continue;
                var expected = v.Oracle.Of(new MmId(m), new Vpn(p));
                var tags = v.State.Folios[pte.Pfn.Value].Tags;
                if (!expected.Mapped || tags == expected.Tags) continue;
                for (var g = 0; g < PageTags.Granules; g++)
                {
                    if ((expected.EverSet & (1 << tags[g])) != 0) continue;
                    breach = new Breach(Id, 0, new MmId(m), new Vpn(p), pte.Pfn, Expected: expected.EverSet, Actual: tags[g], Detail: g);
                    return false;
                }
            }
        }

        breach = default;
        return true;
    }

    /// <inheritdoc/>
    public string Describe(in Breach breach) =>
        $"{breach.Mm} sees tag {breach.Actual:x} in granule {breach.Detail} of page {breach.Page} ({breach.Pfn}), a tag that neither it nor an ancestor ever stored there";
}
