using System.Collections.Immutable;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;

namespace Hooks.Core.Traces;

/// <summary>One step of a run, or a task's having to wait for it.</summary>
/// <param name="Place">Which step of which operation of which task.</param>
/// <param name="Changes">What it changed, in words.</param>
/// <param name="Violations">The invariants found broken after it, for the first time.</param>
/// <param name="Waits">What the task waits for, and who has it; null: it took the step.</param>
public sealed record TraceStep(StepPlace Place, IReadOnlyList<string> Changes, IReadOnlyList<Violation> Violations, string? Waits = null)
{
    /// <summary>What the program has read at this step, in words; null: nothing.</summary>
    public string? Reads { get; init; }
}

/// <summary>One line of a program, and the steps taken for it: the task's own, and those of tasks that it had to let go first.</summary>
/// <param name="Index">Its place in the workload; behind the last line, what still stood goes on.</param>
/// <param name="Op">The operation.</param>
/// <param name="Result">How it ended; <see cref="OpResult.None"/> if it stands, or the run stopped in it.</param>
/// <param name="Steps">The steps.</param>
public sealed record TraceOperation(int Index, Operation Op, OpResult Result, ImmutableArray<TraceStep> Steps);

/// <summary>A run, step by step.</summary>
/// <param name="Operations">The operations that were begun.</param>
/// <param name="Violations">What was broken, each invariant once, in the order in which it broke.</param>
public sealed record Trace(ImmutableArray<TraceOperation> Operations, ImmutableArray<Violation> Violations)
{
    /// <summary>What the <c>read</c> operations that came to their end have read, by their place in the workload.</summary>
    public ImmutableSortedDictionary<int, byte> Values { get; init; } = ImmutableSortedDictionary<int, byte>.Empty;

    /// <summary>What of note happened.</summary>
    internal Mark Seen { get; init; }

    /// <summary>Runs a workload and records every step.</summary>
    /// <param name="workload">What to run.</param>
    /// <param name="kernel">On which kernel.</param>
    /// <param name="architecture">On which architecture.</param>
    /// <param name="watch">Which invariants to check; null for all that say something about the architecture.</param>
    /// <exception cref="CapacityException">The workload needs more swap slots than the state has.</exception>
    public static Trace Record(Workload workload, Kernel kernel, IArchitecture architecture, InvariantSet? watch = null)
    {
        var machine = new Machine(kernel, architecture);
        var recorder = new Recorder();
        machine.Run(workload, watch ?? machine.Checked, stopAtFirst: false, recorder);
        return recorder.ToTrace() with { Seen = machine.Seen };
    }

    /// <summary>The same with those steps only after which something breaks: a program of thousands of operations has hundreds of thousands.</summary>
    /// <inheritdoc cref="Record"/>
    internal static Trace RecordBreaks(Workload workload, Kernel kernel, IArchitecture architecture, InvariantSet? watch = null)
    {
        var machine = new Machine(kernel, architecture);
        var broken = machine.Run(workload, watch ?? machine.Checked, stopAtFirst: false);
        var recorder = new Recorder([.. broken.Members().Select(id => machine.ViolationOf(id).Place)]);
        machine.Run(workload, watch ?? machine.Checked, stopAtFirst: false, recorder);
        return recorder.ToTrace() with { Seen = machine.Seen };
    }

    /// <param name="only">The places of the steps to be recorded; null: all.</param>
    private sealed class Recorder(HashSet<StepPlace>? only = null) : IStepObserver
    {
        private readonly ImmutableArray<TraceOperation>.Builder _operations = ImmutableArray.CreateBuilder<TraceOperation>();
        private readonly ImmutableArray<Violation>.Builder _violations = ImmutableArray.CreateBuilder<Violation>();
        private readonly List<(StepPlace Place, IReadOnlyList<string> Changes, List<Violation> Violations, string? Waits, string? Reads)> _steps = [];
        private readonly ImmutableSortedDictionary<int, byte>.Builder _values = ImmutableSortedDictionary.CreateBuilder<int, byte>();
        private (int Index, Operation Op)? _current;

        public void OnOperation(int index, Operation op) => _current = (index, op);

        public void OnStep(in StepPlace place, in World before, in World after)
        {
            var read = Read(in place, in before, in after);
            if (IsWanted(in place)) _steps.Add((place, StateDiff.Between(in before, in after, locals: !ReferenceEquals(place.Step.Era, Era.AsRead)), [], null, read));
        }

        private bool IsWanted(in StepPlace place) => only is null || (only.Count > 0 && only.Contains(place));

        /// <summary>What a load has read at the step that ended it. (A page that was never touched is the zero page.)</summary>
        private string? Read(in StepPlace place, in World before, in World after)
        {
            if (place.Op.Verb is not (Verb.Read or Verb.ReadTag) || place.Step != UserAccess.Access) return null;
            if (before.Tasks[place.Task.Value].Result == OpResult.Applied || after.Tasks[place.Task.Value].Result != OpResult.Applied) return null;
            var pte = after.State.Pte(place.Op.Mm, place.Op.Page);
            var frame = pte.IsPresent ? after.State.Frame(pte.Pfn) : default;
            if (place.Op.Verb == Verb.ReadTag) return $"{place.Task} reads tags {frame.Tags} from page {place.Op.Page}";
            _values[place.Operation] = frame.Data;
            return $"{place.Task} reads {frame.Data} from page {place.Op.Page}";
        }

        public void OnBlocked(in StepPlace place, Waiting waiting, TaskId? holder)
        {
            if (IsWanted(in place)) _steps.Add((place, [], [], $"{place.Task} waits for {waiting}" + (holder is { } who ? $": {who} goes on first" : ""), null));
        }

        public void OnViolation(in Violation violation)
        {
            _violations.Add(violation);
            if (_steps.Count > 0) _steps[^1].Violations.Add(violation);
        }

        public void OnOperationEnded(int index, Operation op, OpResult result) => End(result);

        public Trace ToTrace()
        {
            if (_current is not null) End(OpResult.None);
            return new Trace(_operations.ToImmutable(), _violations.ToImmutable()) { Values = _values.ToImmutable() };
        }

        private void End(OpResult result)
        {
            var (index, op) = _current!.Value;
            _operations.Add(new TraceOperation(index, op, result, [.. _steps.Select(s => new TraceStep(s.Place, s.Changes, s.Violations, s.Waits) { Reads = s.Reads })]));
            _steps.Clear();
            _current = null;
        }
    }
}
