using System.Runtime.InteropServices;
using Hooks.Core.Mm;

namespace Hooks.Core.Search.Exploring;

/// <summary>One move of a search: a task takes its next step, or begins an operation.</summary>
/// <param name="Bits">The task in the low four bits; above them 0 for a step, or 1 + which of the operations that it may begin.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct Move(ushort Bits)
{
    /// <summary>Operations that a task may choose from at the most.</summary>
    public const int MostChoices = (1 << (16 - TaskBits)) - 1;

    private const int TaskBits = 4;

    /// <summary>Whose.</summary>
    public TaskId Task => new((byte)(Bits & ((1 << TaskBits) - 1)));

    /// <summary>Whether it begins an operation.</summary>
    public bool Begins => Bits >> TaskBits != 0;

    /// <summary>Which one.</summary>
    public int Choice => (Bits >> TaskBits) - 1;

    /// <summary>A step.</summary>
    public static Move Step(TaskId task) => new(task.Value);

    /// <summary>The beginning of an operation.</summary>
    public static Move Begin(TaskId task, int choice) => new((ushort)(task.Value | ((choice + 1) << TaskBits)));
}
