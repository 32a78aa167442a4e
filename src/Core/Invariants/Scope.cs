using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>What kinds of things a check looks at.</summary>
[Flags]
internal enum Concern : ushort
{
    /// <summary>None: the invariant is about what a step says it did, only.</summary>
    None = 0,

    /// <summary>A page of an address space whose page table lock nobody has: its entry, its VMA, what its program expects of it, the folio or slot behind it, and locks.</summary>
    Settled = 1,

    /// <summary>What can be seen through a page of an address space: data and tags.</summary>
    Contents = 128,

    /// <summary>What a load would find at a page of an address space.</summary>
    Data = 2048,

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

    /// <summary>And those at which a load would find something else; at some of them since before a lock was given back.</summary>
    public BitSet<PageAt> Data;

    /// <summary>Those whose page table lock nobody has: the others are in the middle of a change, and looked at when it is given back.</summary>
    public BitSet<PageAt> Settled;

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
        Data = BitSet<PageAt>.UpTo(PageAt.Total),
        Settled = BitSet<PageAt>.UpTo(PageAt.Total),
        Mms = BitSet<MmId>.UpTo(Capacity.Mms),
        Folios = BitSet<Pfn>.UpTo(Capacity.Frames + 1).Without(Pfn.None),
        Slots = BitSet<SwapEntry>.UpTo(SwapEntry.Total),
        Concerns = Concern.Settled | Concern.Contents | Concern.Data | Concern.Mms | Concern.Folios | Concern.Slots | Concern.Areas | Concern.Metadata | Concern.Operations
            | Concern.Pins | Concern.SavedFor | Concern.StableFolios,
    };
}
