using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Search;
using Hooks.Core.Traces;
using Hooks.Core.Workloads;
using Xunit;

namespace Hooks.Testing;

/// <summary>
/// The laws that any architecture must keep, as tests: derive from this class, say which architecture, and all of them run
/// on the kernels of several eras. What an architecture is known to break is named with its reason
/// (<see cref="KnownBreaches"/>), and must then really break, so that a fix is noticed.
/// <para>The programs' tags say something whatever the shape is: of one bit only the lowest is left, so pages that must differ differ in the tag
/// of granule 1 too (a capability machine clears that of granule 0 when data is stored), and what must be there is odd.</para>
/// </summary>
public abstract class ArchitectureLaws
{
    private static readonly InvariantSet Laws = InvariantSet.Of(
        InvariantId.DataPreservation, InvariantId.TagPreservation, InvariantId.NoStaleTags, InvariantId.MetadataLifetime, InvariantId.SwapCount, InvariantId.Refcount, InvariantId.Progress);

    /// <summary>Kernels that ask for metadata in the different ways there have been: by the old PTE in set_pte_at(), by arch_swap_restore(), with and without a claim on the slot.</summary>
    public static TheoryData<string> Kernels => ["v5.17", "v6.5", "v6.11"];

    /// <summary>The architecture.</summary>
    protected abstract IArchitecture Architecture { get; }

    /// <summary>The laws it is known to break (names of these tests), each with the reason.</summary>
    protected virtual IReadOnlyDictionary<string, string> KnownBreaches => new Dictionary<string, string>();

    /// <summary>Why it is known to break a law on a kernel; null: it is not. For an architecture that needs something of the kernel which those before some release do not have.</summary>
    /// <param name="law">The law, by the name of its test.</param>
    /// <param name="kernel">The kernel.</param>
    protected virtual string? KnownBreach(string law, string kernel) => KnownBreaches.GetValueOrDefault(law);

