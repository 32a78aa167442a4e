using System.Runtime.CompilerServices;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Traces;
using Hooks.Core.Workloads;
using Hooks.Zoo;
using Xunit;

namespace Hooks.Properties.LargeFolios;

/// <summary>What becomes of a folio of several pages: faulted in, split, swapped out and in, in whole and in part, in each era.</summary>
public class LargeFolioTests
{
    private static readonly Vpn A = Vpn.First;
    private static readonly Vpn B = A.Next;

    [Fact]
    public void A_fault_maps_all_pages_of_the_range_that_are_aligned_and_untouched()
    {
        var two = After("v6.11", Machines.None, "P0 map a-b large", "P0 write b 1");
        Assert.Equal((1, 2), Folio(two, A));
        Assert.Equal(Folio(two, A), Folio(two, B));
        Assert.Equal(0, two.State.Frame(Page(two, A)).Data);
        Assert.Equal(1, two.State.Frame(Page(two, B)).Data);

        var four = After("v6.11", Machines.None, "P0 map a-d large", "P0 write c 1");
        Assert.Equal((2, 4), Folio(four, A));

        // Three pages: two of them are aligned, the third is alone. And where one has other flags, it is another VMA.
        var three = After("v6.11", Machines.None, "P0 map a-c large", "P0 write a 1", "P0 write c 1");
        Assert.Equal([1, 1, 0], Pages(three, 3).Select(p => (int)three.State.Folio(three.State.FolioOf(p)).Order));
        var other = After("v6.11", Machines.None, "P0 map a-b large", "P0 mlock b", "P0 write a 1");
        Assert.Equal((0, 1), Folio(other, A));
        Assert.True(other.State.Pte(default, B).IsNone);
    }

    [Fact]
    public void Without_memory_for_so_many_a_fault_takes_one_page()
    {
        var world = After("v6.11", Machines.None, "P0 map a-b large", "P0 fail alloc", "P0 write a 1");
        Assert.Equal((0, 1), Folio(world, A));
        Assert.True(world.State.Pte(default, B).IsNone);
    }

    [Fact]
    public void Where_large_folios_are_not_asked_for_or_not_known_pages_are_one_by_one()
    {
        var plain = After("v6.11", Machines.None, "P0 map a", "P0 map b", "P0 write a 1");
        Assert.True(plain.State.Pte(default, B).IsNone);
    }

    /// <summary>The lab found both (fixed612, --large, seed 1, 1198).</summary>
    [Fact]
    public void Fork_copies_zero_pages_where_there_ever_was_a_page_and_not_where_there_was_none()
    {
        // The split has mapped the zero page at b; a is given up, and so nothing is left of what the mapping had.
        var had = After("v6.14", Machines.None, "P0 map a-b large", "P0 write a 1", "P0 pageout a", "P0 dontneed a", "P0 fork P1");
        Assert.True(had.State.Pte(new MmId(1), B).IsZeroPage);
        var none = After("v6.14", Machines.None, "P0 map a-b large", "P0 read b", "P0 fork P1");
        Assert.True(none.State.Pte(default, B).IsZeroPage);
        Assert.False(none.State.Pte(new MmId(1), B).IsZeroPage);

        // So does the child's child; and a new mapping has had nothing.
        var child = After("v6.14", Machines.None, "P0 map a-b large", "P0 write a 1", "P0 pageout a", "P0 dontneed a", "P0 fork P1", "P1 fork P2");
        Assert.True(child.State.Pte(new MmId(2), B).IsZeroPage);
        var anew = After("v6.14", Machines.None, "P0 map a-b large", "P0 write a 1", "P0 unmap a", "P0 unmap b", "P0 map a-b large", "P0 read b", "P0 fork P1");
        Assert.False(anew.State.Pte(new MmId(1), B).IsZeroPage);
    }

