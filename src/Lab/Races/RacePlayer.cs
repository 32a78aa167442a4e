using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Lab.Races;

/// <summary>Where the agent's own instructions are that say how far a task has come.</summary>
/// <param name="Begin">An operation begins.</param>
/// <param name="Done">An operation is done.</param>
/// <param name="Access">An operation's first access to its page: load, store, load of a tag, store of a tag.</param>
internal sealed record AgentMarks(ulong Begin, ulong Done, ImmutableArray<ulong> Access)
{
    /// <summary>Of the agent's answer to <c>race on</c>.</summary>
    public static AgentMarks Of(string answer)
    {
        var fields = answer.Split(' ').Select(f => f.Split('=')).Where(f => f.Length == 2).ToDictionary(f => f[0], f => f[1], StringComparer.Ordinal);
        return new AgentMarks(Hex(fields["begin"]), Hex(fields["done"]), [.. fields["access"].Split(',').Select(Hex)]);
    }

    private static ulong Hex(string text) => ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}

/// <summary>
/// Plays the turns of a plan on a guest: a task runs while it is its turn, on a CPU of its own, and all others that are at something stand still. What decides is where CPUs come
/// to, and no clock: the step, the end of the operation, the idle loop, the slow path of a spinlock. One that sleeps or spins comes to no place any more, and is looked for there (<see cref="Look"/>).
/// </summary>
internal sealed class RacePlayer(Guest guest, GdbStub stub, StepAddresses steps, AgentMarks marks, int cpus, TimeSpan patience)
{
    /// <summary>A task waits if its CPU has had nothing to do so often, and the one of interrupts neither: a wait for an interrupt would be over. (One that tries again at each tick has, each time.)</summary>
    private const int IdleTimes = 4;

    /// <summary>… or all CPUs that run so often, together: several ticks of each.</summary>
    private const int AllIdleTimes = 60;

    /// <summary>So long nobody has come anywhere: where do they all stand? Longer than the guest's tick, which is 4 ms.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>… or it sleeps, or spins, and the others that run sleep, at so many looks one after the other.</summary>
    private const int Looks = 3;

    private readonly Dictionary<int, ulong> _at = [];
    private readonly Dictionary<TaskId, UnderWay> _underWay = [];
    private readonly Dictionary<TaskId, int> _cpuOf = [];
    private readonly List<(int Operation, string Line)> _putOff = [];
    private readonly Dictionary<TaskId, Queue<int>> _unanswered = [];
    private Answer?[] _answers = [];
    private HashSet<ulong> _armed = [];
    private bool _stopped;
    private bool _stood;
    private int _arrivals;

    /// <summary>What a CPU may come to before its goal.</summary>
    private enum Mode
    {
        /// <summary>It begins something: the agent has to hear of it first, from outside.</summary>
        Begins,

        /// <summary>It runs alone: if it has nothing to do, or spins, it may need another CPU.</summary>
        Alone,

        /// <summary>It runs beside those of nobody: if they have nothing to do either, it waits.</summary>
        Beside,

        /// <summary>The same, of one that has been seen to spin.</summary>
        Spins,

        /// <summary>Nobody else is at anything: it waits for nobody, whatever it sleeps for (swapoff() for RCU, for one).</summary>
        Last,
    }

    private enum Came
    {
        ToGoal,
        ToIdle,
        ToSpin,
        Nowhere,
    }

    /// <summary>Plays a plan. The guest has been reset, and has its swap area; all its CPUs run, before and behind.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="turns">What becomes of the turns, as far as it comes.</param>
    /// <param name="answers">The answers, as far as they come.</param>
    /// <exception cref="GuestException">The guest hangs, or has died.</exception>
    /// <exception cref="BeginningException">What was done before anybody stood is not what the model says.</exception>
    public void Play(RacePlan plan, List<PlayedTurn> turns, out Answer?[] answers)
    {
        answers = _answers = new Answer?[plan.Operations.Length];
        for (var i = 0; i < plan.Turns.Length; i++)
        {
            var turn = plan.Turns[i];

            // A look at what is there in the end, when all is done on the kernel too.
            if (turn.Operation >= plan.Given && _stopped) AllGoOn(plan);
            var alone = _underWay.Count == 0 && turn.Begins && turn.End == TurnEnd.Ended;
            turns.Add(alone ? Plain(plan, turn) : Turn(plan, turn));
            if (_underWay.Count == 0 && _stopped) AllGoOn(plan);
        }

        if (_stopped) AllGoOn(plan);
    }

