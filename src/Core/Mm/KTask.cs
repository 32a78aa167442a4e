using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;

namespace Hooks.Core.Mm;

/// <summary>A task's one-bit locals.</summary>
[Flags]
public enum TaskFlags : ushort
{
    /// <summary>None set.</summary>
    None = 0,

    /// <summary><c>FAULT_FLAG_UNSHARE</c>: a pin for reading wants a page of its own (5.19, a7f226604170).</summary>
    Unshare = 1,

    /// <summary>The fault is a write: <c>FAULT_FLAG_WRITE</c> as it came in.</summary>
    WriteFault = 2,

    /// <summary><c>FAULT_FLAG_WRITE</c> as it now is: cleared once the page was mapped writable.</summary>
    WriteLeft = 4,

    /// <summary><c>exclusive</c> of do_swap_page().</summary>
    Exclusive = 8,

    /// <summary><c>anon_exclusive</c> of try_to_unmap_one().</summary>
    AnonExclusive = 16,

    /// <summary><c>need_clear_cache</c> of do_swap_page(): the slot of <see cref="KTask.Entry"/> was claimed (<c>swapcache_prepare</c>) and is to be given up at the end.</summary>
    NeedClearCache = 32,

    /// <summary>What the last primitive that is asked something answered.</summary>
    Answer = 128,

    /// <summary>fork: the child has got a copy of this page, and what the parent stores from here on is not the child's.</summary>
    CopiedForChild = 512,

    /// <summary>It holds one of its mm's users (<c>mm_users</c>).</summary>
    HoldsMm = 256,

    /// <summary>GUP-fast: the task's reference to <see cref="KTask.Folio"/> is a pin, that is not yet the process's.</summary>
    PinGrabbed = 1024,

    /// <summary>do_swap_page() read from source: the page was read around the swap cache.</summary>
    ReadAround = 2048,

    /// <summary>mremap() read from source: the page's contents are at the new address.</summary>
    Moved = 4096,

    /// <summary>shrink_folio_list() read from source: the page has been taken off the list.</summary>
    Taken = 8192,

    /// <summary>shrink_folio_list() read from source: the page stands on the list of those that stay.</summary>
    Listed = 16384,

    /// <summary>shrink_folio_list() read from source: the page has been given to the device.</summary>
    Written = 32768,

    /// <summary>An allocation failed in this operation: memory was full, or it was made to fail.</summary>
    AllocFailed = 64,
}

/// <summary>How an operation ended.</summary>
public enum OpResult : byte
{
    /// <summary>Not ended.</summary>
    None,

    /// <summary>Did what it says.</summary>
    Applied,

    /// <summary>Could not apply here, and did nothing (or the kernel declined, as for a page that cannot be paged out).</summary>
    NotApplicable,

    /// <summary><c>VM_FAULT_OOM</c>.</summary>
    Oom,

    /// <summary><c>VM_FAULT_SIGBUS</c>.</summary>
    SigBus,

    /// <summary>Stopped in handle_userfault(): the page is write-protected by userfaultfd.</summary>
    Userfault,

    /// <summary>SIGSEGV: the VMA denies the access (for a pin, <c>EFAULT</c>).</summary>
    SegV,
}

/// <summary>
/// The typed local slots of a task: four for folios, two for swap entries, four for page table entries, six for small numbers (an address space, a page, an
/// integer). A set of them says what an instruction reads, and what it sets.
/// </summary>
[Flags]
public enum Locals : ushort
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><see cref="KTask.Folio"/>.</summary>
    Folio = 1 << 0,

    /// <summary><see cref="KTask.Swapcache"/>.</summary>
    Swapcache = 1 << 1,

    /// <summary><see cref="KTask.OldFolio"/>.</summary>
    OldFolio = 1 << 2,

    /// <summary>A fourth folio.</summary>
    Folio3 = 1 << 3,

    /// <summary><see cref="KTask.Entry"/>.</summary>
    Entry = 1 << 4,

    /// <summary>A second entry.</summary>
    Entry1 = 1 << 5,

    /// <summary><see cref="KTask.OrigPte"/>.</summary>
    OrigPte = 1 << 6,

    /// <summary><see cref="KTask.NewPte"/>.</summary>
    NewPte = 1 << 7,

    /// <summary>A third page table entry.</summary>
    Pte2 = 1 << 8,

    /// <summary>A fourth page table entry.</summary>
    Pte3 = 1 << 9,

    /// <summary><see cref="KTask.Walk"/>, both halves.</summary>
    Walk = 1 << 10,

    /// <summary><see cref="KTask.Zap"/>: whose.</summary>
    Zap = 1 << 11,

    /// <summary><see cref="KTask.Zap"/>: which page of it.</summary>
    ZapPage = 1 << 13,

    /// <summary><see cref="KTask.Busy"/>.</summary>
    Busy = 1 << 12,

    /// <summary><see cref="KTask.Range"/>.</summary>
    Range = 1 << 14,
}

