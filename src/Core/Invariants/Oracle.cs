using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hooks.Core.Arch;
using Hooks.Core.Mm;
using Hooks.Core.Paths;

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

    /// <summary>Whether it has said (MADV_FREE) that the page may read as zero, without tags, and not stored there since: the kernel may drop it at any time, and has not yet.</summary>
    public bool MayBeZero;

    /// <summary>Whether the kernel has dropped the page though it had not said so.</summary>
    public bool Dropped;

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

/// <summary>
/// The oracle: for each process and page, the data and tags that program last wrote, copied at fork. It follows the observations of steps and looks at nothing
/// else; it knows nothing of folios or swap, and of an architecture only what a store does to tags. A value, like the state.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct Oracle : IEquatable<Oracle>
{
    private Pages _pages;
    private Pins _pins;

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

    /// <summary>What the pin taken at a page may show, to look at only.</summary>
    public readonly OraclePin PinOf(PageAt at) => _pins[at.Number];

    /// <summary>What a process expects of a page, to look at only.</summary>
    public readonly OraclePage Of(PageAt at) => _pages[at.Number];

    /// <inheritdoc cref="Of(PageAt)"/>
    public readonly OraclePage Of(MmId mm, Vpn page) => _pages[new PageAt(mm, page).Number];

    /// <summary>The program has looked, and takes the tags that it found for its own.</summary>
    internal void Take(PageAt at, PageTags found) => _pages[at.Number].Tags = found;

    /// <summary>Follows what a step has done on the program's behalf.</summary>
    /// <param name="observations">What it did.</param>
    /// <param name="arch">What a store does to tags.</param>
    /// <param name="marks">Takes what more the step counts for, in the oracle's eyes.</param>
    /// <returns>The pages of which something else may be expected now.</returns>
    internal BitSet<PageAt> Follow(in Observations observations, IArchHooks arch, ref Mark marks)
    {
        var changed = BitSet<PageAt>.Empty;
        for (var i = 0; i < observations.Count; i++) changed |= Follow(observations[i], arch, ref marks);
        return changed;
    }

    private BitSet<PageAt> Follow(in Observation o, IArchHooks arch, ref Mark marks)
    {
        ref var page = ref Page(o.At);
        switch (o.Kind)
        {
            case ObservationKind.Mapped:
                page = new OraclePage { Mapped = true, EverSet = 1, EverWritten = 1 };
                break;
            case ObservationKind.Freed:
                page.MayBeZero = true;
                break;
            case ObservationKind.LazyFreed when page.MayBeZero:
                // Not without its pin: a page that is pinned is not to be dropped.
                page = new OraclePage { Mapped = true, EverSet = 1, EverWritten = 1 };
                break;
            case ObservationKind.LazyFreed:
                // What is lost is reported once, as data, whatever it was; the program goes on as if it were there.
                page.Dropped = true;
                page.SoftDirty = page.UffdWp = page.Owned = false;
                break;
            case ObservationKind.Discarded:
                page = new OraclePage { Mapped = true, EverSet = 1, EverWritten = 1 };
                Pin(o.At).Attached = false;
                break;
            case ObservationKind.Unmapped:
                page = default;
                Pin(o.At).Attached = false;
                break;
            case ObservationKind.Stored:
                page.SoftDirty = page.Owned = true;
                page.MayBeZero = false;
                Write(o.At, o.Value, arch);
                break;
            case ObservationKind.Tagged:
                page.SoftDirty = page.Owned = true;
                page.MayBeZero = false;
                page.Tags = arch.Metadata.Store(page.Tags, o.Granule, o.Value);
                page.EverSet |= (ushort)(1 << o.Value);
                break;
            case ObservationKind.Forked:
                page.Owned = false;
                Page(o.To) = page with { UffdWp = false };
                Pin(o.To) = default;
                return BitSet<PageAt>.Of(o.At).With(o.To);
            case ObservationKind.Moved:
                Page(o.To) = page with { UffdWp = false };
                page = o.Yes ? new OraclePage { Mapped = true, EverSet = 1, EverWritten = 1 } : default;
                Pin(o.To) = Pin(o.At);
                Pin(o.At) = default;
                return BitSet<PageAt>.Of(o.At).With(o.To);
            case ObservationKind.ClearedRefs:
                for (var all = PageAt.AllOf(o.At.Mm); all.Any; all = all.Rest) Page(all.First).SoftDirty = false;
                return PageAt.AllOf(o.At.Mm);
            case ObservationKind.Protected:
                page.UffdWp = true;
                break;
            case ObservationKind.Unprotected:
                page.UffdWp = false;
                break;
            case ObservationKind.Pinned:
                // Without locks a page can be pinned that is being given up, until its entry has gone: what it shows is the program's own, of before.
                Pin(o.At) = page.Mapped ? new OraclePin { Attached = true, Allowed = page.EverWritten } : new OraclePin { Allowed = ushort.MaxValue };
                break;
            case ObservationKind.DeviceStored:
                Pin(o.At).Allowed |= Bit(o.Value);

                // A write that goes elsewhere is lost: pin-stability has said so when the page was replaced.
                if (o.Yes && Pin(o.At).Attached) Write(o.At, o.Value, arch);
                break;
            case ObservationKind.ExclusiveGivenUp:
                page.Owned = false;
                break;
            case ObservationKind.Faulted:
                marks |= MarksOf(in page, in o);
                return default;
            default:
                return default;
        }

        return BitSet<PageAt>.Of(o.At);
    }

    private void Write(PageAt at, byte value, IArchHooks arch)
    {
        ref var page = ref Page(at);
        page.Data = value;
        page.EverWritten |= Bit(value);
        page.Tags = arch.AfterStore(page.Tags, UserAccess.DataGranule);
        ref var pin = ref Pin(at);

        // A page that is being given up can still be stored to, by another thread, until its entry has gone.
        if (pin.Attached || !page.Mapped) pin.Allowed |= Bit(value);
    }

    /// <summary>What kind of swap-in or mapping a fault made, by what the program has there.</summary>
    private static Mark MarksOf(in OraclePage page, in Observation o)
    {
        var marks = o.Yes && o.AlsoYes ? Mark.MappedUsedPage : Mark.None;
        if (o.Value == 0) return marks;
        if (page.Data != 0) marks |= Mark.SwapInOfData;
        if (o.AlsoYes && page.Tags.Bits != 0) marks |= Mark.SwapInOfTags;
        return marks;
    }

    /// <summary>The bit of a value in <see cref="OraclePage.EverWritten"/>.</summary>
    internal static ushort Bit(byte value) => (ushort)(1 << (value & 15));

    [UnscopedRef]
    private ref OraclePage Page(PageAt at) => ref _pages[at.Number];

    [UnscopedRef]
    private ref OraclePin Pin(PageAt at) => ref _pins[at.Number];

    [InlineArray(PageAt.Total)]
    private struct Pages
    {
        private OraclePage _element;
    }

    [InlineArray(PageAt.Total)]
    private struct Pins
    {
        private OraclePin _element;
    }
}