    private static string Line(RacePlan plan, RaceTurn turn, int cpu)
    {
        var op = plan.Workload.Operations[turn.Operation];
        var text = CaseText.Print(op with { End = SwapOutEnd.Gone, Until = null });
        return IsRacers(op.Verb) ? string.Create(CultureInfo.InvariantCulture, $"race {op.Mm}.{op.Task.Thread} {cpu} {text}") : $"{op.Task} {text}";
    }

    /// <summary>What a racer does; the rest the agent does itself, while nobody stands.</summary>
    internal static bool IsRacers(Verb verb) => verb is not (Verb.Exit or Verb.Reclaim or Verb.DrainSlots or Verb.SwapMax or Verb.Fail);

    /// <summary>Nobody is at anything, and it goes through: nothing has to be held.</summary>
    private PlayedTurn Plain(RacePlan plan, RaceTurn turn)
    {
        var op = plan.Workload.Operations[turn.Operation];
        if (turn.Operation >= plan.Given)
        {
            _answers[turn.Operation] = Answer.Parse(guest.Ask($"{op.Task} {op}", patience));
            return new PlayedTurn(turn, TurnOutcome.Ended, "");
        }

        _answers[turn.Operation] = AnswerOf(guest.Ask(Line(plan, turn, RacingCpu), patience));
        if (op.Verb != Verb.Pageout) return new PlayedTurn(turn, TurnOutcome.Ended, "");
        var state = StateOf(op);
        if (!_stood && plan.Operations[turn.Operation].Model is { State: 'S' } && state != 'S') throw new BeginningException($"'{op.Task} {op}' left the page '{state}'");
        _answers[turn.Operation] = _answers[turn.Operation]! with { State = state };
        return new PlayedTurn(turn, TurnOutcome.Ended, "");
    }

    /// <summary>The CPU of whatever is not left standing: its batches and its place in the swap area are those of what is paged out there later.</summary>
    private const int RacingCpu = 2;

    private char StateOf(Operation op) => guest.Ask("states", patience).Split(' ')[1 + op.Mm.Value][op.Page.Value];

    private PlayedTurn Turn(RacePlan plan, RaceTurn turn)
    {
        if (turn.Begins)
        {
            if (_underWay.TryGetValue(turn.Task, out _))
            {
                _putOff.Add((turn.Operation, Line(plan, turn, RacingCpu)));
                return new PlayedTurn(turn, TurnOutcome.PutOff, "");
            }

            Begin(plan, turn);
        }

        if (!_underWay.TryGetValue(turn.Task, out var at) || at.Operation != turn.Operation) return new PlayedTurn(turn, _putOff.Any(p => p.Operation == turn.Operation) ? TurnOutcome.PutOff : TurnOutcome.Over, "");
        var sites = turn.End == TurnEnd.Stands ? AddressesOf(turn.Step) : [];

        // One that spins is inside of the lock's slow path, and does not come by its beginning again.
        var where = 0UL;
        _arrivals = 0;
        var came = at.Spins ? Came.ToSpin : Run(at.Cpu, [marks.Done, .. sites], [at.Cpu], turn.Arrival, Mode.Alone, out where);
        var spins = came == Came.ToSpin;
        var note = spins ? "spins" : came == Came.ToIdle ? "sleeps" : "";
        if (came != Came.ToGoal) came = Run(at.Cpu, [marks.Done, .. sites], [at.Cpu, .. Free()], turn.Arrival, _underWay.Count == 1 && turn.End != TurnEnd.Waits ? Mode.Last : spins ? Mode.Spins : Mode.Beside, out where);
        _underWay[turn.Task] = at with { Spins = spins && came != Came.ToGoal };
        if (came != Came.ToGoal) return new PlayedTurn(turn, TurnOutcome.Waited, note);
        if (where != marks.Done) return new PlayedTurn(turn, TurnOutcome.Stood, steps[turn.Step].At(where));
        _underWay.Remove(turn.Task);
        return new PlayedTurn(turn, TurnOutcome.Ended, note.Length > 0 ? note + ", then goes on" : "");
    }

