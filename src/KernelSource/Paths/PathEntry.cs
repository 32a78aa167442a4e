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

    /// <summary>Parameters that only say which of several: the number that each is to primitives.</summary>
    public IReadOnlyDictionary<string, long> Handles { get; init; } = new Dictionary<string, long>();

    /// <summary>Parameters that point to a folio which the caller keeps: the slot that it is in.</summary>
    public IReadOnlyDictionary<string, int> Pointees { get; init; } = new Dictionary<string, int>();

    /// <summary>Members that are set, or have a slot of their own, when the path begins.</summary>
    public IReadOnlyDictionary<string, (int Slot, long? AtEntry)> Members { get; init; } = new Dictionary<string, (int, long?)>();

    /// <summary>Variables of the function that other parts of the path know: the slot that each has.</summary>
    public IReadOnlyDictionary<string, int> Variables { get; init; } = new Dictionary<string, int>();

    /// <summary>What stands for a call of the path itself: the way to a part of it that is not this function's, and back.</summary>
    public IReadOnlyList<PathItem> Through { get; init; } = [];

    /// <summary>Slots that a path keeps while another one runs, or that a part of its own does.</summary>
    public IReadOnlyList<int> Kept { get; init; } = SlotAllocation.OverCalls;

    /// <summary>Slots that are somebody else's while this path runs.</summary>
    public Locals Reserved { get; init; }

    /// <summary>Whether another path that is read calls it, and keeps variables meanwhile.</summary>
    public bool IsCalled { get; init; }

    /// <summary>Whether what it returns does not matter.</summary>
    public bool IgnoresResult { get; init; }

    /// <summary>Which part of the catalogue's path it stands for; null: all of it.</summary>
    public PathPart? Part { get; init; }

    /// <summary>Whether a tree without the function is read all the same, with the catalogue's.</summary>
    public bool IsOptional { get; init; }
}

/// <summary>A part of a path.</summary>
/// <param name="From">Its first item.</param>
/// <param name="Until">The one behind it.</param>
/// <param name="Return">Where the path goes on when the function returns.</param>
internal sealed record PathPart(Func<PathItem, bool> From, Func<PathItem, bool> Until, Core.Paths.Label Return)
{
    /// <summary>A result with a way of its own: its value, and where the path goes on.</summary>
    public (long Value, Core.Paths.Label Goto)? Unless { get; init; }

    /// <summary>What stands before the function.</summary>
    public IReadOnlyList<PathItem> Before { get; init; } = [];

    /// <summary>What stands behind it, where it returns to; of the part's own steps those that are kept.</summary>
    public Func<IReadOnlyList<PathItem>, IReadOnlyList<PathItem>> Behind { get; init; } = _ => [];
}
