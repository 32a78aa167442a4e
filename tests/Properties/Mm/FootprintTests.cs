using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hooks.Core;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Xunit;

namespace Hooks.Properties.Mm;

/// <summary>What a step's report says that it has written is everything that it has changed, found by comparing bytes.</summary>
public class FootprintTests
{
    private const int Workloads = 40;

    public static TheoryData<string, string> Pairs()
    {
        var data = new TheoryData<string, string>();
        foreach (var kernel in KernelCatalogue.All)
        {
            foreach (var arch in Machines.Architectures) data.Add(kernel.Name, arch.Name);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_object_that_differs_after_a_step_is_in_its_footprint_and_a_blocked_step_has_changed_nothing(string kernel, string arch)
    {
        var run = new Interleaved(KernelCatalogue.Get(kernel), Machines.Architectures.Single(a => a.Name == arch));
        int taken = 0, blocked = 0;
        for (var i = 0; i < Workloads; i++)
        {
            run.Run(Interleaved.ProgramOrLarge(41, i), seed: (ulong)i, Watch);
        }

        Assert.True(taken > 100 * Workloads / 4, $"{taken} steps");
        Assert.True(blocked > Workloads / 4, $"{blocked} blocked steps");

        void Watch(in World before, in World after, in StepReport report)
        {
            if (report.Outcome == StepOutcome.Blocked)
            {
                blocked++;
                Assert.True(before == after, $"{report.Path} at {report.Position} has changed something, and waits for {report.Wait}");
                return;
            }

            taken++;
            if (before.State == after.State) return;
            var missing = Footprints.Missing(Footprints.Between(in before.State, in after.State), in report.Written);
            Assert.True(missing.Length == 0, $"{report.Path} at {report.Position} has changed, and does not say so: {missing}");
        }
    }

    [Fact]
    public void No_byte_of_the_machine_is_outside_of_what_is_compared()
    {
        var state = new MachineState();
        for (var i = 0; i < Unsafe.SizeOf<MachineState>(); i++)
        {
            var changed = state;
            MemoryMarshal.AsBytes(new Span<MachineState>(ref changed))[i] ^= 1;
            Assert.True(Footprints.Missing(Footprints.Between(in state, in changed), default).Length > 0, $"byte {i}");
        }
    }
}
