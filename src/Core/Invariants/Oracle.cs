using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>What one program may expect to find in one of its pages.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct OraclePage
{
    /// <summary>Whether the program has the page mapped: if not, nothing is expected.</summary>
    public bool Mapped;

    /// <summary>The data it last stored; 0 if none.</summary>
    public byte Data;

    /// <summary>The tags it last stored; 0 if none.</summary>
    public PageTags Tags;

    /// <summary>Every tag value that it, or the ancestors it inherited the page from, ever stored here: bit v for tag v. Tag 0 is always in.</summary>
    public ushort EverSet;
}

/// <summary>The oracle's pages, flat: <see cref="Capacity.Pages"/> for each address space.</summary>
[InlineArray(Capacity.Mms * Capacity.Pages)]
public struct OraclePageArray
{
    private OraclePage _element;
}

/// <summary>
/// The oracle: for each process and page, the data and tags that program last wrote, copied at fork. It knows nothing of
/// folios, swap or architectures; it is the simplest thing that can be right. A value, like the state.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct Oracle : IEquatable<Oracle>
{
    private OraclePageArray _pages;

    /// <summary>Whether two oracles are the same, byte for byte.</summary>
    public static bool operator ==(in Oracle left, in Oracle right) => ValueBytes.Same(in left, in right);

    /// <summary>Whether two oracles differ.</summary>
    public static bool operator !=(in Oracle left, in Oracle right) => !(left == right);

    /// <summary>The 128-bit hash (XXH128) of what all programs expect.</summary>
    public readonly UInt128 Hash() => ValueBytes.Hash(in this);

    /// <inheritdoc/>
    public readonly bool Equals(Oracle other) => this == other;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is Oracle other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => (int)(uint)Hash();

    [UnscopedRef]
    private ref OraclePage Page(MmId mm, Vpn page) => ref _pages[(mm.Value * Capacity.Pages) + page.Value];

    /// <summary>Follows what a step did on the program's behalf.</summary>
    /// <param name="events">What the step did.</param>
    /// <param name="t">The task that took it.</param>
    public void Follow(Event events, in KTask t)
    {
        const Event Relevant = Event.UserWrote | Event.UserTagged | Event.UserMapped | Event.UserUnmapped | Event.ForkedPage;
        if ((events & Relevant) == 0) return;
        ref var page = ref Page(t.Mm, t.Page);
        if ((events & Event.UserMapped) != 0) page = new OraclePage { Mapped = true, EverSet = 1 };
        if ((events & Event.UserUnmapped) != 0) page = default;
        if ((events & Event.UserWrote) != 0) page.Data = t.Value;
        if ((events & Event.UserTagged) != 0)
        {
            page.Tags = t.Granule == 0 ? PageTags.All(t.Value) : page.Tags.With(t.Granule - 1, t.Value);
            page.EverSet |= (ushort)(1 << t.Value);
        }

        // The step that ends the copying of a page has already moved t.Page on to the next one.
        if ((events & Event.ForkedPage) != 0) Page(t.Child, t.WalkPage) = Page(t.Mm, t.WalkPage);
    }

    /// <summary>What a process expects of a page, to look at only.</summary>
    public readonly OraclePage Of(MmId mm, Vpn page) => _pages[(mm.Value * Capacity.Pages) + page.Value];

    /// <summary>What kind of swap-in or mapping the step made, in the oracle's eyes.</summary>
    public readonly Event Classify(Event events, in KTask t)
    {
        if ((events & (Event.SwapIn | Event.AnonFault)) == 0) return Event.None;
        var page = Of(t.Mm, t.Page);
        var tagged = t.NewPte.IsTagged;
        var allocated = (events & Event.AnonFault) != 0 || t.Swapcache.IsNone;
        var result = tagged && allocated ? Event.MappedUsedPage : Event.None;
        if ((events & Event.SwapIn) == 0) return result;
        if (page.Data != 0) result |= Event.SwapInOfData;
        if (tagged && page.Tags.Bits != 0) result |= Event.SwapInOfTags;
        return result;
    }
}
