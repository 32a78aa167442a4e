using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// No mapping shows tags that were never set there by its owner or its ancestors: somebody else's tags are a leak between
/// processes, worse than tags lost.
/// </summary>
internal sealed class NoStaleTags : IInvariant
{
    /// <inheritdoc/>
    public InvariantId Id => InvariantId.NoStaleTags;

    /// <inheritdoc/>
    public string Name => "no-stale-tags";

    /// <inheritdoc/>
    public string Statement => "no mapping shows a tag that neither its owner nor an ancestor ever set there";

    /// <inheritdoc/>
    public Mark ExercisedBy => Mark.MappedUsedPage;

    /// <inheritdoc/>
    public string Exercise => "a page that had belonged to somebody else was mapped tagged";

    /// <inheritdoc/>
    public Concern Concerns => Concern.Contents;


    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => arch.Metadata.Any;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        var wrong = new TaggedMappings(v);
        while (wrong.MoveNext())
        {
            for (var g = 0; g < PageTags.Granules; g++)
            {
                if ((wrong.Expected.EverSet & (1 << wrong.Seen[g])) != 0) continue;
                breach = new Breach(Id, 0, wrong.At.Mm, wrong.At.Page, wrong.Pfn, Expected: wrong.Expected.EverSet, Actual: wrong.Seen[g], Detail: g);
                return false;
            }
        }

        breach = default;
        return true;
    }

    /// <inheritdoc/>
    public string Describe(in Breach breach) =>
        $"{breach.Mm} sees tag {breach.Actual:x} in granule {breach.Detail} of page {breach.Page} ({breach.Pfn}), a tag that neither it nor an ancestor ever stored there";
}
