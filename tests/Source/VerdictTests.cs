using Hooks.Core.Invariants;
using Hooks.Core.Search;
using Hooks.Core.Search.Exploring;
using Hooks.KernelSource;
using Hooks.KernelSource.Patches;
using Hooks.KernelSource.Paths;
using Xunit;

namespace Hooks.Source;

/// <summary>The zoo's bugs that are a change of a path, as patches to C; and when there must be no verdict.</summary>
public class VerdictTests
{
    [Theory]
    [InlineData("tags-freed-before-restore", "arm64", InvariantId.TagPreservation)]
    [InlineData("exclusive-not-detected", "arm64", InvariantId.ExclusiveDetected)]
    [InlineData("exclusive-never-detected", "none", InvariantId.ExclusiveDetected)]
    [InlineData("hook-after-map", "arm64", InvariantId.TagPreservation)]
    [InlineData("swapoff-without-hook", "arm64", InvariantId.TagPreservation)]
    [InlineData("exclusive-lost-over-swap", "none", InvariantId.PinStability)]
    [InlineData("stable-writes", "none", InvariantId.DeviceStability)]
    [InlineData("unuse-drops-bits", "none", InvariantId.BitPreservation)]
    [InlineData("counted-once-more", "none", InvariantId.Exclusivity)]
    [InlineData("named-apart-in-another-order", "arm64", InvariantId.TagPreservation)]
    public void A_patch_that_makes_a_bug_of_the_zoo_gets_its_verdict(string patch, string arch, InvariantId invariant)
    {
        var on = Trees.Architectures.First(a => a.Name == arch);
        var (before, after) = (Trees.Read(Trees.Small), Trees.Read(Trees.Patched(patch)));
        Assert.False(after.MeansTheSameAs(before));
        Assert.DoesNotContain(invariant, Trees.Broken(before.Kernel!, on, 6000).Members());
        Assert.Contains(invariant, Trees.Broken(after.Kernel!, on, 6000).Members());
    }

    /// <summary>A part of a function that is given a name of its own is read where it is called.</summary>
    [Fact]
    public void A_function_that_a_patch_adds_is_read_too()
    {
        var (before, after) = (Trees.Read(Trees.Small), Trees.Read(Trees.Patched("named-apart")));
        Assert.Contains(after.Read[0].Read, line => line.StartsWith("swap_slot_is_read() (mm/memory.c:", StringComparison.Ordinal));
        Assert.True(after.MeansTheSameAs(before));
        Assert.Equal(["mm/memory.c:18: call swap_prefetch_hint() with 2 arguments"], Trees.Read(Trees.Patched("named-apart-not-known")).Unknowns.Select(u => u.ToString()));
    }

    /// <summary>6.5 has a race that loses a write; a fault that does not look whether the entry is still there has others.</summary>
    [Fact]
    public void A_patch_that_makes_a_race_is_told_from_the_tree_that_has_another()
    {
        var (before, after) = (Trees.Read(Trees.Small).Kernel!, Trees.Read(Trees.Patched("pte-not-asked-again")).Kernel!);
        var plain = Raced(after, null);
        Assert.Contains(InvariantId.Refcount, plain.Raced.Members());
        var other = new OtherKernel(before, Trees.Architectures[0]);
        Assert.All(plain.Races.Where(f => f.Invariant == InvariantId.Refcount), f => Assert.False(other.MayBreak(f.Minimal.Workload, f.Invariant)));

        // The race of 6.5 is no difference between the two, whatever names its steps have, and another of the same invariant is.
        var own = Core.Workloads.CaseParser.Parse("kernel v6.5\narch none\nswap zram\nP0 map a\nP0 write a 1\nP0 pageout a\nP0 read a until PteOffsetMapLock\nP0.1 write a 2\nP0.1 pageout a\nP0 go\n", "case").Workload;
        Assert.True(new OtherKernel(after, Trees.Architectures[0]).MayBreak(own, InvariantId.DataPreservation));
        Assert.False(new OtherKernel(Core.Kernels.KernelCatalogue.Get("v6.8"), Trees.Architectures[0]).MayBreak(own, InvariantId.DataPreservation));
        var different = Assert.Single(Raced(after, other).Races, f => f.Invariant == InvariantId.DataPreservation);
        Assert.False(other.MayBreak(different.Minimal.Workload, different.Invariant));

        PairResult Raced(Core.Kernels.Kernel kernel, OtherKernel? not) =>
            new InterleavedCampaign(kernel, Trees.Architectures[0], new Core.Search.Strategies.Scheduling(3000), other: not).Run(1, new RandomCampaign(kernel, Trees.Architectures[0]).Run(1, 2000));
    }