    /// <summary>The lab found it (fixed612, --large, seed 1, 1619): whether a folio is shared is guessed from its first page, which nobody maps here.</summary>
    [Theory]
    [InlineData("v6.8", 2)]
    [InlineData("v6.14", 0)]
    [InlineData("v7.3", 2)]
    public void A_shared_page_of_a_folio_that_is_taken_for_ones_own_is_split_off_and_stays(string kernel, int order)
    {
        var world = After(kernel, Machines.None, "P0 map a-d large", "P0 write c 1", "P0 unmap a", "P0 fork P1", "P0 write b 1", "P1 write b 1", "P0 pageout c");
        var c = world.State.Pte(default, B.Next);
        Assert.True(c.IsPresent);
        Assert.Equal(order, world.State.Folio(world.State.FolioOf(c.Pfn)).Order);
    }

    /// <summary>The lab found it (--large, seed 1, 434): mlock() has split the parent's mapping, so that the child's comes first; where the child was made after that, the parent's does, and is locked.</summary>
    [Theory]
    [InlineData("v6.14")]
    [InlineData("v7.3")]
    public void Reclaim_comes_to_a_mapping_that_was_split_last(string kernel)
    {
        // So small an area has no neighbouring slots: the folio is split.
        var split = After(kernel, Machines.None, "zram slots=1", "P0 map a-b large", "P0 write a 1", "P0 write b 2", "P0 fork P1", "P0 mlock a", "P0 reclaim a cached");
        Assert.True(split.State.Pte(default, A).IsPresent);
        Assert.True(split.State.Pte(new MmId(1), A).IsSwap);

        // A page of zeroes is the child's no more, when the parent's is put back, locked.
        var zeroes = After(kernel, Machines.None, "zram slots=1", "P0 map a-b large", "P0 write a 1", "P0 fork P1", "P0 mlock b", "P0 reclaim a cached");
        Assert.True(zeroes.State.Pte(default, B).IsPresent);
        Assert.True(zeroes.State.Pte(new MmId(1), B).IsZeroPage);
        var before = After(kernel, Machines.None, "zram slots=1", "P0 map a-b large", "P0 write a 1", "P0 write b 2", "P0 mlock a", "P0 fork P1", "P0 reclaim a cached");
        Assert.True(before.State.Pte(default, A).IsPresent);
        Assert.True(before.State.Pte(new MmId(1), A).IsPresent);
    }

    [Theory]
    [InlineData("v6.8", 0)]
    [InlineData("v6.11", 2)]
    [InlineData("v7.3", 2)]
    public void Reclaim_swaps_a_large_folio_out_whole_from_6_10_on_and_splits_it_before(string kernel, int others)
    {
        var world = After(kernel, Machines.Arm64, "P0 map a-b tagged large", "P0 tag a 1", "P0 tag b 2", "P0 reclaim a");
        Assert.True(world.State.Pte(default, A).IsSwap);
        Assert.Equal(others == 2, world.State.Pte(default, B).IsSwap);
        if (others == 2) Assert.Equal(world.State.Pte(default, A).Entry.Offset + 1, world.State.Pte(default, B).Entry.Offset);
        if (others == 2) Assert.Equal(0, world.State.Pte(default, A).Entry.Offset % 2);
    }

    [Theory]
    [InlineData("v6.11", false)]
    [InlineData("debian-6.12.117", true)]
    [InlineData("v6.14", true)]
    [InlineData("v7.0", true)]
    [InlineData("v7.3", true)]
    public void A_synchronous_device_reads_it_back_whole_from_6_12_on_with_the_tags_of_each_page(string kernel, bool whole)
    {
        var world = After(kernel, Machines.Arm64, "P0 map a-b tagged large", "P0 write a 1", "P0 tag a 1", "P0 write b 2", "P0 tag b 2", "P0 reclaim a", "P0 read b");
        Assert.Equal(whole, world.State.Pte(default, A).IsPresent);
        Assert.Equal((2, PageTags.All(2)), (world.State.Frame(Page(world, B)).Data, world.State.Frame(Page(world, B)).Tags));
        if (!whole) return;
        Assert.Equal((1, 2), Folio(world, A));
        Assert.Equal((1, PageTags.All(1)), (world.State.Frame(Page(world, A)).Data, world.State.Frame(Page(world, A)).Tags));
        Assert.Equal(0, world.State.Area(0).InUse);
    }

