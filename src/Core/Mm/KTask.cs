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

    /// <summary><c>need_clear_cache</c>: the slot of <see cref="KTask.Entry"/> is claimed by <c>swapcache_prepare</c>.</summary>
    NeedClearCache = 32,

    /// <summary>Holds <c>mmap_lock</c> for reading.</summary>
    MmapRead = 64,

    /// <summary>Holds <c>mmap_lock</c> for writing.</summary>
    MmapWrite = 128,

    /// <summary>At the exclusive check the folio was in the swap cache.</summary>
    CheckedInCache = 256,

    /// <summary>At the exclusive check the folio was in an LRU batch.</summary>
    CheckedInBatch = 512,

    /// <summary>An injected failure of an allocation struck this operation.</summary>
    AllocFailed = 1024,

    /// <summary>fork: the child's page is a copy, as the parent's may be pinned.</summary>
    CopyForChild = 2048,
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
}

/// <summary>A task: where it is in which path, and the path's locals.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct KTask
{
    /// <summary>Bits.</summary>
    public TaskFlags Flags;

    /// <summary>The path being executed.</summary>
    public PathId Path;

    /// <summary>The next step, an index into the path.</summary>
    public byte Pc;

    /// <summary>The path to begin again when the current one returns (a faulting access is retried); <see cref="PathId.None"/>: the operation ends.</summary>
    public PathId Base;

    /// <summary>The operation.</summary>
    public Verb Verb;

    /// <summary>How the operation ended.</summary>
    public OpResult Result;

    /// <summary>The operation's address space.</summary>
    public MmId Mm;

    /// <summary>The operation's page; in exit and fork, the page being walked.</summary>
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

    /// <summary><c>folio</c> of the path.</summary>
    public Pfn Folio;

    /// <summary><c>swapcache</c> of do_swap_page(): the folio as found in the swap cache; none when read around it.</summary>
    public Pfn Swapcache;

    /// <summary><c>old_page</c> of wp_page_copy().</summary>
    public Pfn OldFolio;

    /// <summary><c>entry</c>.</summary>
    public SwapEntry Entry;

    /// <summary><c>vmf->orig_pte</c>, or <c>pteval</c> of try_to_unmap_one().</summary>
    public Pte OrigPte;

    /// <summary><c>pte</c>: the entry about to be set.</summary>
    public Pte NewPte;

    /// <summary>The address space whose page table lock the rmap walk holds or looks at.</summary>
    public MmId Walk;

    /// <summary>The page the rmap walk is at.</summary>
    public Vpn WalkPage;

    /// <summary><c>folio_ref_count()</c> as the exclusive check saw it.</summary>
    public byte CheckedRefs;

    /// <summary>Pages this task holds a reference to, one each, as a set of <see cref="Pfn.Bit"/>.</summary>
    public uint Held;

    /// <summary>Page table locks this task holds, one bit an mm.</summary>
    public byte Ptls;

    /// <summary>Steps taken in this operation.</summary>
    public ushort Steps;

    /// <summary>Whether any of these bits is set.</summary>
    public readonly bool Is(TaskFlags flags) => (Flags & flags) != 0;

    /// <summary>Sets bits.</summary>
    public void Set(TaskFlags flags) => Flags |= flags;

    /// <summary>Clears bits.</summary>
    public void Clear(TaskFlags flags) => Flags &= ~flags;

    /// <summary>Pages whose page table entries and counts this task is changing under a page table lock.</summary>
    public readonly uint FoliosInWork => Ptls == 0 ? 0 : Folio.Bit | OldFolio.Bit;
}
