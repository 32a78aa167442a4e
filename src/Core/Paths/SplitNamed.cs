using Hooks.Core.Mm;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>
/// mm/madvise.c: of a large folio the program names one page, and so it is split first, under its lock and with a reference (madvise_cold_or_pageout_pte_range(), madvise_free_pte_range()). What the task goes on with is
/// the folio of the page that it named, whatever became of the other.
/// </summary>
internal static class SplitNamed
{
    /// <summary>The instructions; <see cref="TaskFlags.Answer"/> is whether it was split, the task's folio that of the page.</summary>
    /// <param name="busy">Where the task goes on if somebody else has the folio's lock.</param>
    /// <param name="refetch">Finds the folio of the page again.</param>
    /// <param name="reads">What that reads.</param>
    public static Instruction[] At(Label busy, Effect refetch, Locals reads = Locals.None) =>
    [
        TryAcquire(LockName.Folio, busy),
        Do(static (in m, ref t) =>
        {
            PageAlloc.Get(in m, ref t, t.Folio);
            t.Answer(LargeFolio.TrySplit(in m, ref t, t.Folio));
        }, Locals.Folio),
        Release(LockName.Folio),
        Do(static (in m, ref t) => PageAlloc.Put(in m, ref t, t.Folio), Locals.Folio),
        Do(refetch, reads, Locals.Folio),
    ];
}
