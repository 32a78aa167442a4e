using Hooks.Core.Mm;

namespace Hooks.Core.Arch;

/// <summary>
/// An architecture: what Linux asks of it on the swap path. Every member has the kernel's default (do nothing), so an
/// architecture states only what it does differently. State belongs in <see cref="MachineState.Metadata"/>; an
/// implementation has none of its own.
/// </summary>
public interface IArchHooks
{
    /// <summary>The name used in cases and on the command line.</summary>
    string Name { get; }

    /// <summary>Whether pages have tags that a program can set. Without, a tagged mapping is an ordinary one.</summary>
    bool HasTags => false;

    /// <summary><c>__HAVE_ARCH_PTE_SWP_EXCLUSIVE</c>: whether a swap PTE can remember that the page was exclusive.</summary>
    bool HasPteSwpExclusive => true;

    /// <summary><c>CONFIG_MEM_SOFT_DIRTY</c>: whether page table entries, and swap PTEs, have a soft-dirty bit.</summary>
    bool HasSoftDirty => false;

    /// <summary><c>CONFIG_HAVE_ARCH_USERFAULTFD_WP</c>: whether they have a uffd-wp bit.</summary>
    bool HasUffdWp => false;

    /// <summary>Where its swap PTEs keep what they hold. The model's own swap PTEs have room for everything; the laws of an architecture look at this.</summary>
    SwapPteLayout SwapPte => SwapPteLayout.X86;

    /// <summary><c>arch_prepare_to_swap(folio)</c>: before the page is written. May save metadata.</summary>
    /// <returns>Whether it succeeded; false is −ENOMEM, and the page stays in memory.</returns>
    bool ArchPrepareToSwap(ref MachineState s, Pfn folio) => true;

    /// <summary><c>arch_swap_invalidate_page(type, offset)</c>: the slot has really been returned (swap_range_free).</summary>
    void ArchSwapInvalidatePage(ref MachineState s, SwapEntry entry)
    {
    }

    /// <summary><c>arch_swap_invalidate_area(type)</c>: the whole area goes, at the end of swapoff.</summary>
    void ArchSwapInvalidateArea(ref MachineState s, int type)
    {
    }

    /// <summary><c>arch_swap_restore(entry, folio)</c>: give the folio the metadata saved under this entry.</summary>
    void ArchSwapRestore(ref MachineState s, SwapEntry entry, Pfn folio)
    {
    }

    /// <summary><c>arch_unmap_one(mm, vma, addr, oldpte)</c>: reclaim takes one mapping away. May save metadata.</summary>
    /// <returns>Whether it succeeded; if not, the mapping stays.</returns>
    bool ArchUnmapOne(ref MachineState s, MmId mm, Vpn address, Pte oldPte) => true;

    /// <summary><c>arch_do_swap_page(mm, vma, addr, pte, oldpte)</c>: do_swap_page() maps, or has mapped, a page.</summary>
    /// <param name="s">The machine.</param>
    /// <param name="mm">Whose fault.</param>
    /// <param name="address">Where.</param>
    /// <param name="pte">The entry being set.</param>
    /// <param name="oldPte">The swap PTE; from 1eba86c096e3 (5.17) on, by mistake, the new entry again.</param>
    void ArchDoSwapPage(ref MachineState s, MmId mm, Vpn address, Pte pte, Pte oldPte)
    {
    }

    /// <summary><c>set_pte_at(mm, addr, ptep, pte)</c>: must store the entry. May look at the one it replaces.</summary>
    void SetPteAt(ref MachineState s, MmId mm, Vpn address, Pte pte) => s.Pte(mm, address) = pte;

    /// <summary><c>copy_user_highpage(to, from, addr, vma)</c>: the architecture's part; the data has been copied.</summary>
    void CopyHighpage(ref MachineState s, Pfn to, Pfn from, VmaFlags vma)
    {
    }

    /// <summary><c>alloc_zeroed_user_highpage_movable(vma, addr)</c>: the architecture's part; the data has been cleared.</summary>
    void ClearHighpage(ref MachineState s, Pfn page, VmaFlags vma)
    {
    }

    /// <summary><c>init_new_context()</c> for the child of a fork.</summary>
    void InitNewContext(ref MachineState s, MmId mm)
    {
    }

    /// <summary><c>destroy_context()</c>: the address space is gone.</summary>
    void DestroyContext(ref MachineState s, MmId mm)
    {
    }
}

/// <summary>An architecture without metadata: every hook is the kernel's default. Its page table entries have the bits that x86 has.</summary>
public sealed class NoArch : IArchHooks
{
    /// <inheritdoc/>
    public bool HasSoftDirty => true;

    /// <inheritdoc/>
    public bool HasUffdWp => true;

    /// <inheritdoc/>
    public string Name => "none";
}
