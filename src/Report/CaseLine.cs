using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Report;

/// <summary>A workload in one line, for lists: <c>map a · write a 1 · pageout a · fork P1 · P1 read a</c>.</summary>
public static class CaseLine
{
    /// <summary>The parts of the line: swap areas unless there is one zram as usual, then operations; who does one is said where that changes, P0 first.</summary>
    /// <param name="workload">The workload.</param>
    public static IReadOnlyList<string> Parts(Workload workload)
    {
        ArgumentNullException.ThrowIfNull(workload);
        var parts = new List<string>();
        if (workload.Swaps is not [{ } only] || only != new SwapConfig(Synchronous: true)) parts.AddRange(workload.Swaps.Select(swap => $"swap {swap}"));
        var last = TaskId.Of(default);
        foreach (var op in workload.Operations)
        {
            // The columns of a case are of no use here.
            var text = string.Join(' ', CaseText.Print(op).Split(' ', StringSplitOptions.RemoveEmptyEntries));
            parts.Add(op.Task == last ? text : $"{op.Task} {text}");
            last = op.Task;
        }

        return parts;
    }
}
