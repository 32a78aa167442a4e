using System.Text.Json.Serialization;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Traces;
using Hooks.Core.Workloads;
using Hooks.Report;

namespace Hooks.Cli.Replaying;

/// <summary>A replay as JSON.</summary>
/// <param name="File">The file, as the user named it; <c>-</c> for standard input.</param>
/// <param name="Kernel">The kernel it was run on.</param>
/// <param name="Arch">The architecture it was run on.</param>
/// <param name="Violations">What failed, in the order in which it did.</param>
/// <param name="AsExpected">Whether what the file says happened.</param>
/// <param name="Expected">What the file says.</param>
/// <param name="NeverStood">Operations that ended without coming to the step that they should have been left standing in front of; left out if there are none.</param>
/// <param name="Trace">The operations step by step; left out if nobody asked.</param>
internal sealed record ReplayJson(
    string File,
    string Kernel,
    string Arch,
    IReadOnlyList<ReplayedViolationJson> Violations,
    bool AsExpected,
    IReadOnlyList<ExpectationJson> Expected,
    IReadOnlyList<string>? NeverStood,
    IReadOnlyList<TracedOperationJson>? Trace)
{
    /// <summary>One object for one file, an array of them for several.</summary>
    public static string Print(IReadOnlyList<Replay> replays, bool trace)
    {
        ReplayJson[] all = [.. replays.Select(r => Of(r, trace))];
        return all.Length == 1 ? JsonText.Of(all[0], JsonTypes.Default.ReplayJson) : JsonText.Of(all, JsonTypes.Default.ReplayJsonArray);
    }

    private static ReplayJson Of(Replay replay, bool trace) => new(
        replay.File.Name,
        replay.Kernel.Name,
        replay.Architecture.Name,
        [.. replay.Trace.Violations.Select(v => ReplayedViolationJson.Of(v, replay.Names(v)))],
        replay.AsExpected,
        [.. replay.File.Case.Fails.Select(ExpectationJson.Of)],
        replay.NeverStood is { Count: > 0 } never ? [.. never.Select(n => $"{n.Op.Task} {CaseText.Print(n.Op with { Until = null })} until {n.Op.Until}")] : null,
        trace ? [.. replay.Trace.Operations.Select(TracedOperationJson.Of)] : null);
}

/// <summary>What failed.</summary>
/// <param name="Invariant">The invariant's name.</param>
/// <param name="Step">Where.</param>
/// <param name="Message">How, in words.</param>
/// <param name="Expected">Whether the file names it.</param>
internal sealed record ReplayedViolationJson(string Invariant, string Step, string Message, bool Expected)
{
    /// <summary>Of a violation.</summary>
    public static ReplayedViolationJson Of(Violation violation, bool expected)
    {
        var invariant = InvariantCatalogue.Of(violation.Breach.Invariant);
        return new ReplayedViolationJson(invariant.Name, violation.Place.ToString(), invariant.Describe(violation.Breach), expected);
    }
}

/// <summary>A <c>fails</c> line.</summary>
/// <param name="Invariant">The invariant's name.</param>
/// <param name="Step">Where; null if the line does not say.</param>
internal sealed record ExpectationJson(string Invariant, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Step)
{
    /// <summary>Of a line.</summary>
    public static ExpectationJson Of(Expectation expected) => new(expected.Invariant, expected.At);
}

/// <summary>An operation of a trace.</summary>
/// <param name="Operation">Who does it, and the operation.</param>
/// <param name="Result">How it ended, in a word.</param>
/// <param name="Steps">Its steps.</param>
internal sealed record TracedOperationJson(string Operation, string Result, IReadOnlyList<TracedStepJson> Steps)
{
    /// <summary>Of an operation.</summary>
    public static TracedOperationJson Of(TraceOperation operation) => new(
        $"{operation.Op.Task} {operation.Op}",
        TraceReport.Word(operation.Result),
        [.. operation.Steps.Select(s => TracedStepJson.Of(s, operation.Op.Task))]);
}

/// <summary>A step of a trace.</summary>
/// <param name="Step">Its name.</param>
/// <param name="Changes">What it changed, in words.</param>
/// <param name="Task">Who took it; left out if it is who does the operation.</param>
/// <param name="Reads">What the program has read, in words; left out if it has not.</param>
/// <param name="Waits">What it could not be taken for, and who goes on first; left out if it was taken.</param>
internal sealed record TracedStepJson(string Step, IReadOnlyList<string> Changes, string? Task, string? Waits, string? Reads)
{
    /// <summary>Of a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="task">Who does the operation.</param>
    public static TracedStepJson Of(TraceStep step, TaskId task) =>
        new(step.Place.Step.Name, step.Changes, step.Place.Task == task ? null : step.Place.Task.ToString(), step.Waits, step.Reads);
}
