using System.Collections.Immutable;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Search;

namespace Hooks.Cli.FromSource;

/// <summary>An architecture's two results.</summary>
/// <param name="Architecture">The architecture.</param>
/// <param name="Base">Without the patches.</param>
/// <param name="Patched">With them; null without any.</param>
internal sealed record ArchResult(IArchitecture Architecture, PairResult Base, PairResult? Patched)
{
    /// <summary>What the patches break.</summary>
    public InvariantSet Breaks => Patched is null ? InvariantSet.None : Patched.Broken.Except(Base.Broken);

    /// <summary>What they fix.</summary>
    public InvariantSet Fixes => Patched is null ? InvariantSet.None : Base.Broken.Except(Patched.Broken);

    /// <summary>What is broken in the end, whatever the patches do.</summary>
    public InvariantSet Stays => Patched is null ? Base.Broken : Patched.Broken & Base.Broken;

    /// <summary>Of what stays broken: cases that break it with the patches only.</summary>
    public ImmutableArray<Finding> BreaksCases { get; init; } = [];

    /// <summary>Of what stays broken: cases that break it without the patches only.</summary>
    public ImmutableArray<Finding> FixesCases { get; init; } = [];

    /// <summary>Races that are there with the patches only: without them the same operations hold, whoever moves when.</summary>
    public ImmutableArray<Finding> BreaksRaces { get; init; } = [];

    /// <summary>Races that are there without the patches only.</summary>
    public ImmutableArray<Finding> FixesRaces { get; init; } = [];

    /// <summary>What races break in the end, whatever the patches do.</summary>
    public InvariantSet StaysRaced => Patched is null ? Base.Raced : Raced(patched: false) & Raced(patched: true);

    /// <summary>What races break with or without the patches: a race found in one of the two is in the other as well, unless it was seen not to be.</summary>
    public InvariantSet Raced(bool patched)
    {
        if (Patched is null) return Base.Raced;
        var (own, other, not) = patched ? (Patched.Raced, Base.Raced, FixesRaces) : (Base.Raced, Patched.Raced, BreaksRaces);
        return own | other.Except(InvariantSet.Of([.. not.Select(f => f.Invariant)]));
    }

    /// <summary>Whether the patches make something worse.</summary>
    public bool IsWorse => Breaks.Count > 0 || !BreaksCases.IsEmpty || !BreaksRaces.IsEmpty;

    /// <summary>Whether all is well: nothing is broken, or with patches nothing that held without them.</summary>
    public bool IsGood => Unexercised.Count == 0 && (Patched is null ? Base.Broken.Count + Base.Raced.Count == 0 : !IsWorse);

    /// <summary>What was never put to the test.</summary>
    public InvariantSet Unexercised => Base.Unexercised | (Patched?.Unexercised ?? InvariantSet.None);
}
