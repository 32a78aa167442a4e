using FsCheck.Xunit;
using Hooks.Core;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Search;
using Hooks.Core.Workloads;
using Xunit;

namespace Hooks.Properties.Workloads;

public class GeneratorTests
{
    [Property(MaxTest = 300)]
    public bool The_same_seed_draws_the_same_workload(uint seed) =>
        Generator.Draw(new Choices(seed)).Equals(Generator.Draw(new Choices(seed)));

    [Property(MaxTest = 300)]
    public bool A_recorded_sequence_of_choices_draws_the_same_workload(uint seed)
    {
        var choices = new Choices(seed);
        var workload = Generator.Draw(choices);
        return workload.Equals(Generator.Draw(new Choices([.. choices.Drawn])));
    }

    [Property(MaxTest = 300)]
    public bool Any_numbers_at_all_are_a_sequence_of_choices(int[] numbers) =>
        Generator.Draw(new Choices(numbers)).Operations.Length <= Generator.MaxOperations;

    [Fact]
    public void Choices_are_those_of_SplitMix64_for_ever()
    {
        // The published test vector for seed 1234567, scaled to 31 bits.
        var choices = new Choices(1234567);
        Assert.Equal([751790091, 372897857, 1142906482], Enumerable.Range(0, 3).Select(_ => choices.Next(int.MaxValue)));
    }

    [Fact]
    public void Every_operation_applies_and_everything_of_note_happens_often_enough()
    {
        const int Workloads = 4000;
        var coverage = new Coverage();

        // Between them these two architectures have everything that an operation can ask for.
        foreach (var arch in new[] { Machines.Arm64, Machines.None }) coverage.Add(new RandomCampaign(KernelCatalogue.Get("v6.5"), arch).Run(seed: 1, Workloads).Coverage);
        // Go is no operation: it lets one go on. UFFDIO_MOVE came with 6.8, and limits are the lab's to set.
        Assert.Equal(0, coverage.AppliedOf(Verb.UffdMove));
        Assert.True(new RandomCampaign(KernelCatalogue.Get("v6.8"), Machines.None).Run(seed: 1, Workloads).Coverage.AppliedOf(Verb.UffdMove) > Workloads / 100);
        foreach (var verb in Enum.GetValues<Verb>().Where(v => v is not (Verb.Go or Verb.UffdMove or Verb.SwapMax)))
        {
            Assert.True(coverage.AppliedOf(verb) > Workloads / 100, $"{verb} applied {coverage.AppliedOf(verb)} times");
        }

        // What the invariants are exercised by, and what makes them hard.
        foreach (var (seen, perWorkload) in new[]
        {
            (Mark.SwapOut, 1.0), (Mark.SwapIn, 0.7), (Mark.SwapInOfTags, 0.18), (Mark.SwapInAlone, 0.1), (Mark.CacheHit, 0.1),
            (Mark.ReadAround, 0.1), (Mark.ReadIntoCache, 0.1), (Mark.SwapOutShared, 0.02), (Mark.SlotFreed, 0.3),
            (Mark.SlotHeldBack, 0.05), (Mark.CowCopy, 0.05), (Mark.CowReuse, 0.05), (Mark.MetadataSaved, 0.15), (Mark.MetadataRestored, 0.1),
            (Mark.PinRespected, 0.03), (Mark.BitsCarried, 0.2), (Mark.StableWriteback, 0.02), (Mark.Unused, 0.05), (Mark.FaultInjected, 0.1), (Mark.SwapOutRefused, 0.005),
        })
        {
            Assert.True(coverage.CountOf(seen) > Workloads * perWorkload, $"{seen}: {coverage.CountOf(seen)} in {Workloads} workloads");
        }
    }

    [Fact]
    public void Some_workloads_have_a_fourth_process_that_does_something()
    {
        const int Workloads = 4000;
        var last = new MmId(Generator.Processes - 1);
        var with = Enumerable.Range(0, Workloads).Count(i => Generator.Draw(new Choices(Choices.SeedOf(1, i))).Operations
            .SkipWhile(op => op.Verb != Verb.Fork || op.Child != last).Any(op => op.Mm == last));
        Assert.InRange(with, Workloads / 100, Workloads / 5);
    }

    [Fact]
    public void Programs_have_as_many_processes_pages_and_areas_as_the_generator_says_and_no_more()
    {
        Workload[] drawn = [.. Enumerable.Range(0, 4000).Select(i => Generator.Draw(new Choices(Choices.SeedOf(1, i))))];
        var operations = drawn.SelectMany(w => w.Operations).ToList();
        Assert.Equal(Generator.Processes - 1, operations.Max(op => Math.Max(op.Mm.Value, op.Child.Value)));
        Assert.Equal(Generator.Pages - 1, operations.Max(op => Math.Max(op.Page.Value, op.To.Value)));
        Assert.Equal(Generator.Areas, drawn.Max(w => w.Swaps.Length));
    }

    [Fact]
    public void No_generated_workload_needs_more_slots_than_the_state_has()
    {
        var machine = Machines.Machine("v6.5", Machines.Arm64);
        var choices = new Choices(0);
        for (var i = 0; i < 20_000; i++)
        {
            choices.Reset(Choices.SeedOf(99, i));
            machine.Run(Generator.Draw(choices), machine.Checked);
        }

        Assert.Equal(20_000, machine.Coverage.Workloads);
    }
}
