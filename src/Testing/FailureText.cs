using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Search;
using Hooks.Core.Traces;
using Hooks.Core.Workloads;
using Hooks.Report;

namespace Hooks.Testing;

/// <summary>What a test that fails shows: what is broken, the case, the step that broke it and what that changed, and the command that replays it.</summary>
internal static class FailureText
{
    /// <summary>The first thing that a workload breaks; null if it breaks nothing.</summary>
    /// <param name="workload">The workload.</param>
    /// <param name="kernel">The kernel it runs on.</param>
    /// <param name="architecture">The architecture it runs on.</param>
    /// <param name="watch">The invariants that count.</param>
    public static string? IfBroken(Workload workload, Kernel kernel, IArchitecture architecture, InvariantSet watch)
    {
        var machine = new Machine(kernel, architecture);
        if (machine.Run(workload, watch & machine.Checked, stopAtFirst: true).Count == 0) return null;
        var violation = Trace.Record(workload, kernel, architecture, watch).Violations[0];
        var invariant = InvariantCatalogue.Of(violation.Breach.Invariant);
        var @case = new Case(kernel.Name, architecture.Name, workload, [new Expectation(invariant.Name, violation.Place.ToString())], []);
        return Of(new Finding(invariant.Id, @case, violation, FoundAt: 0, ShrinkRuns: 0), kernel, architecture);
    }

    /// <summary>A finding.</summary>
    /// <inheritdoc cref="IfBroken"/>
    /// <param name="finding">What was found.</param>
    /// <param name="kernel">The kernel it was found on.</param>
    /// <param name="architecture">The architecture it was found on.</param>
    public static string Of(Finding finding, Kernel kernel, IArchitecture architecture)
    {
        var trace = Trace.Record(finding.Minimal.Workload, kernel, architecture, InvariantSet.Of(finding.Invariant));
        var invariant = InvariantCatalogue.Of(finding.Invariant);
        return $"{kernel.Name} on {architecture.Name}: {invariant.Name}\n  {invariant.Describe(finding.Violation.Breach)}.\n\n"
            + $"{CaseReport.Indented((finding.Minimal with { Comments = [] }).ToString())}\n{CaseReport.BrokenStep(finding.Violation, trace)}"
            + $"\n  the operation in which it broke, and what its steps changed:\n{CaseReport.Indented(Decisive(trace))}"
            + $"\n  replay: {CaseReport.Command} run {BrokenCase.Save(finding.Minimal, architecture)} --trace";
    }

    /// <summary>A workload with which something is wrong that is no invariant.</summary>
    /// <param name="workload">The workload.</param>
    /// <param name="kernel">The kernel it runs on.</param>
    /// <param name="architecture">The architecture it runs on.</param>
    /// <param name="what">What is wrong.</param>
    /// <param name="details">More of it, a line each.</param>
    public static string Of(Workload workload, Kernel kernel, IArchitecture architecture, string what, params IReadOnlyList<string> details)
    {
        var @case = new Case(kernel.Name, architecture.Name, workload, [], []);
        var more = string.Concat(details.Select(d => $"    {d}\n"));
        return $"{kernel.Name} on {architecture.Name}: {what}\n{more}\n{CaseReport.Indented(@case.ToString())}\n  replay: {CaseReport.Command} run {BrokenCase.Save(@case, architecture)} --trace";
    }

    /// <summary>The operation that broke something, up to the step that did; steps that changed nothing are left out.</summary>
    private static string Decisive(Trace trace)
    {
        var operation = trace.Operations.First(op => op.Steps.Any(s => s.Violations.Count > 0));
        var until = operation.Steps.Index().First(s => s.Item.Violations.Count > 0).Index;
        return TraceReport.Print(new Trace([operation with { Steps = [.. operation.Steps.Take(until + 1).Where(s => s.Changes.Count > 0 || s.Violations.Count > 0)] }], []));
    }
}
