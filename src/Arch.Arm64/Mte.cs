using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Arch.Arm64;

/// <summary>
/// arm64's Memory Tagging Extension: arch/arm64/mm/mteswap.c, arch/arm64/kernel/mte.c, arch/arm64/mm/copypage.c. Tags are
/// saved when a page is written, in an xarray keyed by swap entry (<c>mte_pages</c>); PG_mte_tagged on the page says that
/// its tags have been initialised.
/// </summary>
/// <param name="era">Where tags are restored, and whether swap PTEs have the exclusive bit.</param>
public sealed class Mte(HookEra era) : IArchHooks
{
    private readonly bool _restoresInSetPteAt = era < HookEra.Linux6_5;

    /// <inheritdoc/>
    public string Name => "arm64";

    /// <inheritdoc/>
    public bool HasTags => true;

    /// <inheritdoc/>
    public bool HasPteSwpExclusive => era >= HookEra.Linux5_19;

    /// <inheritdoc/>
    public bool HasUffdWp => era >= HookEra.Linux6_10;

    /// <summary>arch/arm64/include/asm/pgtable.h of 6.1, the exclusive bit since 5.19; and of 6.12, as it is since 6.10.</summary>
    public SwapPteLayout SwapPte => era >= HookEra.Linux6_10
        ? new(TypeShift: 6, TypeBits: 5, OffsetShift: 12, OffsetBits: 50, Exclusive: 2, SoftDirty: -1, UffdWp: 3, MustBeZero: 3 | (1UL << 11))
        : new(TypeShift: 3, TypeBits: 5, OffsetShift: 8, OffsetBits: 50, Exclusive: HasPteSwpExclusive ? 2 : -1, SoftDirty: -1, UffdWp: -1, MustBeZero: 3 | (1UL << 58));

    /// <summary><c>mte_save_tags()</c>: of a page whose tags were initialised; under the entry in <c>page_private()</c>.</summary>
    public bool ArchPrepareToSwap(ref MachineState s, Pfn folio)
    {
        ref var page = ref s.Folio(folio);
        if (!page.Test(FolioFlags.ArchTagged)) return true;

        // mte_allocate_tag_storage(), or the xarray's node.
        if (FaultInjection.Strikes(ref s, FaultKind.Save)) return false;
        s.Metadata.Save(page.Entry, page.Tags);
        s.Events |= Event.MetadataSaved;
        return true;
    }

    /// <summary><c>mte_invalidate_tags()</c>.</summary>
    public void ArchSwapInvalidatePage(ref MachineState s, SwapEntry entry) => s.Metadata.Erase(entry);

    /// <summary><c>mte_invalidate_tags_area()</c>.</summary>
    public void ArchSwapInvalidateArea(ref MachineState s, int type)
    {
        for (var offset = 1; offset <= Capacity.SlotsPerArea; offset++) s.Metadata.Erase(SwapEntry.Of(type, offset));
    }

    /// <summary><c>mte_restore_tags()</c>: keeps the saved copy; a page whose tags are initialised already is left alone.</summary>
    public void ArchSwapRestore(ref MachineState s, SwapEntry entry, Pfn folio) => TryRestore(ref s, entry, folio);

    /// <summary>Nothing, except in series v1, 2/3, where the generic hook restores by the entry in the old PTE.</summary>
    public void ArchDoSwapPage(ref MachineState s, MmId mm, Vpn address, Pte pte, Pte oldPte)
    {
        if (era == HookEra.SeriesV1Part2 && oldPte.IsSwap) ArchSwapRestore(ref s, oldPte.Entry, pte.Pfn);
    }

    /// <summary>
    /// <c>set_pte_at()</c> with <c>mte_sync_tags()</c>: until 6.4 restores the tags if the old PTE is a swap entry that has some;
    /// clears the tags of a page that is mapped tagged for the first time.
    /// </summary>
    public void SetPteAt(ref MachineState s, MmId mm, Vpn address, Pte pte)
    {
        if (pte.IsPresent && !s.Folio(pte.Pfn).Test(FolioFlags.ArchTagged))
        {
            var oldPte = s.Pte(mm, address);
            var restored = _restoresInSetPteAt && oldPte.IsSwap && TryRestore(ref s, oldPte.Entry, pte.Pfn);
            if (!restored && pte.IsTagged) ClearTags(ref s, pte.Pfn);
        }

        s.Pte(mm, address) = pte;
    }

    /// <summary><c>copy_highpage()</c>: tags follow if the source's are initialised.</summary>
    public void CopyHighpage(ref MachineState s, Pfn to, Pfn from, VmaFlags vma)
    {
        if (!s.Folio(from).Test(FolioFlags.ArchTagged)) return;
        ref var page = ref s.Folio(to);
        page.Tags = s.Folio(from).Tags;
        page.Set(FolioFlags.ArchTagged);
    }

    /// <summary><c>alloc_zeroed_user_highpage_movable()</c>, __GFP_ZEROTAGS in a VM_MTE VMA (arch/arm64/mm/fault.c).</summary>
    public void ClearHighpage(ref MachineState s, Pfn page, VmaFlags vma)
    {
        if ((vma & VmaFlags.Tagged) != 0) ClearTags(ref s, page);
    }

    private static void ClearTags(ref MachineState s, Pfn pfn)
    {
        ref var page = ref s.Folio(pfn);
        page.Tags = default;
        page.Set(FolioFlags.ArchTagged);
    }

    private static bool TryRestore(ref MachineState s, SwapEntry entry, Pfn pfn)
    {
        if (!s.Metadata.TryLoad(entry, out var tags)) return false;
        ref var page = ref s.Folio(pfn);
        if (page.Test(FolioFlags.ArchTagged)) return true;
        page.Tags = tags;
        page.Set(FolioFlags.ArchTagged);
        if (tags.Bits != 0) s.Events |= Event.MetadataRestored;
        return true;
    }
}

/// <summary>arm64 over time.</summary>
public sealed class Arm64Architecture : IArchitecture
{
    private static readonly IArchHooks[] Eras = [.. Enum.GetValues<HookEra>().Select(era => new Mte(era))];

    /// <inheritdoc/>
    public string Name => "arm64";

    /// <inheritdoc/>
    public string Description => "MTE: 4-bit tags, saved by swap entry; restored in set_pte_at() until 6.4, in arch_swap_restore() since";

    /// <inheritdoc/>
    public IArchHooks Hooks(HookEra era) => Eras[(int)era];
}
