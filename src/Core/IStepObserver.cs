using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;

namespace Hooks.Core;

/// <summary>Where a step was taken: unique within a run.</summary>
/// <param name="Operation">Index of the operation in the workload.</param>
/// <param name="Op">The operation.</param>
/// <param name="Task">Who took it.</param>
/// <param name="Ordinal">Which of the task's operations it is, counted from 1.</param>
/// <param name="Path">The path.</param>
/// <param name="Step">The step.</param>
/// <param name="Occurrence">The how manieth time the operation took it, counted from 1.</param>
public readonly record struct StepPlace(int Operation, Operation Op, TaskId Task, int Ordinal, PathId Path, Step Step, int Occurrence)
{
    /// <summary>As in cases: <c>P0#4 do_swap_page.SetPteAt</c>, or <c>…SetPteAt#2</c> where the operation took it twice.</summary>
    public override string ToString() => $"{Task}#{Ordinal} {Path.KernelName()}.{Step.Name}" + (Occurrence > 1 ? $"#{Occurrence}" : "");

    /// <summary>As cases said it until the second edition: <c>P0:read:SetPteAt</c>. They still mean this place, or one like it.</summary>
    public string OldName => $"{Op.Mm}:{CaseText.Word(Op.Verb)}:{Step.Name}";
}

/// <summary>A breach, and where it was seen first.</summary>
public readonly record struct Violation(Breach Breach, StepPlace Place);

/// <summary>Watches a run step by step. For reading: a run with an observer copies the world at each step.</summary>
public interface IStepObserver
{
    /// <summary>A line of the program begins, or, with <see cref="Verb.Go"/> behind its last line, what still stands goes on.</summary>
    void OnOperation(int index, Operation op);

    /// <summary>A step was taken, by whichever task.</summary>
    void OnStep(in StepPlace place, in World before, in World after);

    /// <summary>A task could not take its step; somebody else moves first, if anybody can.</summary>
    void OnBlocked(in StepPlace place, Waiting waiting, TaskId? holder);

    /// <summary>An invariant was found broken after the step just reported.</summary>
    void OnViolation(in Violation violation);

    /// <summary>A line of the program has been played.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="op">Its operation.</param>
    /// <param name="result">How its task's operation ended; <see cref="OpResult.None"/>: it stands.</param>
    void OnOperationEnded(int index, Operation op, OpResult result);
}
