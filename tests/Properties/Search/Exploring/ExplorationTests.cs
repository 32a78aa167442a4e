using System.Runtime.CompilerServices;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Workloads;
using Xunit;
using static Hooks.Core.Paths.Instruction;

namespace Hooks.Properties.Search.Exploring;

/// <summary>What a search of a whole scope finds, and that it says how far it came.</summary>
public class ExplorationTests
{
    private static readonly Kernel V6_5 = KernelCatalogue.Get("v6.5");
    private static readonly Label Gone = new("gone");
    private static readonly Kernel V6_8 = KernelCatalogue.Get("v6.8");

    [Fact]
    public void The_race_of_13ddaf26be32_is_found_from_nothing_and_shrunk_to_the_case_in_docs_races()
    {
        Programs Scope(int operations) => Scopes.Open(V6_5, Machines.None, "zram slots=64", "P0 P0.1", "map write read pageout", operations);
        var scope = Scope(5);
        var way = Assert.Single(Scopes.Searched(V6_5, Machines.None, scope).Ways);
        var (finding, isMinimal) = new Minimizing(V6_5, Machines.None, Scope).Run(scope, way, new ExploreOptions());
        Assert.True(isMinimal);
        var known = CaseParser.Parse(File.ReadAllText(Path.Combine(Docs(), "races", "13ddaf26be32.case")).ReplaceLineEndings("\n"), "13ddaf26be32.case");

        // Its last line, go, happens anyway.
        Assert.Equal(new Workload(known.Workload.Swaps, known.Workload.Operations[..^1]), finding.Minimal.Workload);
        Assert.Equal(Assert.Single(known.Fails), Assert.Single(finding.Minimal.Fails));
    }

    [Fact]
    public void The_kernel_that_has_the_fix_takes_the_same_scope_whole_without_a_violation()
    {
        var search = Scopes.Searched(V6_8, Machines.None, Scopes.Open(V6_8, Machines.None, "zram slots=64", "P0 P0.1", "map write read pageout", 5));
        Assert.Empty(search.Ways);
        Assert.True(search.Exercised.Contains(InvariantId.DataPreservation));
        Assert.True(search.Progress.States > 100_000);
    }

    [Theory]
    [InlineData("zram slots=64", "P0", "map write read pageout", 7)]
    [InlineData("zram slots=4", "P0", "map write pageout swapoff swapon", 10)]
    public void Where_no_state_takes_as_many_operations_as_there_may_be_more_lead_to_no_other(string swap, string tasks, string verbs, int closed)
    {
        var (fewer, enough, more) = (Search(closed - 1), Search(closed), Search(closed + 6));
        Assert.False(fewer.IsClosed);
        Assert.True(enough.IsClosed);
        Assert.True(more.IsClosed);
        Assert.Equal(closed - 1, enough.Progress.Cost);
        Assert.Equal(enough.States.Order(), more.States.Order());
        Assert.Equal(enough.Progress.States, enough.StatesWithin(closed - 1));
        Assert.Equal(Search(2).Progress.States, enough.StatesWithin(2));

        Exploration Search(int operations) => Scopes.Searched(V6_8, Machines.None, Scopes.Open(V6_8, Machines.None, swap, tasks, verbs, operations));
    }

    /// <summary>With so few slots how many operations there are decides whether slots are names, and so it says nothing of more of them.</summary>
    [Fact]
    public void A_scope_whose_states_would_have_other_names_with_more_operations_is_not_closed()
    {
        Assert.False(Scopes.Open(V6_8, Machines.None, "zram slots=20", "P0", "map write", 9).HasFormsOfAnyLength);
        Assert.True(Scopes.Open(V6_8, Machines.None, "zram slots=20", "P0", "map write", 11).HasFormsOfAnyLength);
        Assert.True(Scopes.Open(V6_8, Machines.None, "zram slots=64", "P0", "map write", 9).HasFormsOfAnyLength);
        Assert.False(Scopes.Searched(V6_8, Machines.None, Scopes.Open(V6_8, Machines.None, "zram slots=20", "P0", "map write", 9)).IsClosed);
    }

