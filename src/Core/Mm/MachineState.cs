using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hooks.Core.Arch;

namespace Hooks.Core.Mm;

/// <summary>The physical pages. Index with a <see cref="Pfn"/>'s value; element 0 is unused.</summary>
[InlineArray(Capacity.Folios + 1)]
public struct FolioArray
{
    private Folio _element;
}

/// <summary>The slots of all areas, flat.</summary>
[InlineArray(Capacity.Areas * Capacity.SlotsPerArea)]
public struct SlotArray
{
    private Slot _element;
}

/// <summary>The swap areas.</summary>
[InlineArray(Capacity.Areas)]
public struct AreaArray
{
    private SwapArea _element;
}

/// <summary>The address spaces.</summary>
[InlineArray(Capacity.Mms)]
public struct MmArray
{
    private MmStruct _element;
}

/// <summary>The tasks: one thread per address space.</summary>
[InlineArray(Capacity.Mms)]
public struct TaskArray
{
    private KTask _element;
}

/// <summary>
/// The whole machine as one value: pages, page tables, swap, the architecture's saved metadata, and every task's
/// position and locals. It copies as a block (assignment), compares and hashes as bytes. It has no padding, so equal
/// states are equal bytes.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct MachineState : IEquatable<MachineState>
{
    /// <summary>What the step just taken did; the machine clears it before each step.</summary>
    public Event Events;

    /// <summary>The page frame given out last: allocation goes round, so that a freed page is seen by others first.</summary>
    public byte LastPfn;

    /// <summary><c>swap_slot_cache_active</c> (mm/swap_slots.c).</summary>
    public byte SlotCacheActive;

    /// <summary>1 while swapoff() runs: freed slots are returned at once (<c>swap_slot_cache_enabled</c> is false).</summary>
    public byte SlotCacheDisabled;

    /// <summary>With areas of equal priority, the one whose turn it is (<c>plist_requeue</c>).</summary>
    public byte AreaTurn;

    /// <summary>Injected failures to come.</summary>
    public FaultCounters Faults;

    /// <summary>Entries whose read has failed and that are still in use: a set of <see cref="SwapEntry.Bit"/>.</summary>
    public ulong ReadErrors;

    /// <summary>1 once a read has failed.</summary>
    public byte AnyReadError;

    /// <summary>The tasks.</summary>
    public TaskArray Tasks;

    /// <summary>The address spaces.</summary>
    public MmArray Mms;

    /// <summary>The swap areas, in order of priority.</summary>
    public AreaArray Areas;

    /// <summary>The physical pages.</summary>
    public FolioArray Folios;

    /// <summary>The swap slots.</summary>
    public SlotArray Slots;

    /// <summary>What the architecture has saved.</summary>
    public MetadataStore Metadata;

    /// <summary>Whether two states are the same, byte for byte.</summary>
    public static bool operator ==(in MachineState left, in MachineState right) => ValueBytes.Same(in left, in right);

    /// <summary>Whether two states differ.</summary>
    public static bool operator !=(in MachineState left, in MachineState right) => !(left == right);

    /// <summary>A page.</summary>
    [UnscopedRef]
    public ref Folio Folio(Pfn pfn) => ref Folios[pfn.Value];

    /// <summary>The slot of an entry.</summary>
    [UnscopedRef]
    public ref Slot Slot(SwapEntry entry) => ref Slots[entry.Index];

    /// <summary>An address space.</summary>
    [UnscopedRef]
    public ref MmStruct Mm(MmId mm) => ref Mms[mm.Value];

    /// <summary>A page table entry.</summary>
    [UnscopedRef]
    public ref Pte Pte(MmId mm, Vpn page) => ref Mms[mm.Value].Ptes[page.Value];

    /// <summary>A VMA's flags.</summary>
    [UnscopedRef]
    public ref VmaFlags Vma(MmId mm, Vpn page) => ref Mms[mm.Value].Vmas[page.Value];

    /// <summary>The 128-bit hash (XXH128) of the whole state; the same on every machine of the same byte order.</summary>
    public readonly UInt128 Hash() => ValueBytes.Hash(in this);

    /// <inheritdoc/>
    public readonly bool Equals(MachineState other) => this == other;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is MachineState other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => (int)(uint)Hash();
}
