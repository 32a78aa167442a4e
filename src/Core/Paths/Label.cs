namespace Hooks.Core.Paths;

/// <summary>A place in a path that instructions jump to: the kernel's goto labels and loop heads. It belongs to the paths that are written with it.</summary>
/// <param name="name">Its name, the kernel's where the kernel has one.</param>
public sealed class Label(string name)
{
    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