    [Theory]
    [InlineData("debian-6.12.117")]
    [InlineData("v7.3")]
    public void A_disk_reads_page_by_page(string kernel)
    {
        var world = After(kernel, Machines.None, "disk", "P0 map a-b large", "P0 write a 1", "P0 write b 2", "P0 reclaim a", "P0 read a");
        Assert.True(world.State.Pte(default, A).IsPresent);
        Assert.True(world.State.Pte(default, B).IsSwap);
    }

    [Fact]
    public void What_is_still_in_the_swap_cache_is_mapped_whole_from_6_11_on()
    {
        var world = After("v6.11", Machines.None, "disk", "P0 map a-b large", "P0 write a 1", "P0 reclaim a cached", "P0 read b");
        Assert.Equal((1, 4), Folio(world, A));
        Assert.Equal(Page(world, A).Plus(1), Page(world, B));
    }

    [Fact]
    public void Where_no_neighbouring_slots_are_free_it_is_split_and_goes_out_page_by_page()
    {
        // Of slots 1 to 3 the pair 2, 3 is broken by c's.
        var world = After("v6.11", Machines.None, "zram slots=3", "P0 map a-b large", "P0 write a 1", "P0 write b 2", "P0 map c", "P0 write c 3", "P0 map d", "P0 write d 4", "P0 pageout d", "P0 pageout c", "P0 reclaim b");
        Assert.Equal(1, Folio(world, A).Item2);
        Assert.True(world.State.Pte(default, A).IsPresent);
        Assert.Equal(3, world.State.Pte(default, B).Entry.Offset);
        Assert.Equal(3, world.State.Area(0).InUse);
    }

    [Theory]
    [InlineData("P0 unmap a")]
    [InlineData("P0 dontneed a")]
    public void Of_which_part_is_given_up_reclaim_splits(string giveUp)
    {
        var world = After("v7.3", Machines.None, "P0 map a-b large", "P0 write a 1", "P0 write b 2", giveUp, "P0 reclaim b");
        Assert.True(world.State.Pte(default, B).IsSwap);
        Assert.Equal(1, world.State.Area(0).InUse);
        Assert.Equal(0, Used(world));
    }

    [Fact]
    public void A_folio_that_somebody_holds_is_not_split()
    {
        var pinned = After("v6.11", Machines.None, "P0 map a-b large", "P0 write a 1", "P0 pin b write", "P0 pageout a");
        Assert.Equal((1, 3), Folio(pinned, A));
        Assert.Equal((0, 1), Folio(After("v6.11", Machines.None, "P0 map a-b large", "P0 write a 1", "P0 pageout b"), A));
    }

    [Fact]
    public void A_write_after_fork_copies_one_page_and_leaves_the_others_shared()
    {
        var world = After("v7.3", Machines.Arm64, "P0 map a-b tagged large", "P0 write a 1", "P0 tag b 2", "P0 fork P1", "P1 write b 3");
        var (parent, child) = (Page(world, B), world.State.Pte(new MmId(1), B).Pfn);
        Assert.NotEqual(parent, child);
        Assert.Equal((3, PageTags.All(2)), (world.State.Frame(child).Data, world.State.Frame(child).Tags));
        Assert.Equal(Page(world, A), world.State.Pte(new MmId(1), A).Pfn);
        Assert.Equal((1, 3), Folio(world, A));
    }

