using Hooks.Core.Mm;

namespace Hooks.Lab.Races;

/// <summary>How a task's turn ends.</summary>
public enum TurnEnd
{
    /// <summary>Its operation has ended.</summary>
    Ended,

    /// <summary>It stands in front of a step.</summary>
    Stands,

    /// <summary>It has to wait for another.</summary>
    Waits,
}

/// <summary>A task's turn: what the model lets it do before another moves.</summary>
/// <param name="Line">The line of the program that it belongs to.</param>
/// <param name="Operation">The operation, by its place in the program.</param>
/// <param name="Task">Whose turn it is.</param>
/// <param name="Begins">Whether the operation begins with it.</param>
/// <param name="End">How it ends.</param>
/// <param name="Step">Stands: the step; waits: the step that cannot be taken yet. <c>do_swap_page.PteSame</c>.</param>
/// <param name="Arrival">Stands: which time in this turn it comes there. Waits: which time in this line.</param>
/// <param name="Asked">Stands: whether the program says so. Otherwise it stands because the one who has waited for it goes on.</param>
/// <param name="Changes">Stands: whether the step, when it is taken, changes anything. A kernel may pass by a statement that does not.</param>
/// <param name="Waiting">Waits: what for.</param>
/// <param name="Holder">Waits: who has it.</param>
public sealed record RaceTurn(int Line, int Operation, TaskId Task, bool Begins, TurnEnd End, string Step = "", int Arrival = 1, bool Asked = false, bool Changes = false, Waiting Waiting = default, TaskId? Holder = null);
