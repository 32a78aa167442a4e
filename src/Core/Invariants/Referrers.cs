using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>Who refers to what: the page tables read backwards, and what the tasks hold. Made from the world, so that checks need not search.</summary>
internal struct Referrers
{
    private PerFrame<BitSet<PageAt>> _mapped;
    private PerFrame<BitSet<PageAt>> _pinned;
    private PerSlot<BitSet<PageAt>> _swapped;

    /// <summary>The pages that map a frame, of address spaces that exist.</summary>
    public readonly BitSet<PageAt> MappedAt(Pfn pfn) => _mapped[pfn.Value];

    /// <summary>The pages at which a frame was pinned, and still is.</summary>
    public readonly BitSet<PageAt> PinnedAt(Pfn pfn) => _pinned[pfn.Value];

    /// <summary>The pages whose swap PTE names a slot, of address spaces that exist.</summary>
    public readonly BitSet<PageAt> SwappedAt(SwapEntry entry) => _swapped[entry.Index];

    /// <summary>The pages at which something is mapped, of address spaces that exist.</summary>
    public BitSet<PageAt> Present { readonly get; private set; }

    /// <summary>The pages at which there is a swap entry, of address spaces that exist.</summary>
    public BitSet<PageAt> Swapped { readonly get; private set; }

    /// <summary>Folios whose page table entries and counts a task is changing under a page table lock.</summary>
    public BitSet<Pfn> FoliosInWork { readonly get; internal set; }

    /// <summary>Slots whose swap PTEs and counts a task is changing under a page table lock.</summary>
    public BitSet<SwapEntry> SlotsInWork { readonly get; internal set; }

    /// <summary>Slots whose place in the swap cache a fault has claimed.</summary>
    public BitSet<SwapEntry> Claimed { readonly get; internal set; }

    /// <summary>The ranges of metadata saved by address that hold something.</summary>
    public BitSet<RangeId> RangesInUse { readonly get; internal set; }

    /// <summary>A page table entry is another one now.</summary>
    internal void Remap(PageAt at, Pte before, Pte now)
    {
        Present = now.IsPresent ? Present.With(at) : Present.Without(at);
        Swapped = now.IsSwap ? Swapped.With(at) : Swapped.Without(at);
        if (before.IsPresent) _mapped[before.Target] = _mapped[before.Target].Without(at);
        else if (before.IsSwap) _swapped[before.Entry.Index] = _swapped[before.Entry.Index].Without(at);
        if (now.IsPresent) _mapped[now.Target] = _mapped[now.Target].With(at);
        else if (now.IsSwap) _swapped[now.Entry.Index] = _swapped[now.Entry.Index].With(at);
    }

    /// <summary>A pin is another one now.</summary>
    internal void Repin(PageAt at, Pin before, Pin now)
    {
        _pinned[before.Pfn.Value] = _pinned[before.Pfn.Value].Without(at);
        if (!now.Pfn.IsNone) _pinned[now.Pfn.Value] = _pinned[now.Pfn.Value].With(at);
    }
}
