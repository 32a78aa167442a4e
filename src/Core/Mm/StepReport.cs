using System.Runtime.CompilerServices;
using Hooks.Core.Paths;

namespace Hooks.Core.Mm;

/// <summary>How a step ended.</summary>
internal enum StepOutcome : byte
{
    /// <summary>The task has taken it, and stands in front of the next.</summary>
    Moved,

    /// <summary>The task could not take it, and nothing was changed: it waits (<see cref="StepReport.Wait"/>).</summary>
    Blocked,

    /// <summary>The task has taken it, and its operation has ended.</summary>
    Ended,
}

/// <summary>What a step counts for: that something was covered at all, and how often. Nothing that checks or runs depends on it.</summary>
[Flags]
public enum Mark : ulong
{
    /// <summary>Nothing of note.</summary>
    None = 0,

    /// <summary>An anonymous page was made.</summary>
    AnonFault = 1UL << 0,

    /// <summary>A swap entry was found in the swap cache.</summary>
    CacheHit = 1UL << 1,

    /// <summary>A page was read around the swap cache.</summary>
    ReadAround = 1UL << 2,

    /// <summary>A page was read into the swap cache.</summary>
    ReadIntoCache = 1UL << 3,

    /// <summary>do_swap_page() mapped a page.</summary>
    SwapIn = 1UL << 4,

    /// <summary>… which the oracle says holds data.</summary>
    SwapInOfData = 1UL << 5,

    /// <summary>… which the oracle says holds tags, through a tagged mapping.</summary>
    SwapInOfTags = 1UL << 6,

    /// <summary>… which was still being written to a device that needs stable pages.</summary>
    SwapInUnstable = 1UL << 7,

    /// <summary>do_swap_page() has ended (page mapped, folio unlocked).</summary>
    SwapInEnded = 1UL << 8,

    /// <summary>… and nothing but the new mapping refers to the page.</summary>
    SwapInAlone = 1UL << 9,

    /// <summary>A write fault of do_swap_page() goes on into do_wp_page(), though nothing but the new mapping refers to the page: needless work.</summary>
    NeedlessFault = 1UL << 10,

    /// <summary>A mapping became a swap entry.</summary>
    SwapOut = 1UL << 11,

    /// <summary>… while another swap entry already referred to the slot: a shared page.</summary>
    SwapOutShared = 1UL << 12,

    /// <summary>The saved-metadata hook failed, or arch_unmap_one() did: the page stays.</summary>
    SwapOutRefused = 1UL << 13,

    /// <summary>A slot was really returned (swap_range_free).</summary>
    SlotFreed = 1UL << 14,

    /// <summary>A freed slot was held back in the slot cache.</summary>
    SlotHeldBack = 1UL << 15,

    /// <summary>A shared page was copied on write.</summary>
    CowCopy = 1UL << 16,

    /// <summary>A read-only page was made writable in place.</summary>
    CowReuse = 1UL << 17,

    /// <summary>The architecture saved metadata.</summary>
    MetadataSaved = 1UL << 18,

    /// <summary>The architecture restored metadata, and not just zeroes.</summary>
    MetadataRestored = 1UL << 19,

    /// <summary>Saved metadata was dropped, its time being over.</summary>
    MetadataDropped = 1UL << 20,

    /// <summary>A page just given out, that had belonged to someone else, was mapped tagged.</summary>
    MappedUsedPage = 1UL << 21,

    /// <summary>A page was freed.</summary>
    FolioFreed = 1UL << 22,

    /// <summary>A page that is pinned, or that somebody holds, was kept from reclaim, or copied by fork() at once.</summary>
    PinRespected = 1UL << 23,

    /// <summary>A page table entry with a soft-dirty, uffd-wp or exclusive bit went out to swap or came back.</summary>
    BitsCarried = 1UL << 24,

    /// <summary>A page was left being written to a device that needs stable pages.</summary>
    StableWriteback = 1UL << 25,

    /// <summary>swapoff brought a page back.</summary>
    Unused = 1UL << 26,

    /// <summary>An injected failure struck.</summary>
    FaultInjected = 1UL << 27,

