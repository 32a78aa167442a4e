using Hooks.Core.Mm;

namespace Hooks.Core.Arch;

/// <summary>
/// An architecture: what Linux asks of it on the swap path. Every member has the kernel's default (do nothing), so an
/// architecture states only what it does differently. It sees the machine through <see cref="Memory"/>, and keeps what it saves there
/// (<see cref="Memory.Save"/>, <see cref="Memory.WriteRange"/>); an implementation has no state of its own.
/// </summary>
public interface IArchHooks
{
    /// <summary>The name used in cases and on the command line.</summary>
    string Name { get; }

    /// <summary>What its metadata are like. Without any, a tagged mapping is an ordinary one.</summary>
    MetadataShape Metadata => MetadataShape.None;

    /// <summary><c>__HAVE_ARCH_PTE_SWP_EXCLUSIVE</c>: whether a swap PTE can remember that the page was exclusive.</summary>
    bool HasPteSwpExclusive => true;

    /// <summary><c>CONFIG_MEM_SOFT_DIRTY</c>: whether page table entries, and swap PTEs, have a soft-dirty bit.</summary>
    bool HasSoftDirty => false;

    /// <summary><c>CONFIG_HAVE_ARCH_USERFAULTFD_WP</c>: whether they have a uffd-wp bit.</summary>
    bool HasUffdWp => false;

    /// <summary>Whether its hooks know folios of several pages. (Those of an architecture's own C are called for one page each: with them there are no others.)</summary>
    bool HasLargeFolios => true;

    /// <summary>Whether it says what its hooks allocate and free, which an architecture's own C does: hook-memory is asked of it.</summary>
    bool CountsMemory => false;

    /// <summary>Whether <c>pte_mkwrite()</c> makes an entry dirty too (arm64 until 143937ca51cc).</summary>
    bool MkwriteDirties => false;

    /// <summary>Where its swap PTEs keep what they hold. The model's own swap PTEs have room for everything; the laws of an architecture look at this.</summary>
    SwapPteLayout SwapPte => SwapPteLayout.X86;

    /// <summary><c>arch_prepare_to_swap(folio)</c>: before the page is written. May save metadata.</summary>
    /// <returns>Whether it succeeded; false is −ENOMEM, and the page stays in memory.</returns>
    bool ArchPrepareToSwap(in Memory m, Pfn folio) => true;

    /// <summary><c>arch_swap_invalidate_page(type, offset)</c>: the slot has really been returned (swap_range_free).</summary>
    void ArchSwapInvalidatePage(in Memory m, SwapEntry entry)
    {
    }

    /// <summary><c>arch_swap_invalidate_area(type)</c>: the whole area goes, at the end of swapoff.</summary>
    void ArchSwapInvalidateArea(in Memory m, int type)
    {
    }

    /// <summary><c>arch_swap_restore(entry, folio)</c>: give the folio the metadata saved under this entry.</summary>
    void ArchSwapRestore(in Memory m, SwapEntry entry, Pfn folio)
    {
    }

    /// <summary><c>arch_unmap_one(mm, vma, addr, oldpte)</c>: reclaim takes one mapping away. May save metadata.</summary>
    /// <returns>Whether it succeeded; if not, the mapping stays.</returns>
    bool ArchUnmapOne(in Memory m, MmId mm, Vpn address, Pte oldPte) => true;

    /// <summary><c>arch_do_swap_page(mm, vma, addr, pte, oldpte)</c>: do_swap_page() maps, or has mapped, a page.</summary>
    /// <param name="m">The machine.</param>
    /// <param name="mm">Whose fault.</param>
    /// <param name="address">Where.</param>
    /// <param name="pte">The entry being set.</param>
    /// <param name="oldPte">The swap PTE; from 1eba86c096e3 (5.17) on, by mistake, the new entry again.</param>
    void ArchDoSwapPage(in Memory m, MmId mm, Vpn address, Pte pte, Pte oldPte)
    {
    }

    /// <summary><c>set_pte_at(mm, addr, ptep, pte)</c>: must store the entry. May look at the one it replaces.</summary>
    void SetPteAt(in Memory m, MmId mm, Vpn address, Pte pte) => m.WritePte(mm, address, pte);

    /// <summary><c>copy_user_highpage(to, from, addr, vma)</c>: the architecture's part; the data has been copied.</summary>
    void CopyHighpage(in Memory m, Pfn to, Pfn from, Vma vma)
    {
    }

    /// <summary><c>alloc_zeroed_user_highpage_movable(vma, addr)</c>: the architecture's part; the data has been cleared.</summary>
    void ClearHighpage(in Memory m, Pfn page, Vma vma)
    {
    }

    /// <summary>
    /// The hardware's part of an ordinary store, by a program or a device, that the page table has let through: the data is in the page. (A
    /// capability machine clears the tag of the granule.) No hook of Linux.
    /// </summary>
    /// <param name="m">The machine.</param>
    /// <param name="page">The page stored to.</param>
    /// <param name="granule">The granule that holds the data word.</param>
    void OnStore(in Memory m, Pfn page, int granule)
    {
    }

    /// <summary>The tags that a program may expect after an ordinary store: the oracle's side of <see cref="OnStore"/>.</summary>
    /// <param name="expected">What it could expect before.</param>
    /// <param name="granule">The granule that holds the data word.</param>
    PageTags AfterStore(PageTags expected, int granule) => expected;

    /// <summary><c>init_new_context()</c> for the child of a fork.</summary>
    void InitNewContext(in Memory m, MmId mm)
    {
    }

    /// <summary><c>destroy_context()</c>: the address space is gone.</summary>
    void DestroyContext(in Memory m, MmId mm)
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
