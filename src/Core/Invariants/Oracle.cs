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

    /// <summary>Every value that it, or those ancestors, ever stored here: bit v mod 16 for value v. 0 is always in.</summary>
    public ushort EverWritten;

    /// <summary>Whether it has stored here since it last asked (clear_refs).</summary>
    public bool SoftDirty;

    /// <summary>Whether it has write-protected the page with userfaultfd.</summary>
    public bool UffdWp;

    /// <summary>Whether the page is its own: it has stored here, and has not forked since.</summary>
    public bool Owned;
}

/// <summary>What a pin taken at a page of a program may show.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct OraclePin
{
    /// <summary>Whether the page is still mapped where it was pinned, as far as the program is concerned.</summary>
    public bool Attached;

    /// <summary>The values that may be seen through it: those its owner had stored when it took it, and has stored since.</summary>
    public ushort Allowed;
}

/// <summary>The pins, flat as the pages are.</summary>
[InlineArray(Capacity.Mms * Capacity.Pages)]
public struct OraclePinArray
{
    private OraclePin _element;
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
    private OraclePinArray _pins;

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
    /// <returns>The pages of which something else may be expected now (<see cref="Scope.PageBit"/>).</returns>
    public uint Follow(Event events, in KTask t)
    {
        const Event Stored = Event.UserWrote | Event.UserTagged;
        const Event Rare = Event.UserMoved | Event.UserClearedRefs | Event.UserPinned | Event.UserProtected | Event.UserUnprotected | Event.ExclusiveGivenUp | Event.DeviceWrote | Event.DeviceWroteElsewhere;
        const Event Relevant = Stored | Event.UserMapped | Event.UserUnmapped | Event.ForkedPage | Rare;
        if ((events & Relevant) == 0) return 0;
        ref var page = ref Page(t.Mm, t.Page);
        if ((events & Event.UserMapped) != 0) page = new OraclePage { Mapped = true, EverSet = 1, EverWritten = 1 };
        if ((events & Event.UserUnmapped) != 0)
        {
            page = default;
            Pin(t.Mm, t.Page).Attached = false;
        }

        if ((events & Stored) != 0) page.SoftDirty = page.Owned = true;
        if ((events & Event.UserWrote) != 0) Write(t.Mm, t.Page, t.Value);
        if ((events & Event.UserTagged) != 0)
        {
            page.Tags = t.Granule == 0 ? PageTags.All(t.Value) : page.Tags.With(t.Granule - 1, t.Value);
            page.EverSet |= (ushort)(1 << t.Value);
        }

        // The step that ends the copying of a page has already moved t.Page on to the next one.
        if ((events & Event.ForkedPage) != 0) Fork(t.Mm, t.Child, t.WalkPage);
        if ((events & Rare) != 0) FollowRare(events, in t);
        if ((events & Event.ForkedPage) != 0) return Scope.PagesOf(t.Mm.Value) | Scope.PagesOf(t.Child.Value);
        return (events & Rare) != 0 ? Scope.PagesOf(t.Mm.Value) : Scope.PageBit(t.Mm.Value, t.Page.Value);
    }

    private void FollowRare(Event events, in KTask t)
    {
        ref var page = ref Page(t.Mm, t.Page);
        if ((events & Event.UserMoved) != 0)
        {
            Page(t.Mm, t.To) = page with { UffdWp = false };
            page = default;
            Pin(t.Mm, t.To) = Pin(t.Mm, t.Page);
            Pin(t.Mm, t.Page) = default;
        }

        if ((events & Event.UserClearedRefs) != 0)
        {
            for (byte p = 0; p < Capacity.Pages; p++) Page(t.Mm, new Vpn(p)).SoftDirty = false;
        }

        if ((events & Event.UserPinned) != 0) Pin(t.Mm, t.Page) = new OraclePin { Attached = true, Allowed = page.EverWritten };
        if ((events & Event.UserProtected) != 0) page.UffdWp = true;
        if ((events & Event.UserUnprotected) != 0) page.UffdWp = false;
        if ((events & Event.ExclusiveGivenUp) != 0) page.Owned = false;
        if ((events & (Event.DeviceWrote | Event.DeviceWroteElsewhere)) != 0) Pin(t.Mm, t.Page).Allowed |= Bit(t.Value);

        // A write that goes elsewhere is lost: pin-stability has said so when the page was replaced.
        if ((events & Event.DeviceWrote) != 0 && Pin(t.Mm, t.Page).Attached) Write(t.Mm, t.Page, t.Value);
    }

    private void Write(MmId mm, Vpn at, byte value)
    {
        ref var page = ref Page(mm, at);
        page.Data = value;
        page.EverWritten |= Bit(value);
        ref var pin = ref Pin(mm, at);
        if (pin.Attached) pin.Allowed |= Bit(value);
    }

    private void Fork(MmId parent, MmId child, Vpn at)
    {
        ref var page = ref Page(parent, at);
        page.Owned = false;
        Page(child, at) = page with { UffdWp = false };
        Pin(child, at) = default;
    }

    /// <summary>The bit of a value in <see cref="OraclePage.EverWritten"/>.</summary>
    internal static ushort Bit(byte value) => (ushort)(1 << (value & 15));

    [UnscopedRef]
    private ref OraclePin Pin(MmId mm, Vpn page) => ref _pins[(mm.Value * Capacity.Pages) + page.Value];

    /// <summary>What the pin taken at a page may show, to look at only.</summary>
    public readonly OraclePin PinOf(MmId mm, Vpn page) => _pins[(mm.Value * Capacity.Pages) + page.Value];

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
