using System.Runtime.CompilerServices;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>Sets of pages (<see cref="Scope.PageBit"/>), by folio.</summary>
[InlineArray(Capacity.Folios + 1)]
internal struct PagesByFolio
{
    private ushort _element;
}

/// <summary>Sets of pages (<see cref="Scope.PageBit"/>), by slot.</summary>
[InlineArray(Capacity.Areas * Capacity.SlotsPerArea)]
internal struct PagesBySlot
{
    private ushort _element;
}

/// <summary>Who refers to what: the page tables read backwards. Made from the state, so that checks need not search.</summary>
public struct Referrers
{
    private PagesByFolio _mapped;
    private PagesByFolio _pinned;
    private PagesBySlot _swapped;

    /// <summary>The pages that map a folio, of address spaces that exist.</summary>
    public readonly uint MappedAt(int pfn) => _mapped[pfn];

    /// <summary>The pages at which a folio was pinned, and still is.</summary>
    public readonly uint PinnedAt(int pfn) => _pinned[pfn];

    /// <summary>The pages whose swap PTE names a slot, by <see cref="SwapEntry.Index"/>, of address spaces that exist.</summary>
    public readonly uint SwappedAt(int slot) => _swapped[slot];

    /// <summary>Folios whose page table entries and counts a task is changing under a page table lock: a set of <see cref="Pfn.Bit"/>.</summary>
    public uint FoliosInWork { readonly get; internal set; }

    /// <summary>Folios that a task holds a reference to.</summary>
    public uint Held { readonly get; internal set; }

    /// <summary>Slots whose swap PTEs and counts a task is changing under a page table lock: a set of <see cref="SwapEntry.Bit"/>.</summary>
    public ulong SlotsInWork { readonly get; internal set; }

    /// <summary>Slots whose place in the swap cache a fault has claimed.</summary>
    public ulong Claimed { readonly get; internal set; }

    /// <summary>The ranges of <see cref="Arch.MetadataStore.ByAddress"/> that hold something, one bit each.</summary>
    public uint RangesInUse { readonly get; internal set; }

    /// <summary>A page table entry is another one now.</summary>
    internal void Remap(uint page, Pte before, Pte now)
    {
        if (before.IsPresent) _mapped[before.Target] &= (ushort)~page;
        else if (before.IsSwap) _swapped[before.Entry.Index] &= (ushort)~page;
        if (now.IsPresent) _mapped[now.Target] |= (ushort)page;
        else if (now.IsSwap) _swapped[now.Entry.Index] |= (ushort)page;
    }

    /// <summary>A pin is another one now.</summary>
    internal void Repin(uint page, Pin before, Pin now)
    {
        _pinned[before.Pfn.Value] &= (ushort)~page;
        if (!now.Pfn.IsNone) _pinned[now.Pfn.Value] |= (ushort)page;
    }
}
