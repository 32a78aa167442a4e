namespace Hooks.Core.Mm;

/// <summary>What a step can say it has done.</summary>
public enum ObservationKind : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The program mapped a page.</summary>
    Mapped,

    /// <summary>The program gave a page up (munmap or exit): from here on nobody may look at it.</summary>
    Unmapped,

    /// <summary>The program gave up what a page holds and kept the mapping (MADV_DONTNEED, MADV_FREE of a page that is swapped out): from here on it reads as zero.</summary>
    Discarded,

    /// <summary>The program said that it does not need what a page holds (MADV_FREE): until it stores there again, it may find that or zero.</summary>
    Freed,

    /// <summary>The kernel has dropped what a page held: right if the program had said so, else a loss.</summary>
    LazyFreed,

    /// <summary>The program stored data.</summary>
    Stored,

    /// <summary>The program stored tags.</summary>
    Tagged,

    /// <summary>fork() copied one page table entry: parent and child go separate ways.</summary>
    Forked,

    /// <summary>The program moved a page to another address (mremap, UFFDIO_MOVE).</summary>
    Moved,

    /// <summary>The program asked which pages are written from now on (clear_refs).</summary>
    ClearedRefs,

    /// <summary>The program write-protected a page with userfaultfd.</summary>
    Protected,

    /// <summary>The program took that protection away.</summary>
    Unprotected,

    /// <summary>The program pinned a page.</summary>
    Pinned,

    /// <summary>A device stored data through a pin.</summary>
    DeviceStored,

    /// <summary>The exclusive mark was given up on purpose: the page is being written to a device that needs stable pages.</summary>
    ExclusiveGivenUp,

    /// <summary>do_swap_page() has mapped a page, or do_anonymous_page() has.</summary>
    Faulted,

    /// <summary>The exclusive check of do_swap_page() has looked.</summary>
    CheckedExclusive,

    /// <summary>do_swap_page() has ended, and nothing but the new mapping refers to the page.</summary>
    SwapInAlone,

    /// <summary>arch_prepare_to_swap() has succeeded: what it saved is owed until the slot is returned.</summary>
    Prepared,

    /// <summary>The architecture gives what it saved under an entry up, by design, before the slot is returned.</summary>
    SavedGivenUp,

    /// <summary>The architecture has saved metadata of a page of an address space.</summary>
    SavedAt,

    /// <summary>The architecture has restored it, or given it up, for a page or several.</summary>
    RestoredAt,

    /// <summary>An address space is gone, or is new, and with it whatever was saved for it.</summary>
    ContextGone,

    /// <summary>The swap device could not read a slot.</summary>
    ReadFailed,

    /// <summary>The swap device has read a slot.</summary>
    ReadDone,

    /// <summary>A fault has found that what it wanted could not be read.</summary>
    NotUptodate,

    /// <summary>A poison marker was put in the place of a swap entry.</summary>
    Poisoned,
}

