using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>do_anonymous_page(), mm/memory.c, for a write fault: the first touch of an anonymous page.</summary>
public static class DoAnonymousPage
{
    private static readonly Label ReleasePage = new("release");
    private static readonly Label Out = new("out");

    /// <summary>A page of zeroes; a tagged mapping's page also gets its tags cleared.</summary>
    public static Step AllocZeroedUserHighpage { get; } = Step.Of("mm/memory.c: alloc_zeroed_user_highpage_movable()", Era.All,
    [
        Do(static (in m, ref t) =>
        {
            t.Folio = PageAlloc.Alloc(in m, ref t);
            if (t.Folio.IsNone) return;
            m.WriteFrame(t.Folio).Data = 0;
            m.WriteFolio(t.Folio).Set(FolioFlags.Uptodate);
            m.Arch.ClearHighpage(in m, t.Folio, m.ReadVma(t.Mm, t.Page));
        }, sets: Locals.Folio),
        When(static (in m, in t) => t.Folio.IsNone, Locals.Folio, Result(OpResult.Oom), Goto(Out)),
    ]);

    /// <summary>Somebody else may have made the page meanwhile.</summary>
    public static Step PteNone { get; } = Step.Of("mm/memory.c: do_anonymous_page(), pte_none()", Era.All,
        [Unless(static (in m, in t) => m.ReadPte(t.Mm, t.Page).IsNone, ReleasePage)]);

    /// <summary>The one mapping; from 5.19 on marked exclusive.</summary>
    public static Step PageAddNewAnonRmap { get; } = Step.Of("mm/rmap.c: page_add_new_anon_rmap()", Era.Until("5.18"), static (in m, ref t) => AddNewAnonRmap(in m, ref t, exclusive: false), Locals.Folio);

    /// <inheritdoc cref="PageAddNewAnonRmap"/>
    public static Step PageAddNewAnonRmapExclusive { get; } = Step.Of("mm/rmap.c: page_add_new_anon_rmap(), SetPageAnonExclusive()", Era.Since("5.19", "6c287605fd56"), static (in m, ref t) => AddNewAnonRmap(in m, ref t, exclusive: true), Locals.Folio);

    /// <summary>Into this CPU's LRU batch.</summary>
    public static Step LruCacheAdd { get; } = Step.Of("mm/swap.c: lru_cache_add_inactive_or_unevictable()", Era.All, static (in m, ref t) => PageAlloc.LruCacheAdd(in m, t.Folio), Locals.Folio);

    /// <summary>Map it, writable.</summary>
    public static Step SetPteAt { get; } = Step.Of("mm/memory.c: set_pte_at()", Era.All, static (in m, ref t) =>
    {
        var pte = Pte.MkPte(t.Folio, m.ReadVma(t.Mm, t.Page)).MkWriteDirty(m.Arch);
        m.Arch.SetPteAt(in m, t.Mm, t.Page, pte);
        m.Count(Mark.AnonFault);
        m.Observe(Observation.Faulted(new PageAt(t.Mm, t.Page), swapIn: false, fresh: true, pte.IsTagged));
    }, Locals.Folio);

    /// <summary>Lost the race: put the page back.</summary>
    public static Step PutPage { get; } = Step.Of("mm/memory.c: do_anonymous_page(), release", Era.All, static (in m, ref t) => PageAlloc.Put(in m, ref t, t.Folio), Locals.Folio);

    /// <summary>The path until 5.18.</summary>
    public static KernelPath Linux5_16 { get; } = Order(PageAddNewAnonRmap);

    /// <summary>The path from 5.19 on.</summary>
    public static KernelPath Linux5_19 { get; } = Order(PageAddNewAnonRmapExclusive);

    private static void AddNewAnonRmap(in Memory m, ref KTask t, bool exclusive)
    {
        m.WriteCounters(t.Mm).AnonPages++;
        Rmap.PageAddAnonRmap(in m, ref t, t.Folio, exclusive, m.ReadVma(t.Mm, t.Page));
    }

    private static KernelPath Order(Step rmap) => new(
        PathId.DoAnonymousPage,
        "do_anonymous_page()",
        AllocZeroedUserHighpage,
        Fault.PteOffsetMapLock,
        PteNone,
        rmap,
        LruCacheAdd,
        SetPteAt,
        Fault.PteUnmapUnlock,
        Goto(Out),
        ReleasePage,
        PutPage,
        Fault.PteUnmapUnlock,
        Out,
        Return);
}
