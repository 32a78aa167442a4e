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

    /// <summary>Whether the patches make something worse.</summary>
    public bool IsWorse => Breaks.Count > 0 || !BreaksCases.IsEmpty;

    /// <summary>What was never put to the test.</summary>
    public InvariantSet Unexercised => Base.Unexercised | (Patched?.Unexercised ?? InvariantSet.None);
}