    /// <summary>What drawn scenes may miss is there in every run: 6.5's lost write, which the claim of 6.8 mends.</summary>
    [Theory]
    [InlineData("v6.5", "none", true)]
    [InlineData("v6.5", "arm64", true)]
    [InlineData("v6.8", "none", false)]
    public void Small_worlds_show_the_lost_write(string kernel, string arch, bool loses)
    {
        var (on, of) = (Trees.Architectures.First(a => a.Name == arch), Core.Kernels.KernelCatalogue.Get(kernel));
        var lost = SmallWorld.Failures(of, on, 1, CancellationToken.None).Where(f => f.Invariant == InvariantId.DataPreservation).ToList();
        Assert.Equal(loses, lost.Exists(f => new Orders(of, on).IsRace(f.Workload, f.Invariant)));
        Assert.All(lost, f => Assert.True(Shrinking.Breaks(new Core.Machine(of, on), f.Workload, f.Invariant)));
    }

    /// <summary>do_swap_page() does not map a page exclusive that is being written and must not change; that the write may have ended by then is no fault of it. To do so always, is.</summary>
    [Fact]
    public void A_write_that_ends_after_the_look_is_no_race()
    {
        var (before, always) = (Trees.Read(Trees.Small).Kernel!, Trees.Read(Trees.Edited("mm/memory.c", "(si->flags & SWP_STABLE_WRITES))\n", "true)\n")).Kernel!);
        Assert.Equal([], Broken(before, "disk stable-writes"));
        Assert.Equal([], Broken(before, "disk"));
        Assert.Equal([], Broken(always, "disk stable-writes"));
        Assert.Equal([InvariantId.BitPreservation], Broken(always, "disk"));

        static IEnumerable<InvariantId> Broken(Core.Kernels.Kernel kernel, string swap)
        {
            var @case = Core.Workloads.CaseParser.Parse($"kernel any\narch none\nswap {swap}\nP0 map a\nP0 write a 1\nP0 reclaim a writeback\ntogether\nP0 read a\nP0.1 endio a\n", "case");
            var before = new Core.Workloads.Workload(@case.Workload.Swaps, @case.Workload.Operations[..@case.Together!.Value]);
            new Core.Machine(kernel, Trees.Architectures[0]).RunUnfinished(before, out var start);
            var search = new Exploration(kernel, Trees.Architectures[0], new FixedPrograms(before, in start, @case.Workload.Operations[@case.Together!.Value..]), InvariantCatalogue.Everything, new ExploreOptions());
            Assert.Equal(ExploreEnd.Whole, search.Run());
            return search.Ways.Select(w => w.Invariant).Distinct();
        }
    }

    /// <summary>The hook as series v1 made arm64's: it has to be told the swap entry. In 6.5 arm64's does nothing.</summary>
    [Theory]
    [InlineData("hook-told-the-entry", false)]
    [InlineData("hook-given-new-pte", true)]
    public void A_hook_that_is_given_the_new_pte_restores_nothing(string patch, bool loses)
    {
        var read = SourceKernel.Of(new SourceTree(Trees.Patched(patch)), Core.Kernels.KernelCatalogue.Get("series-v1-2"), HelperTable.Own);
        Assert.Equal(loses, Trees.Broken(read.Kernel!, Trees.Architectures[1], 6000).Contains(InvariantId.TagPreservation));
    }

