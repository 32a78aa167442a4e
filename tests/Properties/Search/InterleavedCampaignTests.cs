using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Search;
using Hooks.Core.Search.Strategies;
using Hooks.Core.Workloads;
using Hooks.Zoo;
using Xunit;

namespace Hooks.Properties.Search;

public class InterleavedCampaignTests
{
    private const long Schedules = 20_000;

    private static readonly Kernel V6_5 = KernelCatalogue.Get("v6.5");

    [Fact]
    public void The_race_of_13ddaf26be32_is_found_from_nothing_and_shrunk_to_its_known_size()
    {
        var race = Assert.Single(Run(V6_5, Machines.None).Races);
        Assert.Equal(InvariantId.DataPreservation, race.Invariant);
        Assert.True(race.IsRace);
        Assert.Equal(6, race.Minimal.Workload.Operations.Length);
        Assert.Single(race.Minimal.Workload.Operations, op => op.Until is not null);
        Assert.Empty(Run(KernelCatalogue.Get("v6.8"), Machines.None).Races);
    }

    [Fact]
    public void What_nobody_expects_is_not_as_expected()
    {
        // The canary: a hook in swap_readpage() that looks tags up and copies them in two steps.
        var result = Run(RaceMutants.ReadpageHook, Machines.Arm64);
        Assert.Contains(InvariantId.MetadataLifetime, result.Races.Select(r => r.Invariant));
        var innocent = result with { Expected = result.Broken, ExpectedRaces = InvariantSet.None, Exercised = result.Checked };
        Assert.False(innocent.AsExpected);
        Assert.True((innocent with { ExpectedRaces = result.Raced }).AsExpected);
        Assert.Equal(Verdict.Violated, result.Verdict);
    }

    [Theory]
    [InlineData("v6.5")]
    [InlineData("v7.0")]
    public void The_same_seed_gives_the_same_races_and_another_number_of_schedules_the_same_as_far_as_it_goes(string kernel)
    {
        var of = KernelCatalogue.Get(kernel);
        var result = Run(of, Machines.Sparc);
        Assert.NotEmpty(result.Races);
        Assert.Equal(Print(result), Print(Run(of, Machines.Sparc)));
        var last = result.Races.Max(r => r.FoundAt);
        Assert.Equal(Print(result), Print(Run(of, Machines.Sparc, last + 1)));
        Assert.DoesNotContain(Run(of, Machines.Sparc, last).Races, r => r.FoundAt == last);
    }

    [Fact]
    public void A_race_is_one_for_its_interleaving_only()
    {
        foreach (var (kernel, arch) in new[] { ("v6.5", Machines.None), ("v6.11", Machines.Sparc), ("series-v1-1", Machines.None) })
        {
            var of = KernelCatalogue.Get(kernel);
            var machine = new Machine(of, arch);
            foreach (var race in Run(of, arch).Races)
            {
                var workload = race.Minimal.Workload;
                Assert.True(machine.Run(workload, InvariantSet.Of(race.Invariant)).Contains(race.Invariant));
                Assert.Equal(InvariantSet.None, machine.Run(new Workload(workload.Swaps, [.. workload.Operations.Where(op => op.Verb != Verb.Go).Select(op => op with { Until = null })]), InvariantSet.Of(race.Invariant)));
                Assert.True(new Orders(of, arch).IsRace(workload, race.Invariant));
            }
        }
    }

    [Fact]
    public void What_breaks_in_some_order_is_no_race()
    {
        // P0.1's two operations first, and P0 pages out what is then lost.
        var v5_18 = KernelCatalogue.Get("v5.18");
        var lost = Machines.Program("zram", "P0 map a tagged", "P0.1 tag a 1 until MmapReadLock", "P0 read a", "P0.1 go", "P0 pageout a", "P0 read a");
        var machine = new Machine(v5_18, Machines.Arm64);
        Assert.True(machine.Run(lost, Machines.Set(InvariantId.TagPreservation)).Count > 0);
        Assert.False(new Orders(v5_18, Machines.Arm64).IsRace(lost, InvariantId.TagPreservation));
    }

    [Fact]
    public void What_is_not_expected_is_found_without_interleaving_too()
    {
        // A scene that breaks one operation after the other is told of, if nobody has told of that yet.
        var v5_18 = KernelCatalogue.Get("v5.18");
        var nothing = new RandomCampaign(v5_18, Machines.Arm64).Run(1, 0);
        var result = new InterleavedCampaign(v5_18, Machines.Arm64, new Scheduling(2000)).Run(1, nothing with { Expected = InvariantSet.None });
        var finding = Assert.Single(result.Findings, f => f.Invariant == InvariantId.TagPreservation);
        Assert.False(finding.IsRace);
        Assert.Equal(4, finding.Minimal.Workload.Operations.Length);
    }

    [Fact]
    public void A_kept_race_is_reported_without_a_schedule()
    {
        var race = Run(V6_5, Machines.None).Races[0];
        var kept = new KeptFailure(race.Invariant, race.Minimal.Workload);
        var campaign = new InterleavedCampaign(V6_5, Machines.None, new Scheduling(0));
        Assert.True(campaign.IsRace(kept));
        var again = Assert.Single(campaign.Run(1, new RandomCampaign(V6_5, Machines.None).Run(1, 0), kept: [kept]).Races);
        Assert.Equal(Finding.Kept, again.FoundAt);
        Assert.Equal(race.Minimal.ToString(), again.Minimal.ToString());
    }

    [Fact]
    public void What_a_kernel_breaks_in_races_includes_what_it_breaks_anyway_and_the_claim_ends_one()
    {
        foreach (var kernel in KernelCatalogue.All)
        {
            foreach (var arch in new[] { Machines.None, Machines.Arm64, Machines.Sparc }) Assert.Equal(InvariantSet.None, kernel.ExpectedOn(arch).Except(kernel.RacesOn(arch)));
        }

        Assert.True(V6_5.RacesOn(Machines.Arm64).Contains(InvariantId.TagPreservation));
        Assert.False(V6_5.ExpectedOn(Machines.Arm64).Contains(InvariantId.TagPreservation));
        Assert.False(KernelCatalogue.Get("v6.8").RacesOn(Machines.Arm64).Contains(InvariantId.TagPreservation));
        Assert.False(V6_5.RacesOn(Machines.None).Contains(InvariantId.TagPreservation));
    }

    [Fact]
    public void It_says_which_steps_met_and_what_was_waited_for()
    {
        var met = Run(V6_5, Machines.None, 2000).Met!;
        Assert.InRange(met.Runs, 1500, 2000);
        Assert.Contains("do_swap_page.SetPteAt", met.Taken);
        Assert.True(met.WaitsFor(WaitKind.PageTable) > 0 && met.WaitsFor(WaitKind.Folio) > 0);
        var (adjacent, sharing) = (met.AdjacentPairs.ToHashSet(), met.SharingPairs.ToHashSet());
        Assert.True(sharing.Count > 100 && adjacent.IsProperSupersetOf(sharing));

        // One gives the folio's lock back, the other takes it.
        Assert.Contains(("do_swap_page.FolioUnlock", "do_swap_page.FolioLock"), sharing);
    }

    private static PairResult Run(Kernel kernel, IArchitecture arch, long schedules = Schedules) =>
        new InterleavedCampaign(kernel, arch, new Scheduling(schedules)).Run(1, new RandomCampaign(kernel, arch).Run(1, 0));

    private static string Print(PairResult result) => string.Join('\n', result.Races.Select(r => $"{r.FoundAt} {r.ShrinkRuns}\n{r.Minimal}"));
}
