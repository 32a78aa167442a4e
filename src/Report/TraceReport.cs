using System.Text;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Traces;

namespace Hooks.Report;

/// <summary>A run step by step in plain text: operation, step, what it changed, what broke.</summary>
public static class TraceReport
{
    private const int StepColumn = 26;

    /// <summary>The column in which what a step changed begins.</summary>
    internal const int ChangesColumn = 4 + StepColumn + 1;

    /// <summary>A trace, without a newline at the end.</summary>
    public static string Print(Trace trace)
    {
        var text = new StringBuilder();
        foreach (var op in trace.Operations)
        {
            text.Append($"{op.Op.Task} {op.Op}{(op.Result == OpResult.Applied ? "" : $"   ({Word(op.Result)})")}\n");
            (TaskId Task, PathId Path) within = default;
            foreach (var step in op.Steps)
            {
                // Which function the steps are of, where that changes.
                if (within != (step.Place.Task, step.Place.Path)) text.Append($"  {(step.Place.Task == op.Op.Task ? "" : $"{step.Place.Task}: ")}{step.Place.Path.KernelName()}\n");
                within = (step.Place.Task, step.Place.Path);
                Append(text, step, op.Op.Task);
            }
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
        var margin = "    " + name.PadRight(StepColumn);
        if (ReferenceEquals(step.Place.Step.Era, Era.AsRead))
        {
            // Which line of the source: the changes stand below it.
            text.Append($"{margin} {step.Place.Step.Source}\n");
            if (step.Changes.Count == 0 && step.Waits is null && step.Reads is null) margin = "";
            else margin = new string(' ', margin.Length);
        }

        IReadOnlyList<string> changes = step.Reads is null ? step.Changes : [.. step.Changes, step.Reads];
        if (step.Waits is { } waits) text.Append($"{margin} {waits}\n");
        else if (changes.Count == 0 && margin.Length > 0) text.Append(margin.TrimEnd()).Append('\n');
        foreach (var change in changes)
        {
            text.Append(margin).Append(' ').Append(change).Append('\n');
            margin = new string(' ', margin.Length);
        }

        foreach (var violation in step.Violations)
        {
            var invariant = InvariantCatalogue.Of(violation.Breach.Invariant);
            text.Append($"    ✗ {invariant.Name}: {invariant.Describe(violation.Breach)}\n");
        }
    }
}