    /// <summary>6.5 loses data by MADV_FREE too (docs/findings.md), and finds reuse-ignores-pins once in 2,401 workloads, so that it is these cases that tell the patches from it.</summary>
    [Theory]
    [InlineData("lost-through-a-pin", InvariantId.DataPreservation, "disk", "P0 map a; P0 write a 1; P0 pageout a; P0 read a; P0 pin a write; P0 dma a 2; P0 unpin a; P0 pageout a; P0 read a")]
    [InlineData("unuse-maps-garbage", InvariantId.DataPreservation, "zram", "P0 map a; P0 write a 1; P0 pageout a; P0 fail read; P0 swapoff 0")]
    [InlineData("reuse-ignores-pins", InvariantId.PinStability, "zram", "P0 map a; P0 pin a write get; P0 pageout a; P0 fork P1; P0 unmap a; P1 write a 1")]
    public void A_patch_that_makes_a_bug_of_the_zoo_breaks_the_zoos_case(string patch, InvariantId invariant, string swap, string program)
    {
        var workload = Core.Workloads.CaseParser.Parse($"kernel v6.5\narch none\nswap {swap}\n{string.Concat(program.Split("; ").Select(line => line + "\n"))}", "case").Workload;
        Assert.Empty(Broken(Trees.Read(Trees.Small)));
        Assert.Contains(invariant, Broken(Trees.Read(Trees.Patched(patch))));

        IEnumerable<InvariantId> Broken(SourceKernel read)
        {
            var machine = new Core.Machine(read.Kernel!, Trees.Architectures[0]);
            return machine.Run(workload, machine.Checked, stopAtFirst: false).Members();
        }
    }

    /// <summary>Tags are lost in do_swap_page() and at swapoff; with one mended the verdict is the same, and the case is not.</summary>
    [Fact]
    public void A_patch_that_mends_one_of_two_causes_is_told_from_one_that_mends_nothing()
    {
        var arm64 = Trees.Architectures[1];
        var both = PatchedFiles.Apply(Trees.Small, [.. PatchReader.Read(Trees.PatchFile("swapoff-without-hook")), .. PatchReader.Read(Trees.PatchFile("tags-freed-before-restore"))]);
        var (two, one) = (Trees.Read(both).Kernel!, Trees.Read(Trees.Patched("swapoff-without-hook")).Kernel!);
        Assert.Contains(InvariantId.TagPreservation, Trees.Broken(one, arm64, 6000).Members());
        var tags = InvariantSet.Of(InvariantId.TagPreservation);
        var mended = Assert.Single(new CaseDifference(two, one, arm64).Run(tags, seed: 1, workloads: 6000, CancellationToken.None));
        Assert.Equal(4, mended.Minimal.Workload.Operations.Length);
        Assert.DoesNotContain(mended.Minimal.Workload.Operations, o => o.Verb == Core.Workloads.Verb.SwapOff);
        Assert.Empty(new CaseDifference(one, two, arm64).Run(tags, seed: 1, workloads: 3000, CancellationToken.None));
    }

