using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Zoo;

/// <summary>Kernels with one bug each that takes two tasks, and the kernels that have the fix and nothing else.</summary>
public static class RaceMutants
{
    private static readonly Era Discarded = Era.Never.With("a design discarded in the thread");

    private static Step LookUpTags { get; } = Step.Of("mm/page_io.c: swap_readpage(), a hook: xa_load()", Discarded, static (in m, ref t) => t.Answer(m.TryLoad(t.Entry, out _)), Locals.Entry);

    private static Step CopyTags { get; } = Step.Of("mm/page_io.c: swap_readpage(), a hook: mte_copy_page_tags_from_buf()", Discarded, static (in m, ref t) => Copy(in m, in t), Locals.Entry | Locals.Folio);

    private static Step LookUpAndCopyTags { get; } = Step.Of("mm/page_io.c: swap_readpage(), a hook, under the lock of what it looks into", Discarded, static (in m, ref t) =>
    {
        t.Answer(m.TryLoad(t.Entry, out _));
        Copy(in m, in t);
    }, Locals.Entry | Locals.Folio);

    private static Step SetPageMteTagged { get; } = Step.Of("arch/arm64/include/asm/mte.h: test_and_set_bit(PG_mte_tagged)", Era.Never.With("until e059853d14ca"), static (in m, ref t) => Flag(in m, ref t));

    private static Step MteClearPageTags { get; } = Step.Of("arch/arm64/kernel/mte.c: mte_clear_page_tags()", Era.Never.With("its own step"), static (in m, ref t) => Clear(in m, in t));

    private static Step MteClearPageTagsFirst { get; } = Step.Of("arch/arm64/kernel/mte.c: mte_clear_page_tags(), of a page that is not flagged", Era.Never.With("its own step"), static (in m, ref t) =>
    {
        t.Answer(IsToBeFlagged(in m, in t));
        Clear(in m, in t);
    });

    private static Step SetPageMteTaggedThen { get; } = Step.Of("arch/arm64/include/asm/mte.h: smp_wmb(), set_bit(PG_mte_tagged)", Era.Never.With("e059853d14ca"), static (in m, ref t) =>
    {
        if (t.Is(TaskFlags.Answer)) m.WriteFrame(m.ReadPte(t.Mm, t.Page).Pfn).Set(PageFlags.ArchTagged);
    });

    private static Step PteSeenBeforeThePin { get; } = Step.Of("mm/gup.c: gup_pte_range(), the second look at the entry done before the pin could be seen", Era.Never.With("until 088b8aa537c2"),
    [
        Do(static (in m, ref t) =>
        {
            t.Clear(TaskFlags.PinGrabbed);
            t.Give(t.Folio);
            m.WritePin(t.Mm, t.Page, new Pin(t.OrigPte.Pfn, t.Pin));
            m.Observe(Observation.Pinned(new PageAt(t.Mm, t.Page)));
        }, Locals.OrigPte | Locals.Folio),
        Result(OpResult.Applied),
        Return,
    ]);

    private static Step TestPageMteTagged { get; } = Step.Of("arch/arm64/kernel/mte.c: mte_sync_tags(), test_bit(PG_mte_tagged)", Era.Never.With("its own step, until d77e59a8fccd"),
        static (in m, ref t) => t.Answer(IsToBeFlagged(in m, in t)));

    private static Step TryToReclaimSwapUnheld { get; } = Step.Of("mm/swapfile.c: __try_to_reclaim_swap(), which looks into an area's swap_map; swapoff() frees it at its end", Era.Never.With("its own look, until 82b1c07a0af6"), static (in m, ref t) =>
    {
        ref readonly var area = ref m.ReadArea(t.Entry.Type);
        if (area.Is(AreaFlags.Off) && !area.Is(AreaFlags.Unusing))
        {
            m.Complain(Oops.BadSlotUse);
            return;
        }

        Zap.TryToReclaim(in m, t.Entry);
    }, Locals.Entry);

    // free_swap_and_cache() has get_swap_device()'s reference as long as it works on a slot. When no slot is in use any more, a swap PTE of the area is there only while somebody is in it: it is cleared after that, under the same page table lock.
    private static Step PercpuRefKill { get; } = Step.Of("mm/swapfile.c: swapoff(), percpu_ref_kill(), wait_for_completion()", Era.Never.With("82b1c07a0af6: free_swap_and_cache() between get_swap_device() and put_swap_device()"),
    [
        Wait(static (in m, in t) =>
        {
            for (var i = 0; i < PageAt.Total; i++)
            {
                var at = PageAt.At(i);
                if (m.ReadPte(at) is { IsSwap: true } pte && pte.Entry.Type == t.Value) return new Waiting(WaitKind.PageTable, at.Mm.Value);
            }

            return default;
        }),
    ]);

    /// <summary>v6.5 that restores tags when the page is read, without a lock, and not when it is mapped.</summary>
    public static Kernel ReadpageHook { get; } = WithReadpageHook("readpage-hook", "discarded in the thread", "v6.5 with the restore in swap_readpage(), the look-up and the copy without a lock", LookUpTags, CopyTags);

    /// <summary>The same, with nothing between look-up and copy: the second task finds its tags or finds none.</summary>
    public static Kernel ReadpageHookLocked { get; } = WithReadpageHook("readpage-hook-locked", "discarded in the thread", "v6.5 with the restore in swap_readpage(), look-up and copy under one lock", LookUpAndCopyTags);

