using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using Xunit;

namespace Hooks.Properties.Search;

/// <summary>Operations applied to a state one by one, from outside, come to the same as a run.</summary>
public class ApplyTests
{
    private const int Workloads = 200;

    [Fact]
    public void One_by_one_is_the_same_as_together()
    {
        foreach (var kernel in KernelCatalogue.All)
        {
            foreach (var arch in Machines.Architectures)
            {
                var together = Machines.Machine(kernel.Name, arch);
                var apart = Machines.Machine(kernel.Name, arch);
                for (var i = 0; i < Workloads; i++)
                {
                    var workload = Generator.Draw(new Choices(Choices.SeedOf(21, i)));
                    together.Run(workload, InvariantSet.None);
                    apart.Begin(workload, out var world);
                    var ended = true;
                    for (var o = 0; o < workload.Operations.Length && ended; o++) ended = apart.Apply(ref world, workload.Operations[o]) != OpResult.None;
                    Assert.True(together.World == world, $"{kernel} on {arch.Name}, workload {i}");
                }
            }
        }
    }

    [Fact]
    public void A_state_can_be_gone_on_from_twice()
    {
        var machine = Machines.Machine("v5.18", Machines.Arm64);
        var workload = Machines.Program("zram", "P0 map a tagged", "P0 tag a 1", "P0 pageout a");
        machine.Begin(workload, out var world);
        foreach (var op in workload.Operations) Assert.Equal(OpResult.Applied, machine.Apply(ref world, op));
        var (left, right) = (world, world);
        machine.Apply(ref left, new Operation(new MmId(0), Verb.Read, new Vpn(0)));
        machine.Apply(ref right, new Operation(new MmId(0), Verb.Exit));
        Assert.Equal(OpResult.NotApplicable, machine.Apply(ref right, new Operation(new MmId(0), Verb.Read, new Vpn(0))));
        Assert.True(left.State.Pte(new MmId(0), new Vpn(0)).IsPresent);
        Assert.Equal(PageTags.All(1), left.Oracle.Of(new MmId(0), new Vpn(0)).Tags);
        Assert.Equal(default, left.State.Frame(left.State.Pte(new MmId(0), new Vpn(0)).Pfn).Tags);
        Assert.True(world.State.Pte(new MmId(0), new Vpn(0)).IsSwap);
    }
}
