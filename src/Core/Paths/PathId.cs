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

    /// <summary>munlock() of one page.</summary>
    Munlock,

    /// <summary>do_exit(), exit_group(): a process ends.</summary>
    DoExit,

    /// <summary>exit_mmap(): the last user of an address space takes it down.</summary>
    ExitMmap,

    /// <summary>dup_mmap(): fork.</summary>
    DupMmap,

    /// <summary>handle_mm_fault(): which kind of fault.</summary>
    HandleMmFault,

    /// <summary>do_anonymous_page().</summary>
    DoAnonymousPage,

    /// <summary>do_swap_page().</summary>
    DoSwapPage,

    /// <summary>do_wp_page() with wp_page_copy().</summary>
    DoWpPage,

    /// <summary>madvise(MADV_PAGEOUT) of one page.</summary>
    MadvisePageout,

    /// <summary>madvise(MADV_DONTNEED) of one page.</summary>
    MadviseDontneed,

    /// <summary>madvise(MADV_FREE) of one page.</summary>
    MadviseFree,

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

    /// <summary>UFFDIO_MOVE of one page.</summary>
    UffdMove,

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

    /// <summary>A cgroup's memory.swap.max is written.</summary>
    SwapMax,
}

/// <summary>Names of paths.</summary>
public static class PathNames
{
    private static readonly string[] Names = [.. Enum.GetValues<PathId>().Select(Snake)];

    /// <summary>The name as the kernel would write it: <c>do_swap_page</c>.</summary>
    public static string KernelName(this PathId path) => Names[(int)path];

    /// <summary>The path with such a name.</summary>
    public static bool TryParse(string name, out PathId path)
    {
        var at = Array.IndexOf(Names, name);
        path = at > 0 ? (PathId)at : PathId.None;
        return at > 0;
    }

    private static string Snake(PathId path) =>
        string.Concat(path.ToString().Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "_") + char.ToLowerInvariant(c) : c.ToString()));
}
