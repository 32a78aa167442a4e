using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// What any thread could see now of a page's tags is what its program last stored. As tags are visible through any tagged
/// mapping from the moment it is set, a hook that comes after set_pte_at() is caught without a second thread.
/// </summary>
public sealed class TagPreservation : IInvariant
{
    /// <inheritdoc/>
    public InvariantId Id => InvariantId.TagPreservation;

    /// <inheritdoc/>
    public string Name => "tag-preservation";

    /// <inheritdoc/>
    public string Statement => "the tags any thread could see now are those its program last stored there";

    /// <inheritdoc/>
    public Event ExercisedBy => Event.MetadataRestored;

    /// <inheritdoc/>
    public string Exercise => "tags were restored from what the architecture had saved";

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
                breach = new Breach(Id, 0, new MmId(m), new Vpn(p), pte.Pfn, Expected: expected.Tags.Bits, Actual: tags.Bits);
                return false;
            }
        }

        breach = default;
        return true;
    }

    /// <inheritdoc/>
    public string Describe(in Breach breach)
    {
        var seen = new PageTags((ushort)breach.Actual);
        var why = seen.Bits == 0 ? ": they are lost" : seen == PageTags.PreviousOwner ? ": those of whoever had the page before" : "";
        var stored = breach.Expected == 0 ? "stored none (0000)" : $"last stored {new PageTags((ushort)breach.Expected)}";
        return $"{breach.Mm} sees tags {seen} on page {breach.Page} ({breach.Pfn}), where it {stored}{why}";
    }
}
