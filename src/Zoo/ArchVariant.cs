using Hooks.Core.Arch;

namespace Hooks.Zoo;

/// <summary>A variant of an architecture: the hooks of an era, changed.</summary>
/// <param name="name">The name used in cases and on the command line.</param>
/// <param name="description">What is different.</param>
/// <param name="hooks">The hooks of an era.</param>
public sealed class ArchVariant(string name, string description, Func<HookEra, IArchHooks> hooks) : IArchitecture
{
    private readonly IArchHooks[] _eras = [.. Enum.GetValues<HookEra>().Select(hooks)];

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Description => description;

    /// <inheritdoc/>
    public IArchHooks Hooks(HookEra era) => _eras[(int)era];
}
