using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;

namespace Hooks.Arch.Sparc;

/// <summary>
/// sparc as docs/findings.md proposes it: a store by swap entry, in the hooks that arm64 has, in the place of the one by mm and address. Nobody has sent it.
/// These hooks have no VMA, so something else must say whether a page's tags mean anything: a flag of the page, as PG_mte_tagged is (PG_arch_2 would do). Without one there is what was proposed first: all tags are read, saved if they are not
/// all 0, and those of a page that has none saved cleared.
/// </summary>
/// <param name="kernel">Whether swap PTEs have the exclusive bit.</param>
/// <param name="flagged">Whether there is a flag.</param>
public sealed class AdiByEntry(Kernel kernel, bool flagged) : IArchHooks
{
    private readonly Adi _asItIs = new(kernel);

    /// <inheritdoc/>
    public string Name => SparcByEntryArchitecture.NameOf(flagged);

    /// <inheritdoc/>
    public MetadataShape Metadata => new(Granules: 4, Bits: 4, MetadataKey.Entry);

    /// <inheritdoc/>
    public bool HasPteSwpExclusive => _asItIs.HasPteSwpExclusive;

    /// <inheritdoc/>
    public SwapPteLayout SwapPte => _asItIs.SwapPte;

    /// <summary>Saves the tags of each page that has some; if one cannot be saved, those before it are dropped again.</summary>
    public bool ArchPrepareToSwap(in Memory m, Pfn folio)
    {
        ref readonly var f = ref m.ReadFolio(folio);
        for (var i = 0; i < f.Pages; i++)
        {
            if (TrySave(in m, folio.Plus(i), f.Entry.Plus(i))) continue;
            while (i-- > 0) ArchSwapInvalidatePage(in m, f.Entry.Plus(i));
            return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public void ArchSwapInvalidatePage(in Memory m, SwapEntry entry) => m.Erase(entry);

    /// <inheritdoc/>
    public void ArchSwapInvalidateArea(in Memory m, int type) => m.EraseArea(type);

    /// <summary>
    /// Of a page with the flag the tags are there, and newer than any that were saved. Without a flag it cannot be told from one fresh from swap: what was saved is put over what it has, or that is cleared, though
    /// do_swap_page() calls this for a page that it finds in the swap cache too (6.12:4519), which may have been unmapped and not written yet.
    /// </summary>
    public void ArchSwapRestore(in Memory m, SwapEntry entry, Pfn folio)
    {
        for (int i = 0, pages = m.ReadFolio(folio).Pages; i < pages; i++)
        {
            var saved = m.TryLoad(entry.Plus(i), out var tags);
            if (flagged && (!saved || m.ReadFrame(folio.Plus(i)).Test(PageFlags.ArchTagged))) continue;
            SetTags(in m, folio.Plus(i), saved ? tags : default);
            if (tags != default) m.Count(Mark.MetadataRestored);
        }
    }

    /// <summary><c>set_pte_at()</c>: a page that is mapped with tags for the first time begins with tags 0, whatever it had before it was one of this process.</summary>
    public void SetPteAt(in Memory m, MmId mm, Vpn address, Pte pte)
    {
        if (flagged && pte.IsPresent && pte.IsTagged && !m.ReadFrame(pte.Pfn).Test(PageFlags.ArchTagged)) SetTags(in m, pte.Pfn, default);
        m.WritePte(mm, address, pte);
    }

    /// <summary>As <see cref="Adi.CopyHighpage"/>, but it is the page that says whether it has tags, if it can.</summary>
    public void CopyHighpage(in Memory m, Pfn to, Pfn from, Vma vma)
    {
        if (!flagged) _asItIs.CopyHighpage(in m, to, from, vma);
        else if (m.ReadFrame(from).Test(PageFlags.ArchTagged)) SetTags(in m, to, m.ReadFrame(from).Tags);
        else m.WriteFrame(to).Tags = default;
    }

    /// <inheritdoc cref="Adi.ClearHighpage"/>
    public void ClearHighpage(in Memory m, Pfn page, Vma vma) => _asItIs.ClearHighpage(in m, page, vma);

    private bool TrySave(in Memory m, Pfn pfn, SwapEntry entry)
    {
        ref readonly var page = ref m.ReadFrame(pfn);
        if (flagged ? !page.Test(PageFlags.ArchTagged) : page.Tags == default)
        {
            // What was saved when the page went out before is not what it has now.
            if (!flagged && m.TryLoad(entry, out _))
            {
                m.Erase(entry);
                m.Observe(Observation.SavedGivenUp(entry));
            }

            return true;
        }

        if (m.Strikes(FaultKind.Save)) return false;
        m.Save(entry, page.Tags);
        m.Count(Mark.MetadataSaved);
        return true;
    }

    private void SetTags(in Memory m, Pfn pfn, PageTags tags)
    {
        ref var page = ref m.WriteFrame(pfn);
        page.Tags = tags;
        if (flagged) page.Set(PageFlags.ArchTagged);
    }
}
