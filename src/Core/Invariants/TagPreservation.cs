using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// What any thread could see now of a page's tags is what its program last stored. As tags are visible through any tagged
/// mapping from the moment it is set, a hook that comes after set_pte_at() is caught without a second thread.
/// </summary>
internal sealed class TagPreservation : IInvariant
{
    /// <inheritdoc/>
    public InvariantId Id => InvariantId.TagPreservation;

    /// <inheritdoc/>
    public string Name => "tag-preservation";

    /// <inheritdoc/>
    public string Statement => "the tags any thread could see now are those its program last stored there";

    /// <inheritdoc/>
    public Mark ExercisedBy => Mark.MetadataRestored;

    /// <inheritdoc/>
    public string Exercise => "tags were restored from what the architecture had saved";

    /// <inheritdoc/>
    public Concern Concerns => Concern.Contents;


    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => arch.Metadata.Any;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        var wrong = new TaggedMappings(v);
        if (wrong.MoveNext())
        {
            breach = new Breach(Id, 0, wrong.At.Mm, wrong.At.Page, wrong.Pfn, Expected: wrong.Expected.Tags.Bits, Actual: wrong.Seen.Bits, Detail: wrong.Expected.EverSet);
            return false;
        }

        breach = default;
        return true;
    }

    /// <inheritdoc/>
    public string Describe(in Breach breach)
    {
        var seen = new PageTags((ushort)breach.Actual);
        var why = seen.Bits == 0 ? ": they are lost" : seen == PageTags.PreviousOwner && (breach.Detail & (1 << 15)) == 0 ? ": those of whoever had the page before" : "";
        var stored = breach.Expected == 0 ? "stored none (0000)" : $"last stored {new PageTags((ushort)breach.Expected)}";
        return $"{breach.Mm} sees tags {seen} on page {breach.Page} ({breach.Pfn}), where it {stored}{why}";
    }
}