/// <summary>A place in a path that a task comes back to.</summary>
/// <param name="Path">The path.</param>
/// <param name="Position">The instruction after the call.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct ReturnAddress(PathId Path, ushort Position);

/// <summary>The paths that wait for the one that is running, the outermost first.</summary>
[InlineArray(Capacity.CallDepth)]
internal struct ReturnStack
{
    private ReturnAddress _element;
}

/// <summary>The local slots, by the number of their bit in <see cref="Locals"/>; a slot not in use is 0.</summary>
[InlineArray(Count)]
internal struct LocalSlots
{
    /// <summary>How many there are.</summary>
    public const int Count = 16;

    private uint _element;
}

/// <summary>A task: which operation it is at, where it is in which path, the path's locals, and what it holds.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct KTask
{
    private LocalSlots _slots;

    /// <summary>Which task.</summary>
    public TaskId Id;

    /// <summary>The path being executed; none: the task is in user space, and has nothing to do.</summary>
    public PathId Path;

    /// <summary>The next step, a position in the path.</summary>
    internal ushort Pc;

    /// <summary>How many paths wait for this one.</summary>
    internal byte Depth;

    /// <summary>They.</summary>
    internal ReturnStack Stack;

    /// <summary>Bits.</summary>
    public TaskFlags Flags;

    /// <summary>How the operation ended, once it is known.</summary>
    public OpResult Result;

    /// <summary>The operation.</summary>
    public Verb Verb;

    /// <summary>The operation's address space.</summary>
    public MmId Mm;

    /// <summary>The operation's page; in fork, the page being copied.</summary>
    public Vpn Page;

    /// <summary>The value written or the tag set.</summary>
    public byte Value;

    /// <summary>The granule tagged: 1 + its index, 0 for the whole page.</summary>
    public byte Granule;

    /// <summary>mremap: the new address.</summary>
    public Vpn To;

    /// <summary>pin: how.</summary>
    public PinFlags Pin;

    /// <summary>fail: what.</summary>
    public FaultKind Fault;

    /// <summary>fork: the child.</summary>
    public MmId Child;

    /// <summary>pageout, reclaim: where the page shall end.</summary>
    public SwapOutEnd End;

    /// <summary>The references to folios that it holds.</summary>
    internal HeldReferences Held;

    /// <summary>The slots that it has claimed (<c>swapcache_prepare()</c>) and not given up.</summary>
    internal BitSet<SwapEntry> Claimed;

    /// <summary>The address spaces whose page table lock it has.</summary>
    internal BitSet<MmId> PageTableLocks;

    /// <summary>The address spaces whose <c>mmap_lock</c> it has for reading.</summary>
    internal BitSet<MmId> MmapRead;

    /// <summary>The address spaces whose <c>mmap_lock</c> it has for writing.</summary>
    internal BitSet<MmId> MmapWrite;

    /// <summary><c>folio</c> of the path.</summary>
    public Pfn Folio
    {
        readonly get => new((byte)_slots[0]);
        set => _slots[0] = value.Value;
    }

    /// <summary><c>swapcache</c> of do_swap_page(): the folio as found in the swap cache; none when read around it.</summary>
    public Pfn Swapcache
    {
        readonly get => new((byte)_slots[1]);
        set => _slots[1] = value.Value;
    }

    /// <summary><c>old_page</c> of wp_page_copy(); <c>prealloc</c> of copy_pte_range().</summary>
    public Pfn OldFolio
    {
        readonly get => new((byte)_slots[2]);
        set => _slots[2] = value.Value;
    }

    /// <summary><c>entry</c>.</summary>
    public SwapEntry Entry
    {
        readonly get => new((byte)_slots[4]);
        set => _slots[4] = value.Value;
    }

    /// <summary><c>vmf->orig_pte</c>, or <c>pteval</c> of try_to_unmap_one().</summary>
    public Pte OrigPte
    {
        readonly get => Unsafe.BitCast<uint, Pte>(_slots[6]);
        set => _slots[6] = Unsafe.BitCast<Pte, uint>(value);
    }

    /// <summary><c>pte</c>: the entry about to be set.</summary>
    public Pte NewPte
    {
        readonly get => Unsafe.BitCast<uint, Pte>(_slots[7]);
        set => _slots[7] = Unsafe.BitCast<Pte, uint>(value);
    }

    /// <summary>Where a walk over all page tables is: that of the rmap, or swapoff's.</summary>
    public PageAt Walk
    {
        readonly get => new(new MmId((byte)_slots[10]), new Vpn((byte)(_slots[10] >> 8)));
        set => _slots[10] = (uint)(value.Mm.Value | (value.Page.Value << 8));
    }

    /// <summary>The page that is being unmapped.</summary>
    public PageAt Zap
    {
        readonly get => new(new MmId((byte)_slots[11]), new Vpn((byte)(_slots[11] >> 8)));
        set => _slots[11] = (uint)(value.Mm.Value | (value.Page.Value << 8));
    }

    /// <summary>swapoff: 1 + the address space that it holds (<c>mmget_not_zero()</c>); 0 for none.</summary>
    public byte Busy
    {
        readonly get => (byte)_slots[12];
        set => _slots[12] = value;
    }

    /// <summary>
    /// Of a large folio in do_swap_page(): which of its pages the fault is about (<c>page_idx</c>), and how many more than that one are mapped with it (<c>nr_pages</c> − 1), all of the
    /// folio or none.
    /// </summary>
    public (byte Index, byte More) Range
    {
        readonly get => ((byte)(_slots[14] >> 8), (byte)_slots[14]);
        set => _slots[14] = (uint)(value.More | (value.Index << 8));
    }

    /// <summary>How far the first page that the fault maps is in front of the one that it is about.</summary>
    internal readonly int Before => Range.More != 0 ? Range.Index : 0;

    /// <summary>Whether it has an operation under way.</summary>
    public readonly bool IsUnderWay => Path != PathId.None;

    /// <summary>The local slots, by number.</summary>
    internal readonly uint Slot(int index) => _slots[index];

    /// <summary>Sets a local slot whatever it holds: for tests of what instructions say they read.</summary>
    internal void SetSlot(int index, uint value) => _slots[index] = value;

    /// <summary>Whether any of these bits is set.</summary>
    public readonly bool Is(TaskFlags flags) => (Flags & flags) != 0;

    /// <summary>Sets bits.</summary>
    public void Set(TaskFlags flags) => Flags |= flags;

    /// <summary>Keeps what a primitive answers, for the branch behind it.</summary>
    public void Answer(bool yes) => Flags = yes ? Flags | TaskFlags.Answer : Flags & ~TaskFlags.Answer;

    /// <summary>Clears bits.</summary>
    public void Clear(TaskFlags flags) => Flags &= ~flags;

    /// <summary>One reference to a folio more is the task's.</summary>
    public void Take(Pfn folio) => Held = Held.Take(folio);

    /// <summary>One fewer.</summary>
    public void Give(Pfn folio) => Held = Held.Give(folio);

    /// <summary>Folios whose page table entries and counts this task is changing under a page table lock.</summary>
    internal readonly BitSet<Pfn> FoliosInWork =>
        PageTableLocks.Any ? new BitSet<Pfn>(((1UL << Folio.Value) | (1UL << OldFolio.Value) | (1UL << (byte)_slots[1]) | (1UL << (byte)_slots[3])) & ~1UL) : default;

    /// <summary>Slots whose swap PTEs and counts this task is changing under a page table lock.</summary>
    internal readonly BitSet<SwapEntry> SlotsInWork
    {
        get
        {
            if (!PageTableLocks.Any || Entry.IsNone) return default;
            var (before, more) = (Before, Range.More);
            return more == 0 ? Entry.AsSet : new BitSet<SwapEntry>(((2UL << more) - 1) << (Entry.Number - before));
        }
    }
}

/// <summary>All tasks, by <see cref="TaskId"/>.</summary>
[InlineArray(Capacity.Tasks)]
public struct TaskTable
{
    private KTask _element;
}
