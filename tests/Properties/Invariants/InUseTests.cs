using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Search;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Workloads;
using Xunit;

namespace Hooks.Properties.Invariants;

/// <summary>Looking at what is in use finds what looking at everything finds, in the middle of interleaved programs and on kernels that do anything at all.</summary>
public class InUseTests
{
    [Fact]
    public void What_is_in_use_is_all_that_matters()
    {
        var v6_11 = KernelCatalogue.Get("v6.11");
        PathMutant[] mutants = [.. Enum.GetValues<PathId>().Where(id => id != PathId.None).SelectMany(id => PathMutant.Of(v6_11, id))];
        int broken = 0, looked = 0;
        for (var i = 0; i < mutants.Length; i++)
        {
            var arch = Machines.Architectures[i % 3];
            var everything = new Attention();
            var inUse = new Attention();
            var run = new Interleaved(mutants[i].Kernel, arch);
            var asked = InvariantCatalogue.ApplyingTo(run.Arch, run.Kernel);
            try
            {
                run.Run(Interleaved.ProgramOrLarge(5, i), (ulong)i, (in World before, in World after, in StepReport report) =>
                {
                    if (report.Outcome == StepOutcome.Blocked) return;
                    everything.Everything(in after);
                    inUse.EverythingInUse(in after);
                    foreach (var id in asked.Members())
                    {
                        looked++;
                        var all = Holds(id, in after, in report, everything, run);
                        if (!all) broken++;
                        Assert.True(all == Holds(id, in after, in report, inUse, run), $"{mutants[i].Name} on {arch.Name}, program {i}: {id} {(all ? "holds" : "is broken")}, and what is in use says otherwise");
                    }
                });
            }
            catch (Exception e) when (e is IndexOutOfRangeException or InvalidOperationException or ArgumentException)
            {
                // Such a kernel may follow a pointer into nowhere; what was seen before counts.
            }
        }

        Assert.True(broken > 1000 && looked > 10 * broken, $"{broken} of {looked}");
    }

    [Fact]
    public void What_a_step_can_have_changed_is_all_that_matters_where_nothing_was_broken_before()
    {
        var v6_11 = KernelCatalogue.Get("v6.11");
        PathMutant[] mutants = [.. Enum.GetValues<PathId>().Where(id => id != PathId.None).SelectMany(id => PathMutant.Of(v6_11, id))];
        int broken = 0, looked = 0;
        for (var i = 0; i < 6 * mutants.Length; i++)
        {
            var mutant = mutants[i % mutants.Length];
            var arch = Machines.Architectures[i % 3];
            var stepper = new Stepper(mutant.Kernel, arch);
            var asked = InvariantCatalogue.ApplyingTo(arch.Hooks(mutant.Kernel), mutant.Kernel);
            var choices = new Choices(Choices.SeedOf(17, i));
            var operations = Interleaved.ProgramOrLarge(5, i).Operations;
            Executor.Boot(Interleaved.ProgramOrLarge(5, i).Swaps, out var world);
            var (next, isClean) = (0, true);
            try
            {
                for (var steps = 0; isClean && steps < 2000; steps++)
                {
                    var underWay = Core.Tasks.UnderWay(in world);
                    if (next < operations.Length && (!underWay.Any || choices.Next(8) == 0))
                    {
                        var op = operations[next++];
                        var thread = op.Task.IsKswapd ? op.Task : TaskId.Of(op.Mm, choices.Next(Capacity.Threads));
                        if (op.Verb != Verb.Go && !underWay.Contains(thread)) Executor.Begin(ref world, thread, in op);
                        continue;
                    }

                    if (!underWay.Any) break;
                    var task = Enumerable.Range(0, Capacity.Tasks).Select(t => new TaskId((byte)t)).Where(underWay.Contains).ElementAt(choices.Next(underWay.Count));
                    var before = world;
                    if (stepper.Step(ref world, task) == StepOutcome.Blocked)
                    {
                        if (choices.Next(100) == 0) break;
                        continue;
                    }

                    stepper.Turn();
                    looked++;
                    isClean = !stepper.IsBroken(in world, asked, out var all);
                    Assert.True(isClean == !stepper.IsBroken(in before, in world, asked, out var some), $"{mutant.Name} on {arch.Name}, program {i}: {(isClean ? some.Invariant : all.Invariant)}");
                    Assert.Equal(all.Invariant, some.Invariant);
                    if (!isClean) broken++;
                    if (stepper.Report.Outcome == StepOutcome.Ended && Stepper.Forget(ref world, task)) break;
                }
            }
            catch (Exception e) when (e is IndexOutOfRangeException or InvalidOperationException or ArgumentException)
            {
                // Such a kernel may follow a pointer into nowhere; what was seen before counts.
            }
        }

        Assert.True(broken > 100 && looked > 100 * broken, $"{broken} of {looked}");
    }

    private static bool Holds(InvariantId id, in World world, in StepReport report, Attention attention, Interleaved run)
    {
        var marks = run.Kernel.MarksExclusive;
        var view = new View(in world, in report, attention, marks, marks && run.Arch.HasPteSwpExclusive, run.Arch.Metadata.Mask, report.Outcome == StepOutcome.Ended ? Moment.OperationEnded : Moment.AfterStep);
        return InvariantCatalogue.Of(id).Holds(in view, out _);
    }
}
