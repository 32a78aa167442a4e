using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;
using Hooks.Properties.Workloads;
using Xunit;

namespace Hooks.Properties.Tasks;

/// <summary>Whether the model's interleavings are sane: kernels that are thought to be right break nothing in any of thousands, and the race that was is found.</summary>
public class RandomScheduleTests
{
    private const ulong Seed = 1;
    private const int Programs = 4000;

    private static readonly Lazy<Workload[]> Workloads = new(() => [.. Enumerable.Range(0, Programs).Select(i => Schedules.Draw(Seed, i))]);

    public static TheoryData<string, string> Pairs()
    {
        var data = new TheoryData<string, string>();
        foreach (var kernel in new[] { "v6.8", "v6.11", "debian-6.12.117" })
        {
            data.Add(kernel, "none");
            data.Add(kernel, "arm64");
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Interleaved_programs_break_nothing_that_is_not_expected(string name, string arch)
    {
        var kernel = KernelCatalogue.Get(name);
        var architecture = Machines.Architectures.Single(a => a.Name == arch);
        var machine = new Machine(kernel, architecture);
        var expected = kernel.Breaks | architecture.ExpectedBreaches(kernel);
        var interleaved = 0;
        for (var i = 0; i < Programs; i++)
        {
            var workload = Workloads.Value[i];
            var broken = machine.Run(workload, machine.Checked.Except(expected), stopAtFirst: false);
            Assert.True(broken.Count == 0, $"{name} on {arch}, program {i} of seed {Seed}, breaks {broken}:\n{workload}");
            Assert.False(Core.Tasks.UnderWay(in machine.World).Any);
            if (Stood(machine, workload)) interleaved++;
        }

        Assert.True(interleaved > Programs / 4, $"{interleaved} of {Programs} programs would have run otherwise without an until");
    }

    [Fact]
    public void On_v6_5_a_write_is_lost_and_what_is_left_is_the_race_of_13ddaf26be32()
    {
        var machine = Machines.Machine("v6.5", Machines.None);
        var watch = Machines.Set(InvariantId.DataPreservation);
        bool Fails(Workload w) => machine.Run(w, watch).Count > 0;
        var minimal = new List<Workload>();
        foreach (var workload in Workloads.Value)
        {
            if (Fails(workload)) minimal.Add(Shrinker.Shrink(workload, Fails, out _));
        }

        Assert.NotEmpty(minimal);
        Assert.Fail(string.Join("\n", minimal));
    }

    /// <summary>Whether the program would have come to another end without its untils: it is not the same program, then, one after the other.</summary>
    private static bool Stood(Machine machine, Workload workload)
    {
        var hash = machine.World.Hash();
        var steps = machine.Coverage.Steps;
        machine.Run(new Workload(workload.Swaps, [.. workload.Operations.Select(op => op with { Until = null })]), InvariantSet.None);
        return machine.World.Hash() != hash || machine.Coverage.Steps == steps;
    }
}
