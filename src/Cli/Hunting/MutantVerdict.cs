using Hooks.Core.Invariants;
using Hooks.Core.Search;
using Hooks.Zoo;

namespace Hooks.Cli.Hunting;

/// <summary>What became of a mutant, all architectures together.</summary>
/// <param name="Mutant">The mutant.</param>
/// <param name="Results">On each architecture.</param>
internal sealed record MutantVerdict(PathMutant Mutant, IReadOnlyList<MutantResult> Results)
{
    /// <summary>Whether it is caught on some architecture. On the others there is nothing that it could break.</summary>
    public bool Caught => Results.Any(r => r.Caught);

    /// <summary>Where it is not caught.</summary>
    public IEnumerable<string> Survives => Results.Where(r => !r.Caught).Select(r => r.Arch);

    /// <summary>The catch with the smallest case.</summary>
    public MutantResult? Smallest => Results.Where(r => r.Caught).MinBy(r => r.Minimal!.Operations.Length);

    /// <summary>What noticed in that catch, in words.</summary>
    public string By => Smallest is not { } smallest ? "–" : smallest.CaughtBy is { } id ? InvariantCatalogue.Of(id).Name : "the kernel would have crashed";

    /// <summary>If it survives everywhere: why; null if nobody knows.</summary>
    public string? Why => MutationNotes.Of(Mutant);

    /// <summary>Results, mutant by mutant.</summary>
    public static IReadOnlyList<MutantVerdict> Of(IEnumerable<MutantResult> results) =>
        [.. results.GroupBy(r => r.Mutant).Select(g => new MutantVerdict(g.Key, [.. g]))];
}
