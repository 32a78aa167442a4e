using Hooks.Core.Arch;
using Hooks.Core.Kernels;

namespace Hooks.Zoo;

/// <summary>A variant of an architecture: the hooks that a kernel has of it, changed.</summary>
/// <param name="name">The name used in cases and on the command line.</param>
/// <param name="description">What is different.</param>
/// <param name="hooks">The hooks that a kernel has.</param>
public sealed class ArchVariant(string name, string description, Func<Kernel, IArchHooks> hooks) : IArchitecture
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Description => description;

    /// <inheritdoc/>
    public IArchHooks Hooks(Kernel kernel) => hooks(kernel);
}
