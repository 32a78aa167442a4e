using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>The swap device finishes a write that was left running: the page mapped here, or in the swap cache for the entry here.</summary>
public static class EndWriteback
{
    /// <summary>The write ends.</summary>
    public static Step EndPageWriteback { get; } = Step.Of("mm/page_io.c: end_swap_bio_write(), end_page_writeback()", "all kernels", static (ref s, ref t, arch) =>
    {
        var pfn = Rmap.FolioBehind(in s, s.Pte(t.Mm, t.Page));
        var running = !pfn.IsNone && s.Folio(pfn).Test(FolioFlags.Writeback);
        if (running) s.Folio(pfn).Clear(FolioFlags.Writeback);
        t.Result = running ? OpResult.Applied : OpResult.NotApplicable;
        return Flow.Return;
    });

    /// <summary>The path.</summary>
    public static KernelPath Path { get; } = new(PathId.EndWriteback, "end_swap_bio_write()", EndPageWriteback);
}
