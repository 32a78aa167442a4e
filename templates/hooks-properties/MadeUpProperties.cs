using FsCheck.Xunit;
using Hooks.Arch.Arm64;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;
using Hooks.Testing;

namespace Company.Project1;

/// <summary>Properties over generated workloads. What fails is shrunk, and shown as a case that 'hooks run' takes as it stands.</summary>
[Properties(Arbitrary = [typeof(WorkloadArbitrary), typeof(CaseArbitrary)], MaxTest = 1000)]
public class MadeUpProperties
{
    private static readonly Kernel Kernel = KernelCatalogue.Get("KERNEL_NAME");
    private static readonly IArchitecture Architecture = new Arm64Architecture();

    /// <summary>No invariant breaks, but data-preservation: MADV_FREE of a page read around the swap cache loses data up to 6.19.</summary>
    [Property]
    public void Nothing_else_breaks(Workload workload) => WorkloadAssert.BreaksNothing(workload, Kernel, Architecture, but: InvariantId.DataPreservation);

    /// <summary>A property of one's own: a machine that has run a workload can be asked for anything. Who runs the same twice gets the same, to the byte.</summary>
    [Property]
    public bool Running_it_again_ends_in_the_same_state(Workload workload)
    {
        var machine = new Machine(Kernel, Architecture);
        machine.Run(workload, InvariantSet.None);
        var hash = machine.State.Hash();
        machine.Run(workload, InvariantSet.None);
        return machine.State.Hash() == hash;
    }
}
