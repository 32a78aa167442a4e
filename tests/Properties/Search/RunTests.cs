using FsCheck.Xunit;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Search;
using Hooks.Core.Traces;
using Hooks.Core.Workloads;
using Hooks.Testing;
using Xunit;

namespace Hooks.Properties.Search;

public class RunTests
{
    private static readonly (Machine Machine, InvariantSet Expected)[] Pairs =
        [.. from kernel in KernelCatalogue.All from arch in Machines.Architectures select (new Machine(kernel, arch), kernel.ExpectedOn(arch))];

    [Property(Arbitrary = [typeof(WorkloadArbitrary)], MaxTest = 300)]
    public bool No_kernel_breaks_more_than_the_catalogue_says_on_any_architecture(Workload workload) =>
        Pairs.All(pair => pair.Machine.Run(workload, pair.Machine.Checked, stopAtFirst: false).Except(pair.Expected) == InvariantSet.None);

    [Property(Arbitrary = [typeof(WorkloadArbitrary)], MaxTest = 200)]
    public bool The_same_workload_runs_the_same_way_twice(Workload workload)
    {
        var machine = Machines.Machine("v5.19", Machines.Sparc);
        var broken = machine.Run(workload, machine.Checked, stopAtFirst: false);
        var hash = machine.World.Hash();
        return machine.Run(workload, machine.Checked, stopAtFirst: false) == broken && machine.World.Hash() == hash;
    }

    [Property(Arbitrary = [typeof(WorkloadArbitrary)], MaxTest = 200)]
    public bool Watching_does_not_change_the_run(Workload workload)
    {
        var machine = Machines.Machine("v6.8", Machines.Arm64);
        machine.Run(workload, InvariantSet.None);
        var hash = machine.World.Hash();
        machine.Run(workload, machine.Checked, stopAtFirst: false, new Nobody());
        return machine.World.Hash() == hash;
    }

    [Property(Arbitrary = [typeof(WorkloadArbitrary)], MaxTest = 200)]
    public bool Any_subsequence_of_a_workload_is_a_workload(Workload workload)
    {
        var machine = Machines.Machine("v6.11", Machines.Arm64);
        var watch = machine.Checked.Except(machine.Kernel.ExpectedOn(machine.Architecture));
        for (var i = 0; i < workload.Operations.Length; i++)
        {
            if (machine.Run(new Workload(workload.Swaps, workload.Operations.RemoveAt(i)), watch).Count > 0) return false;
        }

        return true;
    }

    [Fact]
    public void A_run_allocates_nothing()
    {
        var machine = Machines.Machine("v6.11", Machines.Arm64);
        var choices = new Choices(0);
        var workloads = Enumerable.Range(0, 200).Select(i =>
        {
            choices.Reset(Choices.SeedOf(5, i));
            return Generator.Draw(choices);
        }).ToArray();
        foreach (var workload in workloads) machine.Run(workload, machine.Checked);
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var workload in workloads) machine.Run(workload, machine.Checked);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Two_campaigns_with_one_seed_find_the_same_to_the_last_byte()
    {
        static string Print(PairResult r) => string.Concat(r.Findings.Select(f => $"{f.FoundAt} {f.ShrinkRuns} {f.Minimal}"));
        var kernel = KernelCatalogue.Get("series-v1-1");
        var first = Print(new RandomCampaign(kernel, Machines.Sparc).Run(7, 2000));
        Assert.Equal(first, Print(new RandomCampaign(kernel, Machines.Sparc).Run(7, 2000)));
        Assert.NotEmpty(first);
    }

    [Fact]
    public void A_minimal_case_read_back_from_its_text_fails_where_it_says()
    {
        foreach (var kernel in KernelCatalogue.All)
        {
            foreach (var finding in new RandomCampaign(kernel, Machines.Sparc).Run(3, 1500).Findings)
            {
                var read = CaseParser.Parse(finding.Minimal.ToString(), "f");
                var trace = Trace.Record(read.Workload, kernel, Machines.Sparc, InvariantSet.Of(finding.Invariant));
                Assert.Equal(read.Fails.Single().At, trace.Violations.Single().Place.ToString());
            }
        }
    }

    [Fact]
    public void A_campaign_that_is_stopped_keeps_what_it_found()
    {
        using var stop = new CancellationTokenSource();
        var result = new RandomCampaign(KernelCatalogue.Get("v5.18"), Machines.Arm64)
            .Run(1, long.MaxValue, (done, _) => { if (done >= 512) stop.Cancel(); }, cancel: stop.Token);
        Assert.False(result.Complete);
        Assert.Contains(result.Findings, f => f.Invariant == InvariantId.TagPreservation);
    }

    [Fact]
    public void With_memory_full_a_write_ends_without_a_page_and_nothing_is_broken()
    {
        // Write-back that never ends keeps every page in memory, though nobody maps it any more.
        var lines = new List<string>();
        for (var i = 0; i < 30; i++) lines.AddRange(["P0 map a", "P0 write a 1", "P0 pageout a writeback", "P0 unmap a"]);
        var trace = Machines.Run("v6.11", Machines.None, Machines.Program("disk", [.. lines]));
        Assert.Empty(trace.Violations);
        var full = Machines.Program("disk slots=32", [.. lines]);
        Assert.Contains(Machines.Run("v6.11", Machines.None, full).Operations, op => op.Result == OpResult.Oom);
        Assert.Empty(Machines.Run("v6.11", Machines.None, full).Violations);
    }

    private sealed class Nobody : IStepObserver
    {
        public void OnOperation(int index, Operation op)
        {
        }

        public void OnStep(in StepPlace place, in World before, in World after)
        {
        }

        public void OnBlocked(in StepPlace place, Waiting waiting, TaskId? holder)
        {
        }

        public void OnViolation(in Violation violation)
        {
        }

        public void OnOperationEnded(int index, Operation op, OpResult result)
        {
        }
    }
}
