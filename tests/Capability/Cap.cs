using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;

namespace Hooks.Capability;

/// <summary>
/// A made-up capability machine, the second example of docs/add-an-architecture.md. A granule's tag says that it holds a valid pointer:
/// storing one sets it, storing anything else clears it. Every page has its tags set before it is mapped anywhere, tagged mapping or not.
/// </summary>
/// <param name="kernel">Where it restores tags.</param>
public sealed class Cap(Kernel kernel) : IArchHooks
{
    private readonly bool _restoresInSetPteAt = kernel.Version < new KernelVersion(6, 5);

    public string Name => "cap";

    public MetadataShape Metadata => new(Granules: 4, Bits: 1, MetadataKey.Entry);

    // The hardware: what was a pointer is data now.
    public void OnStore(in Memory m, Pfn page, int granule)
    {
        ref var frame = ref m.WriteFrame(page);
        frame.Tags = frame.Tags.With(granule, 0);
    }

    // The program, which knows that as well, no longer expects a pointer there.
    public PageTags AfterStore(PageTags expected, int granule) => expected.With(granule, 0);

    public bool ArchPrepareToSwap(in Memory m, Pfn folio)
    {
        if (m.Strikes(FaultKind.Save)) return false;
        m.Save(m.ReadFolio(folio).Entry, m.ReadFrame(folio).Tags);
        m.Count(Mark.MetadataSaved);
        return true;
    }

    public void ArchSwapInvalidatePage(in Memory m, SwapEntry entry) => m.Erase(entry);

    public void ArchSwapInvalidateArea(in Memory m, int type)
    {
        for (var offset = 1; offset <= Capacity.SlotsPerArea; offset++) m.Erase(SwapEntry.Of(type, offset));
    }

    // Once for each sharer. To a page that has been mapped nothing is given back: a pointer overwritten since would be valid again.
    public void ArchSwapRestore(in Memory m, SwapEntry entry, Pfn folio)
    {
        if (m.ReadFrame(folio).Test(PageFlags.ArchTagged) || !m.TryLoad(entry, out var tags)) return;
        if (tags.Bits != 0) m.Count(Mark.MetadataRestored);
        SetTags(in m, folio, tags);
    }

    // Whoever filled a page that has no tags by now, the swap device or the kernel, has stored data all over it.
    public void SetPteAt(in Memory m, MmId mm, Vpn address, Pte pte)
    {
        if (pte.IsPresent)
        {
            var old = m.ReadPte(mm, address);
            if (_restoresInSetPteAt && old.IsSwap) ArchSwapRestore(in m, old.Entry, pte.Pfn);
            if (!m.ReadFrame(pte.Pfn).Test(PageFlags.ArchTagged)) SetTags(in m, pte.Pfn, default);
        }

        m.WritePte(mm, address, pte);
    }

    public void CopyHighpage(in Memory m, Pfn to, Pfn from, Vma vma) => SetTags(in m, to, m.ReadFrame(from).Tags);

    public void ClearHighpage(in Memory m, Pfn page, Vma vma) => SetTags(in m, page, default);

    private static void SetTags(in Memory m, Pfn page, PageTags tags)
    {
        ref var frame = ref m.WriteFrame(page);
        frame.Tags = tags;
        frame.Set(PageFlags.ArchTagged);
    }
}

/// <summary>The capability machine over time.</summary>
public sealed class CapArchitecture : IArchitecture
{
    public string Name => "cap";

    public string Description => "made up: a tag a granule, cleared by a data store; saved by swap entry";

    public IArchHooks Hooks(Kernel kernel) => new Cap(kernel);

    // From 5.18 on the slot is free before set_pte_at() looks for the tags; arch_swap_restore() is the cure.
    public InvariantSet ExpectedBreaches(Kernel kernel)
    {
        var lost = kernel.Version >= new KernelVersion(5, 18) && !kernel.Has(KernelCatalogue.Restore, new KernelVersion(6, 5));
        return lost ? InvariantSet.Of(InvariantId.TagPreservation) : InvariantSet.None;
    }
}
