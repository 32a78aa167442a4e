using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// A pinned page stays the mapped page, so that no write is lost on either side; and no pin shows what another process
/// has written. The first is promised for pins for writing, and from 5.19 on for every FOLL_PIN (an anonymous page is pinned only
/// while exclusive); a plain reference for reading, and before 5.19 any pin for reading, may be left with an old copy. The
/// second is promised for all, whatever has become of the mapping (CVE-2020-29374).
/// </summary>
internal sealed class PinStability : IInvariant
{
    private const byte Replaced = 0;
    private const byte SwappedAway = 1;
    private const byte Leak = 2;

    /// <inheritdoc/>
    public InvariantId Id => InvariantId.PinStability;

    /// <inheritdoc/>
    public string Name => "pin-stability";

    /// <inheritdoc/>
    public string Statement => "a pinned page stays the page that is mapped, and no pin shows what another process has written";

    /// <inheritdoc/>
    public Mark ExercisedBy => Mark.PinRespected;

    /// <inheritdoc/>
    public string Exercise => "a pinned page met reclaim, fork or a write to a read-only page";

    /// <inheritdoc/>
    public Concern Concerns => Concern.Pins;


    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => true;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        for (var left = v.Scope.Pages; left.Any; left = left.Rest)
        {
            var at = left.First;
            if (!v.State.Mm(at.Mm).IsComplete) continue;
            var pin = v.State.Pin(at);
            if (pin.Pfn.IsNone) continue;
            var expected = v.Oracle.PinOf(at);
            var data = v.State.Frame(pin.Pfn).Data;
            if ((expected.Allowed & Oracle.Bit(data)) == 0)
            {
                breach = new Breach(Id, Leak, at.Mm, at.Page, pin.Pfn, Actual: data);
                return false;
            }

            if (!expected.Attached || !v.State.PageTableLock(at.Mm).IsFree || !IsPromised(in v, pin)) continue;
            var pte = v.State.Pte(at);
            if (pte.IsPoisoned || v.State.PageBehind(pte) == pin.Pfn) continue;
            breach = new Breach(Id, pte.IsPresent ? Replaced : SwappedAway, at.Mm, at.Page, pin.Pfn, Actual: pte.Target);
            return false;
        }

        breach = default;
        return true;
    }

    /// <inheritdoc/>
    public string Describe(in Breach breach) => breach.Code switch
    {
        Leak => $"through its pin of {breach.Pfn}, taken at page {breach.Page}, {breach.Mm} sees {breach.Actual}, which another process has written",
        Replaced => $"page {breach.Page} of {breach.Mm} is pinned as {breach.Pfn}, but {new Pfn((byte)breach.Actual)} is mapped there now: writes through the pin are lost to the program, and the other way round",
        _ => $"page {breach.Page} of {breach.Mm} is pinned as {breach.Pfn}, which is neither mapped there nor in the swap cache for it",
    };

    private static bool IsPromised(in View v, Pin pin)
    {
        if ((pin.Flags & PinFlags.Stale) != 0) return false;
        return (pin.Flags & PinFlags.Write) != 0 || (v.MarksExclusive && (pin.Flags & PinFlags.Get) == 0);
    }
}
