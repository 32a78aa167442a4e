namespace Hooks.Core.Paths;

/// <summary>The kernel paths that a kernel consists of.</summary>
public enum PathId : byte
{
    /// <summary>No path.</summary>
    None,

    /// <summary>A program's load or store, by the hardware; faults into the kernel until it succeeds.</summary>
    UserAccess,

    /// <summary>mmap() of one private anonymous page.</summary>
    Mmap,

    /// <summary>munmap() of one page.</summary>
    Munmap,

    /// <summary>mlock2(MLOCK_ONFAULT) of one page.</summary>
    Mlock,

    /// <summary>exit_mmap(): a process ends.</summary>
    ExitMmap,

    /// <summary>dup_mmap(): fork.</summary>
    DupMmap,

    /// <summary>handle_pte_fault(): which kind of fault.</summary>
    HandlePteFault,

    /// <summary>do_anonymous_page().</summary>
    DoAnonymousPage,

    /// <summary>do_swap_page().</summary>
    DoSwapPage,

    /// <summary>do_wp_page() with wp_page_copy().</summary>
    DoWpPage,

    /// <summary>The end of every fault: give up the claim on the slot, drop mmap_lock.</summary>
    FinishFault,

    /// <summary>madvise(MADV_PAGEOUT) of one page.</summary>
    MadvisePageout,

    /// <summary>Reclaim under memory pressure takes one page off the LRU.</summary>
    Reclaim,

    /// <summary>shrink_folio_list() (shrink_page_list() until 5.18) on one page.</summary>
    ShrinkFolioList,

    /// <summary>The swap device finishes the write-back of a page.</summary>
    EndWriteback,

    /// <summary>mprotect() of one page, tags on.</summary>
    Mprotect,

    /// <summary>mremap() of one page.</summary>
    Mremap,

    /// <summary>/proc/PID/clear_refs, 4.</summary>
    ClearRefs,

    /// <summary>UFFDIO_WRITEPROTECT, both ways.</summary>
    UffdWriteProtect,

    /// <summary>pin_user_pages() or get_user_pages() of one page.</summary>
    Gup,

    /// <summary>unpin_user_page(), or put_page().</summary>
    Unpin,

    /// <summary>A device stores through a pin.</summary>
    DeviceWrite,

    /// <summary>swapoff(), try_to_unuse().</summary>
    SwapOff,

    /// <summary>swapon().</summary>
    SwapOn,

    /// <summary>The slot cache returns its slots.</summary>
    DrainSlots,

    /// <summary>An injected failure is armed.</summary>
    InjectFault,
}