    /// <summary>As 6.12.117 and 7.3.4 do: b1f202060afe.</summary>
    [Theory]
    [InlineData("v6.11", false)]
    [InlineData("debian-6.12.117", true)]
    [InlineData("v7.3", true)]
    public void A_split_maps_the_zero_page_for_pages_of_zeroes_from_6_12_on(string kernel, bool zero)
    {
        var world = After(kernel, Machines.Arm64, "P0 map a-b large", "P0 write a 1", "P0 pageout a");
        Assert.Equal(zero, world.State.Pte(default, B).IsZeroPage);
        Assert.Equal(!zero, world.State.Pte(default, B).IsPresent);

        // Not where the flag says that it has tags, and not in a locked mapping.
        Assert.True(After(kernel, Machines.Arm64, "P0 map a-b tagged large", "P0 write a 1", "P0 pageout a").State.Pte(default, B).IsPresent);
        Assert.True(After(kernel, Machines.Arm64, "P0 map a-b large", "P0 write a 1", "P0 mlock b", "P0 pageout a").State.Pte(default, B).IsPresent);

        // It is in the way of a large folio, until it is given up; a child has it too.
        if (!zero) return;
        Assert.True(After(kernel, Machines.None, "P0 map a-b large", "P0 write a 1", "P0 pageout a", "P0 fork P1").State.Pte(new MmId(1), B).IsZeroPage);
        var after = After(kernel, Machines.None, "P0 map a-b large", "P0 write a 1", "P0 pageout a", "P0 dontneed a", "P0 write b 3");
        Assert.Equal((0, 1), Folio(after, B));
        Assert.Equal((1, 2), Folio(After(kernel, Machines.None, "P0 map a-b large", "P0 write a 1", "P0 pageout a", "P0 dontneed a", "P0 dontneed b", "P0 write b 3"), A));
    }

    [Fact]
    public void A_load_from_an_untouched_page_is_in_the_way_of_a_large_folio()
    {
        var world = After("v7.3", Machines.None, "P0 map a-b large", "P0 read b", "P0 write a 1");
        Assert.Equal((0, 1), Folio(world, A));
        Assert.True(world.State.Pte(default, B).IsZeroPage);
        Assert.True(After("v7.3", Machines.None, "P0 map a-b large", "P0 read b", "P0 unmap b").State.Pte(default, B) == Pte.None);
    }

    [Theory]
    [InlineData("debian-6.12.117", false)]
    [InlineData("v7.3", true)]
    public void A_page_of_a_large_folio_that_is_all_of_one_process_again_is_not_copied_from_6_15_on(string kernel, bool reused)
    {
        string[] lines = ["P0 map a-b large", "P0 write a 1", "P0 fork P1", "P1 exit"];
        var (before, after) = (After(kernel, Machines.None, lines), After(kernel, Machines.None, [.. lines, "P0 mlock a", "P0 write a 2"]));
        Assert.Equal(reused, Page(before, A) == Page(after, A));
        Assert.NotEqual(Page(before, A), Page(After(kernel, Machines.None, [.. lines[..3], "P0 mlock a", "P0 write a 2"]), A));
    }

    [Fact]
    public void A_lock_on_a_part_leaves_a_large_folio_to_reclaim()
    {
        var part = After("v7.3", Machines.None, "P0 map a-b large", "P0 write a 1", "P0 mlock a");
        Assert.False(part.State.Folio(Page(part, A)).Test(FolioFlags.Mlocked));
        var all = After("v7.3", Machines.None, "P0 map a-b large", "P0 write a 1", "P0 mlock a", "P0 mlock b", "P0 reclaim a");
        Assert.True(all.State.Folio(Page(all, A)).Test(FolioFlags.Mlocked));
    }

    [Fact]
    public void What_a_child_does_not_inherit_still_makes_a_mapping_of_its_own()
    {
        var world = After("v7.3", Machines.None, "P0 map a-b large", "P0 mlock a", "P0 fork P1", "P1 write a 1");
        Assert.Equal((0, 1), ((int)world.State.Folio(world.State.Pte(new MmId(1), A).Pfn).Order, world.State.Pte(new MmId(1), B).IsNone ? 1 : 0));
    }

