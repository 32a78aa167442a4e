using System.Text;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Traces;

namespace Hooks.Report;

/// <summary>A run step by step in plain text: operation, step, what it changed, what broke.</summary>
public static class TraceReport
{
    private const int StepColumn = 28;

    /// <summary>A trace, without a newline at the end.</summary>
    public static string Print(Trace trace)
    {
        var text = new StringBuilder();
        foreach (var op in trace.Operations)
        {
            text.Append($"{op.Op.Task} {op.Op}{(op.Result == OpResult.Applied ? "" : $"   ({Word(op.Result)})")}\n");
            foreach (var step in op.Steps) Append(text, step, op.Op.Task);
        }

        return text.ToString().TrimEnd('\n');
    }

    /// <summary>How an operation ended, in words.</summary>
    public static string Word(OpResult result) => result switch
    {
        OpResult.Applied => "applied",
        OpResult.NotApplicable => "does not apply",
        OpResult.Oom => "out of memory",
        OpResult.SigBus => "SIGBUS",
        OpResult.SegV => "SIGSEGV",
        OpResult.Userfault => "stopped by userfaultfd",
        _ => "does not end",
    };

    private static void Append(StringBuilder text, TraceStep step, TaskId task)
    {
        // A task that has to go on first takes its steps in the middle of the other's operation.
        var name = step.Place.Task == task ? step.Place.Step.Name : $"{step.Place.Task}: {step.Place.Step.Name}";
        var margin = "  " + name.PadRight(StepColumn);
        if (ReferenceEquals(step.Place.Step.Era, Era.AsRead))
        {
            // Which line of the source: the changes stand below it.
            text.Append($"{margin} {step.Place.Step.Source}\n");
            if (step.Changes.Count == 0 && step.Waits is null) margin = "";
            else margin = new string(' ', margin.Length);
        }

        if (step.Waits is { } waits) text.Append($"{margin} {waits}\n");
        else if (step.Changes.Count == 0 && margin.Length > 0) text.Append(margin.TrimEnd()).Append('\n');
        foreach (var change in step.Changes)
        {
            text.Append(margin).Append(' ').Append(change).Append('\n');
            margin = new string(' ', margin.Length);
        }

        foreach (var violation in step.Violations)
        {
            var invariant = InvariantCatalogue.Of(violation.Breach.Invariant);
            text.Append($"  ✗ {invariant.Name}: {invariant.Describe(violation.Breach)}\n");
        }
    }
}
