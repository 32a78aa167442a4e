using System.Collections.Immutable;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;

namespace Hooks.Lab.Races;

/// <summary>An operation of a race, as the model sees it.</summary>
/// <param name="Op">The operation.</param>
/// <param name="Model">What the program sees of it in the model; null: it never ended.</param>
/// <param name="Expected">What the program may expect of its page when it ends.</param>
/// <param name="Held">Whether others did something between its beginning and its end.</param>
public sealed record PlannedOperation(Operation Op, Answer? Model, OraclePage Expected, bool Held = false);

/// <summary>A program of several tasks as the model plays it: turn after turn, and what each operation comes to.</summary>
/// <param name="Workload">What is run: the program, whatever still stands going on at its end, and a look at all pages.</param>
/// <param name="Given">How many of its operations are the program's, with the <c>go</c>s at its end; the others look.</param>
/// <param name="Operations">The operations.</param>
/// <param name="Turns">The turns, in order.</param>
/// <param name="Broken">What the model says it breaks.</param>
/// <param name="Slots">The most slots in use at a time.</param>
public sealed record RacePlan(Workload Workload, int Given, ImmutableArray<PlannedOperation> Operations, ImmutableArray<RaceTurn> Turns, InvariantSet Broken, int Slots)
{
    private const int MostRewritten = 16;

    /// <summary>The operation that in the model comes to an assertion that does not hold; null: none.</summary>
    public int? Crashes { get; init; }

    /// <summary>The operations that should be left standing and that in the model never come to the step: it may not have it.</summary>
    public IEnumerable<Operation> NeverStood => Workload.Operations.Where((op, line) => op.Until is not null && Turns.All(t => t.Line != line || t.End == TurnEnd.Ended));

    /// <summary>Plays a program in the model.</summary>
    /// <param name="machine">The model's kernel and architecture.</param>
    /// <param name="program">The program.</param>
    /// <param name="hasAddress">
    /// Whether a task can be held in front of a step. In the model, who has what another waits for moves until that one can go on. Where it then stands in front of a step that has no address, it goes on to its end
    /// first, in the model too.
    /// </param>
    /// <exception cref="CapacityException">It needs more than the modelled machine has.</exception>
    public static RacePlan Of(Machine machine, Workload program, Func<string, bool> hasAddress)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(hasAddress);
        var lines = WithGoes(machine, program).Select(op => new Line(op, null)).ToImmutableArray();
        for (var rewritten = 0; ; rewritten++)
        {
            var plan = Of(machine, program.Swaps, lines);
            var stands = plan.Turns.FirstOrDefault(t => t is { End: TurnEnd.Stands, Asked: false } && !hasAddress(t.Step));
            if (stands is null || rewritten == MostRewritten) return plan;
            var waits = plan.Turns.TakeWhile(t => t != stands).LastOrDefault(t => t.End == TurnEnd.Waits && t.Task != stands.Task);
            if (waits is null || waits.Line >= lines.Length) return plan;
            var op = lines[waits.Line].Op;
            lines = lines.SetItem(waits.Line, new Line(op with { Until = new Until(waits.Step[(waits.Step.LastIndexOf('.') + 1)..], PathOf(waits.Step), waits.Arrival) }, waits))
                .Insert(waits.Line + 1, new Line(Go(lines, stands.Task), null))
                .Insert(waits.Line + 2, new Line(op with { Verb = Verb.Go }, null));
        }

        static Operation Go(ImmutableArray<Line> lines, TaskId task) => lines.First(l => l.Op.Task == task).Op with { Verb = Verb.Go, Until = null };