    /// <summary>A fault mapped a new folio of several pages.</summary>
    LargeFault = 1UL << 28,

    /// <summary>A large folio was split.</summary>
    FolioSplit = 1UL << 29,

    /// <summary>A large folio got its slots as one.</summary>
    LargeSwapOut = 1UL << 30,

    /// <summary>Several slots were read as one large folio.</summary>
    LargeSwapIn = 1UL << 31,
}

/// <summary>What the kernel would complain of itself.</summary>
[Flags]
public enum Oops : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A reference was dropped that nobody had.</summary>
    BadFolioPut = 1,

    /// <summary>A free slot was freed again or referred to, or a place in the swap cache given back that was not taken.</summary>
    BadSlotUse = 2,

    /// <summary>A lock was given back by somebody who did not have it.</summary>
    BadUnlock = 4,

    /// <summary>An assertion of the kernel's, read from its source, does not hold: BUG_ON(), VM_BUG_ON(), WARN_ON().</summary>
    AssertionFailed = 8,

    /// <summary>Saved metadata was used after it was freed.</summary>
    UseAfterFree = 16,

    /// <summary>Memory that a hook has allocated is still allocated, and nothing refers to it any more. (Of hooks that are an architecture's own C.)</summary>
    HookLeaked = 32,

    /// <summary>A hook has followed a pointer into nowhere. (Of hooks that are an architecture's own C.)</summary>
    HookCrashed = 64,

    /// <summary>A hook has freed what is not allocated, or works on what it has freed. (Of hooks that are an architecture's own C.)</summary>
    HookFreedWrongly = 128,
}

/// <summary>The observations of a step.</summary>
internal struct Observations
{
    /// <summary>More than any step makes.</summary>
    internal const int Most = Capacity.Mms * Capacity.Pages;

    private Buffer _items;

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>The i-th.</summary>
    public readonly Observation this[int index] => _items[index];

    internal void Add(Observation observation)
    {
        if (Count == Most) throw new InvalidOperationException($"a step observes more than {Most} things");
        _items[Count++] = observation;
    }

    internal void Clear() => Count = 0;

    [InlineArray(Most)]
    private struct Buffer
    {
        private Observation _element;
    }
}

/// <summary>What a step did: where it stood, what it touched, what it says it has done. Known as it happens, not worked out afterwards.</summary>
internal struct StepReport
{
    /// <summary>Who took it.</summary>
    public TaskId Task;

    /// <summary>The path it stands in.</summary>
    public PathId Path;

    /// <summary>Where in the path.</summary>
    public ushort Position;

    /// <summary>How it ended.</summary>
    public StepOutcome Outcome;

    /// <summary>What a blocked task waits for.</summary>
    public Waiting Wait;

    /// <summary>What it has written; and every lock it has taken or given back.</summary>
    public Footprint Written;

    /// <summary>What it has read, if the executor was asked to record that (<see cref="Executor.RecordsReads"/>); otherwise of no meaning.</summary>
    public Footprint Read;

    /// <summary>What it counts for.</summary>
    public Mark Marks;

    /// <summary>What the kernel would complain of.</summary>
    public Oops Oops;

    /// <summary>The slots that were really returned (<c>swap_range_free()</c>).</summary>
    public BitSet<SwapEntry> SlotsReturned;

    /// <summary>What it did on a program's behalf, or that only checkers need to know.</summary>
    public Observations Observations;

    /// <summary>Whether anybody but the task can see that the step was taken.</summary>
    internal readonly bool ChangedAnything => Marks != Mark.None || Oops != Oops.None || Written.Any;

    /// <summary>Forgets the last step.</summary>
    internal void Begin(TaskId task, PathId path, ushort position, bool recordsReads)
    {
        Task = task;
        Path = path;
        Position = position;
        Outcome = StepOutcome.Moved;
        Wait = default;
        Written = default;
        if (recordsReads) Read = default;
        Marks = Mark.None;
        Oops = Oops.None;
        SlotsReturned = default;
        Observations.Clear();
    }
}
