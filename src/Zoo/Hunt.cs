using System.Collections.Immutable;
using System.Diagnostics;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Search;

namespace Hooks.Zoo;

/// <summary>A bug caught with one seed.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Finding">The finding.</param>
/// <param name="Time">How long it took to find and to shrink. Of no effect on anything else.</param>
public sealed record Catch(ulong Seed, Finding Finding, TimeSpan Time)
{
    /// <summary>How many workloads it took.</summary>
    public long Workloads => Finding.FoundAt + 1;

    /// <summary>Operations of the minimal case.</summary>
    public int Operations => Finding.Minimal.Workload.Operations.Length;
}

/// <summary>What came of hunting a bug.</summary>
/// <param name="Specimen">The bug.</param>
/// <param name="Catches">The catches, by seed.</param>
/// <param name="Missed">With how many seeds it was not caught.</param>
/// <param name="FixPasses">Whether the first minimal case passes on what has the fix.</param>
public sealed record HuntResult(Specimen Specimen, ImmutableArray<Catch> Catches, int Missed, bool FixPasses)
{
    /// <summary>Whether it was caught with every seed, and the fix fixes it.</summary>
    public bool AsExpected => Missed == 0 && Catches.Length > 0 && FixPasses;

    /// <summary>In how many catches the minimal case has the known size.</summary>
    public int AtKnownSize => Catches.Count(c => c.Operations == Specimen.MinimalOperations);
}

/// <summary>Hunts a bug of the zoo with several seeds: how soon is it found, how small does its case get, and does the fix pass it?</summary>
public static class Hunt
{
    /// <summary>Hunts one bug.</summary>
    /// <param name="specimen">The bug.</param>
    /// <param name="seeds">Seeds 1 … this.</param>
    /// <param name="workloads">The budget: workloads with each seed; of a bug that takes more, so many times as much (<see cref="Specimen.Effort"/>).</param>
    /// <param name="cancel">Ends the hunt after the current seed.</param>
    public static HuntResult Run(Specimen specimen, int seeds, long workloads, CancellationToken cancel = default)
    {
        var catches = ImmutableArray.CreateBuilder<Catch>();
        var missed = 0;
        var only = InvariantSet.Of(specimen.CaughtBy);
        var campaign = new RandomCampaign(specimen.Bug.Kernel, specimen.Bug.Arch);
        var large = new LargeCampaign(specimen.Bug.Kernel, specimen.Bug.Arch);
        for (ulong seed = 1; seed <= (ulong)seeds && !cancel.IsCancellationRequested; seed++)
        {
            var begun = Stopwatch.GetTimestamp();
            var (findings, complete) = Search(seed);
            var finding = findings.FirstOrDefault(f => f.Invariant == specimen.CaughtBy);
            if (!complete) break;
            if (finding is null) missed++;
            else catches.Add(new Catch(seed, finding, Stopwatch.GetElapsedTime(begun)));
        }

        return new HuntResult(specimen, catches.ToImmutable(), missed, catches.Count > 0 && Passes(specimen, catches[0].Finding));

        (IReadOnlyList<Finding> Findings, bool Complete) Search(ulong seed)
        {
            var budget = workloads * specimen.Effort;
            if (specimen.TakesLarge) return large.Search(seed, budget, only, untilFound: true, cancel: cancel);
            var result = campaign.Run(seed, budget, only: only, cancel: cancel);
            return (result.Findings, result.Complete);
        }
    }

    /// <summary>Whether a minimal case breaks the invariant no more where the bug is fixed.</summary>
    public static bool Passes(Specimen specimen, Finding finding)
    {
        var machine = new Machine(specimen.Fixed.Kernel, specimen.Fixed.Arch);
        return machine.Run(finding.Minimal.Workload, InvariantSet.Of(specimen.CaughtBy)).Count == 0;
    }

    /// <summary>The value that a share of sorted values does not exceed (nearest rank).</summary>
    /// <param name="values">At least one value.</param>
    /// <param name="share">0 … 1.</param>
    public static T Quantile<T>(IEnumerable<T> values, double share)
    {
        var sorted = values.Order().ToList();
        return sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Count) - 1, 0, sorted.Count - 1)];
    }
}
