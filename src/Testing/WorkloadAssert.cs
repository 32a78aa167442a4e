using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;
using Xunit;

namespace Hooks.Testing;

/// <summary>Assertions about workloads, for properties of one's own.</summary>
public static class WorkloadAssert
{
    /// <summary>A workload breaks no invariant. If it does, the test fails with the case (which <c>hooks run</c> takes as it stands), the step that broke it, and the command that replays it.</summary>
    /// <param name="workload">The workload.</param>
    /// <param name="kernel">The kernel, such as <c>KernelCatalogue.Get("v6.5")</c>.</param>
    /// <param name="architecture">The architecture.</param>
    /// <param name="but">The invariants that are not asked: what is known to break.</param>
    /// <exception cref="Xunit.Sdk.XunitException">It breaks one.</exception>
    public static void BreaksNothing(Workload workload, Kernel kernel, IArchitecture architecture, params ReadOnlySpan<InvariantId> but)
    {
        var watch = InvariantCatalogue.Everything.Except(InvariantSet.Of(but));
        if (FailureText.IfBroken(workload, kernel, architecture, watch) is { } broken) Assert.Fail($"{broken}\n");
    }
}
