using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>do_anonymous_page(), mm/memory.c, for a write fault: the first touch of an anonymous page.</summary>
public static class DoAnonymousPage
{
    /// <summary>A page of zeroes; a tagged mapping's page also gets its tags cleared.</summary>
    public static Step AllocZeroedUserHighpage { get; } = Step.Of("mm/memory.c: alloc_zeroed_user_highpage_movable()", "all kernels", static (ref s, ref t, arch) =>
    {
        t.Folio = PageAlloc.Alloc(ref s, ref t);
        if (t.Folio.IsNone)
        {
            t.Result = OpResult.Oom;
            return Flow.Enter(PathId.FinishFault);
        }

        ref var folio = ref s.Folio(t.Folio);
        folio.Data = 0;
        folio.Set(FolioFlags.Uptodate);
        arch.ClearHighpage(ref s, t.Folio, s.Vma(t.Mm, t.Page));
        return Flow.Next;
    });

    /// <summary>Somebody else may have made the page meanwhile.</summary>
    public static Step PteNone { get; } = Step.Of("mm/memory.c: do_anonymous_page(), pte_none()", "all kernels",
        static (ref s, ref t, arch) => s.Pte(t.Mm, t.Page).IsNone ? Flow.Next : Flow.Goto(Label.Changed));

    /// <summary>The one mapping; from 5.19 on marked exclusive.</summary>
    public static Step PageAddNewAnonRmap { get; } = Step.Of("mm/rmap.c: page_add_new_anon_rmap()", "until 5.18", static (ref s, ref t, arch) =>
    {
        s.Mm(t.Mm).AnonPages++;
        Rmap.PageAddAnonRmap(ref s, ref t, t.Folio, exclusive: false, s.Vma(t.Mm, t.Page));
        return Flow.Next;
    });

    /// <inheritdoc cref="PageAddNewAnonRmap"/>
    public static Step PageAddNewAnonRmapExclusive { get; } = Step.Of("mm/rmap.c: page_add_new_anon_rmap(), SetPageAnonExclusive()", "5.19 on (6c287605fd56)", static (ref s, ref t, arch) =>
    {
        s.Mm(t.Mm).AnonPages++;
        Rmap.PageAddAnonRmap(ref s, ref t, t.Folio, exclusive: true, s.Vma(t.Mm, t.Page));
        return Flow.Next;
    });

    /// <summary>Into this CPU's LRU batch.</summary>
    public static Step LruCacheAdd { get; } = Step.Of("mm/swap.c: lru_cache_add_inactive_or_unevictable()", "all kernels", static (ref s, ref t, arch) =>
    {
        PageAlloc.LruCacheAdd(ref s, t.Folio);
        return Flow.Next;
    });

    /// <summary>Map it, writable.</summary>
    public static Step SetPteAt { get; } = Step.Of("mm/memory.c: set_pte_at()", "all kernels", static (ref s, ref t, arch) =>
    {
        t.NewPte = Pte.MkPte(t.Folio, s.Vma(t.Mm, t.Page)).MkWriteDirty(arch);
        arch.SetPteAt(ref s, t.Mm, t.Page, t.NewPte);
        s.Events |= Event.AnonFault;
        return Flow.Next;
    });

    /// <summary>Lost the race: put the page back.</summary>
    public static Step PutPage { get; } = Step.Of("mm/memory.c: do_anonymous_page(), release", "all kernels", static (ref s, ref t, arch) =>
    {
        PageAlloc.Put(ref s, ref t, t.Folio);
        return Flow.Next;
    });

    /// <summary>The path until 5.18.</summary>
    public static KernelPath Linux5_16 { get; } = Order(PageAddNewAnonRmap);

    /// <summary>The path from 5.19 on.</summary>
    public static KernelPath Linux5_19 { get; } = Order(PageAddNewAnonRmapExclusive);

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
        Fault.Finish,
        Label.Changed,
        PutPage,
        Fault.PteUnmapUnlock,
        Fault.Finish);
}
