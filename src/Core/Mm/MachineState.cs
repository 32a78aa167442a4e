using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hooks.Core.Arch;

namespace Hooks.Core.Mm;

/// <summary>One for each address space.</summary>
[InlineArray(Capacity.Mms)]
internal struct PerMm<T>
    where T : unmanaged
{
    private T _element;
}

/// <summary>One for each page of each address space, by <see cref="PageAt.Number"/>.</summary>
[InlineArray(PageAt.Total)]
internal struct PerPage<T>
    where T : unmanaged
{
    private T _element;
}

/// <summary>One for each page frame, by <see cref="Pfn"/>; element 0 is unused.</summary>
[InlineArray(Capacity.Frames + 1)]
internal struct PerFrame<T>
    where T : unmanaged
{
    private T _element;
}

/// <summary>One for each slot of all areas, by <see cref="SwapEntry.Index"/>.</summary>
[InlineArray(SwapEntry.Total)]
internal struct PerSlot<T>
    where T : unmanaged
{
    private T _element;
}

/// <summary>One for each swap area.</summary>
[InlineArray(Capacity.Areas)]
internal struct PerArea<T>
    where T : unmanaged
{
    private T _element;
}

/// <summary>
/// The memory of the machine as one value: pages, page tables, swap, locks, and what the architecture has saved. It copies as a block (assignment),
/// compares and hashes as bytes. It has no padding, so equal states are equal bytes.
/// <para>
/// Anybody may look. What changes it is code that runs in the machine, a step of a kernel or a hook of an architecture, and that sees it
/// through <see cref="Memory"/> only, which takes down what it touches.
/// </para>
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct MachineState : IEquatable<MachineState>
{
    internal GlobalState _globals;
    internal PerMm<MmStruct> _mms;
    internal PerMm<MmCounters> _counters;
    internal PerMm<MmapLock> _mmapLocks;
    internal PerMm<LockOwner> _pageTableLocks;
    internal PerPage<Vma> _vmas;
    internal PerPage<Pte> _ptes;
    internal PerPage<Pin> _pins;
    internal PerArea<SwapArea> _areas;
    internal PerFrame<Folio> _folios;
    internal PerFrame<PageFrame> _frames;
    internal PerFrame<LockOwner> _folioLocks;
    internal PerSlot<Slot> _slots;
    internal MetadataStore _metadata;

    /// <summary>What there is one of.</summary>
    [UnscopedRef]
    public readonly ref readonly GlobalState Globals => ref _globals;

    /// <summary>What the architecture has saved.</summary>
    [UnscopedRef]
    public readonly ref readonly MetadataStore Metadata => ref _metadata;

    /// <summary>Whether two states are the same, byte for byte.</summary>
    public static bool operator ==(in MachineState left, in MachineState right) => ValueBytes.Same(in left, in right);

    /// <summary>Whether two states differ.</summary>
    public static bool operator !=(in MachineState left, in MachineState right) => !(left == right);

    /// <summary>An address space.</summary>
    [UnscopedRef]
    public readonly ref readonly MmStruct Mm(MmId mm) => ref _mms[mm.Value];

    /// <summary>Its counters.</summary>
    [UnscopedRef]
    public readonly ref readonly MmCounters Counters(MmId mm) => ref _counters[mm.Value];

    /// <summary>Its <c>mmap_lock</c>.</summary>
    [UnscopedRef]
    public readonly ref readonly MmapLock MmapLock(MmId mm) => ref _mmapLocks[mm.Value];

    /// <summary>Who has its page table lock. The model has one for the whole mm.</summary>
    public readonly LockOwner PageTableLock(MmId mm) => _pageTableLocks[mm.Value];

    /// <summary>A page table entry.</summary>
    public readonly Pte Pte(PageAt at) => _ptes[at.Number];

    /// <inheritdoc cref="Pte(PageAt)"/>
    public readonly Pte Pte(MmId mm, Vpn page) => _ptes[new PageAt(mm, page).Number];

    /// <summary>The VMA at a page.</summary>
    public readonly Vma Vma(PageAt at) => _vmas[at.Number];

    /// <inheritdoc cref="Vma(PageAt)"/>
    public readonly Vma Vma(MmId mm, Vpn page) => _vmas[new PageAt(mm, page).Number];

    /// <summary>The pin taken at a page.</summary>
    public readonly Pin Pin(PageAt at) => _pins[at.Number];

    /// <summary>A swap area.</summary>
    [UnscopedRef]
    public readonly ref readonly SwapArea Area(int type) => ref _areas[type];

    /// <summary>The folio whose first page is in a page frame.</summary>
    [UnscopedRef]
    public readonly ref readonly Folio Folio(Pfn folio) => ref _folios[folio.Value];

    /// <summary>A page frame.</summary>
    [UnscopedRef]
    public readonly ref readonly PageFrame Frame(Pfn page) => ref _frames[page.Value];

    /// <summary><c>page_folio()</c>: the folio that a page belongs to, by its first page.</summary>
    public readonly Pfn FolioOf(Pfn page) => new((byte)(page.Value - _frames[page.Value].Index));

    /// <summary>Who has a folio's lock.</summary>
    public readonly LockOwner FolioLock(Pfn folio) => _folioLocks[folio.Value];

    /// <summary>The slot of an entry.</summary>
    [UnscopedRef]
    public readonly ref readonly Slot Slot(SwapEntry entry) => ref _slots[entry.Index];

    /// <summary>The folio behind a page table entry: mapped there, or in the swap cache for the swap entry there.</summary>
    public readonly Pfn FolioBehind(Pte pte) => pte.IsPresent ? FolioOf(pte.Pfn) : pte.IsSwap ? Slot(pte.Entry).Folio : Pfn.None;

    /// <summary>The page behind a page table entry: mapped there, or in the swap cache for the swap entry there.</summary>
    public readonly Pfn PageBehind(Pte pte) => pte.IsPresent ? pte.Pfn : pte.IsSwap && !Slot(pte.Entry).Folio.IsNone ? PageOf(Slot(pte.Entry).Folio, pte.Entry) : Pfn.None;

    /// <summary><c>folio_file_page()</c>: of a folio in the swap cache, the page that an entry is for.</summary>
    public readonly Pfn PageOf(Pfn folio, SwapEntry entry) => Folio(folio).IsLarge ? folio.Plus(entry.Value - Folio(folio).Entry.Value) : folio;

    /// <summary>The 128-bit hash (XXH128) of the whole state; the same on every machine of the same byte order.</summary>
    public readonly UInt128 Hash() => ValueBytes.Hash(in this);

    /// <inheritdoc/>
    public readonly bool Equals(MachineState other) => this == other;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is MachineState other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => (int)(uint)Hash();
}

/// <summary>What there is one of in the machine.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct GlobalState
{
    /// <summary>The page frame given out last: the next one gets the next number, so that a trace does not call two pages by one name. Of no consequence: see <see cref="PageAlloc"/>.</summary>
    public byte LastPfn;

    /// <summary><c>swap_slot_cache_active</c> (mm/swap_slots.c).</summary>
    public byte SlotCacheActive;

    /// <summary>1 while swapoff() runs: freed slots are returned at once (<c>swap_slot_cache_enabled</c> is false).</summary>
    public byte SlotCacheDisabled;

    /// <summary>Of areas of equal priority, or to which none was given, the one that is asked first (<c>plist_requeue</c>).</summary>
    public byte AreaTurn;

    /// <summary>memory.swap.max of the cgroup that all processes are in, and one; 0: no limit.</summary>
    public byte SwapMax;

    /// <summary>Injected failures to come.</summary>
    public FaultCounters Faults;

    /// <summary>The folios in a CPU's LRU batch (<c>lru_pvecs</c>, <c>cpu_fbatches</c>), which holds a reference to each until it is drained.</summary>
    public BitSet<Pfn> LruBatch;
}
