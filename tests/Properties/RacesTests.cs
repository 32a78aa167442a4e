using System.Runtime.CompilerServices;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using Xunit;

namespace Hooks.Properties;

/// <summary>
/// The race of 13ddaf26be32 ("mm/swap: fix race when skipping swapcache", 6.8), as docs/races has it: two threads read a page around the swap
/// cache at once, and what one of them writes between is lost. It fails where it says, and only until the claim.
/// </summary>
public class RacesTests
{
    [Fact]
    public void It_fails_exactly_as_it_says()
    {
        var found = Read();
        var trace = Machines.Run(found.Kernel, Machines.None, found.Workload);
        var violation = Assert.Single(trace.Violations);
        Assert.Equal("data-preservation at P0#4 do_swap_page.SetPteAt", $"{InvariantCatalogue.Of(violation.Breach.Invariant).Name} at {violation.Place}");
        Assert.Equal(new Expectation("data-preservation", violation.Place.ToString()), Assert.Single(found.Fails));
        Assert.True(found.Fails[0].IsAt(violation.Place));
        Assert.Equal((2, 1), (violation.Breach.Expected, violation.Breach.Actual));
    }

    [Theory]
    [InlineData("v5.16", true)]
    [InlineData("v5.17", true)]
    [InlineData("v5.18", true)]
    [InlineData("v5.19", true)]
    [InlineData("v6.5", true)]
    [InlineData("debian-6.1.192-norestore-noprepare", true)]
    [InlineData("v6.8", false)]
    [InlineData("v6.11", false)]
    [InlineData("debian-6.1.192", false)]
    [InlineData("debian-6.1.192-norestore", false)]
    [InlineData("debian-6.12.117", false)]
    public void Kernels_without_the_claim_lose_the_write_and_those_with_it_do_not(string kernel, bool loses)
    {
        var trace = Machines.Run(kernel, Machines.None, Read().Workload);
        Assert.Equal(loses ? ["P0#4 do_swap_page.SetPteAt"] : [], trace.Violations.Where(v => v.Breach.Invariant == InvariantId.DataPreservation).Select(v => v.Place.ToString()));
        Assert.Equal(loses ? 1 : 0, trace.Violations.Length);

        // Nobody waits where the write is lost. With the claim the second thread waits until the first has let it go.
        var waits = trace.Operations.SelectMany(op => op.Steps).Where(step => step.Waits is not null).ToList();
        Assert.Equal(loses, waits.Count == 0);
        Assert.All(waits, step => Assert.Equal((TaskId.Of(default, 1), "ScheduleTimeout"), (step.Place.Task, step.Place.Step.Name)));
    }

    [Theory]
    [InlineData("v6.5")]
    [InlineData("v5.16")]
    public void A_disk_is_read_through_the_swap_cache_and_loses_nothing(string kernel)
    {
        var workload = Read().Workload;
        Assert.Equal(InvariantSet.None, Machines.Broken(kernel, Machines.None, new Workload([new SwapConfig(false)], workload.Operations)));
    }

    [Fact]
    public void Nothing_of_it_can_be_left_out_but_the_last_line_which_happens_anyway()
    {
        var workload = Read().Workload;
        for (var i = 0; i < workload.Operations.Length; i++)
        {
            var shorter = new Workload(workload.Swaps, workload.Operations.RemoveAt(i));
            Assert.Equal(i == workload.Operations.Length - 1, Machines.Broken("v6.5", Machines.None, shorter).Contains(InvariantId.DataPreservation));
        }

        var undisturbed = new Workload(workload.Swaps, [.. workload.Operations.Select(op => op with { Until = null })]);
        Assert.Equal(InvariantSet.None, Machines.Broken("v6.5", Machines.None, undisturbed));
    }

    private static Case Read([CallerFilePath] string thisFile = "") =>
        CaseParser.Parse(File.ReadAllText(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "docs", "races", "13ddaf26be32.case")).ReplaceLineEndings("\n"), "13ddaf26be32.case");
}
