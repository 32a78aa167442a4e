using System.Runtime.CompilerServices;
using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>What comes after a step.</summary>
public enum FlowKind : byte
{
    /// <summary>The next step of the path.</summary>
    Next,

    /// <summary>The step could not run and changed nothing: a lock is taken. Try again when others have moved.</summary>
    Block,

    /// <summary>The step at a label of this path.</summary>
    Goto,

    /// <summary>The first step of another path, which takes the place of this one (a tail call).</summary>
    Enter,

    /// <summary>The path ends: the faulting access is retried, or the operation is over.</summary>
    Return,
}

/// <summary>What comes after a step, and where.</summary>
public readonly record struct Flow(FlowKind Kind, byte Target)
{
    /// <summary>Go on with the next step.</summary>
    public static Flow Next => default;

    /// <summary>Blocked; nothing was changed.</summary>
    public static Flow Block => new(FlowKind.Block, 0);

    /// <summary>The path ends.</summary>
    public static Flow Return => new(FlowKind.Return, 0);

    /// <summary>Go to a label of this path.</summary>
    public static Flow Goto(Label label) => new(FlowKind.Goto, (byte)label);

    /// <summary>Go on with another path, and do not come back.</summary>
    public static Flow Enter(PathId path) => new(FlowKind.Enter, (byte)path);
}

/// <summary>The body of a step: one atomic change of the state and of the task's locals.</summary>
public delegate Flow StepBody(ref MachineState s, ref KTask t, IArchHooks arch);

/// <summary>
/// A named atomic step of a kernel path. Atomic means: between two steps another thread may run, within one it may not.
/// </summary>
/// <param name="name">The kernel's name for it, in C# casing.</param>
/// <param name="source">The kernel function and file it stands for.</param>
/// <param name="era">The kernels that have it in this form.</param>
/// <param name="body">What it does.</param>
public sealed class Step(string name, string source, string era, StepBody body)
{
    /// <summary>The kernel's name for it, in C# casing.</summary>
    public string Name { get; } = name;

    /// <summary>The kernel function and file it stands for.</summary>
    public string Source { get; } = source;

    /// <summary>The kernels that have it in this form.</summary>
    public string Era { get; } = era;

    /// <summary>What it does.</summary>
    public StepBody Body { get; } = body;

    /// <summary>A step named after the property that holds it.</summary>
    public static Step Of(string source, string era, StepBody body, [CallerMemberName] string name = "") =>
        new(name, source, era, body);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
