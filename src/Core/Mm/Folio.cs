using System.Runtime.InteropServices;

namespace Hooks.Core.Mm;

/// <summary>Folio flags.</summary>
[Flags]
public enum FolioFlags : byte
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

    /// <summary><c>PG_mlocked</c>.</summary>
    Mlocked = 32,

    /// <summary><c>!folio_test_swapbacked()</c> of an anonymous folio: marked by MADV_FREE, reclaim drops it instead of swapping it out unless it is dirty.</summary>
    LazyFree = 64,

    /// <summary><c>folio_test_anon()</c>: it has been mapped since it was allocated.</summary>
    Anon = 128,
}

/// <summary>
/// A <c>struct folio</c>: what 1 &lt;&lt; <see cref="Order"/> pages have in common. Known by the page frame of its first page. Its lock
/// stands beside it in the state, and so do its pages (<see cref="PageFrame"/>).
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct Folio
{
    /// <summary>Flags.</summary>
    public FolioFlags Flags;

    /// <summary><c>folio_order()</c>: 0 is one page; 1 and 2, two and four pages, stand for any large folio.</summary>
    public byte Order;

    /// <summary><c>folio_ref_count()</c>; 0 is free.</summary>
    public byte RefCount;

    /// <summary>
    /// Pins of <c>FOLL_PIN</c>; each is one reference of <see cref="RefCount"/> too. The kernel adds 1024 references a pin
    /// (<c>GUP_PIN_COUNTING_BIAS</c>) and calls a page with so many "maybe pinned".
    /// </summary>
    public byte Pins;

    /// <summary><c>folio->swap</c>: the swap entry of its first page while in the swap cache.</summary>
    public SwapEntry Entry;

    /// <summary><c>folio_nr_pages()</c>.</summary>
    public readonly int Pages => 1 << Order;

    /// <summary><c>folio_test_large()</c>: more than one page.</summary>
    public readonly bool IsLarge => Order != 0;

    /// <summary><c>folio_maybe_dma_pinned()</c>.</summary>
    public readonly bool MaybeDmaPinned => Pins != 0;

    /// <summary>Whether any of these flags is set.</summary>
    public readonly bool Test(FolioFlags flags) => (Flags & flags) != 0;

    /// <summary>Sets flags.</summary>
    public void Set(FolioFlags flags) => Flags |= flags;

    /// <summary>Clears flags.</summary>
    public void Clear(FolioFlags flags) => Flags &= ~flags;
}

/// <summary>Flags of a page of its own.</summary>
[Flags]
public enum PageFlags : byte
{
    /// <summary>None set.</summary>
    None = 0,

    /// <summary><c>PG_anon_exclusive</c> (5.19, 6c287605fd56): the one mapping owns the page.</summary>
    AnonExclusive = 1,

    /// <summary><c>PG_arch_2</c>, arm64's <c>PG_mte_tagged</c>: the tags have been initialised.</summary>
    ArchTagged = 2,
}

/// <summary>
/// A page frame: a <c>struct page</c> and what the hardware has there. <see cref="Tags"/> belong to the hardware: they outlive
/// the folio.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct PageFrame
{
    /// <summary>Flags.</summary>
    public PageFlags Flags;

    /// <summary><c>page_mapcount()</c>: page table entries that map it.</summary>
    public byte MapCount;

    /// <summary><c>folio_page_idx()</c>: which page of its folio it is.</summary>
    public byte Index;

    /// <summary>The page's data, one small word; 0 is a zeroed page.</summary>
    public byte Data;

    /// <summary>The page's tags in tag memory.</summary>
    public PageTags Tags;

    /// <summary>Whether any of these flags is set.</summary>
    public readonly bool Test(PageFlags flags) => (Flags & flags) != 0;

    /// <summary>Sets flags.</summary>
    public void Set(PageFlags flags) => Flags |= flags;

    /// <summary>Clears flags.</summary>
    public void Clear(PageFlags flags) => Flags &= ~flags;
}
