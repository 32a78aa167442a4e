namespace Hooks.Cli.FromSource;

/// <summary>The mutants of a tree as JSON.</summary>
/// <param name="Source">The tree.</param>
/// <param name="Like">What stands for what is not read.</param>
/// <param name="Seed">Where the workloads come from.</param>
/// <param name="Workloads">How many at most on each architecture.</param>
/// <param name="Interrupted">True if some are missing, else left out.</param>
/// <param name="Mutants">The mutants.</param>
internal sealed record SourceMutateJson(string Source, string Like, ulong Seed, long Workloads, bool? Interrupted, IReadOnlyList<SourceMutantJson> Mutants);

/// <summary>A mutant.</summary>
/// <param name="Mutant">Where, and what.</param>
/// <param name="Kind">What was done.</param>
/// <param name="NoticedBy">The invariant; left out if nothing noticed.</param>
/// <param name="Arch">On which architecture.</param>
/// <param name="Size">The operations of the smallest case.</param>
internal sealed record SourceMutantJson(string Mutant, string Kind, string? NoticedBy, string? Arch, int? Size);
