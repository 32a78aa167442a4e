using Hooks.Arch.Arm64;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Search;
using Xunit;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Properties.Invariants;

/// <summary>Each invariant against kernels broken on purpose: a check that cannot fail is no check.</summary>
public class InvariantPowerTests
{
    private const int Workloads = 3000;

    private static readonly Kernel Good = KernelCatalogue.AskingMapcount(KernelCatalogue.Get("v6.8"));

    public static TheoryData<string, InvariantId> Mutants()
    {
        var data = new TheoryData<string, InvariantId>();
        foreach (var (name, mutant) in All) data.Add(name, mutant.Broken);
        return data;
    }

    // As SwapIn.EndSwapRead, but no data arrives.
    private static Step Unlock { get; } = Step.Of("mutant", Era.Never,
    [
        Do(static (in m, ref t) => m.WriteFolio(t.Folio).Set(FolioFlags.Uptodate), Locals.Folio),
        Release(LockName.Folio),
    ]);

    // As DoSwapPage.CheckExclusive, but the reference count is not looked at.
    private static Step OnlyByMarker { get; } = Step.Of("mutant", Era.Never, static (in m, ref t) =>
    {
        if (!t.Is(TaskFlags.Exclusive) || !t.Is(TaskFlags.WriteLeft)) return;
        t.NewPte = t.NewPte.With(PteFlags.Write | PteFlags.Dirty);
        t.Clear(TaskFlags.WriteLeft);
    }, Locals.NewPte, Locals.NewPte);

    // As DoSwapPage.PteSame, but the entry always seems to have changed: the fault is taken again, for ever.
    private static Step NeverTheSame { get; } = Step.Of("mutant", Era.Never, [Goto(DoSwapPage.OutNomap)]);

    // As DupMmap.PageTryDupAnonRmap, but a page that may be pinned is shared like any other.
    private static Step ShareAll { get; } = Step.Of("mutant", Era.Never, static (in m, ref t) =>
    {
        m.WriteFolio(t.Folio).RefCount++;
        ref var page = ref m.WriteFrame(t.OrigPte.Pfn);
        page.MapCount++;
        page.Clear(PageFlags.AnonExclusive);
    }, Locals.Folio | Locals.OrigPte);

    // As DoSwapPage.PteSwpExclusive, but without the rule for devices that need stable pages.
    private static Step AlwaysExclusive { get; } = Step.Of("mutant", Era.Never, static (in m, ref t) =>
    {
        if (t.OrigPte.IsSwpExclusive || t.Swapcache.IsNone) t.Set(TaskFlags.Exclusive);
    }, Locals.OrigPte | Locals.Swapcache);

    // As ShrinkFolioList.PtepClearFlush, but a dirty entry makes no dirty page.
    private static Step ClearWithoutDirty { get; } = Step.Of("mutant", Era.Never, static (in m, ref t) =>
    {
        t.OrigPte = m.ReadPte(t.Walk);
        m.WritePte(t.Walk, Pte.None);
        t.Clear(TaskFlags.AnonExclusive);
        if (m.ReadFrame(t.Folio).Test(PageFlags.AnonExclusive)) t.Set(TaskFlags.AnonExclusive);
    }, Locals.Walk | Locals.Folio, Locals.OrigPte);

    // A read error on every page, so that every fault backs out.
    private static Step BackOut { get; } = Step.Of("mutant", Era.Never,
    [
        Do(static (in m, ref t) => m.Observe(Observation.NotUptodate(t.Entry)), Locals.Entry),
        Result(OpResult.SigBus),
        Goto(DoSwapPage.OutNomap),
    ]);

