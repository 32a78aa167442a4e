using Hooks.Cli.Catalogues;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Search;
using Hooks.Core.Search.Strategies;
using Hooks.Core.Workloads;

namespace Hooks.Cli.Sharing;

/// <summary>What a shard has found of a kernel on an architecture. What follows from kernel and architecture is not in it.</summary>
/// <param name="Kernel">The kernel's name.</param>
/// <param name="Arch">The architecture's name.</param>
/// <param name="Complete">Whether all that was its own was run.</param>
/// <param name="Exercised">The invariants put to the test.</param>
/// <param name="Findings">What broke.</param>
/// <param name="Races">What broke in a race.</param>
/// <param name="Large">What only large folios broke.</param>
/// <param name="LargeWorkloads">How many workloads with large folios were run.</param>
/// <param name="Coverage">What was covered, as numbers.</param>
/// <param name="Reached">The steps that workloads have taken.</param>
/// <param name="Met">What interleaved runs have covered; null if there were none.</param>
internal sealed record PairPart(string Kernel, string Arch, bool Complete, IReadOnlyList<string> Exercised, IReadOnlyList<FindingPart> Findings, IReadOnlyList<FindingPart> Races, IReadOnlyList<FindingPart> Large, long LargeWorkloads, long[] Coverage, IReadOnlyList<string> Reached, MetPart? Met)
{
    /// <summary>Of a result.</summary>
    public static PairPart Of(PairResult result) => new(
        result.Kernel,
        result.Arch,
        result.Complete,
        Names.Of(result.Exercised),
        [.. result.Findings.Select(FindingPart.Of)],
        [.. result.Races.Select(FindingPart.Of)],
        [.. result.FoundLarge.Select(FindingPart.Of)],
        result.LargeWorkloads,
        result.Coverage.ToNumbers(),
        result.Reached,
        result.Met is null ? null : MetPart.Of(result.Met));

    /// <summary>The result again. Each case is run, so that what is said of it is what this machine sees.</summary>
    /// <returns>Null if it is none of this kernel on this architecture.</returns>
    public PairResult? Restore(Kernel kernel, IArchitecture architecture)
    {
        var machine = new Machine(kernel, architecture);
        var findings = Findings.Select(f => f.Restore(machine, isRace: false)).ToList();
        var races = Races.Select(f => f.Restore(machine, isRace: true)).ToList();
        var large = Large.Select(f => f.Restore(machine, isRace: f.Case.Contains(" until ", StringComparison.Ordinal))).ToList();
        var (coverage, met) = (Core.Coverage.Of(Coverage), Met is null ? null : Core.Search.Strategies.Met.Of(kernel, Met.Counts, Met.Taken, Met.Adjacent, Met.Shared));
        if (coverage is null || (met is null) != (Met is null) || findings.Concat(races).Concat(large).Contains(null) || !Exercised.All(name => InvariantCatalogue.TryGet(name, out _))) return null;
        return new PairResult(kernel.Name, architecture.Name, kernel.ExpectedOn(architecture), machine.Checked, SetOf(Exercised), [.. findings.OfType<Finding>()], coverage, Complete)
        {
            Races = [.. races.OfType<Finding>()],
            FoundLarge = [.. large.OfType<Finding>()],
            LargeWorkloads = LargeWorkloads,
            ExpectedLarge = LargeWorkloads == 0 ? InvariantSet.None : kernel.LargeOn(architecture),
            ExpectedRaces = met is null ? InvariantSet.None : kernel.RacesOn(architecture),
            Reached = [.. Reached],
            Met = met,
        };
    }

    private static InvariantSet SetOf(IEnumerable<string> names) => InvariantSet.Of([.. InvariantCatalogue.All.Where(i => names.Contains(i.Name)).Select(i => i.Id)]);
}

/// <summary>What interleaved runs have covered, as numbers and sets of bits.</summary>
internal sealed record MetPart(long[] Counts, byte[] Taken, byte[] Adjacent, byte[] Shared)
{
    /// <summary>Of what they have.</summary>
    public static MetPart Of(Met met)
    {
        var (counts, taken, adjacent, shared) = met.ToNumbers();
        return new MetPart(counts, taken, adjacent, shared);
    }
}

/// <summary>A broken invariant.</summary>
/// <param name="Invariant">Its name.</param>
/// <param name="Case">The minimal case, as text.</param>
/// <param name="FoundAt">Which workload or schedule found it.</param>
/// <param name="ShrinkRuns">How many candidates were run to shrink it.</param>
/// <param name="Slipped">Whether it was met while another was shrunk.</param>
/// <param name="DrawnWith">Of a race, what its scene was drawn with.</param>
internal sealed record FindingPart(string Invariant, string Case, long FoundAt, int ShrinkRuns, bool Slipped, string? DrawnWith)
{
    /// <summary>Of a finding.</summary>
    public static FindingPart Of(Finding finding) => new(InvariantCatalogue.Of(finding.Invariant).Name, finding.Minimal.ToString(), finding.FoundAt, finding.ShrinkRuns, finding.Slipped, finding.DrawnWith);

    /// <summary>The finding again; null if it is no case, or breaks nothing of the kind here.</summary>
    public Finding? Restore(Machine machine, bool isRace)
    {
        try
        {
            if (!InvariantCatalogue.TryGet(Invariant, out var invariant)) return null;
            var minimal = CaseParser.Parse(Case, Invariant);
            if (!machine.Run(minimal.Workload, InvariantSet.Of(invariant.Id)).Contains(invariant.Id)) return null;
            return new Finding(invariant.Id, minimal, machine.ViolationOf(invariant.Id), FoundAt, ShrinkRuns) { Slipped = Slipped, IsRace = isRace, DrawnWith = DrawnWith };
        }
        catch (Exception e) when (e is CaseSyntaxException or CapacityException)
        {
            return null;
        }
    }
}
