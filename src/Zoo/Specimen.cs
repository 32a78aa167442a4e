using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;

namespace Hooks.Zoo;

/// <summary>A kernel with an architecture.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Arch">The architecture.</param>
public sealed record Habitat(Kernel Kernel, IArchitecture Arch);

/// <summary>A real bug, and its fix: the same case must fail with the one and pass with the other.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Fix">The commit that fixed it, or where it was pointed out.</param>
/// <param name="What">What went wrong, one sentence.</param>
/// <param name="Bug">The kernel and architecture that have it.</param>
/// <param name="Fixed">Those that have not.</param>
/// <param name="CaughtBy">The invariant that it breaks.</param>
/// <param name="MinimalOperations">Operations of the smallest case.</param>
public sealed record Specimen(string Id, string Fix, string What, Habitat Bug, Habitat Fixed, InvariantId CaughtBy, int MinimalOperations)
{
    /// <summary>Whether it takes a folio of several pages: it is hunted with workloads that have some.</summary>
    public bool TakesLarge { get; init; }

    /// <summary>How many times the usual budget it is hunted with: it takes things that seldom come together.</summary>
    public int Effort { get; init; } = 1;
}

/// <summary>A real bug that the model cannot show, and why.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Fix">The commit that fixed it.</param>
/// <param name="What">What went wrong.</param>
/// <param name="Bug">The kernel and architecture that have it.</param>
/// <param name="Why">Why it breaks nothing here.</param>
public sealed record Escapee(string Id, string Fix, string What, Habitat Bug, string Why);