    [Fact]
    public void Swapoff_beside_a_large_swap_in_is_found_from_nothing_where_pages_may_come_in_large_folios()
    {
        var v7_3 = KernelCatalogue.Get("v7.3");
        Programs Scope(int operations, bool large) => Scopes.Open(v7_3, Machines.None, "zram slots=64", "P0 P0.1", "map write reclaim read swapoff", operations, pages: 2, large);
        var scope = Scope(5, large: true);
        var search = new Exploration(v7_3, Machines.None, scope, Scopes.All, new ExploreOptions { StopsAtFirst = true });
        Assert.Equal(ExploreEnd.First, search.Run());
        var way = Assert.Single(search.Ways);
        Assert.Equal(InvariantId.Refcount, way.Invariant);
        var (finding, isMinimal) = new Minimizing(v7_3, Machines.None, operations => Scope(operations, large: true)).Run(scope, way, new ExploreOptions());
        Assert.True(isMinimal);
        Assert.Equal(5, finding.Minimal.Workload.Operations.Length);
        Assert.Empty(Scopes.Searched(v7_3, Machines.None, Scope(5, large: false)).Ways);
        Assert.True(Scopes.Searched(v7_3, Machines.None, Scope(3, large: true)).Progress.States > Scopes.Searched(v7_3, Machines.None, Scope(3, large: false)).Progress.States);
    }

    [Fact]
    public void A_second_thread_sees_others_tags_through_sparcs_window()
    {
        // The first thread stands behind set_pte_at() and before arch_do_swap_page(); the second need not take a fault to see the page.
        var v6_11 = KernelCatalogue.Get("v6.11");
        var scope = Scopes.Fixed(v6_11, Machines.Sparc, "zram", ["P0 map a tagged", "P0 tag a 1", "P0 pageout a"], "P0 read a", "P0.1 readtag a");
        var way = Scopes.Searched(v6_11, Machines.Sparc, scope).Ways.First();
        Assert.Equal(InvariantId.TagPreservation, way.Invariant);
        var (finding, _) = new Minimizing(v6_11, Machines.Sparc, _ => scope).Run(scope, way, new ExploreOptions());
        Assert.Equal("do_swap_page.SetPteAt", finding.Violation.Place.ToString().Split(' ')[1]);
        var before = Hooks.Zoo.Mutants.HookBeforeMap;
        Assert.Empty(Scopes.Searched(before, Machines.Sparc, Scopes.Fixed(before, Machines.Sparc, "zram", ["P0 map a tagged", "P0 tag a 1", "P0 pageout a"], "P0 read a", "P0.1 readtag a")).Ways);
    }

    [Fact]
    public void Nobody_can_move_is_found()
    {
        var deadlock = Broken(
            new Step("LockMine", "test", Era.Never, Acquire(LockName.PageTable)),
            new Step("LockOthers", "test", Era.Never, Acquire(LockName.PageTable.At(LockOf.Child))),
            new Step("Unlock", "test", Era.Never, Release(LockName.PageTable.At(LockOf.Child)), Release(LockName.PageTable), Result(OpResult.Applied)),
            Return);
        var before = Machines.Program("zram", "P0 map a", "P0 fork P1");
        new Machine(deadlock, Machines.None).RunUnfinished(before, out var start);
        Operation[] together = [new(new MmId(0), Verb.Mlock, Child: new MmId(1)), new(new MmId(1), Verb.Mlock, Child: new MmId(0))];
        var scope = new FixedPrograms(before, in start, [.. together]);
        Confirm(deadlock, scope, "waits for a lock");
    }

    [Fact]
    public void Going_round_for_ever_while_the_other_waits_is_found()
    {
        var again = new Label("again");
        var livelock = Broken(
            new Step("Lock", "test", Era.Never, Acquire(LockName.PageTable)),
            again,
            new Step("Round", "test", Era.Never, Do(static (in m, ref t) => m.Count(Mark.None))),
            If(static (in m, in t) => t.Page.IsLast, again),
            Goto(again),
            new Step("Unlock", "test", Era.Never, Release(LockName.PageTable)),
            Return);
        Confirm(livelock, Scopes.Fixed(livelock, Machines.None, "zram", ["P0 map a"], "P0 mlock a", "P0.1 write a 1"), "has taken");
    }

    [Fact]
    public void A_kernel_that_was_read_and_follows_a_pointer_into_nowhere_breaks_progress_there()
    {
        // Only where the page has gone in the meantime.
        var read = V6_8.ReadFromSource("nowhere", "mlock() goes by an entry that it has not looked at", [new KernelPath(PathId.Mlock, "mlock()",
            new Step("Look", "test", Era.Never, Unless(static (in m, in t) => m.ReadPte(t.Mm, t.Page).IsPresent, Gone)),
            new Step("Follow", "test", Era.Never, Do(static (in m, ref t) => m.ReadSlot(m.ReadPte(t.Mm, t.Page).IsPresent ? SwapEntry.Of(0, 1) : SwapEntry.None))),
            Gone,
            new Step("Out", "test", Era.Never, Result(OpResult.Applied)),
            Return)]);
        Confirm(read, Scopes.Fixed(read, Machines.None, "zram", ["P0 map a", "P0 write a 1"], "P0 mlock a", "P0.1 pageout a"), "goes no further");
    }

