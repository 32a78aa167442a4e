using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Properties.Arch;

/// <summary>
/// A made-up architecture, the worked example of docs/add-an-architecture.md. Its pages have tags as arm64's do, but every page
/// has its tags set from the moment it is given out, tagged mapping or not, so nothing need be done when tags are turned on.
/// </summary>
/// <param name="era">What the kernel of the time asks for.</param>
public sealed class Tint(HookEra era) : IArchHooks
{
    // Until 6.4 nobody calls arch_swap_restore(): the last moment before the page is visible is set_pte_at().
    private readonly bool _restoresInSetPteAt = era < HookEra.Linux6_5;

    public string Name => "tint";

    public bool HasTags => true;

    // On its way out: remember the tags under the swap entry. May fail, and must then leave nothing.
    public bool ArchPrepareToSwap(ref MachineState s, Pfn folio)
    {
        if (FaultInjection.Strikes(ref s, FaultKind.Save)) return false;
        s.Metadata.Save(s.Folio(folio).Entry, s.Folio(folio).Tags);
        s.Events |= Event.MetadataSaved;
        return true;
    }

    // The slot has been returned: its next user must not find our tags.
    public void ArchSwapInvalidatePage(ref MachineState s, SwapEntry entry) => s.Metadata.Erase(entry);

    public void ArchSwapInvalidateArea(ref MachineState s, int type)
    {
        for (var offset = 1; offset <= Capacity.SlotsPerArea; offset++) s.Metadata.Erase(SwapEntry.Of(type, offset));
    }

    // On its way back: once for each sharer, so a page that has its tags already is left alone.
    public void ArchSwapRestore(ref MachineState s, SwapEntry entry, Pfn folio)
    {
        if (s.Folio(folio).Test(FolioFlags.ArchTagged)) return;
        if (!s.Metadata.TryLoad(entry, out var tags)) tags = default;
        if (tags.Bits != 0) s.Events |= Event.MetadataRestored;
        SetTags(ref s, folio, tags);
    }

    public void SetPteAt(ref MachineState s, MmId mm, Vpn address, Pte pte)
    {
        var old = s.Pte(mm, address);
        if (_restoresInSetPteAt && pte.IsPresent && old.IsSwap) ArchSwapRestore(ref s, old.Entry, pte.Pfn);
        s.Pte(mm, address) = pte;
    }

    // A copy has the original's tags; a fresh page has none, whoever had it before.
    public void CopyHighpage(ref MachineState s, Pfn to, Pfn from, VmaFlags vma) => SetTags(ref s, to, s.Folio(from).Tags);

    public void ClearHighpage(ref MachineState s, Pfn page, VmaFlags vma) => SetTags(ref s, page, default);

    private static void SetTags(ref MachineState s, Pfn page, PageTags tags)
    {
        s.Folio(page).Tags = tags;
        s.Folio(page).Set(FolioFlags.ArchTagged);
    }
}

/// <summary>Tint over time.</summary>
public sealed class TintArchitecture : IArchitecture
{
    public string Name => "tint";

    public string Description => "made up: tags on every page, saved by swap entry";

    public IArchHooks Hooks(HookEra era) => new Tint(era);
}
