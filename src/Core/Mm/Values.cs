using System.Runtime.InteropServices;

namespace Hooks.Core.Mm;

/// <summary>A page frame number: which physical page. 1-based; <c>default</c> is "no page".</summary>
/// <param name="Value">1 … <see cref="Capacity.Frames"/>, or 0 for none.</param>
public readonly record struct Pfn(byte Value) : INumbered<Pfn>
{
    /// <summary>No page.</summary>
    public static Pfn None => default;

    /// <summary>Whether this is <see cref="None"/>.</summary>
    public bool IsNone => Value == 0;

    /// <inheritdoc/>
    public int Number => Value;

    /// <inheritdoc/>
    public static Pfn At(int number) => new((byte)number);

    /// <summary><c>folio_page()</c>: the page so many behind this one.</summary>
    public Pfn Plus(int pages) => new((byte)(Value + pages));

    /// <inheritdoc/>
    public override string ToString() => IsNone ? "none" : $"pfn {Value}";
}

/// <summary>A swap entry: swap area (the kernel's <c>type</c>) and slot (<c>offset</c>). <c>default</c> is "no entry".</summary>
/// <param name="Value">1 + type × <see cref="Capacity.SlotsPerArea"/> + offset − 1; 0 for none.</param>
public readonly record struct SwapEntry(byte Value) : INumbered<SwapEntry>
{
    /// <summary>How many there are.</summary>
    public const int Total = Capacity.Areas * Capacity.SlotsPerArea;

    /// <summary>No entry.</summary>
    public static SwapEntry None => default;

    /// <summary>Whether this is <see cref="None"/>.</summary>
    public bool IsNone => Value == 0;

    /// <summary>The entry's place in the flat array of slots.</summary>
    public int Index => Value - 1;

    /// <inheritdoc/>
    public int Number => Value - 1;

    /// <summary>Which swap area, counted from 0.</summary>
    public int Type => (Value - 1) / Capacity.SlotsPerArea;

    /// <summary>Which slot of the area, counted from 1: slot 0 of a swap area is its header, as in the kernel.</summary>
    public int Offset => ((Value - 1) % Capacity.SlotsPerArea) + 1;

    /// <summary>The entry of the slot so many behind this one, of the same area.</summary>
    public SwapEntry Plus(int slots) => new((byte)(Value + slots));

    /// <summary>The entry of a slot.</summary>
    public static SwapEntry Of(int type, int offset) => new((byte)((type * Capacity.SlotsPerArea) + offset));

    /// <inheritdoc/>
    public static SwapEntry At(int number) => new((byte)(number + 1));

    /// <summary>The set of this entry alone; empty if it is <see cref="None"/>.</summary>
    internal BitSet<SwapEntry> AsSet => IsNone ? default : BitSet<SwapEntry>.Of(this);

    /// <inheritdoc/>
    public override string ToString() => IsNone ? "none" : $"swap {Type}:{Offset}";
}

/// <summary>Which mm (address space). The program text calls the processes P0, P1, ….</summary>
public readonly record struct MmId(byte Value) : INumbered<MmId>
{
    /// <inheritdoc/>
    public int Number => Value;

    /// <inheritdoc/>
    public static MmId At(int number) => new((byte)number);

    /// <inheritdoc/>
    public override string ToString() => $"P{Value}";
}

/// <summary>Virtual page number: which page of an address space. The program text calls the pages a, b, ….</summary>
public readonly record struct Vpn(byte Value)
{
    /// <summary>The first page.</summary>
    public static Vpn First => default;

    /// <summary>Whether this is the last page of an address space.</summary>
    public bool IsLast => Value == Capacity.Pages - 1;

    /// <summary>The page so many behind this one.</summary>
    public Vpn Plus(int pages) => new((byte)(Value + pages));

    /// <summary>The next page.</summary>
    public Vpn Next => new((byte)(Value + 1));

    /// <inheritdoc/>
    public override string ToString() => ((char)('a' + Value)).ToString();
}

/// <summary>A page of an address space.</summary>
/// <param name="Mm">Which address space.</param>
/// <param name="Page">Which of its pages.</param>
public readonly record struct PageAt(MmId Mm, Vpn Page) : INumbered<PageAt>
{
    /// <summary>How many there are.</summary>
    public const int Total = Capacity.Mms * Capacity.Pages;

    /// <inheritdoc/>
    public int Number => (Mm.Value * Capacity.Pages) + Page.Value;

    /// <inheritdoc/>
    public static PageAt At(int number) => new(new MmId((byte)(number / Capacity.Pages)), new Vpn((byte)(number % Capacity.Pages)));

    /// <summary>All pages of an address space.</summary>
    public static BitSet<PageAt> AllOf(MmId mm) => new(((1UL << Capacity.Pages) - 1) << (mm.Value * Capacity.Pages));

    /// <inheritdoc/>
    public override string ToString() => $"{Mm} {Page}";
}

/// <summary>A swap area, counted from 0: the kernel's <c>type</c>.</summary>
public readonly record struct AreaId(byte Value) : INumbered<AreaId>
{
    /// <inheritdoc/>
    public int Number => Value;

    /// <inheritdoc/>
    public static AreaId At(int number) => new((byte)number);

    /// <inheritdoc/>
    public override string ToString() => $"swap area {Value}";
}

/// <summary>
/// The tags of one page: <see cref="Granules"/> granules of up to 4 bits (arm64: 16-byte granules, sparc: 64-byte blocks;
/// a real page has 256 or 128 of them, the model keeps four). How many bits of a granule mean something is the
/// architecture's business (<see cref="Arch.MetadataShape"/>).
/// </summary>
/// <param name="Bits">Granule g in bits 4g … 4g+3.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly record struct PageTags(ushort Bits)
{
    /// <summary>Granules in a page.</summary>
    public const int Granules = 4;

    /// <summary>
    /// The tags of whoever had the page before: all bits set. Programs use tags below that (0 … 14 of four bits), so such tags are
    /// recognised at once.
    /// </summary>
    public static PageTags PreviousOwner => new(0xFFFF);

    /// <summary>The tag of granule <paramref name="granule"/>, 0 … 15.</summary>
    public int this[int granule] => (Bits >> (4 * granule)) & 15;

    /// <summary>The same tag in every granule.</summary>
    public static PageTags All(int tag) => new((ushort)(tag * 0x1111));

    /// <summary>These tags with one granule's tag replaced.</summary>
    public PageTags With(int granule, int tag) =>
        new((ushort)((Bits & ~(15 << (4 * granule))) | (tag << (4 * granule))));

    /// <summary>One hexadecimal digit a granule, granule 0 first.</summary>
    public override string ToString() => $"{this[0]:x}{this[1]:x}{this[2]:x}{this[3]:x}";
}
