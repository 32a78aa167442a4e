using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search;

/// <summary>What an architecture breaks of its own: what the same program breaks on none of those that it is looked at beyond (<see cref="IArchitecture.Beyond"/>).</summary>
/// <param name="kernel">The kernel.</param>
/// <param name="architecture">The architecture.</param>
internal sealed class OwnBreaches(Kernel kernel, IArchitecture architecture)
{
    private readonly Machine[] _beyond = [.. architecture.Beyond.Select(beyond => new Machine(kernel, beyond))];

    /// <summary>Whether there is any to look beyond; without one all that breaks is its own.</summary>
    public bool IsAsked => _beyond.Length > 0;

    /// <summary>Whether what a program breaks is the architecture's own.</summary>
    public bool Has(Workload workload, InvariantId id) => !Array.Exists(_beyond, machine => Shrinking.Breaks(machine, workload, id));

    /// <summary>What is its own of what a program breaks.</summary>
    public InvariantSet Of(Workload workload, InvariantSet broken) => !IsAsked ? broken : InvariantSet.Of([.. broken.Members().Where(id => Has(workload, id))]);
}
