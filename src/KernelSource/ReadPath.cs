using Hooks.Core.Paths;
using Hooks.KernelSource.C;
using Hooks.KernelSource.Paths;

namespace Hooks.KernelSource;

/// <summary>A path of a kernel that was read from source.</summary>
/// <param name="Path">Which.</param>
/// <param name="Function">The kernel's function.</param>
/// <param name="Steps">How many steps it has.</param>
/// <param name="Read">What was read for it: functions with file and lines, and facts.</param>
public sealed record ReadPath(PathId Path, string Function, int Steps, IReadOnlyList<string> Read)
{
    /// <summary>What it does, as text: equal for two readings that do the same.</summary>
    internal string Meaning { get; init; } = "";

    /// <summary>Where each of its instructions comes from.</summary>
    internal IReadOnlyList<Origin> Origins { get; init; } = [];

    /// <summary>Its function as it stands in the source, and those read in its place.</summary>
    internal IReadOnlyList<Function> Functions { get; init; } = [];

    /// <summary>The rows of the table that were used.</summary>
    internal IReadOnlyList<Row> Rows { get; init; } = [];

    /// <summary>A path with this in it.</summary>
    internal Func<KernelPath, KernelPath> Put { get; init; } = null!;

    /// <summary>Whether a function was read for it.</summary>
    internal bool Has(string file, string function) => Functions.Any(f => f.File == file && f.Name == function);
}