    /// <summary>../docs/findings.md, and run on real kernels: __split_folio_to_order() copies the first page's PG_arch_2.</summary>
    [Fact]
    public void A_split_loses_the_tags_of_pages_whose_first_has_none_on_every_kernel_and_not_where_each_keeps_its_flag()
    {
        string[] lost = ["P0 map a-b large", "P0 write a 1", "P0 mprotect b", "P0 tag b 1", "P0 pageout a"];
        string[] shown = ["P0 map a-b large", "P0 write a 1", "P0 mprotect a", "P0 pageout a", "P0 mprotect b"];
        foreach (var kernel in KernelCatalogue.All)
        {
            // Until 5.18 a page of a folio with more than one reference is copied when it is written to: b is a folio of its own by then.
            Assert.True(!kernel.MarksExclusive || Broken(kernel, Machines.Arm64, lost).Contains(InvariantId.TagPreservation), kernel.Name);
            Assert.True(Broken(kernel, Machines.Arm64, shown).Contains(InvariantId.NoStaleTags), kernel.Name);
            var mended = kernel.Mutated(kernel.Name, "each page keeps its flag", MmRules.SplitKeepsArchFlag);
            Assert.Equal(InvariantSet.None, Broken(mended, Machines.Arm64, lost));
            Assert.Equal(InvariantSet.None, Broken(mended, Machines.Arm64, shown));
        }
    }

    [Theory]
    [InlineData("v6.11", false)]
    [InlineData("v6.14", false)]
    [InlineData("debian-6.12.117", false)]
    [InlineData("v7.0", true)]
    [InlineData("v7.3", true)]
    public void Swapoff_beside_a_large_swap_in_counts_and_marks_pages_that_it_has_not_mapped_and_the_next_fault_is_a_bug(string kernel, bool breaks)
    {
        string[] program = ["P0 map a-b large", "P0 write a 1", "P0 write b 2", "P0 reclaim a", "P0 read a until FolioLock", "P0.1 swapoff 0 until UnusePteRange#2", "P0.2 read b"];
        var expected = breaks ? Machines.Set(InvariantId.Refcount, InvariantId.Exclusivity, InvariantId.Progress) : InvariantSet.None;
        Assert.Equal(expected, Broken(KernelCatalogue.Get(kernel), Machines.None, program));
        if (!breaks) return;

        // The BUG_ON() in do_swap_page().
        var trace = Trace.Record(Machines.Program("zram", program), KernelCatalogue.Get(kernel), Machines.None);
        Assert.Equal("P0.2#1 do_swap_page.PteSwpExclusive", trace.Violations.Single(v => v.Breach.Invariant == InvariantId.Progress).Place.ToString());
        Assert.Equal(InvariantSet.None, Broken(LargeMutants.UnuseFixed, Machines.None, program));
    }

