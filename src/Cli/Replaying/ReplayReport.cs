using Hooks.Cli.Terminal;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using Hooks.Report;
using Spectre.Console;

namespace Hooks.Cli.Replaying;

/// <summary>A replay for people.</summary>
internal static class ReplayReport
{
    /// <summary>Operations that did nothing are said, and those that were not left standing: they are seldom meant to.</summary>
    private static void Nothing(Screen screen, Replay replay)
    {
        foreach (var operation in replay.Trace.Operations.Where(o => o.Result == OpResult.NotApplicable)) screen.Line($"  did nothing: {operation.Op.Task} {CaseText.Print(operation.Op)}");
        foreach (var (op, hasStep) in replay.NeverStood) screen.Line($"  never came to {op.Until}{(hasStep ? "" : $", a step that {replay.Kernel.Name} does not have")}: {op.Task} {CaseText.Print(op with { Until = null })}");
        if (!replay.SwapsOut) screen.Line("  no page was swapped out: this says nothing of swap");
    }

    private static readonly Style Good = new(Color.Green);
    private static readonly Style Bad = new(Color.Red);

    /// <summary>Prints it.</summary>
    public static void Print(Screen screen, Replay replay, bool trace)
    {
        var violations = replay.Trace.Violations;
        screen.Line($"{replay.File.Shown}: {replay.Kernel.Name} on {replay.Architecture.Name}");
        if (trace)
        {
            screen.Line();
            foreach (var line in TraceReport.Print(replay.Trace).Split('\n')) screen.Line(line.Length == 0 ? line : "  " + line);
            screen.Line();
        }

        Nothing(screen, replay);
        foreach (var violation in violations)
        {
            var invariant = InvariantCatalogue.Of(violation.Breach.Invariant);
            screen.Line($"  {invariant.Name}: {invariant.Describe(violation.Breach)}.");
            screen.Line(CaseReport.BrokenStep(violation, replay.Trace).TrimEnd('\n'));
            screen.Line();
        }

        foreach (var (operation, expected, seen) in replay.Unread)
        {
            var op = replay.File.Case.Workload.Operations[operation];
            screen.Line($"  {op.Task} {CaseText.Print(op)}: expected {expected}, {(seen is { } value ? $"read {value}" : "did not come to read")}", Bad);
        }

        if (replay.AsExpected)
        {
            screen.Line(violations.Length == 0 ? "  nothing fails, as expected" + (replay.File.Case.Expects.Count > 0 ? ", and what is read is what the file says" : "") : "  fails as the file says", Good);
            return;
        }

        var elsewhere = replay.Kernel.Name != replay.File.Case.Kernel || replay.Architecture.Name != replay.File.Case.Arch;
        if (elsewhere && violations.Length == 0 && replay.Unread.Count == 0)
        {
            screen.Line($"  {replay.Kernel.Name} on {replay.Architecture.Name} does not break this case; {replay.File.Case.Kernel} on {replay.File.Case.Arch} does, the file says", Good);
            return;
        }

        screen.Line(elsewhere ? $"  {replay.Kernel.Name} on {replay.Architecture.Name} breaks something else than the file says" : "  NOT as the file says", Bad);
        if (replay.File.Case.Fails.Length == 0 && violations.Length > 0) screen.Line("    expected  nothing fails (the file has no 'fails' line)");
        foreach (var expected in replay.File.Case.Fails) screen.Line($"    expected  {expected}");
        if (violations.Length == 0 && replay.File.Case.Fails.Length > 0) screen.Line("    seen      nothing fails");
        foreach (var violation in violations) screen.Line($"    seen      {InvariantCatalogue.Of(violation.Breach.Invariant).Name} at {violation.Place}");
    }
}
