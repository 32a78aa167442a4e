using Hooks.Core.Mm;
using Hooks.Core.Paths;

namespace Hooks.KernelSource.Paths;

/// <summary>What a path is given when it begins: where its function and what that calls stand, its parameters, and the members of structures that are variables.</summary>
/// <param name="Path">Which path.</param>
/// <param name="Name">The function's name.</param>
/// <param name="Files">The files in which functions are looked for; its own first.</param>
internal sealed record PathEntry(PathId Path, string Name, params string[] Files)
{
    /// <summary>The slots of parameters, by their type.</summary>
    public IReadOnlyDictionary<string, int> Parameters { get; init; } = new Dictionary<string, int>();

    /// <summary>Members that are set, or have a slot of their own, when the path begins.</summary>
    public IReadOnlyDictionary<string, (int Slot, long? AtEntry)> Members { get; init; } = new Dictionary<string, (int, long?)>();

    /// <summary>Slots that are somebody else's while this path runs.</summary>
    public Locals Reserved { get; init; }

    /// <summary>Whether another path that is read calls it, and keeps variables meanwhile.</summary>
    public bool IsCalled { get; init; }

    /// <summary>Whether what it returns does not matter.</summary>
    public bool IgnoresResult { get; init; }
}
