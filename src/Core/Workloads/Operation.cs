using Hooks.Core.Mm;

namespace Hooks.Core.Workloads;

/// <summary>What a program, memory pressure or a device can do. The names are those of the case text, in lower case.</summary>
public enum Verb : byte
{
    /// <summary><c>map PAGE [tagged]</c>, <c>map PAGE-PAGE [tagged] large</c>: a private anonymous mapping, with or without tags; of neighbouring pages that may come in large folios.</summary>
    Map,

    /// <summary><c>write PAGE [VALUE]</c>: store data.</summary>
    Write,

    /// <summary><c>read PAGE</c>: load data.</summary>
    Read,

    /// <summary><c>tag PAGE[.GRANULE] TAG</c>: store tags, of the whole page or of one granule.</summary>
    Tag,

    /// <summary><c>readtag PAGE</c>: load tags.</summary>
    ReadTag,

    /// <summary><c>fork CHILD</c>.</summary>
    Fork,

    /// <summary><c>exit</c>.</summary>
    Exit,

    /// <summary><c>unmap PAGE</c>: munmap.</summary>
    Unmap,

    /// <summary><c>mlock PAGE</c>: mlock2(MLOCK_ONFAULT).</summary>
    Mlock,

    /// <summary><c>munlock PAGE</c>.</summary>
    Munlock,

    /// <summary><c>dontneed PAGE</c>: madvise(MADV_DONTNEED): the page is given up, the mapping stays.</summary>
    Dontneed,

    /// <summary><c>free PAGE</c>: madvise(MADV_FREE): the kernel may drop what the page holds until it is written again.</summary>
    Free,

    /// <summary><c>mprotect PAGE [none|rw]</c>: mprotect() that turns tags on; none, rw: takes all access away, gives it back.</summary>
    Mprotect,

    /// <summary><c>mremap PAGE TO</c>: move the page to an address where nothing is mapped.</summary>
    Mremap,

    /// <summary><c>clearrefs</c>: /proc/PID/clear_refs, 4: forget which pages were written (soft-dirty).</summary>
    ClearRefs,

    /// <summary><c>uffdwp PAGE</c>: register with a userfaultfd and write-protect (UFFDIO_WRITEPROTECT).</summary>
    UffdWp,

    /// <summary><c>uffdunwp PAGE</c>: take the protection away.</summary>
    UffdUnwp,

    /// <summary><c>uffdmove PAGE TO</c>: UFFDIO_MOVE: the page moves to where something is mapped and nothing is there yet.</summary>
    UffdMove,

    /// <summary><c>pin PAGE [write] [get]</c>: pin_user_pages(); get: get_user_pages().</summary>
    Pin,

    /// <summary><c>unpin PAGE [dirty]</c>: unpin_user_page(); dirty: its holder says that the page was written through it.</summary>
    Unpin,

    /// <summary><c>dma PAGE [VALUE]</c>: a device stores through the pin.</summary>
    Dma,

    /// <summary><c>pageout PAGE [cached|writeback]</c>: madvise(MADV_PAGEOUT).</summary>
    Pageout,

    /// <summary><c>reclaim PAGE [cached|writeback]</c>: memory pressure reaches the page, mapped or in the swap cache.</summary>
    Reclaim,

    /// <summary><c>endio PAGE</c>: the swap device finishes writing the page.</summary>
    EndIo,

    /// <summary><c>swapoff AREA</c>.</summary>
    SwapOff,

    /// <summary><c>swapon AREA</c>: an area that was switched off.</summary>
    SwapOn,

    /// <summary><c>drainslots</c>: the slot cache returns what it holds back.</summary>
    DrainSlots,

    /// <summary><c>go</c>: what the thread's operation was left standing in goes on.</summary>
    Go,

    /// <summary><c>fail WHAT [N]</c>: the N-th next call fails: alloc, read, save (arch_prepare_to_swap) or unmap (arch_unmap_one).</summary>
    Fail,

    /// <summary><c>swapmax N|max</c>: memory.swap.max of the cgroup that all processes are in: no more slots than these, or as many as there are.</summary>
    SwapMax,
}

