using Hooks.Core.Mm;
using Hooks.Core.Paths;

namespace Hooks.Core;

/// <summary>The steps that were taken, in order: which of how many is the same step of the same task is found out only when somebody asks.</summary>
internal sealed class StepLog(StepNumbers numbers)
{
    private readonly bool[] _reached = new bool[numbers.Names.Length];
    private ulong[] _steps = new ulong[1024];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The names of all steps that were ever taken.</summary>
    public IEnumerable<string> Reached => numbers.Names.Where((_, i) => _reached[i]).Distinct();

    /// <summary>Forgets them, but that they were ever taken.</summary>
    public void Clear() => Count = 0;

    /// <summary>One more.</summary>
    public void Add(in StepReport report)
    {
        _reached[numbers.Of(report.Path, report.Position)] = true;
        if (Count == _steps.Length) Array.Resize(ref _steps, 2 * Count);
        _steps[Count++] = Of(in report);
    }

    /// <summary>How often this step was taken since there were so many.</summary>
    public int Occurrences(in StepReport step, int since) => _steps.AsSpan(since, Count - since).Count(Of(in step));

    private static ulong Of(in StepReport step) => ((ulong)step.Task.Value << 32) | ((ulong)step.Path << 16) | step.Position;
}