        static PathId PathOf(string step) => PathNames.TryParse(step[..step.LastIndexOf('.')], out var path) ? path : PathId.None;
    }

    private static RacePlan Of(Machine machine, ImmutableArray<SwapConfig> swaps, ImmutableArray<Line> lines)
    {
        var given = lines.Select(l => l.Op).ToImmutableArray();
        var all = given;
        foreach (var at in Looked(given))
        {
            all = all.Add(new Operation(at.Mm, Verb.Read, at.Page));
            all = all.Add(new Operation(at.Mm, Verb.ReadTag, at.Page));
        }

        var workload = new Workload(swaps, all);
        var recorder = new Recorder(machine, workload);
        var broken = machine.Run(workload, machine.Checked, stopAtFirst: false, recorder);
        var plan = recorder.Plan(workload, given.Length, broken);
        return plan with
        {
            Turns = [.. plan.Turns.Select(t => t.Asked && t.Line < lines.Length && lines[t.Line].Waits is { } waits ? t with { End = TurnEnd.Waits, Asked = false, Waiting = waits.Waiting, Holder = waits.Holder } : t)],
        };
    }

    /// <summary>A line of the program.</summary>
    /// <param name="Op">What it says.</param>
    /// <param name="Waits">Where it says <c>until</c> because the task has to wait there: the turn that was to wait.</param>
    private sealed record Line(Operation Op, RaceTurn? Waits);

    /// <summary>What goes on without being told is told: an operation that stands where its task is given another one, and those that stand at the end, in order of tasks.</summary>
    private static ImmutableArray<Operation> WithGoes(Machine machine, Workload program)
    {
        var whole = ImmutableArray<Operation>.Empty;
        foreach (var op in program.Operations)
        {
            if (op.Verb != Verb.Go && Stands(whole, op.Task)) whole = whole.Add(op with { Verb = Verb.Go, Until = null });
            whole = whole.Add(op);
        }

        for (byte task = 0; task < Capacity.Tasks; task++)
        {
            if (program.Operations.LastOrDefault(op => op.Task.Value == task) is var last && last.Task.Value == task && Stands(whole, last.Task)) whole = whole.Add(last with { Verb = Verb.Go, Until = null });
        }

        return whole;

        bool Stands(ImmutableArray<Operation> so, TaskId task)
        {
            machine.RunUnfinished(new Workload(program.Swaps, so), InvariantSet.None, out var world);
            return world.Tasks[task.Value].IsUnderWay;
        }
    }

    private static IEnumerable<PageAt> Looked(IEnumerable<Operation> operations)
    {
        var pages = new SortedSet<int>();
        foreach (var op in operations)
        {
            for (var page = op.Page; op.Verb == Verb.Map && page.Value <= (op.IsLarge ? op.To : op.Page).Value; page = page.Next) pages.Add(new PageAt(op.Mm, page).Number);
            if (op.Verb is Verb.Mremap) pages.Add(new PageAt(op.Mm, op.To).Number);
            if (op.Verb != Verb.Fork) continue;
            foreach (var page in pages.Where(p => PageAt.At(p).Mm == op.Mm).ToList()) pages.Add(new PageAt(op.Child, PageAt.At(page).Page).Number);
        }

        return pages.Select(PageAt.At);
    }

    /// <summary>Writes down who moved, who had to wait, and what operations came to.</summary>
    private sealed class Recorder(Machine machine, Workload workload) : IStepObserver
    {
        private readonly List<Move> _moves = [];
        private readonly PlannedOperation[] _operations = [.. workload.Operations.Select(op => new PlannedOperation(op, null, default))];
        private int _line;
        private int _slots;
        private int? _crashes;

        public void OnOperation(int index, Operation op) => _line = index;

        public void OnStep(in StepPlace place, in World before, in World after)
        {
            _moves.Add(new Move(_line, place.Operation, place.Task, Name(in place), default, null, Blocked: false, before.State.Hash() != after.State.Hash()));
            _slots = Math.Max(_slots, Prediction.UsedOf(in after.State));

            // In whosever line.
            ref readonly var task = ref after.Tasks[place.Task.Value];
            if (!task.IsUnderWay) Ended(place.Operation, in after, task.Result);
        }

        public void OnBlocked(in StepPlace place, Waiting waiting, TaskId? holder) =>
            _moves.Add(new Move(_line, place.Operation, place.Task, Name(in place), waiting, holder, Blocked: true));

        public void OnViolation(in Violation violation)
        {
            if (violation.Breach.Invariant == InvariantId.Progress) _crashes = violation.Place.Operation;
        }

        public void OnOperationEnded(int index, Operation op, OpResult result)
        {
            if (op.Verb == Verb.Go || result == OpResult.None || _moves.Exists(m => m.Operation == index)) return;
            Ended(index, in machine.World, result);
            _moves.Add(new Move(index, index, op.Task, "", default, null, Blocked: false));
        }

        private void Ended(int operation, in World world, OpResult result)
        {
            var of = workload.Operations[operation];
            _operations[operation] = new PlannedOperation(of, Prediction.Of(in world, of, result, default).WithoutMore(), world.Oracle.Of(of.Mm, of.Page));
        }

        public RacePlan Plan(Workload whole, int given, InvariantSet broken)
        {
            WaitOnce();
            var turns = ImmutableArray.CreateBuilder<RaceTurn>();
            for (var i = 0; i < _moves.Count;)
            {
                var first = _moves[i];
                if (first.Blocked)
                {
                    // Said of the turn before; or the operation has not taken a step.
                    if (i == 0 || _moves[i - 1].Task != first.Task || _moves[i - 1].Operation != first.Operation)
                    {
                        turns.Add(new RaceTurn(first.Line, first.Operation, first.Task, _moves.FindIndex(m => m.Operation == first.Operation) == i, TurnEnd.Waits, first.Step, 1, Waiting: first.Waiting, Holder: first.Holder));
                    }

                    i++;
                    continue;
                }

                var end = i;
                while (end < _moves.Count && !_moves[end].Blocked && _moves[end].Task == first.Task && _moves[end].Operation == first.Operation && Same(_moves[end], first)) end++;
                var begins = _moves.FindIndex(m => m.Operation == first.Operation) == i;
                var turn = new RaceTurn(first.Line, first.Operation, first.Task, begins, TurnEnd.Ended);
                var next = _moves.FindIndex(end, m => m.Task == first.Task && m.Operation == first.Operation);
                if (next >= 0)
                {
                    var there = _moves[next];
                    var blocked = there.Blocked && next == end;
                    turn = turn with
                    {
                        End = blocked ? TurnEnd.Waits : TurnEnd.Stands,
                        Step = there.Step,
                        Changes = there.Changes,
                        Waiting = there.Waiting,
                        Holder = there.Holder,
                        Arrival = blocked
                            ? 1 + _moves.Take(end).Count(m => !m.Blocked && m.Line == first.Line && m.Operation == first.Operation && m.Step == there.Step)
                            : 1 + _moves[(i + 1)..end].Count(m => m.Step == there.Step) + (begins && first.Step == there.Step ? 1 : 0),
                        Asked = !blocked && whole.Operations[first.Line] is { Until: not null } asked && asked.Task == first.Task,
                    };
                }

                turns.Add(turn);
                i = end;
            }

            foreach (var turn in turns.Where(t => t.End != TurnEnd.Ended)) _operations[turn.Operation] = _operations[turn.Operation] with { Held = true };
            return new RacePlan(whole, given, [.. _operations], turns.ToImmutable(), broken, _slots) { Crashes = _crashes };
        }

        /// <summary>A task that waits is asked again after each step of the other: it waits still.</summary>
        private void WaitOnce()
        {
            var waiting = new Dictionary<TaskId, Move>();
            for (var i = 0; i < _moves.Count; i++)
            {
                var move = _moves[i];
                if (!move.Blocked) waiting.Remove(move.Task);
                else if (!waiting.TryAdd(move.Task, move)) _moves.RemoveAt(i--);
            }
        }

        /// <summary>One line of the program after another lets the same task go on: it stands in between.</summary>
        private static bool Same(Move move, Move first) => move.Line == first.Line;

        private static string Name(in StepPlace place) => $"{place.Path.KernelName()}.{place.Step.Name}";

        private sealed record Move(int Line, int Operation, TaskId Task, string Step, Waiting Waiting, TaskId? Holder, bool Blocked, bool Changes = false);
    }
}