    private static Dictionary<string, (Kernel Kernel, IArchitecture Arch, InvariantId Broken)> All { get; } = new()
    {
        ["COW copies nothing"] = (Without(PathId.DoWpPage, DoWpPage.CopyUserHighpage), Machines.None, InvariantId.DataPreservation),
        ["swap-in reads nothing"] = (Changed(PathId.DoSwapPage, SwapIn.EndSwapRead, Unlock), Machines.None, InvariantId.DataPreservation),
        ["reclaim forgets the swap PTE"] = (Without(PathId.ShrinkFolioList, ShrinkFolioList.SetSwapPte), Machines.None, InvariantId.DataPreservation),
        ["no restore"] = (Without(PathId.DoSwapPage, DoSwapPage.ArchSwapRestore), Machines.Arm64, InvariantId.TagPreservation),
        ["new pages keep their tags"] = (Good, new Variant("dirty", new TagsNotCleared()), InvariantId.NoStaleTags),
        ["fork leaves the parent writable"] = (Without(PathId.DupMmap, DupMmap.PtepSetWrprotect), Machines.None, InvariantId.Exclusivity),
        ["fork leaves the marker"] = (Without(PathId.DupMmap, DupMmap.PteSwpClearExclusive), Machines.None, InvariantId.Exclusivity),
        ["reclaim leaves the mark"] = (Without(PathId.ShrinkFolioList, ShrinkFolioList.PageTryShareAnonRmap), Machines.None, InvariantId.Exclusivity),
        ["reuse does not mark"] = (Changed(PathId.DoWpPage, DoWpPage.PageMoveAnonRmapExclusive, DoWpPage.PageMoveAnonRmap), Machines.None, InvariantId.Exclusivity),
        ["never exclusive by count"] = (Changed(PathId.DoSwapPage, DoSwapPage.CheckExclusive, OnlyByMarker), Machines.None, InvariantId.ExclusiveDetected),
        ["fork shares pinned pages"] = (Changed(PathId.DupMmap, DupMmap.PageTryDupAnonRmap, ShareAll), Machines.None, InvariantId.PinStability),
        ["swap-in forgets the bits"] = (Without(PathId.DoSwapPage, DoSwapPage.PteSwpBits), Machines.None, InvariantId.BitPreservation),
        ["a page is written to while the device reads it"] = (Changed(PathId.DoSwapPage, DoSwapPage.PteSwpExclusive, AlwaysExclusive), Machines.None, InvariantId.DeviceStability),
        ["COW leaks the old page"] = (Without(PathId.DoWpPage, DoWpPage.PageRemoveRmap), Machines.None, InvariantId.Refcount),
        ["backing out leaks the page"] = (ChangedAndWithout(PathId.DoSwapPage, DoSwapPage.FolioTestUptodate, BackOut, then: DoSwapPage.OutFolioPut), Machines.None, InvariantId.Progress),
        ["COW drops the old mapping's count first"] = (CountedFirst(), Machines.None, InvariantId.Refcount),
        ["munmap forgets the page table entry"] = (Without(PathId.Munmap, Zap.PtepGetAndClear), Machines.None, InvariantId.DataPreservation),
        ["MADV_DONTNEED forgets the page table entry"] = (Without(PathId.MadviseDontneed, Dontneed.PtepGetAndClear), Machines.None, InvariantId.Refcount),
        ["MADV_DONTNEED leaves the swap PTE"] = (Without(PathId.MadviseDontneed, Dontneed.PteClear), Machines.None, InvariantId.SwapCount),
        ["MADV_DONTNEED keeps the slot"] = (Without(PathId.MadviseDontneed, Zap.FreeSwapAndCache), Machines.None, InvariantId.SwapCount),
        ["MADV_DONTNEED takes the page without a word"] = (Changed(PathId.MadviseDontneed, Dontneed.PtepGetAndClear, Zap.PtepGetAndClear), Machines.None, InvariantId.DataPreservation),
        ["MADV_FREE drops what was written since"] = (Changed(PathId.ShrinkFolioList, ShrinkFolioList.PtepClearFlush, ClearWithoutDirty), Machines.None, InvariantId.DataPreservation),
        ["MADV_FREE marks shared pages"] = (Good.Mutated("mutant", "mutant", MadviseFree.Path), Machines.None, InvariantId.DataPreservation),
        ["MADV_FREE leaves the swap PTE"] = (Without(PathId.MadviseFree, MadviseFree.PteClear), Machines.None, InvariantId.SwapCount),
        ["MADV_FREE drops pinned pages"] = (Changed(PathId.ShrinkFolioList, ShrinkFolioList.LazyfreeUnlessInUse, ShrinkFolioList.LazyfreeUnlessDirty), Machines.None, InvariantId.PinStability),
        ["the folio is unlocked twice"] = (Changed(PathId.DoSwapPage, DoSwapPage.FolioUnlock, DoSwapPage.FolioUnlock, DoSwapPage.OutFolioUnlock), Machines.None, InvariantId.Progress),
        ["every swap-in is SIGBUS"] = (Changed(PathId.DoSwapPage, DoSwapPage.FolioTestUptodate, BackOut), Machines.None, InvariantId.Progress),
        ["anonymous pages are not counted"] = (Without(PathId.DoSwapPage, DoSwapPage.IncMmCounter), Machines.None, InvariantId.Refcount),
        ["swap-in keeps the entry"] = (Without(PathId.DoSwapPage, DoSwapPage.SwapFree), Machines.None, InvariantId.SwapCount),
        ["swap-in gives the entry back twice"] = (Changed(PathId.DoSwapPage, DoSwapPage.SwapFree, DoSwapPage.SwapFree, DoSwapPage.SwapFree), Machines.None, InvariantId.SwapCount),
        ["fork does not count"] = (Without(PathId.DupMmap, DupMmap.SwapDuplicate), Machines.None, InvariantId.SwapCount),
        ["the claim is kept"] = (Without(PathId.DoSwapPage, DoSwapPage.SwapcacheClear), Machines.None, InvariantId.SwapCount),
        ["saved tags are never dropped"] = (Good, new Variant("leaky", new TagsLeaked()), InvariantId.MetadataLifetime),
        ["restoring drops the saved tags"] = (Good, new Variant("eager", new TagsFreedOnRestore()), InvariantId.MetadataLifetime),
        ["the page table lock is taken twice"] = (Changed(PathId.DoAnonymousPage, DoAnonymousPage.PteNone, Fault.PteOffsetMapLock, DoAnonymousPage.PteNone), Machines.None, InvariantId.Progress),
        ["the folio stays locked"] = (Without(PathId.DoSwapPage, DoSwapPage.FolioUnlock), Machines.None, InvariantId.Progress),
        ["the page table stays locked"] = (Without(PathId.DoSwapPage, Fault.PteUnmapUnlock), Machines.None, InvariantId.Progress),
        ["the mmap lock stays taken"] = (Without(PathId.HandleMmFault, Fault.MmapReadUnlock), Machines.None, InvariantId.Progress),
        ["the fault always backs out"] = (Changed(PathId.DoSwapPage, DoSwapPage.PteSame, NeverTheSame), Machines.None, InvariantId.Progress),
    };