    private ImmutableArray<ulong> AddressesOf(string step) => step == StepAddresses.Access ? marks.Access : steps[step].Addresses;

    /// <summary>CPUs of nobody who is at something: the one of interrupts, and those whose task has to say that it is done.</summary>
    private IEnumerable<int> Free() => Enumerable.Range(0, cpus).Where(cpu => _underWay.Values.All(u => u.Cpu != cpu));

    private void Begin(RacePlan plan, RaceTurn turn)
    {
        if (!_stopped)
        {
            Guest.Expect("ok", guest.Ask("race drain", patience));
            stub.Interrupt();
            _stopped = _stood = true;
        }

        // A task has a CPU of its own from when it first begins something: to leave one that another stands on would take that CPU. Who is left standing first does not have the one that all else is done on.
        if (!_cpuOf.TryGetValue(turn.Task, out var cpu))
        {
            if (_underWay.Count == cpus - 1) throw new LabException($"more than {cpus - 1} tasks are at something at a time: the guest has no CPU for another");
            cpu = _cpuOf.Count + 1;
            if (cpu == cpus) _cpuOf.Remove(_cpuOf.Keys.First(task => !_underWay.ContainsKey(task)), out cpu);
            _cpuOf[turn.Task] = cpu;
        }

        guest.Send(Line(plan, turn, cpu) + "\n");
        if (!_unanswered.TryGetValue(turn.Task, out var waiting)) _unanswered[turn.Task] = waiting = new Queue<int>();
        waiting.Enqueue(turn.Operation);
        var free = Free().ToList();
        if (Run(cpu, [marks.Begin], free, 1, Mode.Begins, out _) != Came.ToGoal) throw new GuestException($"'{turn.Task} {plan.Workload.Operations[turn.Operation]}' does not begin", guest.ConsoleTail());
        _underWay[turn.Task] = new UnderWay(turn.Operation, cpu);
    }

