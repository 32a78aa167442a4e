using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;

namespace Hooks.KernelSource.Paths;

/// <summary>The functions that are read, and what of a path each stands for.</summary>
internal static class PathEntries
{
    private static readonly Dictionary<string, long> ForkHandles = new(StringComparer.Ordinal) { ["src_mm"] = 1, ["dst_mm"] = 2, ["src_vma"] = 1, ["dst_vma"] = 2, ["src_pte"] = 1, ["dst_pte"] = 2, ["addr"] = 1, ["max_nr"] = 1 };

    private static readonly Core.Paths.Label Flushed = new("flushed");
    private static readonly Core.Paths.Label Moved = new("moved");
    private static readonly Core.Paths.Label Walked = new("walked");
    private static readonly Core.Paths.Label WalkEnds = new("walk_ends");

    private static readonly Core.Paths.Label Reclaimed = new("reclaimed");

    /// <summary>What shrink_folio_list() keeps while mappings are taken away: a number, and half of the truth values.</summary>
    private static readonly int[] OverUnmap = [14, .. Enumerable.Range(SlotAllocation.FirstBit, 16)];

    /// <summary>All mappings, from the first on.</summary>
    private static readonly Step TryToUnmap = new("TryToUnmap", "mm/vmscan.c: shrink_folio_list(), try_to_unmap()", Era.AsRead, Instruction.Do(static (in m, ref t) =>
    {
        t.Walk = default;
        t.Entry = m.ReadFolio(t.Folio).Entry;
    }, Locals.Folio, Locals.Walk | Locals.Entry));

    private static readonly Step RmapWalkAnon = new("RmapWalkAnon", "mm/rmap.c: try_to_unmap(), rmap_walk_anon()", Era.AsRead, ShrinkFolioList.NextMapping);

    /// <summary>A mapping could not be taken away, or there is no other: the page stays if it is mapped.</summary>
    private static readonly Step FolioMapped = new("FolioMapped", "mm/vmscan.c: shrink_folio_list(), try_to_unmap(), folio_mapped()", Era.AsRead,
        Instruction.If(static (in m, in t) => m.ReadFrame(t.Folio).MapCount == 0, ShrinkFolioList.Unmapped, Locals.Folio),
        Instruction.Goto(ShrinkFolioList.Activate));

    /// <summary>In the order in which they are read.</summary>
    public static IReadOnlyList<PathEntry> All { get; } =
    [
        new(PathId.DoSwapPage, "do_swap_page", "mm/memory.c")
        {
            Members = new Dictionary<string, (int, long?)>(StringComparer.Ordinal)
            {
                ["vm_fault.orig_pte"] = (6, null),
                ["vm_fault.page"] = (-1, 0),
                ["vm_fault.pte"] = (-1, 0),
            },
        },
        new(PathId.DoWpPage, "do_wp_page", "mm/memory.c")
        {
            Members = new Dictionary<string, (int, long?)>(StringComparer.Ordinal)
            {
                ["vm_fault.orig_pte"] = (6, null),
                ["vm_fault.page"] = (-1, 0),
                ["vm_fault.pte"] = (-1, 1),
            },
            IsCalled = true,
        },
        new(PathId.SwapOff, "unuse_pte", "mm/swapfile.c", "mm/memory.c")
        {
            Parameters = new Dictionary<string, int>(StringComparer.Ordinal) { ["struct folio*"] = 0, ["struct page*"] = 0, ["swp_entry_t"] = 4 },
            IgnoresResult = true,
            Reserved = Locals.Folio | Locals.Swapcache | Locals.Entry | Locals.Walk | Locals.Zap | Locals.Busy,
            Part = new(i => i.Step == UnusePte.PteOffsetMapLock, i => i.Label == UnusePte.Unused, UnusePte.Unused),
        },
        new(PathId.DupMmap, "copy_nonpresent_pte", "mm/memory.c")
        {
            Handles = ForkHandles,
            IgnoresResult = true,
            Reserved = Locals.OldFolio,
            Part = new(i => i.Step == DupMmap.SwapDuplicate, i => i.Label == DupMmap.CopyPresentPage, DupMmap.Next),
            IsOptional = true,
        },
        CopyPresent("copy_present_pte"),
        CopyPresent("copy_present_ptes"),
        ZapPteRange(PathId.Munmap),
        ZapPteRange(PathId.ExitMmap),
        ZapPteRange(PathId.MadviseDontneed),
        new(PathId.Mremap, "move_ptes", "mm/mremap.c")
        {
            Handles = new Dictionary<string, long>(StringComparer.Ordinal) { ["old_addr"] = 1, ["old_end"] = 2, ["new_addr"] = Primitives.NewAddress, ["extent"] = 1, ["need_rmap_locks"] = 0 },
            IgnoresResult = true,
            Reserved = Locals.Folio | Locals.Entry,
            Part = new(i => i.Step == Fault.PteOffsetMapLock, i => i.Step == Mremap.DoMunmap, Moved) { Behind = _ => [Moved] },
            IsOptional = true,
        },
        new(PathId.ShrinkFolioList, "try_to_unmap_one", "mm/rmap.c")
        {
            // TTU_BATCH_FLUSH
            Handles = new Dictionary<string, long>(StringComparer.Ordinal) { ["address"] = 1, ["arg"] = 0x40 },
            Parameters = new Dictionary<string, int>(StringComparer.Ordinal) { ["struct folio*"] = 0, ["struct page*"] = 0 },
            Reserved = Locals.Folio | Locals.Entry | Locals.Walk,
            IsCalled = true,
            Kept = OverUnmap,
            Part = new(i => i.Step == ShrinkFolioList.TryToUnmapOne, i => i.Label == ShrinkFolioList.Unmapped, Walked)
            {
                Before = [RmapWalkAnon],
                Unless = (0, WalkEnds),
                Behind = _ =>
                [
                    Walked,
                    Instruction.If(static (in m, in t) => t.Walk.Number == PageAt.Total - 1, WalkEnds, Locals.Walk),
                    Instruction.Let(static (in m, ref t) => t.Walk = PageAt.At(t.Walk.Number + 1), Locals.Walk, Locals.Walk),
                    Instruction.Goto(ShrinkFolioList.ThisMapping),
                    WalkEnds,
                    FolioMapped,
                ],
            },
            IsOptional = true,
        },
        new(PathId.ShrinkFolioList, "shrink_folio_list", "mm/vmscan.c", "mm/page_io.c")
        {
            Handles = new Dictionary<string, long>(StringComparer.Ordinal) { ["folio_list"] = Primitives.FolioList, ["ignore_references"] = 0 },
            Variables = new Dictionary<string, int>(StringComparer.Ordinal) { ["folio"] = 0 },
            IgnoresResult = true,
            Reserved = Locals.Folio | Locals.Entry | Locals.Walk,
            Kept = OverUnmap,
            Through = [TryToUnmap, Instruction.Goto(ShrinkFolioList.ThisMapping), ShrinkFolioList.Unmapped, ShrinkFolioList.Activate],
            Part = new(i => i.Step == ShrinkFolioList.FolioTrylock, i => i.Label == ShrinkFolioList.Done, Reclaimed)
            {
                Before = [Instruction.Result(OpResult.NotApplicable)],
                Behind = own =>
                [
                    Reclaimed,
                    Instruction.Unless(static (in m, in t) => t.Is(TaskFlags.Listed), ShrinkFolioList.Done),
                    ShrinkFolioList.PutbackLru,
                    Instruction.Goto(ShrinkFolioList.Done),
                    .. own.SkipWhile(i => i.Label != ShrinkFolioList.ThisMapping).TakeWhile(i => i.Label != ShrinkFolioList.Unmapped),
                ],
            },
            IsOptional = true,
        },
    ];

