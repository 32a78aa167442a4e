using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Hooks.Core.Kernels;

namespace Hooks.Core.Paths;

/// <summary>
/// A named step of a kernel path: a group of instructions that is atomic. Between two steps another task may run, within one it may not. If
/// one of its locks cannot be taken, none of it happens.
/// </summary>
/// <param name="name">The kernel's name for it, in C# casing.</param>
/// <param name="source">The kernel function and file it stands for.</param>
/// <param name="era">The kernels that have it in this form.</param>
/// <param name="instructions">What it does.</param>
public sealed class Step(string name, string source, Era era, params IReadOnlyList<Instruction> instructions)
{
    /// <summary>The kernel's name for it, in C# casing.</summary>
    public string Name { get; } = name;

    /// <summary>The kernel function and file it stands for.</summary>
    public string Source { get; } = source;

    /// <summary>The kernels that have it in this form.</summary>
    public Era Era { get; } = era;

    /// <summary>What it does.</summary>
    public ImmutableArray<Instruction> Instructions { get; } = [.. instructions];

    /// <summary>A step named after the property that holds it.</summary>
    public static Step Of(string source, Era era, IReadOnlyList<Instruction> instructions, [CallerMemberName] string name = "") =>
        new(name, source, era, instructions);

    /// <summary>A step of one effect, named after the property that holds it.</summary>
    public static Step Of(string source, Era era, Effect effect, Mm.Locals reads = Mm.Locals.None, Mm.Locals sets = Mm.Locals.None, [CallerMemberName] string name = "") =>
        new(name, source, era, Instruction.Do(effect, reads, sets));

    /// <inheritdoc/>
    public override string ToString() => Name;
}
