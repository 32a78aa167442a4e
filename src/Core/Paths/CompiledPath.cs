using System.Reflection;
using System.Reflection.Emit;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Op = System.Reflection.Emit.OpCodes;

namespace Hooks.Core.Paths;

/// <summary>Why a compiled path gives control back.</summary>
internal enum Exit
{
    /// <summary>The task stands in front of a step, and there is a reason to stop there.</summary>
    Step,

    /// <summary>The path that the task is in now begins.</summary>
    Call,

    /// <summary>The path is over: whoever called it goes on.</summary>
    Return,

    /// <summary>The step has to wait.</summary>
    Blocked,

    /// <summary>It goes round without a step.</summary>
    GoesRound,

    /// <summary>It has gone off its end.</summary>
    OffTheEnd,
}

/// <summary>What is kept while a task takes steps, from one to the next.</summary>
internal struct Stepping
{
    /// <summary>How many steps to take at the most.</summary>
    public int Most;

    /// <summary>How many have been taken.</summary>
    public int Taken;

    /// <summary>How many more jumps backwards, and calls, until a step must have ended.</summary>
    public int Budget;

    /// <summary>Takes the steps that have changed nothing; null: nobody looks at what steps do.</summary>
    public StepLog? Log;

    /// <summary>What the task held and worked on when somebody looked last.</summary>
    public Holding Holding;

    /// <summary>The locks that this step has waited for and got: the bit of an instruction's distance from the step's first.</summary>
    public ulong Acquired;

    /// <summary>What a blocked step waits for.</summary>
    public Waiting Wait;

    /// <summary>The task as it was before this step, if the step may have to put it back.</summary>
    public KTask Undo;
}

/// <summary>A path as machine code.</summary>
/// <param name="m">The machine.</param>
/// <param name="t">The task.</param>
/// <param name="report">Takes what the steps did.</param>
/// <param name="s">Kept from step to step.</param>
/// <param name="at">The position to go on at; with <see cref="CompiledPath.Arriving"/>, to come to from another path.</param>
internal delegate Exit PathBody(in Memory m, ref KTask t, ref StepReport report, ref Stepping s, int at);

/// <summary>What an effect, a guard or a condition belongs to that can be written where it stands, instead of being called.</summary>
internal interface IInlined
{
    /// <summary>Writes it; a guard or condition leaves its answer on the stack.</summary>
    /// <param name="il">The method it stands in.</param>
    /// <param name="memory">Which argument of it the machine is.</param>
    /// <param name="task">Which the task is.</param>
    void Emit(ILGenerator il, int memory, int task);
}

/// <summary>
/// Turns the instructions of a path into one method: effects and guards are called directly, and jumps are jumps. It means what
/// <see cref="OpCode"/> says, no more; a loop that looks at each instruction is slower by two thirds (docs/performance.md).
/// </summary>
internal static class CompiledPath
{
    /// <summary>Said with a position that is come to by a call or a return: if a step begins there, the one before it has ended.</summary>
    public const int Arriving = 1 << 16;

    /// <summary>Jumps backwards and calls between two steps: more than any path has. A kernel broken on purpose may go round in them.</summary>
    public const int MostJumps = 10_000;

    /// <summary>What takes a lock, and what gives it back: the beginnings of their names in <see cref="Locks"/>, which end in the kind of lock.</summary>
    private const string TryAcquire = "TryAcquire";
    private const string Release = "Release";

    private const BindingFlags Own = BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public;

    private static readonly Type[] Signature =
    [
        typeof(object[]), typeof(Memory).MakeByRefType(), typeof(KTask).MakeByRefType(), typeof(StepReport).MakeByRefType(), typeof(Stepping).MakeByRefType(), typeof(int),
    ];

    /// <summary>Compiles a path.</summary>
    public static PathBody Of(KernelPath path)
    {
        var method = new DynamicMethod(path.Id.ToString(), typeof(Exit), Signature, typeof(CompiledPath).Module, skipVisibility: true);
        var targets = new Emitter(path, method.GetILGenerator()).Emit();
        return method.CreateDelegate<PathBody>(targets);
    }

    /// <summary>A step has ended, and the task stands in front of the next.</summary>
    /// <returns>Whether to stop there.</returns>
    internal static bool Arrive(ref KTask t, ref StepReport report, ref Stepping s, int position)
    {
        t.Pc = (ushort)position;
        if (++s.Taken == s.Most || report.Observations.Count != 0 || report.SlotsReturned.Any) return true;
        if (s.Log is { } log)
        {
            if (report.ChangedAnything || Holding.Of(in t) != s.Holding) return true;
            log.Add(in report);
        }

        report.Path = t.Path;
        report.Position = (ushort)position;
        s.Acquired = 0;
        s.Budget = MostJumps;
        return false;
    }

