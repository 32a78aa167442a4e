using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>What a path may count on when it is called, and what it leaves to its caller.</summary>
/// <param name="Holding">Locks that it is entered with, and gives back.</param>
/// <param name="Given">Locals that are set when it is entered.</param>
internal readonly record struct PathContract(IReadOnlyList<LockName> Holding, Locals Given)
{
    /// <summary>How many paths wait for the one that runs, at the most, in any kernel of the catalogue (a test counts).</summary>
    public const int DeepestCall = 3;

    /// <summary>The contract of a path.</summary>
    public static PathContract Of(PathId path) => path switch
    {
        PathId.DoSwapPage or PathId.DoAnonymousPage => new([], Locals.OrigPte),
        PathId.DoWpPage => new([LockName.PageTable], Locals.OrigPte),
        PathId.ShrinkFolioList => new([], Locals.Folio),
        PathId.ExitMmap => new([], Locals.Zap),
        _ => new([], Locals.None),
    };
}

/// <summary>
/// What is wrong with a path, found without running it: going through it every way it can be gone, is each local set before it is read, is each lock
/// given back before the way ends, is no lock waited for after something has been changed, and does no way go round without a step?
/// </summary>
internal static class PathCheck
{
    /// <summary>Everything that is wrong; empty if nothing is.</summary>
    /// <param name="path">The path.</param>
    /// <param name="sets">The locals that a path that it calls may have set or forgotten when it comes back.</param>
    public static IReadOnlyList<string> Faults(KernelPath path, Func<PathId, Locals> sets)
    {
        var code = path.CodeArray;
        var faults = new List<string>();
        var known = new Dictionary<int, State>();
        var todo = new Queue<int>();
        var contract = PathContract.Of(path.Id);
        Reach(0, new State(contract.Holding.Aggregate(0UL, (held, l) => held | Bit(l)), contract.Given, Changed: false), -1);
        while (todo.TryDequeue(out var at)) Follow(at, known[at]);
        foreach (var at in known.Keys.Order())
        {
            if (!code[at].StartsStep && GoesRound(at)) Fault(at, "goes round without a step");
        }

        return faults;

        bool GoesRound(int start)
        {
            var seen = new HashSet<int>();
            var left = new Stack<int>(NextOf(start));
            while (left.TryPop(out var at))
            {
                if (at == start) return true;
                if (!code[at].StartsStep && seen.Add(at)) foreach (var next in NextOf(at)) left.Push(next);
            }

            return false;
        }

        int[] NextOf(int at) => code[at].Op switch
        {
            OpCode.Goto => [code[at].Target],
            OpCode.If or OpCode.Unless or OpCode.TryAcquire => [at + 1, code[at].Target],
            OpCode.Call or OpCode.Return or OpCode.OffTheEnd => [],
            _ => [at + 1],
        };

        void Fault(int at, string what)
        {
            var text = $"{path.Id.KernelName()}, {path.Steps[code[at].Step].Name}: {what}";
            if (!faults.Contains(text)) faults.Add(text);
        }

        void Reach(int at, State state, int from)
        {
            if (code[at].Op == OpCode.OffTheEnd)
            {
                Fault(Math.Max(from, 0), "goes off the end of the path; expected a return or a jump");
                return;
            }

            if (code[at].StartsStep) state = state with { Changed = false };
            if (!known.TryGetValue(at, out var old))
            {
                known[at] = state;
                todo.Enqueue(at);
                return;
            }

            if (old.Held != state.Held) Fault(at, $"is reached with other locks held than before: {Names(old.Held)} and {Names(state.Held)}");
            var both = new State(old.Held, old.Set & state.Set, old.Changed | state.Changed);
            if (both == old) return;
            known[at] = both;
            todo.Enqueue(at);
        }

        void Follow(int at, State s)
        {
            ref var i = ref code[at];
            var source = path.Sources[at];
            var missing = source.Reads & ~s.Set;
            if (missing != 0) Fault(at, $"reads {missing}, which is not set on every way here");
            if (OperandsOf(s.Held, source.Sets)) Fault(at, $"sets {source.Sets} while it holds the lock of it");
            var next = s with { Set = s.Set | source.Sets };
            switch (i.Op)
            {
                case OpCode.Do:
                    Reach(at + 1, next with { Changed = true }, at);
                    break;
                case OpCode.If or OpCode.Unless:
                    Reach(at + 1, next, at);
                    Reach(i.Target, next, at);
                    break;
                case OpCode.Goto:
                    Reach(i.Target, next, at);
                    break;
                case OpCode.Return:
                    if (s.Held != 0) Fault(at, $"returns with {Names(s.Held)} held");
                    break;
                case OpCode.Call:
                    var called = PathContract.Of(i.Callee);
                    var handed = called.Holding.Aggregate(0UL, (held, l) => held | Bit(l));
                    if ((s.Held & handed) != handed) Fault(at, $"calls {i.Callee.KernelName()} without {Names(handed & ~s.Held)} held");
                    if ((called.Given & ~s.Set) != 0) Fault(at, $"calls {i.Callee.KernelName()} without having set {called.Given & ~s.Set}");
                    Reach(at + 1, new State(s.Held & ~handed, s.Set & ~sets(i.Callee), Changed: true), at);
                    break;
                case OpCode.Wait or OpCode.Acquire when s.Changed:
                    Fault(at, "waits after it has changed something in the same step");
                    break;
                case OpCode.Acquire or OpCode.SetLocked:
                    if ((s.Held & Bit(i.Lock)) != 0) Fault(at, $"takes the {i.Lock} twice");
                    Reach(at + 1, next with { Held = s.Held | Bit(i.Lock) }, at);
                    break;
                case OpCode.TryAcquire:
                    Reach(at + 1, next with { Held = s.Held | Bit(i.Lock) }, at);
                    Reach(i.Target, next, at);
                    break;
                case OpCode.Release:
                    if ((s.Held & Bit(i.Lock)) == 0) Fault(at, $"gives the {i.Lock} back without having it");
                    Reach(at + 1, next with { Held = s.Held & ~Bit(i.Lock) }, at);
                    break;
                default:
                    Reach(at + 1, next, at);
                    break;
            }
        }
    }