    [Fact]
    public void It_says_how_far_it_came_when_it_needs_more_memory()
    {
        var scope = Scopes.Open(V6_8, Machines.None, "zram slots=64", "P0 P0.1", "map write read pageout", 6);
        var search = new Exploration(V6_8, Machines.None, scope, Scopes.All, new ExploreOptions { Memory = 8L << 20 });
        Assert.Equal(ExploreEnd.Memory, search.Run());
        Assert.InRange(search.Done, 2, 5);
        Assert.True(search.Progress.Frontier > 0 && search.Progress.Bytes <= 9L << 20);
    }

    [Fact]
    public void A_search_that_was_interrupted_and_kept_comes_to_the_same_as_one_that_was_not()
    {
        var scope = Scopes.Open(V6_5, Machines.None, "zram slots=64", "P0 P0.1", "map write read pageout", 5);
        var whole = Scopes.Searched(V6_5, Machines.None, scope);
        using var cancel = new CancellationTokenSource();
        var first = new Exploration(V6_5, Machines.None, scope, Scopes.All, new ExploreOptions());
        Assert.Equal(ExploreEnd.Interrupted, first.Run(p => { if (p.States > 60_000) cancel.Cancel(); }, cancel.Token));
        using var file = new MemoryStream();
        using (var writer = new BinaryWriter(file, System.Text.Encoding.UTF8, leaveOpen: true)) first.Save(writer);
        file.Position = 0;
        var second = new Exploration(V6_5, Machines.None, scope, Scopes.All, new ExploreOptions());
        using (var reader = new BinaryReader(file)) second.Load(reader);
        Assert.Equal(first.Progress with { Bytes = 0 }, second.Progress with { Bytes = 0 });
        Assert.Equal(ExploreEnd.Whole, second.Run());
        Assert.Equal(whole.Progress with { Bytes = 0 }, second.Progress with { Bytes = 0 });
        Assert.Equal(whole.States, second.States);
        Assert.Equal(whole.Ways.SelectMany(w => w.Moves), second.Ways.SelectMany(w => w.Moves));
    }

    [Fact]
    public void What_is_bounded_comes_in_order_and_the_race_takes_one_preemption()
    {
        var scope = Scopes.Fixed(V6_5, Machines.None, "zram", ["P0 map a", "P0 write a 1", "P0 pageout a"], "P0 read a", "P0.1 write a 2", "P0.1 pageout a");
        Assert.Empty(Scopes.Searched(V6_5, Machines.None, scope, new ExploreOptions { Bound = Bound.Preemptions, Most = 0 }).Ways);
        Assert.Equal(InvariantId.DataPreservation, Assert.Single(Scopes.Searched(V6_5, Machines.None, scope, new ExploreOptions { Bound = Bound.Preemptions, Most = 1 }).Ways).Invariant);
        Assert.Empty(Scopes.Searched(V6_5, Machines.None, scope, new ExploreOptions { Bound = Bound.Lines, Most = 2 }).Ways);
        Assert.Single(Scopes.Searched(V6_5, Machines.None, scope, new ExploreOptions { Bound = Bound.Lines, Most = 3 }).Ways);
    }

    private static Kernel Broken(params PathItem[] items) => V6_8.With("stuck", "-", "mlock() gets stuck", new KernelPath(PathId.Mlock, "mlock()", items));

    private static void Confirm(Kernel kernel, Programs scope, string says)
    {
        var way = Assert.Single(Scopes.Searched(kernel, Machines.None, scope).Ways);
        Assert.Equal(InvariantId.Progress, way.Invariant);
        var machine = new Machine(kernel, Machines.None);
        Assert.True(machine.Run(Schedule.Of(kernel, Machines.None, scope, way.Moves), Machines.Set(InvariantId.Progress)).Contains(InvariantId.Progress));
        Assert.Contains(says, InvariantCatalogue.Of(InvariantId.Progress).Describe(machine.ViolationOf(InvariantId.Progress).Breach), StringComparison.Ordinal);
    }

    private static string Docs([CallerFilePath] string thisFile = "") => Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "..", "..", "docs");
}
