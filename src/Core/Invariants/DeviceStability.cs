using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// A device that needs stable pages (checksums, compression: <c>SWP_STABLE_WRITES</c>) never sees a page change while it
/// is being written (the rule in 1493a1913e34's do_swap_page(), and reuse_swap_page() before it).
/// </summary>
internal sealed class DeviceStability : IInvariant
{
    /// <inheritdoc/>
    public InvariantId Id => InvariantId.DeviceStability;

    /// <inheritdoc/>
    public string Name => "device-stability";

    /// <inheritdoc/>
    public string Statement => "a device that needs stable pages never sees a page change while it writes it";

    /// <inheritdoc/>
    public Mark ExercisedBy => Mark.StableWriteback;

    /// <inheritdoc/>
    public string Exercise => "a page was left being written to a device that needs stable pages";

    /// <inheritdoc/>
    public Concern Concerns => Concern.StableFolios;


    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => true;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        breach = default;
        for (var left = v.Scope.Folios; left.Any; left = left.Rest)
        {
            ref readonly var folio = ref v.State.Folio(left.First);
            if (!folio.Test(FolioFlags.Writeback) || folio.Entry.IsNone || !v.State.Area(folio.Entry.Type).Is(AreaFlags.StableWrites)) continue;
            for (var i = 0; i < folio.Pages; i++)
            {
                var written = v.State.Slot(folio.Entry.Plus(i)).Data;
                var data = v.State.Frame(left.First.Plus(i)).Data;
                if (data == written) continue;
                breach = new Breach(Id, 0, Pfn: left.First.Plus(i), Entry: folio.Entry.Plus(i), Expected: written, Actual: data);
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public string Describe(in Breach breach) =>
        $"{breach.Pfn} is being written to {breach.Entry} on a device that needs stable pages, and has changed from {breach.Expected} to {breach.Actual} meanwhile";
}
