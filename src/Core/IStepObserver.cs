using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;

namespace Hooks.Core;

/// <summary>Where a step was taken.</summary>
/// <param name="Operation">Index of the operation in the workload.</param>
/// <param name="Op">The operation.</param>
/// <param name="Step">The step.</param>
public readonly record struct StepPlace(int Operation, Operation Op, Step Step)
{
    /// <summary>As in cases: <c>P0:read:SetPteAt</c>.</summary>
    public override string ToString() => $"{Op.Mm}:{CaseText.Word(Op.Verb)}:{Step.Name}";
}

/// <summary>A breach, and where it was seen first.</summary>
public readonly record struct Violation(Breach Breach, StepPlace Place);

/// <summary>Watches a run step by step. For reading: a run with an observer copies the state at each step.</summary>
public interface IStepObserver
{
    /// <summary>An operation begins.</summary>
    void OnOperation(int index, Operation op);

    /// <summary>A step was taken.</summary>
    void OnStep(in StepPlace place, in MachineState before, in MachineState after);

    /// <summary>An invariant was found broken after the step just reported.</summary>
    void OnViolation(in Violation violation);

    /// <summary>An operation ended.</summary>
    void OnOperationEnded(int index, Operation op, OpResult result);
}
