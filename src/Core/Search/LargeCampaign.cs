using System.Collections.Immutable;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search;

/// <summary>
/// Runs generated workloads that begin by mapping pages which may come in large folios, on one kernel and one architecture. Only what takes a large folio is looked for: where
/// each page is a folio of its own, the same program does not break it. (What breaks without one is found by <see cref="RandomCampaign"/>.)
/// </summary>
internal sealed class LargeCampaign
{
    /// <summary>Apart from the other workloads of the same seed.</summary>
    private const ulong Stream = 0x6C61_7267_6500_0002;

    private readonly Kernel _kernel;
    private readonly IArchitecture _architecture;
    private readonly Machine _machine;
    private readonly Machine _onePageEach;
    private readonly Shrinking _shrinking;
    private readonly Choices _choices = new(0UL);

    /// <summary>A campaign against a kernel on an architecture.</summary>
    public LargeCampaign(Kernel kernel, IArchitecture architecture)
    {
        (_kernel, _architecture) = (kernel, architecture);
        _machine = new Machine(kernel, architecture);
        _onePageEach = new Machine(kernel.Mutated(kernel.Name, kernel.Description, MmRules.OnePageEach), architecture);
        _shrinking = new Shrinking(new Machine(kernel, architecture));
    }

    /// <summary>What is looked for: what the pair is not expected to break anyway, and of that what large folios are known to break in a way of their own (<see cref="PairResult.Large"/>).</summary>
    public static InvariantSet LookedFor(PairResult beside) => beside.Checked.Except(beside.Expected.Except(beside.ExpectedLarge));

    /// <summary>Whether a workload breaks an invariant, and takes a large folio to do so: where each page is a folio of its own, on the same kernel, it does not.</summary>
    public bool TakesLarge(KeptFailure failure) => TakesLarge(failure.Workload, failure.Invariant);

    /// <summary>Runs it, beside what was found of the same pair without large folios.</summary>
    /// <param name="seed">Where the workloads come from.</param>
    /// <param name="workloads">How many.</param>
    /// <param name="beside">What was found without.</param>
    /// <param name="kept">Failures known from earlier campaigns, to be shrunk and reported before any is drawn.</param>
    /// <param name="progress">Told now and then how many have been run; null for nobody.</param>
    /// <param name="first">The number of the first.</param>
    /// <param name="cancel">Ends it early; what was found is kept.</param>
    /// <returns>Both together.</returns>
    public PairResult Run(ulong seed, long workloads, PairResult beside, IReadOnlyList<KeptFailure>? kept = null, Action<long>? progress = null, long first = 0, CancellationToken cancel = default)
    {
        beside = beside with { ExpectedLarge = _kernel.LargeOn(_architecture) };
        var (findings, complete) = Search(seed, workloads, LookedFor(beside), untilFound: false, kept, progress, first, cancel);
        return beside with { FoundLarge = findings, LargeWorkloads = workloads, Complete = beside.Complete && complete };
    }

    /// <summary>Looks for what takes a large folio.</summary>
    /// <param name="seed">Where the workloads come from.</param>
    /// <param name="workloads">How many.</param>
    /// <param name="left">The invariants that may break; each is reported once.</param>
    /// <param name="untilFound">Ends once all are broken.</param>
    /// <param name="kept">Failures known from earlier campaigns, to be shrunk and reported before any is drawn.</param>
    /// <param name="progress">Told now and then how many have been run; null for nobody.</param>
    /// <param name="first">The number of the first.</param>
    /// <param name="cancel">Ends it early; what was found is kept.</param>
    /// <returns>What broke, in the order of the invariants, and whether it ran to its end.</returns>
    public (ImmutableArray<Finding> Findings, bool Complete) Search(ulong seed, long workloads, InvariantSet left, bool untilFound, IReadOnlyList<KeptFailure>? kept = null, Action<long>? progress = null, long first = 0, CancellationToken cancel = default)
    {
        const int Often = 64;
        var findings = new List<Finding>();
        foreach (var failure in kept ?? [])
        {
            if (left.Contains(failure.Invariant)) Found(failure.Invariant, failure.Workload, Finding.Kept);
        }

        var complete = true;
        for (long i = 0; i < workloads && (left.Count > 0 || !untilFound); i++)
        {
            if (i % Often == 0)
            {
                if (cancel.IsCancellationRequested)
                {
                    complete = false;
                    break;
                }

                progress?.Invoke(i);
            }

            _choices.Reset(Choices.SeedOf(seed ^ Stream, first + i));
            var workload = Generator.DrawLarge(_choices);
            foreach (var id in Shrinking.Try(_machine, workload, left).Members())
            {
                if (left.Contains(id) && TakesLarge(workload, id)) Found(id, workload, first + i);
            }
        }

        return ([.. findings.OrderBy(f => f.Invariant)], complete);

        void Found(InvariantId id, Workload workload, long at)
        {
            findings.Add(_shrinking.Shrink(id, workload, at, candidate => TakesLarge(candidate, id)));
            left = left.Without(id);
        }
    }

    internal bool TakesLarge(Workload workload, InvariantId id) =>
        workload.Operations.Any(op => op.IsLarge) && Shrinking.Breaks(_machine, workload, id) && !Shrinking.Breaks(_onePageEach, workload, id);
}