/// <summary>Where a page that is paged out shall end. On a synchronous device it is always gone at once.</summary>
public enum SwapOutEnd : byte
{
    /// <summary>Written, out of the swap cache, freed.</summary>
    Gone,

    /// <summary>Written, but still in the swap cache: reclaim has not come round again.</summary>
    Cached,

    /// <summary>Still being written.</summary>
    Writeback,
}

/// <summary>What <c>mprotect</c> asks for: <see cref="Operation.Value"/>.</summary>
public enum Protection : byte
{
    /// <summary>PROT_READ | PROT_WRITE, and PROT_MTE or PROT_ADI: turns tags on.</summary>
    Tagged,

    /// <summary>PROT_NONE, and PROT_MTE or PROT_ADI if the mapping has it.</summary>
    None,

    /// <summary>PROT_READ | PROT_WRITE, and PROT_MTE or PROT_ADI if the mapping has it.</summary>
    ReadWrite,
}

/// <summary>What <c>map</c> asks for: <see cref="Operation.Value"/>.</summary>
[Flags]
public enum MapFlags : byte
{
    /// <summary>One page, without tags.</summary>
    None = 0,

    /// <summary>With tags (PROT_MTE, PROT_ADI).</summary>
    Tagged = 1,

    /// <summary>From <see cref="Operation.Page"/> to <see cref="Operation.To"/>, in large folios where they fit (MADV_HUGEPAGE).</summary>
    Large = 2,
}

/// <summary>Who does an operation on a process's memory: one of its threads, by number, or kswapd.</summary>
public enum Actor : byte
{
    /// <summary>Its first thread: <c>P0</c>.</summary>
    First,

    /// <summary>kswapd, which has no process; the operation names one.</summary>
    Kswapd = byte.MaxValue,
}

/// <summary>One operation of one process. An operation that cannot apply does nothing, so any subsequence of a workload is a workload.</summary>
/// <param name="Mm">The process.</param>
/// <param name="Verb">What it does.</param>
/// <param name="Page">The page, where the verb has one.</param>
/// <param name="Value">map: <see cref="MapFlags"/>. write, dma: the data, 1 … 255. tag: the tag, 0 … 15. swapoff, swapon: the area, counted from 0. fail: which call, 1 … 255. mprotect: a <see cref="Workloads.Protection"/>. swapmax: slots, 0 … 254, or <see cref="NoSwapMax"/>.</param>
/// <param name="Granule">tag: 1 + the granule, 0 for the whole page.</param>
/// <param name="Child">fork: the new process.</param>
/// <param name="End">pageout, reclaim: where the page shall end.</param>
/// <param name="To">mremap, uffdmove: the new address. map, large: the last page.</param>
/// <param name="Pin">pin, unpin: how.</param>
/// <param name="Fault">fail: what.</param>
/// <param name="Actor">Who does it: the first thread of the process, another, or kswapd.</param>
/// <param name="Until">Where it shall be left standing; null: it runs to its end.</param>
public readonly record struct Operation(
    MmId Mm,
    Verb Verb,
    Vpn Page = default,
    byte Value = 0,
    byte Granule = 0,
    MmId Child = default,
    SwapOutEnd End = SwapOutEnd.Gone,
    Vpn To = default,
    PinFlags Pin = PinFlags.None,
    FaultKind Fault = FaultKind.Alloc,
    Actor Actor = Actor.First,
    Until? Until = null)
{
    /// <summary>The task that does it.</summary>
    public TaskId Task => Actor == Actor.Kswapd ? TaskId.Kswapd : TaskId.Of(Mm, (int)Actor);

    /// <summary>map: whether it maps several pages that may come in large folios.</summary>
    public bool IsLarge => Verb == Verb.Map && ((MapFlags)Value & MapFlags.Large) != 0;

    /// <summary>swapmax: no limit (<c>max</c>).</summary>
    public const byte NoSwapMax = byte.MaxValue;

    /// <summary>The actor that a thread of a process is.</summary>
    public static Actor Thread(int thread) => (Actor)thread;

    /// <summary>The operation in the words of the case text.</summary>
    public override string ToString() => CaseText.Print(this);
}
