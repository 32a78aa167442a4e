using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search.Exploring;

/// <summary>
/// Makes a case of a way that a search has found: the program with its schedule, as small as it gets. The shrinker takes away and simplifies what the way has; but a smaller case may interleave
/// quite otherwise. So the scope is searched once more, for cases of fewer lines than the shrinker has come to, all of them.
/// </summary>
/// <param name="kernel">The kernel.</param>
/// <param name="architecture">The architecture.</param>
/// <param name="scope">The scope, of at most so many operations.</param>
internal sealed class Minimizing(Kernel kernel, IArchitecture architecture, Func<int, Programs> scope)
{
    private const int MostWays = 64;

    private readonly Machine _machine = new(kernel, architecture);

    /// <summary>The smallest case that breaks what a way breaks.</summary>
    /// <param name="programs">The scope in which it was found.</param>
    /// <param name="way">The way.</param>
    /// <param name="options">How much the search for smaller cases may take.</param>
    /// <param name="cancel">Ends that search early: the case is then what the shrinker has come to.</param>
    /// <returns>The finding, and whether no case of the scope has fewer lines.</returns>
    public (Finding Finding, bool IsMinimal) Run(Programs programs, Way way, ExploreOptions options, CancellationToken cancel = default)
    {
        var best = Shrink(way.Invariant, Schedule.Of(kernel, architecture, programs, way.Moves));
        var before = programs.Before.Operations.Length;
        var lines = best.Minimal.Workload.Operations.Length;
        if (lines <= before) return (best, true);
        var smaller = scope(lines - before);
        var search = new Exploration(kernel, architecture, smaller, InvariantSet.Of(way.Invariant), options with { Bound = Bound.Lines, Most = lines - before, StopsAtFirst = true, Ways = MostWays });
        var end = search.Run(cancel: cancel);
        foreach (var workload in search.Ways.Select(w => Schedule.Of(kernel, architecture, smaller, w.Moves)).OrderBy(WorkloadSize.Of).Take(MostWays / 8))
        {
            var other = Shrink(way.Invariant, workload);
            if (WorkloadSize.Of(other.Minimal.Workload) < WorkloadSize.Of(best.Minimal.Workload)) best = other;
        }

        return (best, end is ExploreEnd.Whole or ExploreEnd.First);
    }

    private Finding Shrink(InvariantId id, Workload workload)
    {
        if (!Shrinking.Try(_machine, workload, InvariantSet.Of(id)).Contains(id)) throw new NondeterminismException($"{kernel.Name} on {architecture.Name}: what the search has found does not break {InvariantCatalogue.Of(id).Name} when it is replayed:\n{workload}");
        return new Shrinking(_machine).Shrink(id, workload, index: 0, InvariantSet.Of(id));
    }
}
