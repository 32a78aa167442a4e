using System.Reflection;
using System.Reflection.Emit;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.KernelSource.C;
using Op = System.Reflection.Emit.OpCodes;

namespace Hooks.KernelSource.Paths;

/// <summary>
/// Makes the items of a path out of lowered code. What looks at the machine or changes it is a step; what touches only the task goes with the step before it.
/// Expressions become machine code.
/// </summary>
internal static class PathBuilder
{
    /// <summary>The items.</summary>
    /// <param name="code">The instructions, with slots given.</param>
    /// <param name="uninitialised">Variables that may be read before they are set: 0 at the beginning.</param>
    /// <param name="leave">What stands for a return.</param>
    /// <param name="entry">The path's entry, if it calls itself.</param>
    public static List<PathItem> Items(List<IrItem> code, IReadOnlyList<Variable> uninitialised, Func<Ir?, IEnumerable<PathItem>> leave, PathEntry? entry = null) =>
        [.. Groups(code, uninitialised, leave, entry).SelectMany(g => g)];

    /// <summary>The items, first those that set what is set at the beginning, then those of each instruction.</summary>
    /// <inheritdoc cref="Items"/>
    public static List<List<PathItem>> Groups(List<IrItem> code, IReadOnlyList<Variable> uninitialised, Func<Ir?, IEnumerable<PathItem>> leave, PathEntry? entry = null)
    {
        var labels = new Dictionary<string, Core.Paths.Label>(StringComparer.Ordinal);
        var items = new List<PathItem>();
        var groups = new List<List<PathItem>> { items };
        foreach (var variable in AtEntry(code).Concat(uninitialised.Select(v => (v, 0L)))) items.Add(Instruction.Let(EffectOf(new Constant(variable.Item2), variable.Item1), sets: SlotOf(variable.Item1)));
        foreach (var item in code)
        {
            groups.Add(items = []);
            switch (item.Code)
            {
                case IrCode.Label:
                    items.Add(LabelOf(item.Label));
                    break;
                case IrCode.Jump:
                    items.Add(Instruction.Goto(LabelOf(item.Label)));
                    break;
                case IrCode.Call when item.Callee == entry?.Path:
                    items.AddRange(entry.Through);
                    break;
                case IrCode.Call:
                    items.Add(Instruction.Call(item.Callee));
                    break;
                case IrCode.Return:
                    items.AddRange(leave(item.Value));
                    break;
                case IrCode.Unless when !item.Value!.IsShared:
                    items.Add(Instruction.Unless(Written.Guard(item.Value), LabelOf(item.Label)));
                    break;
                case IrCode.Unless when !item.Value!.HasEffect:
                    items.Add(StepOf(item, Instruction.Unless(Written.Guard(item.Value!), LabelOf(item.Label))));
                    break;
                case IrCode.Unless:
                    items.Add(StepOf(item, Instruction.Do(Written.Answer(item.Value!)), Instruction.Unless(Instruction.Answer, LabelOf(item.Label))));
                    break;
                case IrCode.Do when !item.Value!.IsShared:
                    items.Add(Instruction.Let(EffectOf(item.Value, item.Target), sets: SlotOf(item.Target)));
                    break;
                default:
                    items.Add(StepOf(item, Instruction.Do(EffectOf(item.Value!, item.Target), sets: SlotOf(item.Target))));
                    break;
            }
        }

        return groups;

        Core.Paths.Label LabelOf(string name)
        {
            if (!labels.TryGetValue(name, out var label)) labels[name] = label = new Core.Paths.Label(name);
            return label;
        }
    }

    /// <summary>An effect: a value is worked out, and kept in a variable if there is one.</summary>
    public static Effect EffectOf(Ir value, Variable? target) => Written.Effect(value, target);

    /// <summary>A guard: whether a value is not 0.</summary>
    public static Guard GuardOf(Ir value) => Written.Guard(value);

    /// <summary>What stands for a return of a function that answers what a fault comes to.</summary>
    public static IEnumerable<PathItem> LeaveFault(Ir? value)
    {
        if (value is not null && value is not Constant { Value: 0 }) yield return Instruction.Let(EffectOf(new Apply(FaultResult, [value]), null));
        yield return Instruction.Return;
    }

    private static Row FaultResult { get; } = new("", 1, Role.Pure, null, [1], "", "") { Primitive = typeof(Primitives).GetMethod(nameof(Primitives.FaultResult)) };

    private static IEnumerable<(Variable, long)> AtEntry(List<IrItem> code) =>
        code.SelectMany(i => (i.Value?.All() ?? []).OfType<Use>().Select(u => u.Variable)).Where(v => v.AtEntry is not null && v.Fixed < 0).Distinct().Select(v => (v, v.AtEntry!.Value));

