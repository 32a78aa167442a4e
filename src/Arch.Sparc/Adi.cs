using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;

namespace Hooks.Arch.Sparc;

/// <summary>
/// SPARC M7's Application Data Integrity: arch/sparc/kernel/adi_64.c and pgtable_64.h. Tags are saved when a mapping is
/// taken away, in a store of the mm keyed by address; a descriptor covers a range of addresses and counts the saves not yet
/// restored (<c>tag_users</c>). Restoring happens in arch_do_swap_page() and zeroes the stored tags as it reads them.
/// </summary>
/// <param name="kernel">Whether swap PTEs have the exclusive bit.</param>
/// <param name="addresses">Where pages lie; null: next to each other, far from the ends of the address space, where a range ends with the pages that there are.</param>
public sealed class Adi(Kernel kernel, PageAddresses? addresses = null) : IArchHooks
{
    /// <summary>The release in which sparc's swap PTEs got the exclusive bit.</summary>
    internal static readonly KernelVersion ExclusiveBit = new(6, 3);

    /// <inheritdoc/>
    public string Name => "sparc";

    /// <inheritdoc/>
    public MetadataShape Metadata => new(Granules: 4, Bits: 4, MetadataKey.Address);

    /// <summary>Addresses are those of pages of their own.</summary>
    public bool HasLargeFolios => addresses is null;

    /// <inheritdoc/>
    public bool HasPteSwpExclusive { get; } = kernel.Version >= ExclusiveBit;

    /// <summary>
    /// arch/sparc/include/asm/pgtable_64.h: everything above PAGE_SHIFT (13); the exclusive bit, 20, was taken from the type, which had eight bits before.
    /// </summary>
    public SwapPteLayout SwapPte => new(TypeShift: 13, TypeBits: HasPteSwpExclusive ? 7 : 8, OffsetShift: 21, OffsetBits: 42, Exclusive: HasPteSwpExclusive ? 20 : -1, SoftDirty: -1, UffdWp: -1, MustBeZero: (1UL << 63) | 0x1fff);

    /// <summary><c>adi_save_tags()</c>, if the mapping has tags (<c>_PAGE_MCD_4V</c>).</summary>
    public bool ArchUnmapOne(in Memory m, MmId mm, Vpn address, Pte oldPte)
    {
        if (!oldPte.IsTagged) return true;
        if (!TryAllocTagStore(in m, mm, address, out var index)) return false;
        m.WriteRange(RangeId.Of(mm, index)).Tags[address.Value] = m.ReadFrame(oldPte.Pfn).Tags;
        m.Observe(Observation.SavedAt(new PageAt(mm, address)));
        m.Count(Mark.MetadataSaved);
        return true;
    }

    /// <summary><c>adi_restore_tags()</c>, if the new mapping has tags and a descriptor of this mm covers the address.</summary>
    public void ArchDoSwapPage(in Memory m, MmId mm, Vpn address, Pte pte, Pte oldPte)
    {
        if (oldPte.IsNone || !pte.IsTagged || !TryFindTagStore(in m, mm, address, out var index)) return;
        ref var store = ref m.WriteRange(RangeId.Of(mm, index));
        if (store.Tags[address.Value].Bits != 0) m.Count(Mark.MetadataRestored);
        m.WriteFrame(pte.Pfn).Tags = store.Tags[address.Value];
        store.Tags[address.Value] = default;

        // del_tag_store(): the last user gives the whole range up, saved tags of other pages with it.
        store.Users--;
        var last = store.Users == 0;
        m.Observe(Observation.RestoredAt(new PageAt(mm, last ? new Vpn(store.Start) : address), new PageAt(mm, last ? new Vpn(store.End) : address)));
        if (last) store = default;
    }

    /// <summary><c>copy_user_highpage()</c>: copies the tags if the VMA has them; otherwise the copy has none, as it is made with block-initialising stores (NG4copy_user_page).</summary>
    public void CopyHighpage(in Memory m, Pfn to, Pfn from, Vma vma) =>
        m.WriteFrame(to).Tags = vma.IsTagged ? m.ReadFrame(from).Tags : default;

    /// <summary>Pages are cleared with a block-initialising store that clears the tags too (Documentation/arch/sparc/adi.rst).</summary>
    public void ClearHighpage(in Memory m, Pfn page, Vma vma) => m.WriteFrame(page).Tags = default;

    /// <summary><c>init_new_context()</c>: a new mm starts without a store; what its parent has saved stays the parent's.</summary>
    public void InitNewContext(in Memory m, MmId mm) => DestroyContext(in m, mm);

