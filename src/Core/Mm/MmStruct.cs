using System.Runtime.InteropServices;

namespace Hooks.Core.Mm;

/// <summary>Life of an address space.</summary>
[Flags]
public enum MmFlags : byte
{
    /// <summary>Does not exist.</summary>
    None = 0,

    /// <summary>Exists.</summary>
    Alive = 1,

    /// <summary>Being filled by fork(): no thread runs in it yet.</summary>
    Forking = 2,

    /// <summary><c>MMF_HAS_PINNED</c>: some page was pinned at some time.</summary>
    HasPinned = 4,

    /// <summary><c>write_protect_seq</c> is odd: fork() copies its page table (57efa1fe5957, 5.11).</summary>
    WriteProtectSeq = 16,

    /// <summary>exit_group(): its threads leave at their next way back to user space, and no operation begins in it.</summary>
    Exiting = 8,

    /// <summary>A mapping that may have large folios has had a page of its own at some time, or its parent's has (<c>vma-&gt;anon_vma</c>). Then fork() copies its page table, zero pages and all.</summary>
    HasAnonVma = 32,

    /// <summary>A mapping that may have large folios was split since it was forked last: its parts stand behind those of other processes in the tree of mappings, as both are put in anew (<c>anon_vma_interval_tree_insert()</c>). Of the address space as a whole, where the kernel has it of each VMA (docs/large-folios.md).</summary>
    WalkedLast = 64,
}

/// <summary>An address space: <c>struct mm_struct</c>. Its VMAs, page table, pins and locks stand beside it in the state.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct MmStruct
{
    /// <summary>Alive or not.</summary>
    public MmFlags Flags;

    /// <summary>
    /// <c>mm_users</c>: one for the process until it exits, one for each of its threads that is in the kernel or about to access
    /// memory, one for swapoff while it works on it. Who drops the last one takes the address space down.
    /// </summary>
    public byte Users;

    /// <summary>Whether the address space exists.</summary>
    public readonly bool IsAlive => (Flags & MmFlags.Alive) != 0;

    /// <summary>Whether operations can begin in it: it exists, fork() has finished making it, and it has not exited.</summary>
    public readonly bool IsRunning => (Flags & (MmFlags.Alive | MmFlags.Forking | MmFlags.Exiting)) == MmFlags.Alive;

    /// <summary>Whether what its program expects can be told: it exists and fork() has finished making it.</summary>
    public readonly bool IsComplete => (Flags & (MmFlags.Alive | MmFlags.Forking)) == MmFlags.Alive;
}

/// <summary>Counters of an address space (<c>mm_counter</c>).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct MmCounters
{
    /// <summary><c>MM_ANONPAGES</c>.</summary>
    public byte AnonPages;

    /// <summary><c>MM_SWAPENTS</c>.</summary>
    public byte SwapEnts;
}

/// <summary><c>mmap_lock</c>: readers, or one writer.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct MmapLock
{
    /// <summary>How many read.</summary>
    public byte Readers;

    /// <summary>Who writes.</summary>
    public LockOwner Writer;
}

/// <summary>How a page is pinned.</summary>
[Flags]
public enum PinFlags : byte
{
    /// <summary><c>FOLL_PIN</c>, for reading.</summary>
    None = 0,

    /// <summary><c>FOLL_WRITE</c>: a device will store into the page.</summary>
    Write = 1,

    /// <summary><c>FOLL_GET</c>: a plain reference, which nobody can tell from any other (O_DIRECT until 6.1, vmsplice).</summary>
    Get = 2,

    /// <summary>The process has forked since, which a plain reference is not safe against: the device is not to be used any more.</summary>
    Stale = 4,

    /// <summary>unpin: <c>unpin_user_pages_dirty_lock(make_dirty)</c>. Without it nobody says that the page was written (io_uring's registered buffers).</summary>
    Dirty = 8,
}

/// <summary>
/// A pin that a process holds on what was mapped at one of its pages (an io_uring's registered buffer, a vmspliced pipe); gone
/// when it exits.
/// </summary>
/// <param name="Pfn">The page; none: no pin.</param>
/// <param name="Flags">How.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly record struct Pin(Pfn Pfn, PinFlags Flags);
