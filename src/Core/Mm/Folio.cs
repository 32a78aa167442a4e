using System.Runtime.InteropServices;

namespace Hooks.Core.Mm;

/// <summary>Page flags, and where the folio is held.</summary>
[Flags]
public enum FolioFlags : ushort
{
    /// <summary>None set.</summary>
    None = 0,

    /// <summary><c>PG_uptodate</c>: the data is valid.</summary>
    Uptodate = 1,

    /// <summary><c>PG_dirty</c>: the data differs from what the swap slot holds.</summary>
    Dirty = 2,

    /// <summary><c>PG_writeback</c>: being written to the swap device.</summary>
    Writeback = 4,

    /// <summary><c>PG_lru</c>: on an LRU list, so reclaim can take it.</summary>
    Lru = 8,

    /// <summary><c>PG_swapcache</c>: in the swap cache under <see cref="Folio.Entry"/>; the cache holds a reference.</summary>
    SwapCache = 16,

    /// <summary><c>PG_anon_exclusive</c> (5.19, 6c287605fd56): the one mapping owns the page.</summary>
    AnonExclusive = 32,

    /// <summary><c>PG_arch_2</c>, arm64's <c>PG_mte_tagged</c>: the tags have been initialised.</summary>
    ArchTagged = 64,

    /// <summary><c>PG_mlocked</c>.</summary>
    Mlocked = 128,

    /// <summary>In a CPU's LRU batch (<c>lru_pvecs</c>, <c>cpu_fbatches</c>), which holds a reference until it is drained.</summary>
    LruBatch = 256,
}

/// <summary>
/// One physical page and its <c>struct folio</c> (order 0). <see cref="Tags"/> belong to the hardware: they outlive the folio.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct Folio
{
    /// <summary>Page flags.</summary>
    public FolioFlags Flags;

    /// <summary><c>folio_ref_count()</c>; 0 is a free page.</summary>
    public byte RefCount;

    /// <summary><c>folio_mapcount()</c>: page table entries that map it.</summary>
    public byte MapCount;

    /// <summary>
    /// Pins of <c>FOLL_PIN</c>; each is one reference of <see cref="RefCount"/> too. The kernel adds 1024 references a pin
    /// (<c>GUP_PIN_COUNTING_BIAS</c>) and calls a page with so many "maybe pinned".
    /// </summary>
    public byte Pins;

    /// <summary><c>page_private()</c>: the swap entry while in the swap cache.</summary>
    public SwapEntry Entry;

    /// <summary>Who holds the folio lock: 1 + the task's index, 0 for nobody.</summary>
    public byte LockedBy;

    /// <summary>The page's data, one small word; 0 is a zeroed page.</summary>
    public byte Data;

    /// <summary>The page's tags in tag memory.</summary>
    public PageTags Tags;

    /// <summary><c>folio_maybe_dma_pinned()</c>.</summary>
    public readonly bool MaybeDmaPinned => Pins != 0;

    /// <summary>Whether any of these flags is set.</summary>
    public readonly bool Test(FolioFlags flags) => (Flags & flags) != 0;

    /// <summary>Sets flags.</summary>
    public void Set(FolioFlags flags) => Flags |= flags;

    /// <summary>Clears flags.</summary>
    public void Clear(FolioFlags flags) => Flags &= ~flags;
}