    private static Locals SlotOf(Variable? v) => v is null ? Locals.None : (Locals)(1 << Math.Min(v.Slot, SlotAllocation.Bits));

    private static Step StepOf(IrItem item, params IReadOnlyList<Instruction> instructions)
    {
        var wait = item.Value!.All().OfType<Apply>().FirstOrDefault(a => a.Row.Wait is not null);
        return new Step(NameOf(item), $"{item.Origin.File}:{item.Origin.Line}: {item.Origin.Text}", Era.AsRead, wait is null ? instructions : [Instruction.Wait(Written.Condition(wait)), .. instructions]);
    }

    /// <summary>The primitive's name, so that a step read from source is called what the hand-written one is; of a question the kernel's name of what is asked.</summary>
    private static string NameOf(IrItem item) => NameOf(item.Value!.All().OfType<Apply>().ToList());

    /// <summary>What is named first of what changes the machine; if nothing does, of what looks at it.</summary>
    internal static string NameOf(List<Apply> applied)
    {
        return (applied.Find(a => a.Row.Role == Role.Step) ?? applied.Find(a => a.Row.Role == Role.Query) ?? applied[0]).Row.Primitive!.Name;
    }

    /// <summary>Code that is written into the path it stands in; called alone, it is a method of its own.</summary>
    private sealed class Written(Action<Emitter> write, Type returns) : IInlined
    {
        private static readonly Type[] Signature = [typeof(Memory).MakeByRefType(), typeof(KTask).MakeByRefType()];

        private Delegate? _alone;

        public static Effect Effect(Ir value, Variable? target) => new Written(to => to.Effect(value, target), typeof(void)).Do;

        public static Effect Answer(Ir value) => new Written(to => to.Answer(value), typeof(void)).Do;

        public static Guard Guard(Ir value) => new Written(to => to.Truth(value), typeof(bool)).Ask;

        public static Condition Condition(Apply wait) => new Written(to => to.Wait(wait), typeof(Waiting)).WaitFor;

        public void Emit(ILGenerator il, int memory, int task) => write(new Emitter(il, memory, task));

        private void Do(in Memory m, ref KTask t) => Alone<Effect>()(in m, ref t);

        private bool Ask(in Memory m, in KTask t) => Alone<Guard>()(in m, in t);

        private Waiting WaitFor(in Memory m, in KTask t) => Alone<Condition>()(in m, in t);

        private T Alone<T>()
            where T : Delegate
        {
            if (_alone is T made) return made;
            var method = new DynamicMethod(typeof(T).Name, returns, Signature, typeof(Written).Module, skipVisibility: true);
            Emit(method.GetILGenerator(), 0, 1);
            method.GetILGenerator().Emit(Op.Ret);
            _alone = made = method.CreateDelegate<T>();
            return made;
        }
    }

    /// <summary>Writes expressions.</summary>
    private sealed class Emitter(ILGenerator il, int memory, int task)
    {
        private const BindingFlags Own = BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public;

        public void Effect(Ir value, Variable? target)
        {
            var returns = Value(value, wanted: target is not null);
            if (target is not null)
            {
                if (target.IsTruth) Truth();
                Slot(target, nameof(Primitives.Store), nameof(Primitives.StoreBit));
            }
            else if (returns)
            {
                il.Emit(Op.Pop);
            }
        }

        public void Answer(Ir value)
        {
            Truth(value);
            il.Emit(Op.Ldarg, (short)task);
            Call(nameof(Primitives.KeepAnswer));
        }

        public void Truth(Ir value)
        {
            Value(value, wanted: true);
            IsNotZero();
        }

        public void Wait(Apply wait)
        {
            Arguments(wait.Row.Wait!, wait.Arguments);
            il.Emit(Op.Call, wait.Row.Wait!);
        }

        private void Call(string primitive) => il.Emit(Op.Call, typeof(Primitives).GetMethod(primitive, Own)!);

        private void Slot(Variable variable, string whole, string bit)
        {
            il.Emit(Op.Ldarg, (short)task);
            il.Emit(Op.Ldc_I4, variable.Slot < SlotAllocation.FirstBit ? variable.Slot : variable.Slot - SlotAllocation.FirstBit);
            Call(variable.Slot < SlotAllocation.FirstBit ? whole : bit);
        }

        private void IsNotZero()
        {
            il.Emit(Op.Ldc_I8, 0L);
            il.Emit(Op.Cgt_Un);
        }

