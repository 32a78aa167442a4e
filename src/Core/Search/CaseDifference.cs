using System.Collections.Immutable;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search;

/// <summary>
/// Two kernels that break the same invariants need not break them in the same cases: a patch that mends one of two causes changes no verdict. Here they are given the same workloads, and
/// one that breaks an invariant on one of them only is shrunk as long as it does.
/// </summary>
/// <param name="kernel">The kernel whose breaches are looked for.</param>
/// <param name="other">The one that must hold in the same case.</param>
/// <param name="architecture">The architecture.</param>
internal sealed class CaseDifference(Kernel kernel, Kernel other, IArchitecture architecture)
{
    private readonly Machine _machine = new(kernel, architecture);
    private readonly Machine _other = new(other, architecture);

    /// <summary>Minimal cases, one of an invariant at the most, that break it on the kernel and not on the other.</summary>
    /// <param name="invariants">Those that both break.</param>
    /// <param name="seed">Where the workloads come from.</param>
    /// <param name="workloads">How many.</param>
    /// <param name="cancel">Ends it early; what was found is kept.</param>
    public ImmutableArray<Finding> Run(InvariantSet invariants, ulong seed, long workloads, CancellationToken cancel)
    {
        var findings = new List<Finding>();
        var choices = new Choices(0UL);
        for (long i = 0; i < workloads && invariants.Count > 0 && !cancel.IsCancellationRequested; i++)
        {
            choices.Reset(Choices.SeedOf(seed, i));
            var workload = Generator.Draw(choices);
            var broken = Shrinking.Try(_machine, workload, invariants);
            if (broken.Count == 0) continue;
            foreach (var id in broken.Except(Shrinking.Try(_other, workload, broken)).Members())
            {
                findings.Add(Shrunk(id, workload, i));
                invariants = invariants.Without(id);
            }
        }

        return [.. findings.OrderBy(f => f.Invariant)];
    }

    private Finding Shrunk(InvariantId id, Workload workload, long index)
    {
        var only = InvariantSet.Of(id);
        return new Shrinking(_machine).Shrink(id, workload, index, w => Shrinking.Try(_machine, w, only).Count > 0 && Shrinking.Try(_other, w, only).Count == 0);
    }
}
