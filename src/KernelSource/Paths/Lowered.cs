using Hooks.KernelSource.C;

namespace Hooks.KernelSource.Paths;

/// <summary>A function as a list of instructions.</summary>
/// <param name="Code">The instructions.</param>
/// <param name="Functions">The function, and those read in its place, in the order in which they were met.</param>
/// <param name="Facts">What else was read of the tree.</param>
/// <param name="Rows">The rows of the table that were used.</param>
internal sealed record Lowered(List<IrItem> Code, IReadOnlyList<Function> Functions, IReadOnlyList<string> Facts, IReadOnlyList<Row> Rows);
