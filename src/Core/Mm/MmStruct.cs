using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hooks.Core.Mm;

/// <summary>Flags of the (one-page) VMA at a page. In the model every page of an address space is a VMA of its own.</summary>
[Flags]
public enum VmaFlags : byte
{
    /// <summary>Nothing mapped here.</summary>
    None = 0,

    /// <summary>A private anonymous, readable and writable mapping.</summary>
    Mapped = 1,

    /// <summary>Tags are on: arm64 <c>VM_MTE</c> (PROT_MTE), sparc <c>VM_SPARC_ADI</c> (PROT_ADI).</summary>
    Tagged = 2,

    /// <summary><c>VM_LOCKED</c>.</summary>
    Locked = 4,

    /// <summary><c>VM_SOFTDIRTY</c>: every page counts as written, as the program has not asked yet.</summary>
    SoftDirty = 8,

    /// <summary><c>VM_UFFD_WP</c>: registered with a userfaultfd for write protection.</summary>
    UffdWp = 16,
}

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
}

/// <summary>The VMA flags of an address space's pages.</summary>
[InlineArray(Capacity.Pages)]
public struct VmaArray
{
    private VmaFlags _element;
}

/// <summary>The page table entries of an address space's pages.</summary>
[InlineArray(Capacity.Pages)]
public struct PteArray
{
    private Pte _element;
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
}

/// <summary>A pin that a process holds on what was mapped at one of its pages.</summary>
/// <param name="Pfn">The page; none: no pin.</param>
/// <param name="Flags">How.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly record struct Pin(Pfn Pfn, PinFlags Flags);

/// <summary>The pins of an address space, by the page they were taken at.</summary>
[InlineArray(Capacity.Pages)]
public struct PinArray
{
    private Pin _element;
}

/// <summary>An address space: <c>struct mm_struct</c> with its VMAs and page table.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct MmStruct
{
    /// <summary>Alive or not.</summary>
    public MmFlags Flags;

    /// <summary>Readers of <c>mmap_lock</c>.</summary>
    public byte MmapReaders;

    /// <summary>Who holds <c>mmap_lock</c> for writing: 1 + task, 0 for nobody.</summary>
    public byte MmapWriter;

    /// <summary>Who holds the page table lock: 1 + task, 0 for nobody. The model has one for the whole mm.</summary>
    public byte PtlOwner;

    /// <summary><c>MM_ANONPAGES</c>.</summary>
    public byte AnonPages;

    /// <summary><c>MM_SWAPENTS</c>.</summary>
    public byte SwapEnts;

    /// <summary>The VMAs, by page.</summary>
    public VmaArray Vmas;

    /// <summary>The page table, by page.</summary>
    public PteArray Ptes;

    /// <summary>The pins its program holds (an io_uring's registered buffers, a vmspliced pipe), by page; gone when it exits.</summary>
    public PinArray Pins;

    /// <summary>Whether the address space exists.</summary>
    public readonly bool IsAlive => (Flags & MmFlags.Alive) != 0;

    /// <summary>Whether threads can run in it: it exists and fork() has finished making it.</summary>
    public readonly bool IsRunning => (Flags & (MmFlags.Alive | MmFlags.Forking)) == MmFlags.Alive;
}
