using Hooks.Core.Invariants;
using Hooks.Core.Kernels;

namespace Hooks.Core.Arch;

/// <summary>An architecture over time: the hooks that it had in a kernel, and what they are known to break there.</summary>
public interface IArchitecture
{
    /// <summary>The name used in cases and on the command line.</summary>
    string Name { get; }

    /// <summary>One line for <c>hooks list archs</c>.</summary>
    string Description { get; }

    /// <summary>The hooks that a kernel has of it, by the kernel's version and commits (<see cref="Kernel.Has"/>).</summary>
    IArchHooks Hooks(Kernel kernel);

    /// <summary>The invariants that its hooks are known to break on a kernel, beyond those that the kernel breaks anywhere (<see cref="Kernel.Breaks"/>).</summary>
    InvariantSet ExpectedBreaches(Kernel kernel) => InvariantSet.None;

    /// <summary>The invariants that its hooks are known to break where operations interleave, and only there (<see cref="Kernel.RacesOn"/>).</summary>
    InvariantSet ExpectedRaces(Kernel kernel) => InvariantSet.None;

    /// <summary>The invariants that its hooks are known to break where pages come in large folios, and only there (<see cref="Kernel.LargeOn"/>).</summary>
    InvariantSet ExpectedLarge(Kernel kernel) => InvariantSet.None;

    /// <summary>Only what it breaks beyond these is looked for: the same program breaks it on none of them. Without any, all that it breaks.</summary>
    IReadOnlyList<IArchitecture> Beyond => [];

    /// <summary>
    /// The same with an address space's pages elsewhere, called <c>NAME@385,513,514,642</c>; null: its hooks do not go by address. Of it is looked for what it breaks beyond this one, and beyond the same with each page far from the others;
    /// with pages in the lowest 8 MiB, also beyond the same 1 GiB higher up. So what is found is due to where the pages lie.
    /// </summary>
    IArchitecture? At(PageAddresses addresses) => null;
}

/// <summary>No metadata: the control experiment. What fails here is not the architecture's fault.</summary>
public sealed class NoArchitecture : IArchitecture
{
    private static readonly NoArch Instance = new();

    /// <inheritdoc/>
    public string Name => Instance.Name;

    /// <inheritdoc/>
    public string Description => "no metadata, every hook does nothing; the control experiment";

    /// <inheritdoc/>
    public IArchHooks Hooks(Kernel kernel) => Instance;
}
