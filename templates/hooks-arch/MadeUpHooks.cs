using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;

namespace Company.Project1;

/// <summary>
/// A made-up architecture to begin with. Its pages have tags as arm64's do, but every page has its tags set from the moment it is
/// given out, tagged mapping or not, so nothing need be done when tags are turned on.
/// </summary>
/// <param name="kernel">What asks.</param>
public sealed class MadeUpHooks(Kernel kernel) : IArchHooks
{
    // Until 6.4 nobody calls arch_swap_restore(): the last moment before the page is visible is set_pte_at().
    private readonly bool _restoresInSetPteAt = kernel.Version < new KernelVersion(6, 5);

    public string Name => "made-up";

    public MetadataShape Metadata => new(Granules: 4, Bits: 4, MetadataKey.Entry);

    // On its way out: remember the tags of each page of the folio under its swap entry. May fail, and must then leave nothing.
    public bool ArchPrepareToSwap(in Memory m, Pfn folio)
    {
        var (first, pages) = (m.ReadFolio(folio).Entry, m.ReadFolio(folio).Pages);
        for (var i = 0; i < pages; i++)
        {
            if (m.Strikes(FaultKind.Save))
            {
                while (i-- > 0) m.Erase(first.Plus(i));
                return false;
            }

            m.Save(first.Plus(i), m.ReadFrame(folio.Plus(i)).Tags);
            m.Count(Mark.MetadataSaved);
        }

        return true;
    }

    // The slot has been returned: its next user must not find our tags.
    public void ArchSwapInvalidatePage(in Memory m, SwapEntry entry) => m.Erase(entry);

    public void ArchSwapInvalidateArea(in Memory m, int type)
    {
        for (var offset = 1; offset <= Capacity.SlotsPerArea; offset++) m.Erase(SwapEntry.Of(type, offset));
    }

    // On its way back: once for each sharer, so a page that has its tags already is left alone.
    public void ArchSwapRestore(in Memory m, SwapEntry entry, Pfn folio)
    {
        for (int i = 0, pages = m.ReadFolio(folio).Pages; i < pages; i++) Restore(in m, entry.Plus(i), folio.Plus(i));
    }

    public void SetPteAt(in Memory m, MmId mm, Vpn address, Pte pte)
    {
        var old = m.ReadPte(mm, address);
        if (_restoresInSetPteAt && pte.IsPresent && old.IsSwap) Restore(in m, old.Entry, pte.Pfn);
        m.WritePte(mm, address, pte);
    }

    // A copy has the original's tags; a fresh page has none, whoever had it before.
    public void CopyHighpage(in Memory m, Pfn to, Pfn from, Vma vma) => SetTags(in m, to, m.ReadFrame(from).Tags);

    public void ClearHighpage(in Memory m, Pfn page, Vma vma) => SetTags(in m, page, default);

    private static void Restore(in Memory m, SwapEntry entry, Pfn page)
    {
        if (m.ReadFrame(page).Test(PageFlags.ArchTagged)) return;
        if (!m.TryLoad(entry, out var tags)) tags = default;
        if (tags.Bits != 0) m.Count(Mark.MetadataRestored);
        SetTags(in m, page, tags);
    }

    private static void SetTags(in Memory m, Pfn page, PageTags tags)
    {
        ref var frame = ref m.WriteFrame(page);
        frame.Tags = tags;
        frame.Set(PageFlags.ArchTagged);
    }
}
