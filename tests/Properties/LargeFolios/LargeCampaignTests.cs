using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Search;
using Hooks.Core.Search.Strategies;
using Hooks.Core.Workloads;
using Xunit;

namespace Hooks.Properties.LargeFolios;

/// <summary>The search with large folios: what it draws, what it looks for, and that it blames nobody else.</summary>
public class LargeCampaignTests
{
    private const int Workloads = 1000;

    [Fact]
    public void What_it_draws_begins_with_neighbouring_pages_reads_back_as_text_and_meets_every_kind_of_large_folio()
    {
        var machine = Machines.Machine("v7.3", Machines.Arm64);
        var choices = new Choices(0UL);
        var seen = Core.Mm.Mark.None;
        for (var i = 0; i < Workloads; i++)
        {
            choices.Reset(Choices.SeedOf(5, i));
            var workload = Generator.DrawLarge(choices);
            Assert.True(workload.Operations[0].IsLarge);
            var text = $"kernel v7.3\narch arm64\n{CaseText.Print(workload)}";
            Assert.Equal(workload, CaseParser.Parse(text, "drawn").Workload);
            Shrinking.Try(machine, workload, InvariantSet.None);
            seen |= machine.Seen;
        }

        const Core.Mm.Mark all = Core.Mm.Mark.LargeFault | Core.Mm.Mark.FolioSplit | Core.Mm.Mark.LargeSwapOut | Core.Mm.Mark.LargeSwapIn;
        Assert.Equal(all, seen & all);
    }

    [Fact]
    public void Every_kernel_breaks_with_large_folios_what_the_catalogue_says_and_nothing_else()
    {
        foreach (var kernel in KernelCatalogue.All)
        {
            foreach (var arch in Machines.Architectures)
            {
                var beside = Beside(kernel, arch);
                var result = new LargeCampaign(kernel, arch).Run(seed: 3, Workloads, beside);
                Assert.True(result.BrokenLarge.Except(result.ExpectedLarge) == InvariantSet.None, $"{kernel} on {arch.Name}: {string.Join("; ", result.Large.Select(f => f.Minimal))}");
                Assert.All(result.Large, f => Assert.True(f.IsLarge));
            }
        }
    }

    [Theory]
    [InlineData("v6.11")]
    [InlineData("v7.3")]
    [InlineData("debian-6.1.192")]
    [InlineData("debian-6.12.117")]
    public void The_lost_tags_of_a_split_come_out_of_it_minimal(string kernel)
    {
        var (findings, _) = new LargeCampaign(KernelCatalogue.Get(kernel), Machines.Arm64).Search(seed: 1, 5000, Machines.Set(InvariantId.TagPreservation, InvariantId.NoStaleTags), untilFound: true);
        Assert.Equal([InvariantId.TagPreservation, InvariantId.NoStaleTags], findings.Select(f => f.Invariant));
        Assert.All(findings, f => Assert.Equal(5, f.Minimal.Workload.Operations.Length));
    }

    [Fact]
    public void Swapoff_beside_a_large_swap_in_comes_out_of_interleaved_runs_minimal_and_with_its_schedule()
    {
        var kernel = KernelCatalogue.Get("v7.3");
        var large = new LargeCampaign(kernel, Machines.None);
        var result = new InterleavedCampaign(kernel, Machines.None, new Scheduling(20_000), large).Run(seed: 1, Beside(kernel, Machines.None));
        var finding = result.Large.First(f => f.Invariant == InvariantId.Refcount);
        Assert.True(finding.IsRace && finding.IsLarge);
        Assert.Equal((5, 1), (finding.Minimal.Workload.Operations.Length, finding.Minimal.Workload.Operations.Count(op => op.Until is not null)));
        Assert.True(result.BrokenLarge.Except(result.ExpectedLarge) == InvariantSet.None, string.Join("; ", result.Large.Select(f => f.Minimal)));
    }

    [Fact]
    public void What_breaks_without_a_large_folio_is_not_laid_to_one()
    {
        // v5.19 loses the tags of a page swapped out, however it came.
        var campaign = new LargeCampaign(KernelCatalogue.Get("v5.19"), Machines.Arm64);
        Assert.False(campaign.TakesLarge(Machines.Program("zram", "P0 map a-b tagged large", "P0 tag a 1", "P0 pageout a", "P0 read a"), InvariantId.TagPreservation));
        Assert.True(campaign.TakesLarge(Machines.Program("zram", "P0 map a-b large", "P0 write a 1", "P0 mprotect b", "P0 tag b 1", "P0 pageout a"), InvariantId.TagPreservation));
    }

    [Fact]
    public void What_a_pair_breaks_anyway_is_not_looked_for_unless_large_folios_break_it_in_their_own_way()
    {
        var sparc = Beside(KernelCatalogue.Get("v6.11"), Machines.Sparc);
        Assert.False(LargeCampaign.LookedFor(sparc).Contains(InvariantId.TagPreservation));
        var arm64 = Beside(KernelCatalogue.Get("v5.18"), Machines.Arm64);
        Assert.True(arm64.Expected.Contains(InvariantId.TagPreservation));
        Assert.True(LargeCampaign.LookedFor(arm64).Contains(InvariantId.TagPreservation));
    }

    [Fact]
    public void A_new_bug_with_large_folios_is_not_as_expected()
    {
        var kernel = KernelCatalogue.Get("v6.11");
        var result = new LargeCampaign(kernel, Machines.Arm64).Run(seed: 1, 5000, Beside(kernel, Machines.Arm64));
        var innocent = result with { Exercised = result.Checked, Expected = InvariantSet.None };
        Assert.True(innocent.AsExpected);
        Assert.False((innocent with { ExpectedLarge = InvariantSet.None }).AsExpected);
    }

    private static PairResult Beside(Kernel kernel, IArchitecture arch)
    {
        var machine = new Machine(kernel, arch);
        return new PairResult(kernel.Name, arch.Name, kernel.ExpectedOn(arch), machine.Checked, InvariantSet.None, [], new Coverage(), Complete: true) { ExpectedLarge = kernel.LargeOn(arch) };
    }
}