    private static void Remember(ref KTask t, ref Stepping s) => s.Undo = t;

    private static void Acquired(ref Stepping s, int distance) => s.Acquired |= 1UL << distance;

    private static bool IsExhausted(ref Stepping s) => --s.Budget < 0;

    private static void Enter(ref KTask t, PathId callee, int back)
    {
        t.Stack[t.Depth++] = new ReturnAddress(t.Path, (ushort)back);
        t.Path = callee;
    }

    private static void Result(ref KTask t, OpResult outcome) => t.Result = outcome;

    private static bool MustWait(ref Stepping s, Waiting wait)
    {
        s.Wait = wait;
        return wait.Kind != WaitKind.None;
    }

    private static void WaitFor(ref KTask t, ref Stepping s, LockKind kind, LockOf of) => s.Wait = Locks.WaitFor(in t, new LockName(kind, of));

    private static void ComplainOfLock(in Memory m) => m.Complain(Oops.BadUnlock);

    /// <summary>Writes one path.</summary>
    private sealed class Emitter(KernelPath path, ILGenerator il)
    {
        private readonly Code[] _code = path.CodeArray;
        private readonly System.Reflection.Emit.Label[] _arrivals = [.. path.CodeArray.Select(_ => il.DefineLabel())];
        private readonly System.Reflection.Emit.Label[] _steps = [.. path.CodeArray.Select(_ => il.DefineLabel())];
        private readonly System.Reflection.Emit.Label[] _exits = [.. Enum.GetValues<Exit>().Select(_ => il.DefineLabel())];
        private readonly List<object?> _targets = [];

        public object?[] Emit()
        {
            var arriving = il.DefineLabel();
            var nowhere = _exits[(int)Exit.OffTheEnd];
            il.Emit(Op.Ldarg, 5);
            il.Emit(Op.Ldc_I4, Arriving);
            il.Emit(Op.And);
            il.Emit(Op.Brtrue, arriving);
            il.Emit(Op.Ldarg, 5);
            il.Emit(Op.Switch, [.. _code.Select((code, at) => code.StartsStep ? _steps[at] : nowhere)]);
            il.Emit(Op.Br, nowhere);
            il.MarkLabel(arriving);
            il.Emit(Op.Ldarg, 5);
            il.Emit(Op.Ldc_I4, Arriving);
            il.Emit(Op.Sub);
            il.Emit(Op.Switch, [.. _code.Select((code, at) => at == 0 || _code[at - 1].Op == OpCode.Call ? _arrivals[at] : nowhere)]);
            il.Emit(Op.Br, nowhere);

            var first = 0;
            for (var at = 0; at < _code.Length; at++)
            {
                il.MarkLabel(_arrivals[at]);
                if (_code[at].StartsStep)
                {
                    first = at;
                    il.Emit(Op.Ldarg_2);
                    il.Emit(Op.Ldarg_3);
                    il.Emit(Op.Ldarg, 4);
                    il.Emit(Op.Ldc_I4, at);
                    Call(nameof(Arrive));
                    ExitIf(Exit.Step);
                    il.MarkLabel(_steps[at]);
                    if (_code[at].MayUndo)
                    {
                        il.Emit(Op.Ldarg_2);
                        il.Emit(Op.Ldarg, 4);
                        Call(nameof(Remember));
                    }
                }

                Emit(at, first);
            }

            foreach (var exit in Enum.GetValues<Exit>())
            {
                il.MarkLabel(_exits[(int)exit]);
                il.Emit(Op.Ldc_I4, (int)exit);
                il.Emit(Op.Ret);
            }

            return [.. _targets];
        }

