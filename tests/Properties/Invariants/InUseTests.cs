using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Search;
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
                run.Run(Interleaved.Program(5, i), (ulong)i, (in World before, in World after, in StepReport report) =>
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

    private static bool Holds(InvariantId id, in World world, in StepReport report, Attention attention, Interleaved run)
    {
        var marks = run.Kernel.MarksExclusive;
        var view = new View(in world, in report, attention, marks, marks && run.Arch.HasPteSwpExclusive, run.Arch.Metadata.Mask, report.Outcome == StepOutcome.Ended ? Moment.OperationEnded : Moment.AfterStep);
        return InvariantCatalogue.Of(id).Holds(in view, out _);
    }
}
