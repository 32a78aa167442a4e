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
        var expected = kernel.ExpectedOn(architecture);
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
        for (var i = 0; i < 12_000; i++)
        {
            var workload = Schedules.DrawThreads(new Choices(Choices.SeedOf(Seed, i)));
            if (Fails(workload)) minimal.Add(Shrinker.Shrink(workload, Fails, out _));
        }

        Assert.True(minimal.Count >= 5, $"lost in {minimal.Count} programs only");
        Assert.All(minimal, w => Assert.True(w.Operations.Length <= 7 && w.Operations.Count(op => op.Until is not null) <= 2, w.ToString()));

        // Those of two untils are ways to the same that no single step leads away from; most are the race as docs/races has it, threads exchanged.
        Assert.True(minimal.Count(IsRace) >= minimal.Count / 2, string.Join("\n", minimal));
        var race = Machines.Program("zram", "P0 map a", "P0 write a 1", "P0 pageout a", "P0.1 read a until PteOffsetMapLock", "P0 write a 2", "P0 pageout a");
        Assert.True(IsRace(race));
        Assert.Contains(race, minimal);
    }

    /// <summary>A read stands after it has read and before it looks at the page table; another thread writes, and pages out to the same slot. (That the read goes on needs no line.)</summary>
    private static bool IsRace(Workload w)
    {
        if (!w.Operations.Select(op => op.Verb).SequenceEqual([Verb.Map, Verb.Write, Verb.Pageout, Verb.Read, Verb.Write, Verb.Pageout])) return false;
        var read = w.Operations[3];
        return w.Operations.All(op => (op.Until is not null) == (op == read)) && read.Until!.Step is "FolioLock" or "PteOffsetMapLock"
            && w.Operations[4].Task != read.Task && w.Operations[5].Task != read.Task && w.Operations[1].Value != w.Operations[4].Value;
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
