using Hooks.Core.Mm;

namespace Hooks.Core.Search.Exploring;

/// <summary>What a search has least of first, and how much of it at the most.</summary>
internal enum Bound
{
    /// <summary>Operations that have begun. What moves when is free: everything is looked at.</summary>
    Operations,

    /// <summary>
    /// Preemptions: a task moves while the one that moved last could have gone on (CHESS: Musuvathi and Qadeer, Iterative Context Bounding for Systematic Testing of Multithreaded Programs, PLDI 2007).
    /// A case has an <c>until</c> for each.
    /// </summary>
    Preemptions,

    /// <summary>Lines of the case: an operation is one, and so is each <c>go</c>, but for what goes on when the program has ended, in order of tasks.</summary>
    Lines,
}

/// <summary>Who moved last, where that matters: nobody who is still at something, a task, or whoever is the first, the program being over.</summary>
/// <param name="Value">0 for nobody; 1 + the task; <see cref="OverBit"/> if the program is over.</param>
internal readonly record struct Last(byte Value)
{
    private const byte OverBit = 1 << 7;

    /// <summary>Whether the program is over, and what still stands goes on in order.</summary>
    public bool IsOver => (Value & OverBit) != 0;

    /// <summary>The program is over.</summary>
    public static Last Over => new(OverBit);

    /// <summary>A task moved last; nobody did if it has come to its end.</summary>
    public static Last Of(TaskId task, bool isUnderWay) => isUnderWay ? new((byte)(task.Value + 1)) : default;

    /// <summary>Whether it was this task.</summary>
    public bool Is(TaskId task) => Value == task.Value + 1;

    /// <summary>Whether it was another task, and one of these.</summary>
    public bool IsAnotherOf(TaskId task, BitSet<TaskId> tasks) => Value != 0 && !IsOver && !Is(task) && tasks.Contains(new TaskId((byte)(Value - 1)));
}