    /// <summary>A swap-out, a swap-in: the tags are there, granule by granule.</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Saved_tags_come_back(string kernel) => Holds(nameof(Saved_tags_come_back), kernel, "zram",
        "P0 map a tagged", "P0 tag a 5", "P0 tag a.2 6", "P0 pageout a", "P0 read a", "P0 readtag a");

    /// <summary>The page stays in the swap cache; each sharer's fault restores it once more.</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Saved_tags_come_back_for_every_sharer(string kernel) => Holds(nameof(Saved_tags_come_back_for_every_sharer), kernel, "disk",
        "P0 map a tagged", "P0 tag a 5", "P0 fork P1", "P0 reclaim a", "P0 read a", "P1 read a", "P1 tag a 6", "P0 readtag a");

    /// <summary>Fork while the page is in swap: parent and child have one slot.</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Saved_tags_come_back_for_a_child_forked_meanwhile(string kernel) => Holds(nameof(Saved_tags_come_back_for_a_child_forked_meanwhile), kernel, "zram",
        "P0 map a tagged", "P0 tag a 5", "P0 pageout a", "P0 fork P1", "P1 read a", "P0 read a");

    /// <summary>One slot, used by one page after the other.</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_slots_next_user_gets_its_own_tags(string kernel) => Holds(nameof(A_slots_next_user_gets_its_own_tags), kernel, "zram slots=1",
        "P0 map a tagged", "P0 map b tagged", "P0 tag a 1", "P0 tag b 3", "P0 tag b.1 2", "P0 pageout a", "P0 write a 1", "P0 pageout b", "P0 write b 1", "P0 pageout a", "P0 read a");

    /// <summary>Out and in again with other tags: the newer ones count.</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Newer_tags_replace_older_ones(string kernel) => Holds(nameof(Newer_tags_replace_older_ones), kernel, "disk",
        "P0 map a tagged", "P0 tag a 1", "P0 pageout a cached", "P0 read a", "P0 tag a 2", "P0 reclaim a", "P0 read a", "P0 tag a.1 3", "P0 pageout a", "P0 read a");

    /// <summary>Restoring must not undo what the program stored since: a plain reference keeps the page, and its saved tags, from going.</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Restoring_does_not_undo_newer_tags(string kernel) => Holds(nameof(Restoring_does_not_undo_newer_tags), kernel, "disk",
        "P0 map a tagged", "P0 tag a 1", "P0 pageout a cached", "P0 read a", "P0 tag a 2", "P0 pin a get", "P0 reclaim a", "P0 read a");

    /// <summary>Neighbouring pages do not get each other's tags, whatever the order.</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Neighbours_keep_apart(string kernel) => Holds(nameof(Neighbours_keep_apart), kernel, "zram",
        "P0 map a tagged", "P0 map b tagged", "P0 map c tagged", "P0 tag a 1", "P0 tag b 3", "P0 tag b.1 2", "P0 tag c.3 3", "P0 pageout b", "P0 pageout a", "P0 read b", "P0 pageout c", "P0 read c", "P0 read a");

    /// <summary>A page that never had tags shows none after a swap-in, and not those of whoever had the physical page before.</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_page_without_tags_shows_nobody_elses(string kernel) => Holds(nameof(A_page_without_tags_shows_nobody_elses), kernel, "zram",
        "P0 map a tagged", "P0 write a 1", "P0 pageout a", "P0 read a", "P0 map b tagged", "P0 write b 1");

    /// <summary>Tags turned on for a page that is there, and for one that is in swap: they begin at 0.</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Tags_turned_on_later_begin_at_zero(string kernel) => Holds(nameof(Tags_turned_on_later_begin_at_zero), kernel, "zram",
        "P0 map a", "P0 map b", "P0 write a 1", "P0 write b 1", "P0 pageout b", "P0 pageout a", "P0 read a", "P0 mprotect a", "P0 mprotect b", "P0 read b");

    /// <summary>Copying on write copies the tags.</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Copying_on_write_copies_the_tags(string kernel) => Holds(nameof(Copying_on_write_copies_the_tags), kernel, "zram",
        "P0 map a tagged", "P0 tag a 5", "P0 fork P1", "P1 write a 2", "P0 tag a.1 6", "P1 readtag a");

    /// <summary>A swapped-out page moved to another address.</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Tags_follow_a_page_that_moves(string kernel) => Holds(nameof(Tags_follow_a_page_that_moves), kernel, "zram",
        "P0 map a tagged", "P0 tag a 5", "P0 pageout a", "P0 mremap a b", "P0 read b");

    /// <summary>swapoff brings pages back as a fault would.</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Tags_come_back_by_swapoff(string kernel) => Holds(nameof(Tags_come_back_by_swapoff), kernel, "disk",
        "P0 map a tagged", "P0 tag a 5", "P0 pageout a", "P0 swapoff 0");

    /// <summary>Saving fails: the page stays with its tags, nothing is left, and the next try succeeds.</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_failing_save_leaves_everything_as_it_was(string kernel) => Holds(nameof(A_failing_save_leaves_everything_as_it_was), kernel, "zram",
        "P0 map a tagged", "P0 tag a 5", "P0 fail save", "P0 fail unmap", "P0 pageout a", "P0 readtag a", "P0 fail save 2", "P0 fail unmap 2", "P0 pageout a", "P0 read a");

    /// <summary>munmap of a swapped-out page, and exit with swapped-out pages: nothing saved is left.</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Nothing_is_left_behind(string kernel) => Check(nameof(Nothing_is_left_behind), kernel, () =>
    {
        var workload = Program("zram", "P0 map a tagged", "P0 map b tagged", "P0 tag a 5", "P0 tag b 7", "P0 pageout a", "P0 pageout b", "P0 fork P1", "P1 exit", "P0 unmap a", "P0 exit");
        if (Broken(workload, kernel) is { } broken) return broken;
        var machine = new Machine(KernelCatalogue.Get(kernel), Architecture);
        machine.Run(workload, Laws, stopAtFirst: false);
        ref readonly var store = ref machine.State.Metadata;
        var ranges = 0;
        for (var i = 0; i < RangeId.Total; i++) ranges += store.RangeOf(RangeId.At(i)).Users;
        if (!store.Saved.Any && ranges == 0) return null;
        var left = string.Join(", ", store.Saved.Any ? $"the tags saved for slot {store.Saved.First}" : "", ranges > 0 ? $"the tags saved for {ranges} addresses" : "").Trim(',', ' ');
        return FailureText.Of(workload, machine.Kernel, Architecture, $"{left} are left when everybody has exited");
    });

    /// <summary>Hooks keep what they know in the state, and nowhere else: what else has been run makes no difference.</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_hooks_keep_no_state_of_their_own(string kernel) => Check(nameof(The_hooks_keep_no_state_of_their_own), kernel, () =>
    {
        var workload = Program("zram", "P0 map a tagged", "P0 tag a 5", "P0 pageout a", "P0 fork P1", "P1 read a", "P0 write a 2", "P1 pageout a");
        var machine = new Machine(KernelCatalogue.Get(kernel), Architecture);
        machine.Run(workload, Laws, stopAtFirst: false);
        var alone = machine.World;
        machine.Run(Program("disk", "P0 map a tagged", "P0 map b tagged", "P0 tag b 7", "P0 pageout b", "P0 tag a 9", "P0 pageout a"), Laws, stopAtFirst: false);
        machine.Run(workload, Laws, stopAtFirst: false);
        var again = machine.World;
        var fresh = new Machine(machine.Kernel, Architecture);
        fresh.Run(workload, Laws, stopAtFirst: false);
        if (alone.State.Hash() == again.State.Hash() && alone.State.Hash() == fresh.State.Hash()) return null;
        var differs = StateDiff.Between(in alone, in again);
        if (differs.Count == 0) differs = StateDiff.Between(in alone, in fresh.World);
        return FailureText.Of(workload, machine.Kernel, Architecture, "ends otherwise when it is run again, so a hook remembers something outside of the state", [.. differs.Select(d => $"{d} (alone → again)")]);
    });

    /// <summary>Whatever a few thousand generated programs do, no law of tags is broken but those that the architecture says it breaks on that kernel.</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Generated_programs_break_nothing(string kernel) => Check(nameof(Generated_programs_break_nothing), kernel, () =>
    {
        const long Workloads = 2000;
        var on = KernelCatalogue.Get(kernel);
        var known = KnownBreach(nameof(Generated_programs_break_nothing), kernel) is not null ? InvariantSet.None : Architecture.ExpectedBreaches(on);
        var asked = InvariantSet.Of(InvariantId.TagPreservation, InvariantId.NoStaleTags, InvariantId.MetadataLifetime).Except(known);
        var found = new RandomCampaign(on, Architecture).Run(seed: 1, Workloads).Findings.FirstOrDefault(f => asked.Contains(f.Invariant));
        return found is null ? null : FailureText.Of(found, on, Architecture);
    });

    /// <summary>Offset, type and marker bits of a swap PTE do not overlap, and no entry looks like something else.</summary>
    [Fact]
    public void The_bits_of_a_swap_PTE_keep_apart()
    {
        foreach (var kernel in KernelCatalogue.All)
        {
            foreach (var fault in Architecture.Hooks(kernel).SwapPte.Faults()) Assert.Fail($"{Architecture.Name} on {kernel.Name}: {fault}");
        }
    }

    /// <summary>What goes into a swap PTE comes out of it, whatever the markers are; at the ends of the ranges and at each single bit.</summary>
    [Fact]
    public void What_goes_into_a_swap_PTE_comes_out_of_it()
    {
        foreach (var kernel in KernelCatalogue.All)
        {
            var hooks = Architecture.Hooks(kernel);
            var on = $"{Architecture.Name} on {kernel.Name}";
            Assert.True(hooks.HasPteSwpExclusive == hooks.SwapPte.Exclusive >= 0, $"{on}: HasPteSwpExclusive is {hooks.HasPteSwpExclusive}, and SwapPte.Exclusive bit {hooks.SwapPte.Exclusive}");
            foreach (var (type, offset, exclusive) in Samples(hooks.SwapPte))
            {
                foreach (var other in new[] { false, true })
                {
                    var pte = hooks.SwapPte.Encode(type, offset, exclusive, softDirty: other, uffdWp: other);
                    var (outType, outOffset, outExclusive) = (hooks.SwapPte.TypeOf(pte), hooks.SwapPte.OffsetOf(pte), hooks.SwapPte.IsExclusive(pte));
                    var into = $"{on}: type {type}, offset {offset:x}, {(exclusive ? "exclusive" : "not exclusive")} makes {pte:x16}";
                    Assert.True((type, offset) == (outType, outOffset) && (exclusive && hooks.HasPteSwpExclusive) == outExclusive, $"{into}, which is type {outType}, offset {outOffset:x}, {(outExclusive ? "exclusive" : "not exclusive")}");
                    Assert.True((pte & hooks.SwapPte.MustBeZero) == 0, $"{into}, in which {pte & hooks.SwapPte.MustBeZero:x} must be zero");
                }
            }
        }
    }

    private static IEnumerable<(ulong Type, ulong Offset, bool Exclusive)> Samples(SwapPteLayout layout)
    {
        List<ulong> offsets = [1, layout.MaxOffset];
        for (var bit = 0; bit < layout.OffsetBits; bit++) offsets.Add(1UL << bit);
        foreach (var type in new[] { 0UL, 1UL, layout.MaxType })
        {
            foreach (var offset in offsets)
            {
                yield return (type, offset, false);
                yield return (type, offset, true);
            }
        }
    }

    /// <summary>A program that must break nothing.</summary>
    private void Holds(string law, string kernel, string swap, params string[] lines) => Check(law, kernel, () => Broken(Program(swap, lines), kernel));

    /// <summary>What a program breaks, in words; null if nothing.</summary>
    private string? Broken(Workload workload, string kernel) => FailureText.IfBroken(workload, KernelCatalogue.Get(kernel), Architecture, Laws);

    private void Check(string law, string kernel, Func<string?> broken)
    {
        var what = broken();
        if (KnownBreach(law, kernel) is not { } reason) Assert.True(what is null, $"{Architecture.Name} breaks '{law}'\n\n{what}\n");
        else Assert.True(what is not null, $"{Architecture.Name} keeps '{law}' on {kernel} now: take it off the known breaches ({reason})");
    }

    private static Workload Program(string swap, params string[] lines) =>
        CaseParser.Parse($"kernel any\narch any\nswap {swap}\n{string.Join('\n', lines)}\n", "law").Workload;
}