    [Theory]
    [MemberData(nameof(Mutants))]
    public void A_kernel_broken_on_purpose_is_caught_by_the_invariant_it_breaks(string mutant, InvariantId invariant)
    {
        var (kernel, arch, _) = All[mutant];
        var result = new RandomCampaign(kernel, arch).Run(seed: 1, Workloads);
        var finding = Assert.Single(result.Findings, f => f.Invariant == invariant);
        Assert.NotEmpty(InvariantCatalogue.Of(invariant).Describe(finding.Violation.Breach));
        Assert.True(finding.Minimal.Workload.Operations.Length <= 8, finding.Minimal.ToString());
    }

    [Fact]
    public void A_deadlock_is_reported_at_the_step_that_waits_and_changed_nothing()
    {
        var kernel = All["the page table lock is taken twice"].Kernel;
        var trace = Core.Traces.Trace.Record(Machines.Program("zram", "P0 map a", "P0 write a"), kernel, Machines.None);
        var violation = Assert.Single(trace.Violations);
        Assert.Equal("P0:write:PteOffsetMapLock", violation.Place.OldName);
        Assert.Contains("waits for a lock", InvariantCatalogue.Of(InvariantId.Progress).Describe(violation.Breach), StringComparison.Ordinal);
        Assert.Empty(trace.Operations[^1].Steps[^1].Changes);
        Assert.Contains("P0's page table lock", trace.Operations[^1].Steps[^1].Waits, StringComparison.Ordinal);
        Assert.Equal([violation], trace.Operations[^1].Steps[^1].Violations);
    }