        private void Emit(int at, int first)
        {
            ref readonly var code = ref _code[at];
            switch (code.Op)
            {
                case OpCode.Do or OpCode.Let:
                    CallBody(code.Body);
                    break;
                case OpCode.If:
                    CallBody(code.Body);
                    Jump(Op.Brtrue, at, code.Target);
                    break;
                case OpCode.Unless:
                    CallBody(code.Body);
                    Jump(Op.Brfalse, at, code.Target);
                    break;
                case OpCode.Goto:
                    Jump(Op.Br, at, code.Target);
                    break;
                case OpCode.Result:
                    il.Emit(Op.Ldarg_2);
                    il.Emit(Op.Ldc_I4, (int)code.Outcome);
                    Call(nameof(Result));
                    break;
                case OpCode.Acquire:
                    var got = il.DefineLabel();
                    CallLock(TryAcquire, code.Lock);
                    il.Emit(Op.Brtrue, got);
                    il.Emit(Op.Ldarg_2);
                    il.Emit(Op.Ldarg, 4);
                    il.Emit(Op.Ldc_I4, (int)code.Lock.Kind);
                    il.Emit(Op.Ldc_I4, (int)code.Lock.Of);
                    Call(nameof(WaitFor));
                    il.Emit(Op.Br, _exits[(int)Exit.Blocked]);
                    il.MarkLabel(got);
                    il.Emit(Op.Ldarg, 4);
                    il.Emit(Op.Ldc_I4, at - first);
                    Call(nameof(Acquired));
                    break;
                case OpCode.TryAcquire:
                    CallLock(TryAcquire, code.Lock);
                    Jump(Op.Brfalse, at, code.Target);
                    break;
                case OpCode.SetLocked:
                    var free = il.DefineLabel();
                    CallLock(TryAcquire, code.Lock);
                    il.Emit(Op.Brtrue, free);
                    il.Emit(Op.Ldarg_1);
                    Call(nameof(ComplainOfLock));
                    il.MarkLabel(free);
                    break;
                case OpCode.Release:
                    CallLock(Release, code.Lock);
                    break;
                case OpCode.Wait:
                    il.Emit(Op.Ldarg, 4);
                    CallBody(code.Body);
                    Call(nameof(MustWait));
                    ExitIf(Exit.Blocked);
                    break;
                case OpCode.Call:
                    il.Emit(Op.Ldarg_2);
                    il.Emit(Op.Ldc_I4, (int)code.Callee);
                    il.Emit(Op.Ldc_I4, at + 1);
                    Call(nameof(Enter));
                    il.Emit(Op.Br, _exits[(int)Exit.Call]);
                    break;
                case OpCode.Return:
                    il.Emit(Op.Br, _exits[(int)Exit.Return]);
                    break;
                case OpCode.OffTheEnd:
                    il.Emit(Op.Br, _exits[(int)Exit.OffTheEnd]);
                    break;
                default:
                    throw new InvalidOperationException($"{path.Id}: {code.Op} is not an instruction that is executed");
            }
        }

        private void Jump(System.Reflection.Emit.OpCode how, int at, int target)
        {
            if (target > at)
            {
                il.Emit(how, _arrivals[target]);
                return;
            }

            // Backwards: who does this without a step between must be stopped some day.
            var stay = il.DefineLabel();
            if (how != Op.Br) il.Emit(how == Op.Brtrue ? Op.Brfalse : Op.Brtrue, stay);
            il.Emit(Op.Ldarg, 4);
            Call(nameof(IsExhausted));
            ExitIf(Exit.GoesRound);
            il.Emit(Op.Br, _arrivals[target]);
            il.MarkLabel(stay);
        }

        private void ExitIf(Exit exit) => il.Emit(Op.Brtrue, _exits[(int)exit]);

        /// <summary>Calls what takes, or gives back, a lock of this kind.</summary>
        private void CallLock(string what, LockName which)
        {
            il.Emit(Op.Ldarg_1);
            il.Emit(Op.Ldarg_2);
            il.Emit(Op.Ldc_I4, (int)which.Of);
            il.Emit(Op.Call, typeof(Locks).GetMethod(what + which.Kind, Own, [Signature[1], Signature[2], typeof(LockOf)])!);
        }

        private void Call(string helper) =>
            il.Emit(Op.Call, typeof(CompiledPath).GetMethod(helper, Own)!);

        /// <summary>Calls an effect, a guard or a condition; a lambda that captures nothing needs no object to be called on.</summary>
        private void CallBody(object body)
        {
            var called = (Delegate)body;
            if (!called.HasSingleTarget) throw new InvalidOperationException($"{path.Id}: an instruction's body is one method; got several joined together");
            if (called.Target is IInlined inlined)
            {
                inlined.Emit(il, memory: 1, task: 2);
                return;
            }

            if (called.Method.DeclaringType is null)
            {
                // A dynamic method: it can only be called through its delegate.
                il.Emit(Op.Ldarg_0);
                il.Emit(Op.Ldc_I4, _targets.Count);
                il.Emit(Op.Ldelem_Ref);
                _targets.Add(called);
                il.Emit(Op.Ldarg_1);
                il.Emit(Op.Ldarg_2);
                il.Emit(Op.Callvirt, called.GetType().GetMethod("Invoke")!);
                return;
            }

            if (!called.Method.IsStatic) PushTarget(called.Target!);
            il.Emit(Op.Ldarg_1);
            il.Emit(Op.Ldarg_2);
            il.Emit(Op.Call, called.Method);
        }

        private void PushTarget(object target)
        {
            if (target.GetType().GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Length == 0)
            {
                il.Emit(Op.Ldnull);
                return;
            }

            il.Emit(Op.Ldarg_0);
            il.Emit(Op.Ldc_I4, _targets.Count);
            il.Emit(Op.Ldelem_Ref);
            _targets.Add(target);
        }
    }
}
