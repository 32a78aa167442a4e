using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Cli.Catalogues;

/// <summary>The operations of a case, for <c>hooks list operations</c>.</summary>
internal static class OperationTexts
{
    /// <summary>What the words stand for.</summary>
    public static string Legend => $"""
        A statement is PROCESS OPERATION, such as 'P0 tag a 5'. A process is P0 … P{Capacity.Mms - 1} (P0 exists from the start), a page {OperationReader.Pages},
        a granule 0 … {PageTags.Granules - 1}, a tag 0 … 15, a value 1 … 255. An operation that cannot apply does nothing.
        P0.1 … P0.{Capacity.Threads - 1} are further threads of P0; 'kswapd reclaim P0 a' is memory pressure beside all of them. With 'until STEP' behind it an
        operation is left standing in front of that step ('until do_wp_page.PteOffsetMapLock#2': of that path, the second time).
        """;

    /// <summary>How an operation is written, without the process, and what it means.</summary>
    // No arm for unnamed values, so that a new operation without a text does not compile.
#pragma warning disable CS8524
    public static (string Syntax, string Meaning) Of(Verb verb) => verb switch
    {
        Verb.Map => ("map PAGE [tagged]", "mmap() of a private anonymous page; tagged: with PROT_MTE or ADI; 'map a-b large', 'map a-d tagged large': of neighbouring pages that may come in large folios"),
        Verb.Write => ("write PAGE [VALUE]", "store data"),
        Verb.Read => ("read PAGE [expect VALUE]", "load data; expect: 'hooks run' says whether that is what is read, 0 where nothing was written"),
        Verb.Tag => ("tag PAGE[.GRANULE] TAG", "store a tag, to the whole page or to one granule"),
        Verb.ReadTag => ("readtag PAGE", "load tags"),
        Verb.Fork => ("fork CHILD", "fork(); the child is a process that does not exist"),
        Verb.Exit => ("exit", "the process exits"),
        Verb.Unmap => ("unmap PAGE", "munmap()"),
        Verb.Mlock => ("mlock PAGE", "mlock2(MLOCK_ONFAULT)"),
        Verb.Munlock => ("munlock PAGE", "munlock()"),
        Verb.Dontneed => ("dontneed PAGE", "madvise(MADV_DONTNEED): give up what the page holds; it reads as zero from then on"),
        Verb.Free => ("free PAGE", "madvise(MADV_FREE): the kernel may drop what the page holds until it is written again"),
        Verb.Mprotect => ("mprotect PAGE [none|rw]", "mprotect() with PROT_MTE or ADI: turns tags on; none: takes all access away, rw: gives it back"),
        Verb.Mremap => ("mremap PAGE TO", "mremap() to an address where nothing is mapped"),
        Verb.ClearRefs => ("clearrefs", "/proc/PID/clear_refs, 4: forget which pages were written (soft-dirty)"),
        Verb.UffdWp => ("uffdwp PAGE", "userfaultfd: register, and write-protect the page"),
        Verb.UffdUnwp => ("uffdunwp PAGE", "userfaultfd: take the protection away"),
        Verb.UffdMove => ("uffdmove PAGE TO", "UFFDIO_MOVE (6.8 on): the page moves to where something is mapped and nothing is there yet"),
        Verb.Pin => ("pin PAGE [write] [get]", "pin_user_pages() for reading or writing; get: get_user_pages(), a plain reference"),
        Verb.Unpin => ("unpin PAGE", "give the pin taken at this page back"),
        Verb.Dma => ("dma PAGE [VALUE]", "a device stores data through the pin taken at this page"),
        Verb.Pageout => ("pageout PAGE [gone|cached|writeback]", "madvise(MADV_PAGEOUT); gone: to the end (the usual), cached: stays in the swap cache, writeback: is still being written"),
        Verb.Reclaim => ("reclaim PAGE [gone|cached|writeback]", "memory pressure reaches the page, mapped or in the swap cache"),
        Verb.EndIo => ("endio PAGE", "the swap device finishes writing the page"),
        Verb.SwapOff => ("swapoff AREA", "swapoff() of an area, counted from 0"),
        Verb.SwapOn => ("swapon AREA", "swapon() of an area that was switched off"),
        Verb.DrainSlots => ("drainslots", "the slot cache returns the slots it holds back"),
        Verb.Go => ("go [until STEP]", "what this thread's operation was left standing in goes on"),
        Verb.SwapMax => ("swapmax N|max", "memory.swap.max of the cgroup that all processes are in: no more slots than these"),
        Verb.Fail => ("fail WHAT [N]", "the N-th next call fails: alloc, read, save (arch_prepare_to_swap) or unmap (arch_unmap_one)"),
    };
#pragma warning restore CS8524
}