    /// <summary>v6.11 that does not ask, once it has the folio's lock, whether the folio is still the entry's.</summary>
    public static Kernel FolioChangedEntry { get; } = Get("v6.11").With("folio-changed-entry", "4969c1192d15 undone",
        "v6.11 without the question, behind folio_lock(), whether the folio is still in the swap cache under this entry", Get("v6.11")[PathId.DoSwapPage].Without(DoSwapPage.FolioTestSwapcache));

    /// <summary>v6.11 whose mprotect() to tagged sets the page's flag before it clears its tags.</summary>
    public static Kernel FlagBeforeTags { get; } = WithMprotect("flag-before-tags", "e059853d14ca undone", "v6.11 with PG_mte_tagged set before the tags are cleared", SetPageMteTagged, MteClearPageTags);

    /// <summary>The same in the right order, and in as many steps.</summary>
    public static Kernel TagsBeforeFlag { get; } = WithMprotect("tags-before-flag", "e059853d14ca", "v6.11 with PG_mte_tagged set after the tags are cleared, each a step of its own", MteClearPageTagsFirst, SetPageMteTaggedThen);

    /// <summary>v6.11 whose GUP-fast looks at the entry again before its pin can be seen, as a processor may that reorders.</summary>
    public static Kernel GupFastReordered { get; } = Get("v6.11").With("gup-fast-reordered", "088b8aa537c2 undone",
        "v6.11 whose GUP-fast does its second look too early", Get("v6.11")[PathId.Gup].Replace(Gup.PteUnchangedUnshare, PteSeenBeforeThePin));

    /// <summary>v6.11 whose free_swap_and_cache() holds no reference to the area: it looks into its swap_map when swapoff() may have freed it.</summary>
    public static Kernel FreeSwapUnheld { get; } = Get("v6.11").With("free-swap-unheld", "82b1c07a0af6 undone", "v6.11 whose free_swap_and_cache() holds no reference to the area that it looks into",
        Get("v6.11")[PathId.MadviseDontneed].Replace(Zap.TryToReclaimSwap, TryToReclaimSwapUnheld));

    /// <summary>The same, and swapoff() waits for who is in free_swap_and_cache().</summary>
    public static Kernel FreeSwapHeld { get; } = FreeSwapUnheld.With("free-swap-held", "82b1c07a0af6", "v6.11 whose free_swap_and_cache() holds a reference to the area, for which swapoff() waits",
        Get("v6.11")[PathId.SwapOff].Replace(SwapOff.ArchSwapInvalidateArea, [PercpuRefKill, SwapOff.ArchSwapInvalidateArea]));

    /// <summary>
    /// v6.11 whose mprotect() to tagged asks whether a page's tags are initialised, and initialises them, without a lock (until d77e59a8fccd): two mappings may do it at once. It takes memory that both can write to do harm, so with private memory this breaks nothing.
    /// </summary>
    public static Kernel DoubleTagInit { get; } = WithMprotect("double-tag-init", "d77e59a8fccd undone", "v6.11 with PG_mte_tagged asked for, tags cleared and flag set in three steps", TestPageMteTagged, MteClearPageTags, SetPageMteTaggedThen);

    private static Kernel WithReadpageHook(string name, string source, string description, params PathItem[] hook) => Get("v6.5").With(name, source, description,
        Get("v6.5")[PathId.DoSwapPage].Replace(SwapIn.SwapReadpage, [SwapIn.SwapReadpage, .. hook]).Replace(SwapIn.EndSwapRead, [SwapIn.EndSwapRead, .. hook]).Without(DoSwapPage.ArchSwapRestore));

    private static Kernel WithMprotect(string name, string source, string description, params PathItem[] tags) => Get("v6.11").With(name, source, description,
        Get("v6.11")[PathId.Mprotect].Replace(Mprotect.ChangePteWritableClean, [.. tags, Mprotect.ChangePteWritableClean]));

    private static void Copy(in Memory m, in KTask t)
    {
        if (!t.Is(TaskFlags.Answer)) return;
        if (!m.TryLoad(t.Entry, out var tags))
        {
            m.Complain(Oops.UseAfterFree);
            return;
        }

        ref var page = ref m.WriteFrame(t.Folio);
        page.Tags = tags;
        page.Set(PageFlags.ArchTagged);
        if (tags.Bits != 0) m.Count(Mark.MetadataRestored);
    }

    private static bool IsToBeFlagged(in Memory m, in KTask t)
    {
        var pte = m.ReadPte(t.Mm, t.Page);
        return pte.IsPresent && m.ReadVma(t.Mm, t.Page).IsTagged && !m.ReadFrame(pte.Pfn).Test(PageFlags.ArchTagged);
    }

    private static void Flag(in Memory m, ref KTask t)
    {
        t.Answer(IsToBeFlagged(in m, in t));
        if (t.Is(TaskFlags.Answer)) m.WriteFrame(m.ReadPte(t.Mm, t.Page).Pfn).Set(PageFlags.ArchTagged);
    }

    private static void Clear(in Memory m, in KTask t)
    {
        if (t.Is(TaskFlags.Answer)) m.WriteFrame(m.ReadPte(t.Mm, t.Page).Pfn).Tags = default;
    }

    private static Kernel Get(string name) => KernelCatalogue.Get(name);
}
