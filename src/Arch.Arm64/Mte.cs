using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;

namespace Hooks.Arch.Arm64;

/// <summary>
/// arm64's Memory Tagging Extension: arch/arm64/mm/mteswap.c, arch/arm64/kernel/mte.c, arch/arm64/mm/copypage.c. Tags are
/// saved when a page is written, in an xarray keyed by swap entry (<c>mte_pages</c>); PG_mte_tagged on the page says that
/// its tags have been initialised.
/// </summary>
/// <param name="kernel">Where tags are restored, and whether swap PTEs have the exclusive bit.</param>
public sealed class Mte(Kernel kernel) : IArchHooks
{
    private readonly bool _restoresInSetPteAt = kernel.Version < new KernelVersion(6, 5);
    private readonly bool _restoresInDoSwapPage = kernel.Carried.Contains(KernelCatalogue.SeriesV1Part2);
    private readonly bool _newLayout = kernel.Version >= new KernelVersion(6, 10);

    /// <inheritdoc/>
    public string Name => "arm64";

    /// <inheritdoc/>
    public MetadataShape Metadata => new(Granules: 4, Bits: 4, MetadataKey.Entry);

    /// <inheritdoc/>
    public bool MkwriteDirties { get; } = !kernel.Has(KernelCatalogue.MkwriteKeepsClean, new KernelVersion(6, 18));

    /// <inheritdoc/>
    public bool HasPteSwpExclusive { get; } = kernel.Has("1493a1913e34", new KernelVersion(5, 19));

    /// <inheritdoc/>
    public bool HasUffdWp => _newLayout;

    /// <summary>arch/arm64/include/asm/pgtable.h of 6.1, the exclusive bit since 5.19; and of 6.12, as it is since 6.10.</summary>
    public SwapPteLayout SwapPte => _newLayout
        ? new(TypeShift: 6, TypeBits: 5, OffsetShift: 12, OffsetBits: 50, Exclusive: 2, SoftDirty: -1, UffdWp: 3, MustBeZero: 3 | (1UL << 11))
        : new(TypeShift: 3, TypeBits: 5, OffsetShift: 8, OffsetBits: 50, Exclusive: HasPteSwpExclusive ? 2 : -1, SoftDirty: -1, UffdWp: -1, MustBeZero: 3 | (1UL << 58));

    /// <summary><c>mte_save_tags()</c> of each page (one until 6.10); if one cannot be saved, those before it are dropped again.</summary>
    public bool ArchPrepareToSwap(in Memory m, Pfn folio)
    {
        ref readonly var f = ref m.ReadFolio(folio);
        for (var i = 0; i < f.Pages; i++)
        {
            if (SaveTags(in m, folio.Plus(i), f.Entry.Plus(i))) continue;
            while (i-- > 0) ArchSwapInvalidatePage(in m, f.Entry.Plus(i));
            return false;
        }

        return true;
    }

    /// <summary><c>mte_invalidate_tags()</c>.</summary>
    public void ArchSwapInvalidatePage(in Memory m, SwapEntry entry) => m.Erase(entry);

    /// <summary><c>mte_invalidate_tags_area()</c>.</summary>
    public void ArchSwapInvalidateArea(in Memory m, int type) => m.EraseArea(type);

    /// <summary><c>mte_restore_tags()</c> of each page (one until 6.10): keeps the saved copy; a page whose tags are initialised already is left alone.</summary>
    public void ArchSwapRestore(in Memory m, SwapEntry entry, Pfn folio)
    {
        for (int i = 0, pages = m.ReadFolio(folio).Pages; i < pages; i++) TryRestore(in m, entry.Plus(i), folio.Plus(i));
    }

    /// <summary>Nothing, except in series v1, 2/3, where the generic hook restores by the entry in the old PTE.</summary>
    public void ArchDoSwapPage(in Memory m, MmId mm, Vpn address, Pte pte, Pte oldPte)
    {
        if (_restoresInDoSwapPage && oldPte.IsSwap) ArchSwapRestore(in m, oldPte.Entry, pte.Pfn);
    }

    /// <summary>
    /// <c>set_pte_at()</c> with <c>mte_sync_tags()</c>: until 6.4 restores the tags if the old PTE is a swap entry that has some;
    /// clears the tags of a page that is mapped tagged for the first time. Does neither for an entry that gives no access.
    /// </summary>
    public void SetPteAt(in Memory m, MmId mm, Vpn address, Pte pte)
    {
        if (pte.IsAccessible && !m.ReadFrame(pte.Pfn).Test(PageFlags.ArchTagged))
        {
            var oldPte = m.ReadPte(mm, address);
            var restored = _restoresInSetPteAt && oldPte.IsSwap && TryRestore(in m, oldPte.Entry, pte.Pfn);
            if (!restored && pte.IsTagged) ClearTags(in m, pte.Pfn);
        }

        m.WritePte(mm, address, pte);
    }