/// <summary>
/// Something that a step has done, with all that is needed to follow it: the oracle and the ghost state apply it and look at nothing else.
/// Made by the functions of its kinds.
/// </summary>
/// <param name="Kind">What.</param>
/// <param name="At">Whose page.</param>
/// <param name="To">Moved: the new address. Forked: the child's page.</param>
/// <param name="Entry">Which swap entry.</param>
/// <param name="Pfn">Which folio.</param>
/// <param name="Value">The data, the tag, or a count.</param>
/// <param name="Granule">Tagged: 1 + the granule, 0 for the whole page.</param>
/// <param name="Yes">Whether; see the kinds.</param>
/// <param name="AlsoYes">Whether, too.</param>
public readonly record struct Observation(
    ObservationKind Kind,
    PageAt At = default,
    PageAt To = default,
    SwapEntry Entry = default,
    Pfn Pfn = default,
    byte Value = 0,
    byte Granule = 0,
    bool Yes = false,
    bool AlsoYes = false)
{
    /// <inheritdoc cref="ObservationKind.Mapped"/>
    public static Observation Mapped(PageAt at) => new(ObservationKind.Mapped, at);

    /// <inheritdoc cref="ObservationKind.Unmapped"/>
    public static Observation Unmapped(PageAt at) => new(ObservationKind.Unmapped, at);

    /// <inheritdoc cref="ObservationKind.Discarded"/>
    public static Observation Discarded(PageAt at) => new(ObservationKind.Discarded, at);

    /// <inheritdoc cref="ObservationKind.Freed"/>
    public static Observation Freed(PageAt at) => new(ObservationKind.Freed, at);

    /// <inheritdoc cref="ObservationKind.LazyFreed"/>
    public static Observation LazyFreed(PageAt at) => new(ObservationKind.LazyFreed, at);

    /// <inheritdoc cref="ObservationKind.Stored"/>
    public static Observation Stored(PageAt at, byte value) => new(ObservationKind.Stored, at, Value: value);

    /// <inheritdoc cref="ObservationKind.Tagged"/>
    /// <param name="at">Where.</param>
    /// <param name="granule">1 + the granule; 0 for the whole page.</param>
    /// <param name="tag">The tag.</param>
    public static Observation Tagged(PageAt at, byte granule, byte tag) => new(ObservationKind.Tagged, at, Value: tag, Granule: granule);

    /// <inheritdoc cref="ObservationKind.Forked"/>
    public static Observation Forked(PageAt parent, PageAt child) => new(ObservationKind.Forked, parent, child);

    /// <inheritdoc cref="ObservationKind.Moved"/>
    /// <param name="from">From where.</param>
    /// <param name="to">To where.</param>
    /// <param name="staysMapped">Whether the mapping that it has left stays, with nothing in it.</param>
    public static Observation Moved(PageAt from, PageAt to, bool staysMapped = false) => new(ObservationKind.Moved, from, to, Yes: staysMapped);

    /// <inheritdoc cref="ObservationKind.ClearedRefs"/>
    public static Observation ClearedRefs(MmId mm) => new(ObservationKind.ClearedRefs, new PageAt(mm, default));

    /// <inheritdoc cref="ObservationKind.Protected"/>
    public static Observation Protected(PageAt at) => new(ObservationKind.Protected, at);

    /// <inheritdoc cref="ObservationKind.Unprotected"/>
    public static Observation Unprotected(PageAt at) => new(ObservationKind.Unprotected, at);

    /// <inheritdoc cref="ObservationKind.Pinned"/>
    public static Observation Pinned(PageAt at) => new(ObservationKind.Pinned, at);

    /// <inheritdoc cref="ObservationKind.DeviceStored"/>
    /// <param name="at">Where the pin was taken.</param>
    /// <param name="value">The data.</param>
    /// <param name="mapped">Whether the pinned page is still the one that is mapped there.</param>
    public static Observation DeviceStored(PageAt at, byte value, bool mapped) => new(ObservationKind.DeviceStored, at, Value: value, Yes: mapped);

    /// <inheritdoc cref="ObservationKind.ExclusiveGivenUp"/>
    public static Observation ExclusiveGivenUp(PageAt at) => new(ObservationKind.ExclusiveGivenUp, at);

    /// <inheritdoc cref="ObservationKind.Faulted"/>
    /// <param name="at">Where.</param>
    /// <param name="swapIn">From swap.</param>
    /// <param name="fresh">Into a page that had just been given out, and belonged to somebody else before.</param>
    /// <param name="tagged">Through a mapping that shows tags.</param>
    public static Observation Faulted(PageAt at, bool swapIn, bool fresh, bool tagged) =>
        new(ObservationKind.Faulted, at, Value: (byte)(swapIn ? 1 : 0), Yes: fresh, AlsoYes: tagged);

    /// <inheritdoc cref="ObservationKind.CheckedExclusive"/>
    /// <param name="refs">The reference count it saw.</param>
    /// <param name="inCache">Whether the folio was in the swap cache.</param>
    /// <param name="inBatch">Whether the folio was in an LRU batch.</param>
    public static Observation CheckedExclusive(byte refs, bool inCache, bool inBatch) => new(ObservationKind.CheckedExclusive, Value: refs, Yes: inCache, AlsoYes: inBatch);

    /// <inheritdoc cref="ObservationKind.SwapInAlone"/>
    /// <param name="at">Where it is mapped.</param>
    /// <param name="folio">The folio.</param>
    /// <param name="entry">The entry it came from.</param>
    /// <param name="write">Whether the fault is a write.</param>
    public static Observation SwapInAlone(PageAt at, Pfn folio, SwapEntry entry, bool write) => new(ObservationKind.SwapInAlone, at, Entry: entry, Pfn: folio, Yes: write);

    /// <inheritdoc cref="ObservationKind.Prepared"/>
    public static Observation Prepared(SwapEntry entry) => new(ObservationKind.Prepared, Entry: entry);

    /// <inheritdoc cref="ObservationKind.SavedGivenUp"/>
    public static Observation SavedGivenUp(SwapEntry entry) => new(ObservationKind.SavedGivenUp, Entry: entry);

    /// <inheritdoc cref="ObservationKind.SavedAt"/>
    public static Observation SavedAt(PageAt at) => new(ObservationKind.SavedAt, at);

    /// <inheritdoc cref="ObservationKind.RestoredAt"/>
    /// <param name="first">The first page.</param>
    /// <param name="last">The last one.</param>
    public static Observation RestoredAt(PageAt first, PageAt last) => new(ObservationKind.RestoredAt, first, last);

    /// <inheritdoc cref="ObservationKind.ContextGone"/>
    public static Observation ContextGone(MmId mm) => new(ObservationKind.ContextGone, new PageAt(mm, default));

    /// <inheritdoc cref="ObservationKind.ReadFailed"/>
    public static Observation ReadFailed(SwapEntry entry) => new(ObservationKind.ReadFailed, Entry: entry);

    /// <inheritdoc cref="ObservationKind.ReadDone"/>
    public static Observation ReadDone(SwapEntry entry) => new(ObservationKind.ReadDone, Entry: entry);

    /// <inheritdoc cref="ObservationKind.NotUptodate"/>
    public static Observation NotUptodate(SwapEntry entry) => new(ObservationKind.NotUptodate, Entry: entry);

    /// <inheritdoc cref="ObservationKind.Poisoned"/>
    public static Observation Poisoned(PageAt at, SwapEntry entry) => new(ObservationKind.Poisoned, at, Entry: entry);
}
