using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search;

/// <summary>
/// The kernel on which a race must not be: a tree before a patch, or after it. Its steps are others, so that the schedule says little there; what counts is whether the same operations break the same invariant
/// there whoever moves when. All of that is looked at, as <see cref="Exploration"/> does; where that takes too long, they are not told apart.
/// </summary>
/// <param name="kernel">The kernel.</param>
/// <param name="architecture">The architecture.</param>
internal sealed class OtherKernel(Kernel kernel, IArchitecture architecture)
{
    /// <summary>Memory for the states of one program: some ten thousand.</summary>
    private const long Memory = 8 << 20;

    /// <summary>Programs of which all is looked at, at the most.</summary>
    private const int MostPrograms = 100;

    private readonly Machine _machine = new(kernel, architecture);
    private readonly Orders _orders = new(kernel, architecture);
    private readonly Dictionary<string, bool> _asked = new(StringComparer.Ordinal);

    /// <summary>Whether the operations of a program break an invariant here in some order and interleaving, or it cannot be said that they do not.</summary>
    public bool MayBreak(Workload workload, InvariantId id)
    {
        if (Shrinking.Breaks(_machine, workload, id)) return true;
        try
        {
            if (_orders.Taken(workload, id) is not { } programs) return true;
            var key = $"{id} {programs.Before.Operations.Length} {new Workload(workload.Swaps, [.. workload.Operations.Where(op => op.Verb != Verb.Go).Select(op => op with { Until = null })])}";
            if (_asked.TryGetValue(key, out var may)) return may;
            if (_asked.Count == MostPrograms) return true;
            var search = new Exploration(kernel, architecture, programs, InvariantSet.Of(id), new ExploreOptions { Memory = Memory, StopsAtFirst = true });
            return _asked[key] = search.Run() != ExploreEnd.Whole;
        }
        catch (CapacityException)
        {
            return true;
        }
    }
}
