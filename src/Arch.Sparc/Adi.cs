using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Arch.Sparc;

/// <summary>
/// SPARC M7's Application Data Integrity: arch/sparc/kernel/adi_64.c and pgtable_64.h. Tags are saved when a mapping is
/// taken away, in a store of the mm keyed by address; a descriptor covers a range of addresses and counts the saves not yet
/// restored (<c>tag_users</c>). Restoring happens in arch_do_swap_page() and zeroes the stored tags as it reads them.
/// </summary>
/// <param name="era">Whether swap PTEs have the exclusive bit.</param>
public sealed class Adi(HookEra era) : IArchHooks
{
    /// <inheritdoc/>
    public string Name => "sparc";

    /// <inheritdoc/>
    public bool HasTags => true;

    /// <inheritdoc/>
    public bool HasPteSwpExclusive => era >= HookEra.Linux6_4;

    /// <summary>
    /// arch/sparc/include/asm/pgtable_64.h: everything above PAGE_SHIFT (13); the exclusive bit, 20, was taken from the type, which had eight bits before.
    /// </summary>
    public SwapPteLayout SwapPte => new(TypeShift: 13, TypeBits: HasPteSwpExclusive ? 7 : 8, OffsetShift: 21, OffsetBits: 42, Exclusive: HasPteSwpExclusive ? 20 : -1, SoftDirty: -1, UffdWp: -1, MustBeZero: (1UL << 63) | 0x1fff);

    /// <summary><c>adi_save_tags()</c>, if the mapping has tags (<c>_PAGE_MCD_4V</c>).</summary>
    public bool ArchUnmapOne(ref MachineState s, MmId mm, Vpn address, Pte oldPte)
    {
        if (!oldPte.IsTagged) return true;
        if (!TryAllocTagStore(ref s, mm, address, out var index)) return false;
        ref var store = ref s.Metadata.Range(mm, index);
        store.Tags[address.Value] = s.Folio(oldPte.Pfn).Tags;
        store.Saved |= (byte)(1 << address.Value);
        s.Events |= Event.MetadataSaved;
        return true;
    }

    /// <summary><c>adi_restore_tags()</c>, if the new mapping has tags and a descriptor of this mm covers the address.</summary>
    public void ArchDoSwapPage(ref MachineState s, MmId mm, Vpn address, Pte pte, Pte oldPte)
    {
        if (oldPte.IsNone || !pte.IsTagged || !TryFindTagStore(ref s, mm, address, out var index)) return;
        ref var store = ref s.Metadata.Range(mm, index);
        if (store.Tags[address.Value].Bits != 0) s.Events |= Event.MetadataRestored;
        s.Folio(pte.Pfn).Tags = store.Tags[address.Value];
        store.Tags[address.Value] = default;
        store.Saved &= (byte)~(1 << address.Value);
        s.Events |= Event.MetadataDropped;

        // del_tag_store(): the last user gives the whole range up, saved tags of other pages with it.
        store.Users--;
        if (store.Users == 0) store = default;
    }

    /// <summary><c>copy_user_highpage()</c>: copies the tags if the VMA has them; otherwise the copy has none, as it is made with block-initialising stores (NG4copy_user_page).</summary>
    public void CopyHighpage(ref MachineState s, Pfn to, Pfn from, VmaFlags vma) =>
        s.Folio(to).Tags = (vma & VmaFlags.Tagged) != 0 ? s.Folio(from).Tags : default;

    /// <summary>Pages are cleared with a block-initialising store that clears the tags too (Documentation/arch/sparc/adi.rst).</summary>
    public void ClearHighpage(ref MachineState s, Pfn page, VmaFlags vma) => s.Folio(page).Tags = default;

    /// <summary><c>init_new_context()</c>: a new mm starts without a store; what its parent has saved stays the parent's.</summary>
    public void InitNewContext(ref MachineState s, MmId mm) => DestroyContext(ref s, mm);

    /// <summary><c>destroy_context()</c>: the mm's whole store is freed.</summary>
    public void DestroyContext(ref MachineState s, MmId mm)
    {
        for (var i = 0; i < Capacity.RangesPerMm; i++) s.Metadata.Range(mm, i) = default;
    }

    /// <summary><c>find_tag_store()</c>: the descriptor whose range holds the address.</summary>
    private static bool TryFindTagStore(ref MachineState s, MmId mm, Vpn address, out int index)
    {
        for (index = 0; index < Capacity.RangesPerMm; index++)
        {
            ref var store = ref s.Metadata.Range(mm, index);
            if (store.Users != 0 && address.Value >= store.Start && address.Value <= store.End) return true;
        }

        return false;
    }

    /// <summary>
    /// <c>alloc_tag_store()</c>: the descriptor that covers the address, or a new one that covers as much as fits between its
    /// neighbours: 1024 pages upwards in the kernel, here to the end of the address space.
    /// </summary>
    private static bool TryAllocTagStore(ref MachineState s, MmId mm, Vpn address, out int index)
    {
        if (TryFindTagStore(ref s, mm, address, out index))
        {
            s.Metadata.Range(mm, index).Users++;
            return true;
        }

        // The hole around the address. If it ends before a full-size range would, the range takes the whole hole.
        int start = address.Value, end = Capacity.Pages - 1, holeStart = 0, free = -1;
        for (var i = Capacity.RangesPerMm - 1; i >= 0; i--)
        {
            ref var other = ref s.Metadata.Range(mm, i);
            if (other.Users == 0)
            {
                free = i;
                continue;
            }

            if (other.Start > address.Value) end = Math.Min(end, other.Start - 1);
            if (other.End < address.Value) holeStart = Math.Max(holeStart, other.End + 1);
        }

        // kzalloc() of the tags; a range that exists already has its memory.
        if (free < 0 || FaultInjection.Strikes(ref s, FaultKind.Unmap)) return false;
        if (end < Capacity.Pages - 1) start = holeStart;
        s.Metadata.Range(mm, free) = new AddressRange { Users = 1, Start = (byte)start, End = (byte)end };
        index = free;
        return true;
    }
}

/// <summary>sparc over time.</summary>
public sealed class SparcArchitecture : IArchitecture
{
    private static readonly IArchHooks[] Eras = [.. Enum.GetValues<HookEra>().Select(era => new Adi(era))];

    /// <inheritdoc/>
    public string Name => "sparc";

    /// <inheritdoc/>
    public string Description => "ADI: 4-bit tags, saved by mm and address when unmapped, restored in arch_do_swap_page()";

    /// <inheritdoc/>
    public IArchHooks Hooks(HookEra era) => Eras[(int)era];
}