    /// <summary><c>destroy_context()</c>: the mm's whole store is freed.</summary>
    public void DestroyContext(in Memory m, MmId mm)
    {
        for (var i = 0; i < Capacity.RangesPerMm; i++)
        {
            if (m.ReadRange(RangeId.Of(mm, i)).Users != 0) m.WriteRange(RangeId.Of(mm, i)) = default;
        }
    }

    /// <summary><c>find_tag_store()</c>: the descriptor whose range holds the address.</summary>
    private bool TryFindTagStore(in Memory m, MmId mm, Vpn address, out int index)
    {
        if (addresses is not null) return TagRanges.TryFind(in m, addresses, mm, address, out index);
        for (index = 0; index < Capacity.RangesPerMm; index++)
        {
            ref readonly var store = ref m.ReadRange(RangeId.Of(mm, index));
            if (store.Users != 0 && address.Value >= store.Start && address.Value <= store.End) return true;
        }

        return false;
    }

    /// <summary>
    /// <c>alloc_tag_store()</c>: the descriptor that covers the address, or a new one that covers as much as fits between its
    /// neighbours: 1024 pages upwards in the kernel, here to the end of the address space.
    /// </summary>
    private bool TryAllocTagStore(in Memory m, MmId mm, Vpn address, out int index)
    {
        if (TryFindTagStore(in m, mm, address, out index))
        {
            m.WriteRange(RangeId.Of(mm, index)).Users++;
            return true;
        }

        // The hole around the address. If it ends before a full-size range would, the range takes the whole hole.
        int start = address.Value, end = Capacity.Pages - 1, holeStart = 0, free = -1;
        for (var i = Capacity.RangesPerMm - 1; i >= 0; i--)
        {
            ref readonly var other = ref m.ReadRange(RangeId.Of(mm, i));
            if (other.Users == 0)
            {
                free = i;
                continue;
            }

            if (other.Start > address.Value) end = Math.Min(end, other.Start - 1);
            if (other.End < address.Value) holeStart = Math.Max(holeStart, other.End + 1);
        }

        // kzalloc() of the tags; a range that exists already has its memory.
        if (free < 0 && addresses is not null) throw new CapacityException($"sparc's tag store has more descriptors in use than the {Capacity.RangesPerMm} of the modelled machine");
        if (free < 0 || m.Strikes(FaultKind.Unmap)) return false;
        if (end < Capacity.Pages - 1) start = holeStart;
        m.WriteRange(RangeId.Of(mm, free)) = addresses is null ? new AddressRange { Users = 1, Start = (byte)start, End = (byte)end } : TagRanges.New(in m, addresses, mm, address);
        index = free;
        return true;
    }
}

/// <summary>sparc over time.</summary>
public sealed class SparcArchitecture : IArchitecture
{
    /// <inheritdoc/>
    public string Name => "sparc";

    /// <inheritdoc/>
    public string Description => "ADI: 4-bit tags, saved by mm and address when unmapped, restored in arch_do_swap_page()";

    /// <inheritdoc/>
    public IArchHooks Hooks(Kernel kernel) => new Adi(kernel);

    /// <inheritdoc/>
    public IArchitecture At(PageAddresses addresses) => new Elsewhere(this, addresses);

    /// <summary>
    /// What the model found, and nobody has reported (docs/fidelity.md says how sure we are). The hook stands after set_pte_at() in every release,
    /// its store is per mm and address. Until 5.18 a failing arch_unmap_one() leaves the slot's count too high (322842ea3c72): never free, never alone, and swapoff goes round for
    /// ever. Until 6.2 swap PTEs have no exclusive bit: a page written through a plain reference is copied away from it.
    /// </summary>
    public InvariantSet ExpectedBreaches(Kernel kernel)
    {
        var breaches = InvariantSet.Of(InvariantId.TagPreservation, InvariantId.NoStaleTags, InvariantId.MetadataLifetime);
        if (kernel.Version < Adi.ExclusiveBit) breaches |= InvariantSet.Of(InvariantId.PinStability);
        if (!kernel.Has("322842ea3c72", new KernelVersion(5, 19))) breaches |= InvariantSet.Of(InvariantId.SwapCount, InvariantId.Exclusivity, InvariantId.Progress);
        return breaches;
    }

    private sealed class Elsewhere(SparcArchitecture usual, PageAddresses addresses) : IArchitecture
    {
        public string Name => $"{usual.Name}@{addresses}";

        public string Description => $"{usual.Name} with an address space's pages at {addresses}";

        public IReadOnlyList<IArchitecture> Beyond => addresses.AreLow ? [usual, usual.At(PageAddresses.Apart), usual.At(addresses.Raised)] : [usual, usual.At(PageAddresses.Apart)];

        public IArchHooks Hooks(Kernel kernel) => new Adi(kernel, addresses);
    }
}
