using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>The swap device finishes a write that was left running: the page mapped here, or in the swap cache for the entry here.</summary>
public static class EndWriteback
{
    /// <summary>The write ends.</summary>
    public static Step EndPageWriteback { get; } = Step.Of("mm/page_io.c: end_swap_bio_write(), end_page_writeback()", Era.All,
    [
        EndIf(static (in m, in t) => !IsRunning(in m, Rmap.FolioBehind(in m, m.ReadPte(t.Mm, t.Page))), OpResult.NotApplicable),
        Do(static (in m, ref t) => End(in m, Rmap.FolioBehind(in m, m.ReadPte(t.Mm, t.Page)))),
        Result(OpResult.Applied),
        Return,
    ]);

    /// <summary>The path.</summary>
    public static KernelPath Path { get; } = new(PathId.EndWriteback, "end_swap_bio_write()", EndPageWriteback);

    /// <summary><c>end_page_writeback()</c>, if the folio is being written.</summary>
    internal static void End(in Memory m, Pfn folio)
    {
        if (IsRunning(in m, folio)) m.WriteFolio(folio).Clear(FolioFlags.Writeback);
    }

    private static bool IsRunning(in Memory m, Pfn folio) => !folio.IsNone && m.ReadFolio(folio).Test(FolioFlags.Writeback);
}
