using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>What kinds of things a check looks at.</summary>
[Flags]
internal enum Concern : ushort
{
    /// <summary>None: the invariant is about what a step says it did, only.</summary>
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

/// <summary>What a check has to look at: everything, or all that a step has touched and what depends on it.</summary>
internal struct Scope
{
    /// <summary>Pages of address spaces.</summary>
    public BitSet<PageAt> Pages;

    /// <summary>Those of them through which something else may be seen now, as data or tags.</summary>
    public BitSet<PageAt> Contents;

    /// <summary>Address spaces.</summary>
    public BitSet<MmId> Mms;

    /// <summary>Folios.</summary>
    public BitSet<Pfn> Folios;

    /// <summary>Slots.</summary>
    public BitSet<SwapEntry> Slots;

    /// <summary>Which kinds of things there is something of.</summary>
    public Concern Concerns;

    /// <summary>Everything.</summary>
    public static Scope All => new()
    {
        Pages = BitSet<PageAt>.UpTo(PageAt.Total),
        Contents = BitSet<PageAt>.UpTo(PageAt.Total),
        Mms = BitSet<MmId>.UpTo(Capacity.Mms),
        Folios = BitSet<Pfn>.UpTo(Capacity.Frames + 1).Without(Pfn.None),
        Slots = BitSet<SwapEntry>.UpTo(SwapEntry.Total),
        Concerns = Concern.Pages | Concern.Contents | Concern.Mms | Concern.Folios | Concern.Slots | Concern.Areas | Concern.Metadata | Concern.Operations
            | Concern.Pins | Concern.SavedFor | Concern.StableFolios,
    };
}
