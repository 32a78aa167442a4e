using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hooks.Core.Mm;

namespace Hooks.Core.Arch;

/// <summary>What an architecture's metadata are kept by while a page is swapped out.</summary>
public enum MetadataKey : byte
{
    /// <summary>It keeps none.</summary>
    None,

    /// <summary>The swap entry (arm64's <c>mte_pages</c>).</summary>
    Entry,

    /// <summary>Address space and address (sparc's tag store).</summary>
    Address,
}

/// <summary>What an architecture's metadata are like.</summary>
/// <param name="Granules">Granules of a page that have a tag, 0 … <see cref="PageTags.Granules"/>.</param>
/// <param name="Bits">Bits of a tag, 0 … 4.</param>
/// <param name="Key">What they are kept by.</param>
public readonly record struct MetadataShape(int Granules, int Bits, MetadataKey Key)
{
    /// <summary>No metadata.</summary>
    public static MetadataShape None => default;

    /// <summary>Whether there are any.</summary>
    public bool Any => Granules > 0 && Bits > 0;

    /// <summary>The largest tag.</summary>
    public int MaxTag => (1 << Bits) - 1;

    /// <summary>The bits of a page's tags that mean something.</summary>
    public ushort Mask
    {
        get
        {
            var tags = default(PageTags);
            for (var granule = 0; granule < Granules; granule++) tags = tags.With(granule, MaxTag);
            return tags.Bits;
        }
    }

    /// <summary>The tag that a program stores when it asks for one: as much of it as there are bits.</summary>
    public byte TagOf(int asked) => (byte)(asked & MaxTag);

    /// <summary>A page's tags after a program stored one.</summary>
    /// <param name="tags">The tags before.</param>
    /// <param name="granule">1 + the granule; 0 for the whole page.</param>
    /// <param name="asked">The tag asked for.</param>
    public PageTags Store(PageTags tags, byte granule, int asked)
    {
        for (var g = 0; g < Granules; g++)
        {
            if (granule == 0 || granule - 1 == g) tags = tags.With(g, TagOf(asked));
        }

        return tags;
    }
}

/// <summary>A range of addresses with saved metadata: which of which address space.</summary>
/// <param name="Value">mm × <see cref="Capacity.RangesPerMm"/> + index.</param>
public readonly record struct RangeId(byte Value) : INumbered<RangeId>
{
    /// <summary>How many there are.</summary>
    public const int Total = Capacity.Mms * Capacity.RangesPerMm;

    /// <summary>Whose.</summary>
    public MmId Mm => new((byte)(Value / Capacity.RangesPerMm));

    /// <summary>Which of its ranges.</summary>
    public int Index => Value % Capacity.RangesPerMm;

    /// <inheritdoc/>
    public int Number => Value;

    /// <summary>A range of an address space.</summary>
    public static RangeId Of(MmId mm, int index) => new((byte)((mm.Value * Capacity.RangesPerMm) + index));

    /// <inheritdoc/>
    public static RangeId At(int number) => new((byte)number);

    /// <inheritdoc/>
    public override string ToString() => $"{Mm} tag store {Index}";
}

/// <summary>Tags by page of an address space.</summary>
[InlineArray(Capacity.Pages)]
public struct PageTagArray
{
    private PageTags _element;
}

/// <summary>
/// Saved tags of a range of addresses of one mm, with a count of users: what sparc's <c>tag_storage_desc_t</c> is.
/// Empty when <see cref="Users"/> is 0.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct AddressRange
{
    /// <summary>Saves not yet restored.</summary>
    public byte Users;

    /// <summary>First page of the range.</summary>
    public byte Start;

    /// <summary>Last page of the range.</summary>
    public byte End;

    /// <summary>Where it begins, to the byte, if that is kept (<see cref="PageAddresses"/>): in bytes.</summary>
    public uint FirstByte;

    /// <summary>Its last byte, likewise.</summary>
    public uint LastByte;

    /// <summary>The saved tags, by page.</summary>
    public PageTagArray Tags;
}

/// <summary>
/// What an architecture keeps aside while pages are swapped out. It lives in the state, so that states copy and hash
/// whole. Two keys are offered (<see cref="MetadataKey"/>): by swap entry, and by mm and address.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct MetadataStore
{
    private BitSet<SwapEntry> _saved;
    private PerSlot<PageTags> _byEntry;
    private PerRange _byAddress;

    /// <summary>Which entries have saved tags.</summary>
    public readonly BitSet<SwapEntry> Saved => _saved;

    /// <summary>Looks tags up by entry.</summary>
    public readonly bool TryLoad(SwapEntry entry, out PageTags tags)
    {
        tags = _byEntry[entry.Index];
        return _saved.Contains(entry);
    }

    /// <summary>A range of an address space, to look at only.</summary>
    [UnscopedRef]
    public readonly ref readonly AddressRange RangeOf(RangeId range) => ref _byAddress[range.Value];

    internal void Save(SwapEntry entry, PageTags tags)
    {
        _saved = _saved.With(entry);
        _byEntry[entry.Index] = tags;
    }

    internal void Erase(SwapEntry entry)
    {
        _saved = _saved.Without(entry);
        _byEntry[entry.Index] = default;
    }

    [UnscopedRef]
    internal ref AddressRange Range(RangeId range) => ref _byAddress[range.Value];

    [InlineArray(RangeId.Total)]
    private struct PerRange
    {
        private AddressRange _element;
    }
}
