using System.Numerics;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>What kinds of things a check looks at.</summary>
[Flags]
public enum Concern : ushort
{
    /// <summary>None: the invariant is about events only.</summary>
    None = 0,

    /// <summary>A page of an address space: its entry, its VMA, what its program expects of it, the folio or slot behind it, and locks.</summary>
    Pages = 1,

    /// <summary>What can be seen through a page of an address space: data and tags.</summary>
    Contents = 128,

    /// <summary>An address space's counts.</summary>
    Mms = 2,

    /// <summary>A folio, and who refers to it.</summary>
    Folios = 4,

    /// <summary>A slot, and who refers to it.</summary>
    Slots = 8,

    /// <summary>A swap area.</summary>
    Areas = 16,

    /// <summary>What the architecture has saved.</summary>
    Metadata = 32,

    /// <summary>The first step of an operation, its end, and what keeps it from ending.</summary>
    Operations = 64,

    /// <summary>A page of an address space at which a pin was taken.</summary>
    Pins = 256,

    /// <summary>A page of an address space, or a slot, while an architecture has saved anything.</summary>
    SavedFor = 512,

    /// <summary>A folio, while there is a swap area that needs stable pages.</summary>
    StableFolios = 1024,
}

/// <summary>What a check has to look at: everything, or all that a step can have touched and what depends on it.</summary>
public struct Scope
{
    /// <summary>Pages of address spaces: bit mm × <see cref="Capacity.Pages"/> + page.</summary>
    public uint Pages;

    /// <summary>Those of them through which something else may be seen now, as data or tags.</summary>
    public uint Contents;

    /// <summary>Address spaces, one bit each.</summary>
    public byte Mms;

    /// <summary>Folios: a set of <see cref="Pfn.Bit"/>.</summary>
    public uint Folios;

    /// <summary>Slots: a set of <see cref="SwapEntry.Bit"/>.</summary>
    public ulong Slots;

    /// <summary>Which kinds of things there is something of.</summary>
    public Concern Concerns;

    /// <summary>Everything.</summary>
    public static Scope All => new()
    {
        Pages = (1u << (Capacity.Mms * Capacity.Pages)) - 1,
        Contents = (1u << (Capacity.Mms * Capacity.Pages)) - 1,
        Mms = (1 << Capacity.Mms) - 1,
        Folios = ((1u << Capacity.Folios) - 1) << 1,
        Slots = ulong.MaxValue,
        Concerns = Concern.Pages | Concern.Contents | Concern.Mms | Concern.Folios | Concern.Slots | Concern.Areas | Concern.Metadata | Concern.Operations
            | Concern.Pins | Concern.SavedFor | Concern.StableFolios,
    };

    /// <summary>The bit of a page in <see cref="Pages"/>.</summary>
    public static uint PageBit(int mm, int page) => 1u << ((mm * Capacity.Pages) + page);

    /// <summary>The first page in a set: which address space, and which of its pages.</summary>
    public static (byte Mm, byte Page) PageOf(uint pages)
    {
        var at = BitOperations.TrailingZeroCount(pages);
        return ((byte)(at / Capacity.Pages), (byte)(at % Capacity.Pages));
    }

    /// <summary>The bits of all pages of an address space.</summary>
    public static uint PagesOf(int mm) => ((1u << Capacity.Pages) - 1) << (mm * Capacity.Pages);
}