    /// <summary>Lets CPUs go on until one of them comes to a goal.</summary>
    /// <param name="cpu">The CPU that is meant.</param>
    /// <param name="goals">Where it may come to; the first one counts the first time.</param>
    /// <param name="running">The CPUs that go on.</param>
    /// <param name="arrival">Which time in its turn it has to come to one of the other goals.</param>
    /// <param name="mode">What else ends it.</param>
    /// <param name="where">The goal.</param>
    private Came Run(int cpu, ImmutableArray<ulong> goals, IReadOnlyList<int> running, int arrival, Mode mode, out ulong where)
    {
        ImmutableArray<ulong> stops = [.. goals, .. mode == Mode.Begins ? [] : new[] { steps.Idle }, .. mode == Mode.Alone ? new[] { steps.Spin } : []];
        var idle = new int[cpus];
        where = 0;
        foreach (var standing in running)
        {
            // From where it stands: the breakpoint there would be hit again.
            if (!_at.Remove(standing, out var at) || !(stops.Contains(at) || _armed.Contains(at))) continue;
            if (_armed.Remove(at)) stub.Unbreak(at);
            stub.Step(standing);
        }

        Arm(stops);
        var begun = Stopwatch.GetTimestamp();
        var looks = 0;
        var came = Came.Nowhere;
        while (true)
        {
            stub.Continue(running);
            if ((stub.Stopped(Look) ?? stub.Interrupt()) is not { } stopped)
            {
                // Alone it may wait for what a CPU of nobody was in the middle of when it was stopped: the clock, with the tick.
                var waits = mode == Mode.Alone || (mode is Mode.Beside or Mode.Spins && running.All(c => steps.IsIdle(stub.WhereIs(c)) || (mode == Mode.Spins && c == cpu && steps.IsSpinning(stub.WhereIs(c)))));
                looks = waits ? looks + 1 : 0;
                if (looks == Looks) return mode == Mode.Alone && steps.IsIdle(stub.WhereIs(cpu)) ? Came.ToIdle : Came.Nowhere;
                if (Stopwatch.GetElapsedTime(begun) < patience && Guest.BugOf(guest.ConsoleTail()) is null) continue;
                throw guest.Failure(string.Create(CultureInfo.InvariantCulture, $"hung: CPU {cpu} has come nowhere for {patience.TotalSeconds:0} s, and is at 0x{stub.WhereIs(cpu):x}"));
            }

            where = stub.WhereIs(stopped);
            _at[stopped] = where;
            if (stopped == cpu && goals.Contains(where) && (where == goals[0] || ++_arrivals == arrival))
            {
                came = Came.ToGoal;
                break;
            }

            if (where == steps.Idle) idle[stopped]++;
            if (mode == Mode.Alone && stopped == cpu && where == steps.Idle) came = Came.ToIdle;
            else if (mode == Mode.Alone && stopped == cpu && where == steps.Spin) came = Came.ToSpin;
            if (came != Came.Nowhere) break;

            // A task that tries again at each tick is stopped where it has just given up, not wherever it is.
            if (mode is Mode.Beside or Mode.Spins && ((stopped == cpu && where == steps.Idle && idle[cpu] >= IdleTimes && idle[0] > 1) || idle.Sum() >= AllIdleTimes)) break;
            stub.Unbreak(where);
            stub.Step(stopped);
            _at.Remove(stopped);
            stub.Break(where);
        }

        return came;
    }

    /// <summary>Breakpoints here, and nowhere else.</summary>
    private void Arm(ImmutableArray<ulong> stops)
    {
        foreach (var stop in _armed.Except(stops).ToList()) stub.Unbreak(stop);
        foreach (var stop in stops.Except(_armed).ToList()) stub.Break(stop);
        _armed = [.. stops];
    }

    /// <summary>Nobody is held any more: all go on, and say what there is to say; then comes what was put off.</summary>
    private void AllGoOn(RacePlan plan)
    {
        Arm([]);
        stub.ContinueAll();
        _stopped = false;
        _cpuOf.Clear();
        _at.Clear();
        while (_unanswered.Values.Any(q => q.Count > 0)) Take(guest.Read(patience));
        _underWay.Clear();
        foreach (var (operation, line) in _putOff) _answers[operation] = AnswerOf(guest.Ask(line, patience));
        _putOff.Clear();
        Guest.Expect("ok", guest.Ask("race drain", patience));
    }

    private void Take(string line)
    {
        var words = line.Split(' ', 3);
        var task = words is ["race", var name, _] ? _unanswered.Keys.FirstOrDefault(t => $"{t.Mm}.{t.Thread}" == name && _unanswered[t].Count > 0, TaskId.Kswapd) : TaskId.Kswapd;
        if (task.IsKswapd) throw new LabException($"the guest said '{line}' where a task's answer was expected: the agent and this tool do not fit. {LabFolder.Remedy}");
        _answers[_unanswered[task].Dequeue()] = Answer.Parse(words[2]);
    }

    private static Answer AnswerOf(string line) => Answer.Parse(line.StartsWith("race ", StringComparison.Ordinal) ? line.Split(' ', 3)[2] : line);

    private sealed record UnderWay(int Operation, int Cpu, bool Spins = false);
}

/// <summary>What was done before anybody stood is not what the model says: a page did not get the slot that it should have.</summary>
/// <param name="message">What.</param>
#pragma warning disable CA1032 // It always has a message.
internal sealed class BeginningException(string message) : Exception(message);
#pragma warning restore CA1032