    /// <summary>The locals that a path sets, or a path that it calls.</summary>
    public static Locals SetBy(KernelPath path, Func<PathId, KernelPath?> other) => SetBy(path, other, []);

    private static Locals SetBy(KernelPath path, Func<PathId, KernelPath?> other, HashSet<PathId> seen)
    {
        var sets = Locals.None;
        if (!seen.Add(path.Id)) return sets;
        foreach (var instruction in path.Sources)
        {
            sets |= instruction.Sets;
            if (instruction.Code == OpCode.Call && other(instruction.Callee) is { } callee) sets |= SetBy(callee, other, seen);
        }

        return sets;
    }

    /// <summary>How many paths wait, at the most, while a path that is called from this one runs; one more than a task remembers if it comes back to itself.</summary>
    public static int DepthOf(KernelPath path, Func<PathId, KernelPath?> other) => DepthOf(path, other, 0);

    private static int DepthOf(KernelPath path, Func<PathId, KernelPath?> other, int waiting) => waiting > Capacity.CallDepth
        ? waiting
        : path.Sources.Where(i => i.Code == OpCode.Call).Select(i => other(i.Callee)).OfType<KernelPath>().Select(callee => DepthOf(callee, other, waiting + 1)).Append(waiting).Max();

    private static ulong Bit(LockName l) => 1UL << (((int)l.Kind * 8) + (int)l.Of);

    private static bool OperandsOf(ulong held, Locals sets)
    {
        if (sets == Locals.None || held == 0) return false;
        return (Has(LockOf.Folio) && (sets & Locals.Folio) != 0) || (Has(LockOf.OldFolio) && (sets & Locals.OldFolio) != 0)
            || (Has(LockOf.Walk) && (sets & Locals.Walk) != 0) || (Has(LockOf.Zap) && (sets & Locals.Zap) != 0);

        bool Has(LockOf what)
        {
            foreach (var kind in Enum.GetValues<LockKind>())
            {
                if ((held & Bit(new LockName(kind, what))) != 0) return true;
            }

            return false;
        }
    }

    private static string Names(ulong held)
    {
        var names = new List<string>();
        foreach (var kind in Enum.GetValues<LockKind>())
        {
            foreach (var of in Enum.GetValues<LockOf>())
            {
                if ((held & Bit(new LockName(kind, of))) != 0) names.Add(new LockName(kind, of).ToString());
            }
        }

        return names.Count == 0 ? "no lock" : string.Join(" and ", names);
    }

    /// <summary>What is known at a position, whichever way it was reached.</summary>
    /// <param name="Held">The locks held, one bit each.</param>
    /// <param name="Set">The locals that are set on every way.</param>
    /// <param name="Changed">Whether the step may have changed something already.</param>
    private readonly record struct State(ulong Held, Locals Set, bool Changed);
}