    /// <summary>fork() of a page that is there: -EAGAIN without a page for the copy, which its caller gets.</summary>
    private static PathEntry CopyPresent(string name) => new(PathId.DupMmap, name, "mm/memory.c")
    {
        Handles = ForkHandles,
        Parameters = new Dictionary<string, int>(StringComparer.Ordinal) { ["pte_t"] = 6 },
        Pointees = new Dictionary<string, int>(StringComparer.Ordinal) { ["prealloc"] = 2 },
        Reserved = Locals.OldFolio,
        Part = new(i => i.Step == DupMmap.PageTryDupAnonRmap || i.Step == DupMmap.PageDupRmap, i => i.Label == DupMmap.SwapEntryHere, DupMmap.Next) { Unless = (-11, DupMmap.CopyPresentPage) },
        IsOptional = true,
    };

    /// <summary>
    /// munmap(), exit and MADV_DONTNEED of one page. What has been gathered (<c>__tlb_remove_page()</c>) is the task's folio; when the function has returned, the TLB is flushed, and
    /// the folio given up as the catalogue's kernel does it.
    /// </summary>
    private static PathEntry ZapPteRange(PathId path) => new(path, "zap_pte_range", "mm/memory.c")
    {
        // No details: until 5.17 the kernel leaves swap entries alone if there are any; later it asks functions of which the table says that everything is to go.
        Handles = new Dictionary<string, long>(StringComparer.Ordinal) { ["addr"] = 1, ["end"] = 2, ["details"] = 0 },
        IgnoresResult = true,
        Reserved = Locals.Folio | Locals.Walk | Locals.Zap | Locals.ZapPage | Locals.Busy,
        Part = new(i => i.Step == Zap.PteOffsetMapLock || i.Step == Dontneed.PteOffsetMapLock, i => i.Label == Zap.Next, Flushed)
        {
            Before = [Instruction.Let(static (in m, ref t) => t.Folio = Pfn.None, sets: Locals.Folio)],
            Behind = own =>
            [
                Flushed,
                Instruction.If(static (in m, in t) => t.Folio.IsNone, Zap.Next, Locals.Folio),
                .. own.Where(i => i.Step == Zap.FreeSwapCache || i.Step == Zap.FreeSwapCacheUndrained || i.Step == Zap.ReleasePages),
            ],
        },
        IsOptional = true,
    };
}
