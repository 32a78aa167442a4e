namespace Hooks.Core.Paths;

/// <summary>Places in a path that a step can jump to: the kernel's goto labels and loop heads.</summary>
public enum Label : byte
{
    /// <summary>No label.</summary>
    None,

    /// <summary>do_swap_page(): read into the swap cache.</summary>
    Readahead,

    /// <summary>do_swap_page(): the folio is there, lock it.</summary>
    LockFolio,

    /// <summary>do_swap_page(): the folio is locked and known to be the entry's.</summary>
    HaveFolio,

    /// <summary><c>out_nomap</c>: back out under the page table lock.</summary>
    OutNomap,

    /// <summary><c>out_page</c>: back out with the folio locked.</summary>
    OutPage,

    /// <summary><c>copy</c> of do_wp_page().</summary>
    Copy,

    /// <summary><c>reuse</c> of do_wp_page().</summary>
    Reuse,

    /// <summary>wp_page_copy(): the page table entry changed meanwhile.</summary>
    Changed,

    /// <summary>The head of a loop over pages or mappings.</summary>
    ThisPage,

    /// <summary>The end of a loop's body: on to the next page.</summary>
    Next,

    /// <summary>The loop's body for a swap entry.</summary>
    SwapEntry,

    /// <summary>The loop's end.</summary>
    Done,

    /// <summary><c>unlock</c>: drop the page table lock and leave.</summary>
    Unlock,

    /// <summary>try_to_unmap_one(): put the mapping back and give up.</summary>
    RestorePte,

    /// <summary>shrink_folio_list(): every mapping is gone.</summary>
    Unmapped,

    /// <summary>shrink_folio_list(): free the page.</summary>
    RemoveMapping,

    /// <summary><c>activate_locked</c>.</summary>
    ActivateLocked,

    /// <summary><c>keep_locked</c>.</summary>
    KeepLocked,

    /// <summary><c>keep</c>.</summary>
    Keep,

    /// <summary>The page may be pinned: fork() copies it, unuse_pte() is not concerned.</summary>
    CopyPresentPage,

    /// <summary>Out of memory: undo.</summary>
    Fail,

    /// <summary>unuse_pte(): the read has failed.</summary>
    Poison,

    /// <summary>unuse_pte(): give the entry back.</summary>
    SwapFree,
}