    /// <summary><c>copy_highpage()</c>: tags follow if the source's are initialised.</summary>
    public void CopyHighpage(in Memory m, Pfn to, Pfn from, Vma vma)
    {
        if (!m.ReadFrame(from).Test(PageFlags.ArchTagged)) return;
        ref var page = ref m.WriteFrame(to);
        page.Tags = m.ReadFrame(from).Tags;
        page.Set(PageFlags.ArchTagged);
    }

    /// <summary><c>alloc_zeroed_user_highpage_movable()</c>, __GFP_ZEROTAGS in a VM_MTE VMA (arch/arm64/mm/fault.c).</summary>
    public void ClearHighpage(in Memory m, Pfn page, Vma vma)
    {
        if (vma.IsTagged) ClearTags(in m, page);
    }

    /// <summary><c>mte_save_tags()</c>: of a page whose tags were initialised; under its entry (<c>page_swap_entry()</c>).</summary>
    private static bool SaveTags(in Memory m, Pfn pfn, SwapEntry entry)
    {
        ref readonly var page = ref m.ReadFrame(pfn);
        if (!page.Test(PageFlags.ArchTagged)) return true;

        // mte_allocate_tag_storage(), or the xarray's node.
        if (m.Strikes(FaultKind.Save)) return false;
        m.Save(entry, page.Tags);
        m.Count(Mark.MetadataSaved);
        return true;
    }

    private static void ClearTags(in Memory m, Pfn pfn)
    {
        ref var page = ref m.WriteFrame(pfn);
        page.Tags = default;
        page.Set(PageFlags.ArchTagged);
    }

    private static bool TryRestore(in Memory m, SwapEntry entry, Pfn pfn)
    {
        if (!m.TryLoad(entry, out var tags)) return false;
        if (m.ReadFrame(pfn).Test(PageFlags.ArchTagged)) return true;
        ref var page = ref m.WriteFrame(pfn);
        page.Tags = tags;
        page.Set(PageFlags.ArchTagged);
        if (tags.Bits != 0) m.Count(Mark.MetadataRestored);
        return true;
    }
}

/// <summary>arm64 over time.</summary>
public sealed class Arm64Architecture : IArchitecture
{
    /// <inheritdoc/>
    public string Name => "arm64";

    /// <inheritdoc/>
    public string Description => "MTE: 4-bit tags, saved by swap entry; restored in set_pte_at() until 6.4, in arch_swap_restore() since";

    /// <inheritdoc/>
    public IArchHooks Hooks(Kernel kernel) => new Mte(kernel);

    /// <summary>
    /// Facts about real kernels: do_swap_page() loses tags from c145e0b47c77 (5.18) until 6dca4ac6fc91 (6.5, stable 6.1) (the thread of May 2023, and kernels run under
    /// QEMU); series v1, 2/3, restores in another place, and 1/3 alone does not. And swapoff loses them where the mapping gives no access (PROT_NONE), until its own
    /// arch_swap_restore() (6.5, the second patch of that series, which stable 6.1 does not have: run on 6.1.192).
    /// </summary>
    public InvariantSet ExpectedBreaches(Kernel kernel) =>
        kernel.Version < new KernelVersion(6, 5) ? InvariantSet.Of(InvariantId.TagPreservation) : InvariantSet.None;

    /// <summary>Splitting a folio gives all pages the first one's PG_mte_tagged (__split_folio_to_order()): tags are cleared when the others are mapped again, or others' are never cleared. Found by the model, and run on 6.1.192, 6.12.117 and 7.3.4.</summary>
    public InvariantSet ExpectedLarge(Kernel kernel) => InvariantSet.Of(InvariantId.TagPreservation, InvariantId.NoStaleTags);

    /// <summary>Where do_swap_page() gives the entry back first and restores in set_pte_at(), it restores what the slot's next owner has saved there, if that is quick.</summary>
    public InvariantSet ExpectedRaces(Kernel kernel) =>
        kernel.Version < new KernelVersion(6, 5) ? InvariantSet.Of(InvariantId.NoStaleTags) : InvariantSet.None;
}
