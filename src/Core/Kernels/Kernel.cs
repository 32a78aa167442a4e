using System.Collections.Immutable;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Paths;

namespace Hooks.Core.Kernels;

/// <summary>
/// A kernel as data: for each path the order of its steps, the era of the architectures' hooks that goes with it, and
/// what is expected of it.
/// </summary>
public sealed class Kernel
{
    private readonly KernelPath?[] _paths = new KernelPath?[Enum.GetValues<PathId>().Length];

    /// <summary>A kernel of these paths.</summary>
    public Kernel(string name, string commit, string description, HookEra era, bool marksExclusive, params IReadOnlyList<KernelPath> paths)
    {
        Name = name;
        Commit = commit;
        Description = description;
        Era = era;
        MarksExclusive = marksExclusive;
        Paths = [.. paths.OrderBy(p => p.Id)];
        foreach (var path in paths) _paths[(int)path.Id] = path;
    }

    /// <summary>The name used in cases and on the command line.</summary>
    public string Name { get; }

    /// <summary>The commit that made it what it is, or the message it was posted in.</summary>
    public string Commit { get; }

    /// <summary>One line for <c>hooks list kernels</c>.</summary>
    public string Description { get; }

    /// <summary>The architectures' hooks of its time.</summary>
    public HookEra Era { get; }

    /// <summary>Whether it marks pages exclusive (PageAnonExclusive, 5.19 on).</summary>
    public bool MarksExclusive { get; }

    /// <summary>The paths, in the order of <see cref="PathId"/>.</summary>
    public ImmutableArray<KernelPath> Paths { get; }

    /// <summary>What each architecture is expected to break, by its name. An architecture not named breaks nothing.</summary>
    public ImmutableDictionary<string, InvariantSet> ExpectedBreaches { get; init; } = ImmutableDictionary<string, InvariantSet>.Empty;

    /// <summary>The path with an id.</summary>
    /// <exception cref="InvalidOperationException">The kernel has no such path.</exception>
    public KernelPath this[PathId id] =>
        _paths[(int)id] ?? throw new InvalidOperationException($"kernel {Name} has no path {id}");

    /// <summary>What is expected to break on an architecture.</summary>
    public InvariantSet ExpectedOn(string arch) => ExpectedBreaches.GetValueOrDefault(arch);

    /// <summary>This kernel with one path replaced: how a variant is made.</summary>
    public Kernel With(string name, string commit, string description, params IReadOnlyList<KernelPath> replaced) =>
        new(name, commit, description, Era, MarksExclusive, [.. Paths.Where(p => replaced.All(r => r.Id != p.Id)), .. replaced]);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