        private void Truth()
        {
            IsNotZero();
            il.Emit(Op.Conv_I8);
        }

        /// <summary>Leaves the value on the stack, as a long; nothing if it has none and none is wanted.</summary>
        private bool Value(Ir ir, bool wanted = true)
        {
            switch (ir)
            {
                case Constant c:
                    il.Emit(Op.Ldc_I8, c.Value);
                    return true;
                case Use use:
                    Slot(use.Variable, nameof(Primitives.Load), nameof(Primitives.LoadBit));
                    return true;
                case Before before:
                    Value(before.Operand);
                    switch (before.Operator)
                    {
                        case "!":
                            il.Emit(Op.Ldc_I8, 0L);
                            il.Emit(Op.Ceq);
                            il.Emit(Op.Conv_I8);
                            break;
                        case "~":
                            il.Emit(Op.Not);
                            break;
                        case "-":
                            il.Emit(Op.Neg);
                            break;
                    }

                    return true;
                case Between { Operator: "&&" or "||" } both:
                    Value(both.Left);
                    var (shortcut, end) = (il.DefineLabel(), il.DefineLabel());
                    var or = both.Operator == "||";
                    il.Emit(or ? Op.Brtrue : Op.Brfalse, shortcut);
                    Value(both.Right);
                    Truth();
                    il.Emit(Op.Br, end);
                    il.MarkLabel(shortcut);
                    il.Emit(Op.Ldc_I8, or ? 1L : 0L);
                    il.MarkLabel(end);
                    return true;
                case Between between:
                    Value(between.Left);
                    Value(between.Right);
                    Operator(between.Operator);
                    return true;
                case Either either:
                    var (otherwise, after) = (il.DefineLabel(), il.DefineLabel());
                    Value(either.Condition);
                    il.Emit(Op.Brfalse, otherwise);
                    Value(either.Then);
                    il.Emit(Op.Br, after);
                    il.MarkLabel(otherwise);
                    Value(either.Otherwise);
                    il.MarkLabel(after);
                    return true;
                case Apply apply:
                    Arguments(apply.Row.Primitive!, apply.Arguments);
                    il.Emit(Op.Call, apply.Row.Primitive!);
                    return AsNumber(apply.Row.Primitive!.ReturnType, wanted);
                default:
                    throw new InvalidOperationException($"{ir} has no value");
            }
        }

        private void Operator(string op)
        {
            switch (op)
            {
                case "==":
                    il.Emit(Op.Ceq);
                    il.Emit(Op.Conv_I8);
                    break;
                case "!=":
                    il.Emit(Op.Sub);
                    Truth();
                    break;
                case "<":
                    il.Emit(Op.Clt);
                    il.Emit(Op.Conv_I8);
                    break;
                case ">":
                    il.Emit(Op.Cgt);
                    il.Emit(Op.Conv_I8);
                    break;
                case "+":
                    il.Emit(Op.Add);
                    break;
                case "-":
                    il.Emit(Op.Sub);
                    break;
                case "&":
                    il.Emit(Op.And);
                    break;
                case "|":
                    il.Emit(Op.Or);
                    break;
                case "^":
                    il.Emit(Op.Xor);
                    break;
                default:
                    var (right, left) = (il.DeclareLocal(typeof(long)), il.DeclareLocal(typeof(long)));
                    il.Emit(Op.Stloc, right);
                    il.Emit(Op.Stloc, left);
                    il.Emit(Op.Ldstr, op);
                    il.Emit(Op.Ldloc, left);
                    il.Emit(Op.Ldloc, right);
                    il.Emit(Op.Call, typeof(Arithmetic).GetMethod(nameof(Arithmetic.Apply))!);
                    break;
            }
        }

        private void Arguments(MethodInfo primitive, Ir[] arguments)
        {
            il.Emit(Op.Ldarg, (short)memory);
            il.Emit(Op.Ldarg, (short)task);
            var parameters = primitive.GetParameters();
            for (var i = 0; i < arguments.Length; i++)
            {
                Value(arguments[i]);
                var type = parameters[i + 2].ParameterType;
                if (type == typeof(bool)) IsNotZero();
                else if (type != typeof(long)) Call("To" + type.Name);
            }
        }

        private bool AsNumber(Type type, bool wanted)
        {
            if (type == typeof(void))
            {
                if (wanted) il.Emit(Op.Ldc_I8, 0L);
                return wanted;
            }

            if (type == typeof(bool)) il.Emit(Op.Conv_I8);
            else if (type != typeof(long)) Call("Of" + type.Name);
            return true;
        }
    }
}
