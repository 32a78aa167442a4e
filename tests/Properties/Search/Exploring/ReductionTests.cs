using Hooks.Core.Kernels;
using Hooks.Core.Search.Exploring;
using Xunit;

namespace Hooks.Properties.Search.Exploring;

/// <summary>
/// What the search leaves out is equivalent to what it looks at: with the reduction and without it, in canonical form and not, and with any number of threads the same comes out.
/// </summary>
public class ReductionTests
{
    public static TheoryData<string, string, string, string, string, int, int> Small() => new()
    {
        { "v6.5", "none", "zram slots=64", "P0 P0.1", "map write read pageout", 4, 1 },
        { "v6.8", "none", "zram slots=64", "P0 P0.1", "map write pageout", 3, 2 },
        { "v6.11", "none", "disk slots=64", "P0 P0.1 kswapd", "map write dontneed pageout", 3, 1 },
        { "v7.3", "none", "zram slots=64", "P0 P0.1", "map write unmap pageout free", 4, 1 },
        { "v6.11", "none", "zram slots=64", "P0 P1", "map write fork exit read", 4, 1 },
        { "v5.18", "arm64", "zram slots=64", "P0 P0.1", "map tag pageout", 4, 1 },
        { "v6.11", "sparc", "zram slots=64", "P0 P0.1", "map write pageout", 3, 1 },
        { "v6.11", "none", "disk slots=64", "P0 P0.1", "map write pin dma unpin", 4, 1 },
        { "v6.8", "none", "zram slots=4", "P0 P0.1", "map write pageout swapoff", 4, 1 },
        { "v6.11", "arm64", "disk slots=64", "P0 P0.1", "map mprotect mremap pageout write", 3, 2 },
        { "v7.0", "none", "disk slots=64", "P0 P0.1", "map write read pageout", 4, 1 },
    };

    [Theory]
    [MemberData(nameof(Small))]
    public void The_reduced_search_meets_the_states_and_violations_of_the_full_one(string kernel, string arch, string swap, string tasks, string verbs, int operations, int pages)
    {
        var of = KernelCatalogue.Get(kernel);
        var on = Machines.Architectures.Single(a => a.Name == arch);
        var programs = Scopes.Open(of, on, swap, tasks, verbs, operations, pages);
        var full = Scopes.Searched(of, on, programs, new ExploreOptions { Reduces = false });
        var reduced = Scopes.Searched(of, on, programs);
        Assert.Equal(full.States.Order(), reduced.States.Order());
        Assert.Equal(full.Ways.Select(w => w.Invariant), reduced.Ways.Select(w => w.Invariant));
        Assert.Equal(full.Progress.Ends, reduced.Progress.Ends);
        Assert.Equal(full.Exercised, reduced.Exercised);

        // Each move is made or left out, and some are left out.
        Assert.Equal(full.Progress.Moves, reduced.Progress.Moves + reduced.Progress.LeftOut);
        Assert.True(reduced.Progress.LeftOut > full.Progress.Moves / 40, $"{reduced.Progress.LeftOut} of {full.Progress.Moves} moves were left out");
    }

    [Theory]
    [MemberData(nameof(Small))]
    public void Looking_at_what_a_step_can_have_changed_finds_what_looking_at_everything_finds(string kernel, string arch, string swap, string tasks, string verbs, int operations, int pages)
    {
        var of = KernelCatalogue.Get(kernel);
        var on = Machines.Architectures.Single(a => a.Name == arch);
        var programs = Scopes.Open(of, on, swap, tasks, verbs, operations, pages);
        var all = Scopes.Searched(of, on, programs, new ExploreOptions { LooksAtEverything = true });
        var some = Scopes.Searched(of, on, programs);
        Assert.Equal(all.States, some.States);
        Assert.Equal(all.Ways.Select(w => w.Invariant), some.Ways.Select(w => w.Invariant));
        Assert.Equal(all.Ways.SelectMany(w => w.Moves), some.Ways.SelectMany(w => w.Moves));
        Assert.Equal(all.Progress with { Bytes = 0 }, some.Progress with { Bytes = 0 });
    }

    [Theory]
    [InlineData("v6.5", "none", "map write read pageout", 3)]
    [InlineData("v5.18", "arm64", "map tag pageout", 4)]
    [InlineData("v6.11", "sparc", "map write pageout", 3)]
    public void Worlds_as_they_are_break_what_worlds_in_canonical_form_break_and_are_more(string kernel, string arch, string verbs, int operations)
    {
        var of = KernelCatalogue.Get(kernel);
        var on = Machines.Architectures.Single(a => a.Name == arch);
        var programs = Scopes.Open(of, on, "zram slots=64", "P0 P0.1", verbs, operations);
        var canonical = Scopes.Searched(of, on, programs);
        var raw = Scopes.Searched(of, on, programs, new ExploreOptions { Canonical = false });
        Assert.Equal(raw.Ways.Select(w => w.Invariant), canonical.Ways.Select(w => w.Invariant));
        Assert.True(canonical.Progress.States < raw.Progress.States, $"{canonical.Progress.States} and {raw.Progress.States}");
    }

    [Fact]
    public void Nothing_depends_on_the_number_of_threads()
    {
        var v6_5 = KernelCatalogue.Get("v6.5");
        var programs = Scopes.Open(v6_5, Machines.None, "zram slots=64", "P0 P0.1", "map write read pageout", 5);
        var one = Scopes.Searched(v6_5, Machines.None, programs);
        var three = Scopes.Searched(v6_5, Machines.None, programs, new ExploreOptions { Jobs = 3 });
        Assert.Equal(one.Progress with { Bytes = 0 }, three.Progress with { Bytes = 0 });
        Assert.Equal(one.States, three.States);
        Assert.Equal(one.Ways.SelectMany(w => w.Moves), three.Ways.SelectMany(w => w.Moves));
        Assert.NotEmpty(one.Ways);
    }
}