    [Fact]
    public void SIGBUS_is_excused_at_the_page_whose_read_failed_and_at_no_other()
    {
        string[] lines = ["P0 map a", "P0 write a 1", "P0 map b", "P0 write b 2", "P0 pageout a", "P0 pageout b", "P0 fail read", "P0 read a", "P0 read a", "P0 read b"];
        var trace = Core.Traces.Trace.Record(Machines.Program("disk", lines), All["every swap-in is SIGBUS"].Kernel, Machines.None);
        Assert.All(trace.Operations.Skip(7), op => Assert.Equal(OpResult.SigBus, op.Result));
        var violation = Assert.Single(trace.Violations);
        Assert.Equal((InvariantId.Progress, 9), (violation.Breach.Invariant, violation.Place.Operation));
        Assert.Contains("SIGBUS, though no read has failed", InvariantCatalogue.Of(InvariantId.Progress).Describe(violation.Breach), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_invariant_is_broken_by_some_mutant() =>
        Assert.Equal(InvariantCatalogue.All.Select(i => i.Id).Where(id => id != InvariantId.HookMemory), All.Values.Select(m => m.Broken).Distinct().Order());

    /// <summary>What an architecture's own C does wrong is noticed in tests/Source (NativeTests); here, that it is heard, and of nobody who counts nothing.</summary>
    [Theory]
    [InlineData(Oops.HookLeaked, true)]
    [InlineData(Oops.HookFreedWrongly, true)]
    [InlineData(Oops.HookCrashed, true)]
    [InlineData(Oops.None, false)]
    public void Hooks_that_mishandle_memory_break_hook_memory(Oops oops, bool breaks)
    {
        var careless = new Complaining(oops);
        Assert.Equal(breaks ? [InvariantId.HookMemory] : [], new RandomCampaign(Good, careless).Run(seed: 1, Workloads).Broken.Members());
        Assert.False(InvariantCatalogue.ApplyingTo(Machines.Arm64.Hooks(Good), Good).Contains(InvariantId.HookMemory));
    }

    [Fact]
    public void The_kernel_the_mutants_are_made_of_breaks_nothing()
    {
        foreach (var arch in new[] { Machines.None, Machines.Arm64 })
        {
            Assert.Empty(new RandomCampaign(Good, arch).Run(seed: 1, Workloads).Findings);
        }
    }

    [Fact]
    public void An_invariant_that_was_never_put_to_the_test_makes_the_run_vacuous()
    {
        var result = new RandomCampaign(Good, Machines.Arm64).Run(seed: 1, workloads: 1);
        Assert.Equal(Verdict.Vacuous, result.Verdict);
        Assert.False(result.AsExpected);
        Assert.NotEqual(InvariantSet.None, result.Unexercised);
    }

    private static Kernel Without(PathId path, Step step) => Good.Mutated("mutant", "mutant", Good[path].Without(step));

    private static Kernel Changed(PathId path, Step step, params Step[] with) =>
        Good.Mutated("mutant", "mutant", Good[path].Replace(step, [.. with.Select(w => (PathItem)w)]));

    /// <summary>wp_page_copy() with page_remove_rmap() before ptep_clear_flush(): the order that its comment calls critical.</summary>
    private static Kernel CountedFirst() =>
        Good.Mutated("mutant", "mutant", Good[PathId.DoWpPage].Without(DoWpPage.PageRemoveRmap).Replace(DoWpPage.PtepClearFlush, DoWpPage.PageRemoveRmap, DoWpPage.PtepClearFlush));

    private static Kernel ChangedAndWithout(PathId path, Step step, Step with, Step then) =>
        Good.Mutated("mutant", "mutant", Good[path].Replace(step, with).Without(then));

    /// <summary>An architecture with the same hooks at all times.</summary>
    private sealed class Variant(string name, IArchHooks hooks) : IArchitecture
    {
        public string Name => name;

        public string Description => "for this test";

        public IArchHooks Hooks(Kernel kernel) => hooks;
    }

    /// <summary>arm64 with some hooks taken away.</summary>
    private abstract class Mutilated() : DelegatingHooks(new Mte(KernelCatalogue.Get("v6.5")));

    private sealed class TagsLeaked : Mutilated
    {
        public override void ArchSwapInvalidatePage(in Memory m, SwapEntry entry)
        {
        }
    }

    private sealed class TagsFreedOnRestore : Mutilated
    {
        public override void ArchSwapRestore(in Memory m, SwapEntry entry, Pfn folio)
        {
            base.ArchSwapRestore(in m, entry, folio);
            m.Erase(entry);
        }
    }

    private sealed class TagsNotCleared : Mutilated
    {
        public override void ClearHighpage(in Memory m, Pfn page, Vma vma) => m.WriteFrame(page).Set(PageFlags.ArchTagged);
    }

    private sealed class Complaining(Oops oops) : IArchitecture
    {
        public string Name => "complaining";

        public string Description => "arm64, whose hook says that it has done something wrong";

        public IArchHooks Hooks(Kernel kernel) => new Careless(Machines.Arm64.Hooks(kernel), oops);
    }

    private sealed class Careless(IArchHooks inner, Oops oops) : DelegatingHooks(inner)
    {
        public override bool CountsMemory => true;

        public override void ArchSwapRestore(in Memory m, SwapEntry entry, Pfn folio)
        {
            Inner.ArchSwapRestore(in m, entry, folio);
            m.Complain(oops);
        }
    }
}