    [Fact]
    public void An_unknown_call_gives_no_verdict_and_says_where()
    {
        var read = Trees.Read(Trees.Patched("unknown-call"));
        Assert.Null(read.Kernel);
        var unknown = Assert.Single(read.Unknowns);
        Assert.Equal("mm/memory.c", unknown.File);
        Assert.Contains("swap_prefetch_hint()", unknown.What, StringComparison.Ordinal);
        Assert.Contains("swap_prefetch_hint", Trees.Patched("unknown-call").Read(unknown.File)!.Split('\n')[unknown.Line - 1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("swap_prefetch_hint ignore", true)]
    [InlineData("swap_prefetch_hint/2 const 0", true)]
    [InlineData("swap_prefetch_hint/2 as swap_free(1)", false)]
    public void A_user_can_say_what_it_is(string line, bool harmless)
    {
        var helpers = HelperTable.Read("mine", line);
        var read = Trees.Read(Trees.Patched("unknown-call"), helpers);
        Assert.Empty(read.Unknowns);
        Assert.Single(helpers.UserRows);
        Assert.Equal(harmless, read.MeansTheSameAs(Trees.Read(Trees.Small)));
        Assert.Equal(harmless, !Trees.Broken(read.Kernel!, Trees.Architectures[0], 1000).Members().Contains(InvariantId.SwapCount));
    }

    [Fact]
    public void A_patch_to_comments_is_not_seen()
    {
        var (before, after) = (Trees.Read(Trees.Small), Trees.Read(Trees.Patched("comment-only")));
        Assert.True(after.MeansTheSameAs(before));
    }

    [Theory]
    [InlineData("\tarch_swap_restore(entry, folio);\n\tswap_free", "\tarch_swap_restore(entry, folio, 1);\n\tswap_free", "call arch_swap_restore() with 3 arguments, known with 2")]
    [InlineData("\tarch_swap_restore(entry, folio);\n\tswap_free", "\tif (swap_is_special)\n\t\tarch_swap_restore(entry, folio);\n\tswap_free", "name swap_is_special")]
    [InlineData("\tarch_swap_restore(entry, folio);\n\tswap_free", "\tfolio->swap_hint = 1;\n\tswap_free", "assignment to folio->swap_hint")]
    [InlineData("\tarch_swap_restore(entry, folio);\n\tswap_free", "\tswitch (ret) {\n\tdefault:\n\t\tif (ret) {\n\tcase 2:\n\t\t\tbreak;\n\t\t}\n\t}\n\tswap_free", "case 2, which does not stand in its switch")]
    [InlineData("\tarch_swap_restore(entry, folio);\n\tswap_free", "\tgoto nowhere;\n\tswap_free", "label")]
    [InlineData("\tarch_swap_restore(entry, folio);\n\tswap_free", "\tfor_each_tag(folio) { arch_swap_restore(entry, folio); }\n\tswap_free", "loop for_each_tag(folio)")]
    public void What_is_not_known_in_live_code_is_said_by_name(string from, string to, string what)
    {
        var read = Trees.Read(Trees.Edited("mm/memory.c", from, to));
        Assert.Null(read.Kernel);
        Assert.Contains(read.Unknowns, u => u.What.Contains(what, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\tswitch (ret) {\n\tcase 1:\n\t\tfolio_put(folio);\n\t\tbreak;\n\tdefault:\n\t\tarch_swap_restore(entry, folio);\n\t}\n", true)]
    [InlineData("\tswitch (ret & 1) {\n\tcase 0:\n\t\tbreak;\n\tdefault:\n\t\tarch_swap_restore(entry, folio);\n\t}\n", false)]
    public void A_switch_is_read(string instead, bool restores)
    {
        var read = Trees.Read(Trees.Edited("mm/memory.c", "\tarch_swap_restore(entry, folio);\n\tswap_free", instead + "\tswap_free"));
        Assert.Empty(read.Unknowns);
        Assert.Equal(restores, !Trees.Broken(read.Kernel!, Trees.Architectures[1], 2000).Contains(InvariantId.TagPreservation));
    }

    [Theory]
    [InlineData("struct folio *hint", "\tif (hint)\n\t\tfolio_put(folio);\n")]
    [InlineData("bool hint", "\tif (hint)\n\t\tfolio_put(folio);\n")]
    public void A_parameter_that_the_model_does_not_give_is_not_known(string parameter, string use)
    {
        var text = Trees.Small.Read("mm/memory.c")!.Replace("do_swap_page(struct vm_fault *vmf)", $"do_swap_page(struct vm_fault *vmf, {parameter})", StringComparison.Ordinal);
        IKernelFiles With(string memory) => new TextFiles(("Makefile", Trees.Small.Read("Makefile")!), ("mm/memory.c", memory), ("mm/swapfile.c", Trees.Small.Read("mm/swapfile.c")!), ("mm/swap_state.c", Trees.Small.Read("mm/swap_state.c")!), ("mm/rmap.c", Trees.Small.Read("mm/rmap.c")!));
        Assert.Empty(Trees.Read(With(text)).Unknowns);
        Assert.Contains(Trees.Read(With(text.Replace("\tarch_swap_restore(entry, folio);\n\tswap_free", use + "\tarch_swap_restore(entry, folio);\n\tswap_free", StringComparison.Ordinal))).Unknowns, u => u.What.Contains("hint", StringComparison.Ordinal));
    }

    [Fact]
    public void A_call_that_is_never_reached_ends_the_run_if_it_is()
    {
        var read = Trees.Read(Trees.Edited("mm/memory.c", "\tarch_swap_restore(entry, folio);\n\tswap_free", "\twp_page_shared(vmf);\n\tarch_swap_restore(entry, folio);\n\tswap_free"));
        Assert.Empty(read.Unknowns);
        Assert.Throws<NeverReachedException>(() => Trees.Broken(read.Kernel!, Trees.Architectures[0], 200));
    }

    [Fact]
    public void What_is_not_known_in_dead_code_does_not_matter()
    {
        var read = Trees.Read(Trees.Edited("mm/memory.c", "\tarch_swap_restore(entry, folio);\n\tswap_free", "\tif (folio_test_large(folio) && nobody_knows_this(folio))\n\t\tnor_this(folio->unknown);\n\tarch_swap_restore(entry, folio);\n\tswap_free"));
        Assert.Empty(read.Unknowns);
        Assert.True(read.MeansTheSameAs(Trees.Read(Trees.Small)));
    }

    [Fact]
    public void A_fault_that_is_not_handled_at_all_never_ends()
    {
        var read = Trees.Read(Trees.Edited("mm/memory.c", "\tentry = pte_to_swp_entry(vmf->orig_pte);\n", "\treturn 0;\n"));
        Assert.Empty(read.Unknowns);
        Assert.Contains(InvariantId.Progress, Trees.Broken(read.Kernel!, Trees.Architectures[0], 200).Members());
    }

    [Fact]
    public void A_lock_that_is_not_given_back_is_found_when_it_is_run()
    {
        var read = Trees.Read(Trees.Edited("mm/memory.c", "unlock:\n\tpte_unmap_unlock(vmf->pte, vmf->ptl);\n", "unlock:\n"));
        Assert.Contains(InvariantId.Progress, Trees.Broken(read.Kernel!, Trees.Architectures[0], 500).Members());
    }

    [Fact]
    public void A_step_says_the_line_it_comes_from()
    {
        var read = Trees.Read(Trees.Small);
        var lines = Trees.Small.Read("mm/memory.c")!.Split('\n');
        var step = read.Kernel![Core.Paths.PathId.DoSwapPage].Steps.First(s => s.Name == "ArchSwapRestore");
        var parts = step.Source.Split(':', 3);
        Assert.Equal("mm/memory.c", parts[0]);
        Assert.Equal("arch_swap_restore(entry, folio);", lines[int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) - 1].Trim());
    }

    [Fact]
    public void Two_readings_of_one_tree_are_the_same()
    {
        var (a, b) = (Trees.Read(Trees.Small), Trees.Read(Trees.Small));
        Assert.True(a.MeansTheSameAs(b));
        Assert.Null(Equivalence.Difference(a.Kernel!, b.Kernel!, Trees.Architectures[0], 500, 3));
    }

    [Fact]
    public void A_run_of_a_kernel_from_source_allocates_nothing()
    {
        var machine = new Core.Machine(Trees.Read(Trees.Small).Kernel!, Trees.Architectures[1]);
        var workloads = Enumerable.Range(0, 200).Select(i => Core.Workloads.Generator.Draw(new Core.Workloads.Choices(Core.Workloads.Choices.SeedOf(5, i)))).ToArray();
        foreach (var workload in workloads) machine.Run(workload, machine.Checked);
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var workload in workloads) machine.Run(workload, machine.Checked);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Mutants_are_statements_broken_in_the_source()
    {
        var kernel = Trees.Read(Trees.Small);
        var mutants = SourceMutants.Of(kernel, HelperTable.Own).ToList();
        Assert.True(mutants.Count > 200, $"{mutants.Count} mutants");
        Assert.Equal(mutants.Count, mutants.Select(m => m.Name).Distinct().Count());
        Assert.All(mutants, m => Assert.False(m.Kernel.MeansTheSameAs(kernel)));
        var drop = Assert.Single(mutants, m => m.Name.EndsWith(": drop arch_swap_restore(entry, folio)", StringComparison.Ordinal) && m.Path == Core.Paths.PathId.DoSwapPage);
        Assert.Contains(InvariantId.TagPreservation, Trees.Broken(drop.Kernel.Kernel!, Trees.Architectures[1], 2000).Members());
        var exchange = Assert.Single(mutants, m => m.Name.EndsWith(": exchange arch_swap_restore(entry, folio) and swap_free(entry)", StringComparison.Ordinal));
        Assert.Contains(InvariantId.TagPreservation, Trees.Broken(exchange.Kernel.Kernel!, Trees.Architectures[1], 2000).Members());
    }
}