    /// <summary>The cases of docs/large-folios.md fail as they say, nothing can be left out of them, and the fixes that docs/findings.md proposes pass them.</summary>
    [Theory]
    [InlineData("split.case")]
    [InlineData("split-shows.case")]
    [InlineData("swapoff.case")]
    public void A_case_of_the_page_fails_exactly_as_it_says_and_not_where_it_is_fixed(string file)
    {
        var found = CaseParser.Parse(File.ReadAllText(Path.Combine(Docs(), "large", file)).ReplaceLineEndings("\n"), file);
        var arch = Machines.Architectures.Single(a => a.Name == found.Arch);
        Assert.Equal(found.Fails.Select(f => f.ToString()), Failures(KernelCatalogue.Get(found.Kernel), arch, found.Workload));
        for (var i = 0; i < found.Workload.Operations.Length; i++)
        {
            var shorter = new Workload(found.Workload.Swaps, found.Workload.Operations.RemoveAt(i));
            Assert.False(found.Fails.Select(f => f.ToString()).ToHashSet().IsSubsetOf(Failures(KernelCatalogue.Get(found.Kernel), arch, shorter)), $"{file} fails in the same way without '{found.Workload.Operations[i]}'");
        }

        Assert.Empty(Failures(file == "swapoff.case" ? LargeMutants.UnuseFixed : LargeMutants.SplitFixed, arch, found.Workload));
        Assert.Contains($"(large/{file})", File.ReadAllText(Path.Combine(Docs(), "large-folios.md")), StringComparison.Ordinal);
        Assert.Contains($"(large/{file})", File.ReadAllText(Path.Combine(Docs(), "findings.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folio_that_was_only_read_is_not_mapped_in_part_it_leaves_the_cache_and_the_fault_begins_anew()
    {
        // b's entry goes while a's fault waits for the folio.
        var world = After("v7.3", Machines.None, "P0 map a-b large", "P0 write a 1", "P0 write b 2", "P0 reclaim a", "P0 read a until FolioLock", "P0.1 dontneed b", "P0 go");
        Assert.Equal((0, 1), Folio(world, A));
        Assert.Equal(1, world.State.Frame(Page(world, A)).Data);
        Assert.True(world.State.Pte(default, B).IsNone);
        Assert.Equal(0, world.State.Area(0).InUse);
    }

    [Fact]
    public void Kernels_and_hooks_that_know_no_large_folios_have_none()
    {
        var source = KernelCatalogue.Get("v6.11").ReadFromSource("read", "read from somewhere", []);
        var world = After(source, Machines.None, "zram", ["P0 map a-b large", "P0 write a 1"]);
        Assert.Equal((0, 1), Folio(world, A));
        Assert.True(world.State.Pte(default, B).IsNone);
    }

    private static List<string> Failures(Kernel kernel, IArchitecture arch, Workload workload) =>
        [.. Trace.Record(workload, kernel, arch).Violations.Select(v => $"{InvariantCatalogue.Of(v.Breach.Invariant).Name} at {v.Place}")];

    private static string Docs([CallerFilePath] string thisFile = "") => Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "..", "docs");

    private static InvariantSet Broken(Kernel kernel, IArchitecture arch, params string[] program)
    {
        var machine = new Machine(kernel, arch);
        return machine.Run(Machines.Program("zram", program), machine.Checked, stopAtFirst: false);
    }

    /// <summary>The world after a program that breaks nothing but what any split breaks.</summary>
    private static World After(string kernel, IArchitecture arch, params string[] program) =>
        After(KernelCatalogue.Get(kernel), arch, program[0].StartsWith('P') ? "zram" : program[0], program[0].StartsWith('P') ? program : program[1..]);

    private static World After(Kernel kernel, IArchitecture arch, string swap, string[] program)
    {
        var machine = new Machine(kernel, arch);
        Assert.Equal(InvariantSet.None, machine.Run(Machines.Program(swap, program), machine.Checked, stopAtFirst: false));
        return machine.World;
    }

    private static Pfn Page(in World world, Vpn page) => world.State.Pte(default, page).Pfn;

    private static IEnumerable<Pfn> Pages(World world, int count) => Enumerable.Range(0, count).Select(p => Page(in world, new Vpn((byte)p)));

    /// <summary>The order of the folio behind a page of P0, and its references but for the LRU batch's.</summary>
    private static (int Order, int References) Folio(in World world, Vpn page)
    {
        var head = world.State.FolioOf(Page(in world, page));
        ref readonly var folio = ref world.State.Folio(head);
        return (folio.Order, folio.RefCount - (world.State.Globals.LruBatch.Contains(head) ? 1 : 0));
    }

    /// <summary>Page frames in use.</summary>
    private static int Used(in World world)
    {
        var used = 0;
        for (byte i = 1; i <= Capacity.Frames; i++) used += world.State.Folio(new Pfn(i)).RefCount != 0 ? 1 : 0;
        return used;
    }
}
