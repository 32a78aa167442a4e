using System.Runtime.CompilerServices;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Workloads;
using Hooks.Zoo;
using Xunit;

namespace Hooks.Properties.Zoo;

/// <summary>The zoo's races, searched whole.</summary>
public class RaceTests
{
    public static TheoryData<string> Races() => [.. RaceCatalogue.All.Select(r => r.Id)];

    [Theory]
    [MemberData(nameof(Races))]
    public void A_race_is_caught_at_its_known_size_and_its_fix_takes_the_scope_whole(string id)
    {
        var race = RaceCatalogue.All.Single(r => r.Id == id);
        var result = RaceResult.Of(race);
        Assert.NotNull(result.Finding);
        Assert.True(result.IsMinimal, "smaller cases were not all looked at");
        Assert.Equal(race.Lines, result.Finding.Minimal.Workload.Operations.Length);
        Assert.True(result.FixPasses, $"the fix breaks something in the scope:\n{race.ToCase()}");
        Assert.True(result.FixedStates > 100);

        // It takes an interleaving: one after the other, in whichever order, nothing breaks.
        var machine = new Machine(race.Bug.Kernel, race.Bug.Arch);
        var sequential = new Workload(result.Finding.Minimal.Workload.Swaps, [.. result.Finding.Minimal.Workload.Operations.Select(op => op with { Until = null })]);
        Assert.False(machine.Run(sequential, machine.Checked).Contains(race.CaughtBy));
    }

    [Theory]
    [MemberData(nameof(Races))]
    public void Its_scope_is_a_file_for_explore(string id)
    {
        var race = RaceCatalogue.All.Single(r => r.Id == id);
        Assert.Equal(race.ToCase().ToString(), File.ReadAllText(Path.Combine(Scopes(), $"{id}.case")).ReplaceLineEndings("\n"));
        Assert.Equal(race.ToCase(), CaseParser.Parse(race.ToCase().ToString(), id));
    }

    private static string Scopes([CallerFilePath] string thisFile = "") => Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "..", "docs", "scopes");

    [Fact]
    public void Of_readpage_hook_uaf_a_second_task_that_finds_no_tags_is_harmless()
    {
        // With the look-up and the copy under one lock, the second task comes too late for its tags; but its PTE has changed, and it drops its page.
        var race = RaceCatalogue.All.Single(r => r.Id == "readpage-hook-uaf");
        var locked = RaceMutants.ReadpageHookLocked;
        var scope = Search.Exploring.Scopes.Fixed(locked, Machines.Arm64, "zram", ["P0 map a tagged", "P0 tag a 1", "P0 pageout a"], "P0 read a", "P0.1 read a");
        var search = Search.Exploring.Scopes.Searched(locked, Machines.Arm64, scope);
        Assert.Empty(search.Ways);
        Assert.True(search.Exercised.Contains(InvariantId.TagPreservation) && search.Exercised.Contains(InvariantId.MetadataLifetime));

        // The same schedule that uses what is freed, where look-up and copy are two steps, is run to its end here.
        var machine = new Machine(locked, Machines.Arm64);
        Assert.Equal(InvariantSet.None, machine.Run(RaceResult.Of(race).Finding!.Minimal.Workload, machine.Checked));
    }

    [Fact]
    public void Of_double_tag_init_private_memory_has_nothing_to_fear()
    {
        // Two mappings of a page each find its tags not initialised, and both initialise them. The second would wipe out what the first one's program has stored; but that store has copied the page.
        Assert.Empty(Ways(RaceMutants.DoubleTagInit));

        // Something can break in that scope.
        Assert.NotEmpty(Ways(RaceMutants.FlagBeforeTags));

        static IEnumerable<Way> Ways(Kernel kernel) => Search.Exploring.Scopes.Searched(kernel, Machines.Arm64, Search.Exploring.Scopes.Fixed(kernel, Machines.Arm64, "zram",
            ["P0 map a", "P0 write a 1", "P0 fork P1"], "P0 mprotect a", "P0 tag a 1", "P1 mprotect a", "P1 tag a 2")).Ways;
    }
}
