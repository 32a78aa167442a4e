using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Core.Paths;

/// <summary>do_anonymous_page(), mm/memory.c, for a write fault: the first touch of an anonymous page.</summary>
public static class DoAnonymousPage
{
    private static readonly Label ReleasePage = new("release");
    private static readonly Label Out = new("out");

    /// <summary>A page of zeroes, or a large folio of them; a tagged mapping's pages also get their tags cleared.</summary>
    public static Step AllocZeroedUserHighpage { get; } = Step.Of("mm/memory.c: alloc_zeroed_user_highpage_movable()", Era.All,
    [
        Do(static (in m, ref t) =>
        {
            t.Folio = AllocAnonFolio(in m, ref t);
            if (t.Folio.IsNone) return;
            m.WriteFolio(t.Folio).Set(FolioFlags.Uptodate);
            for (int i = 0, pages = m.ReadFolio(t.Folio).Pages; i < pages; i++)
            {
                m.WriteFrame(t.Folio.Plus(i)).Data = 0;
                m.Arch.ClearHighpage(in m, t.Folio.Plus(i), m.ReadVma(t.Mm, t.Page));
            }
        }, sets: Locals.Folio),
        When(static (in m, in t) => t.Folio.IsNone, Locals.Folio, Result(OpResult.Oom), Goto(Out)),
    ]);

    /// <summary>Somebody else may have made the page meanwhile, or one of those that a large folio is for.</summary>
    public static Step PteNone { get; } = Step.Of("mm/memory.c: do_anonymous_page(), pte_none()", Era.All,
        [Unless(static (in m, in t) => LargeFolio.AreNone(in m, t.Mm, LargeFolio.First(t.Page, m.ReadFolio(t.Folio).Order), m.ReadFolio(t.Folio).Pages), ReleasePage, Locals.Folio)]);

    /// <summary>The one mapping; from 5.19 on marked exclusive.</summary>
    public static Step PageAddNewAnonRmap { get; } = Step.Of("mm/rmap.c: page_add_new_anon_rmap()", Era.Until("5.18"), static (in m, ref t) => AddNewAnonRmap(in m, ref t, exclusive: false), Locals.Folio);

    /// <inheritdoc cref="PageAddNewAnonRmap"/>
    public static Step PageAddNewAnonRmapExclusive { get; } = Step.Of("mm/rmap.c: page_add_new_anon_rmap(), SetPageAnonExclusive()", Era.Since("5.19", "6c287605fd56"), static (in m, ref t) => AddNewAnonRmap(in m, ref t, exclusive: true), Locals.Folio);

    /// <summary>Into this CPU's LRU batch.</summary>
    public static Step LruCacheAdd { get; } = Step.Of("mm/swap.c: lru_cache_add_inactive_or_unevictable()", Era.All, static (in m, ref t) => PageAlloc.LruCacheAdd(in m, t.Folio), Locals.Folio);

    /// <summary>Map it, writable.</summary>
    public static Step SetPteAt { get; } = Step.Of("mm/memory.c: set_pte_at()", Era.All, static (in m, ref t) =>
    {
        var vma = m.ReadVma(t.Mm, t.Page);
        if (vma.Is(VmaFlags.Large) && (m.ReadMm(t.Mm).Flags & MmFlags.HasAnonVma) == 0) m.WriteMm(t.Mm).Flags |= MmFlags.HasAnonVma;
        var pte = Pte.MkPte(t.Folio, vma).MkWriteDirty(m.Arch);
        ref readonly var folio = ref m.ReadFolio(t.Folio);
        var first = LargeFolio.First(t.Page, folio.Order);
        m.Count(folio.IsLarge ? Mark.AnonFault | Mark.LargeFault : Mark.AnonFault);
        for (var i = 0; i < folio.Pages; i++)
        {
            m.Arch.SetPteAt(in m, t.Mm, first.Plus(i), pte.Plus(i));
            m.Observe(Observation.Faulted(new PageAt(t.Mm, first.Plus(i)), swapIn: false, fresh: true, pte.IsTagged));
        }

        if (folio.IsLarge && (m.Rules & MmRules.OnePageEach) != 0) LargeFolio.Separate(in m, t.Folio);
    }, Locals.Folio);

    /// <summary>Lost the race: put the page back.</summary>
    public static Step PutPage { get; } = Step.Of("mm/memory.c: do_anonymous_page(), release", Era.All, static (in m, ref t) => PageAlloc.Put(in m, ref t, t.Folio), Locals.Folio);

    /// <summary>The path until 5.18.</summary>
    public static KernelPath Linux5_16 { get; } = Order(PageAddNewAnonRmap);

    /// <summary>The path from 5.19 on.</summary>
    public static KernelPath Linux5_19 { get; } = Order(PageAddNewAnonRmapExclusive);

    private static void AddNewAnonRmap(in Memory m, ref KTask t, bool exclusive)
    {
        var pages = m.ReadFolio(t.Folio).Pages;
        m.WriteCounters(t.Mm).AnonPages += (byte)pages;
        if (pages == 1)
        {
            Rmap.PageAddAnonRmap(in m, ref t, t.Folio, exclusive, m.ReadVma(t.Mm, t.Page));
            return;
        }

        m.WriteFolio(t.Folio).RefCount += (byte)(pages - 1);
        Rmap.FolioAddNewAnonRmap(in m, ref t, t.Folio, exclusive, m.ReadVma(t.Mm, t.Page));
    }

    /// <summary><c>alloc_anon_folio()</c> (19eaf44954df, 6.8; until then a PMD's worth, do_huge_pmd_anonymous_page()): as large as the VMA has room for, else one page.</summary>
    private static Pfn AllocAnonFolio(in Memory m, ref KTask t)
    {
        for (var order = LargeFolio.AnonOrder(in m, in t); order > 0; order--)
        {
            if (PageAlloc.AllocFolio(in m, ref t, order) is { IsNone: false } folio) return folio;
        }

        return PageAlloc.Alloc(in m, ref t);
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
