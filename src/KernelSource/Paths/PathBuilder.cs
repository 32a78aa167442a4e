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
                    items.Add(Instruction.Unless(Emitter.Guard(item.Value), LabelOf(item.Label)));
                    break;
                case IrCode.Unless when !item.Value!.HasEffect:
                    items.Add(StepOf(item, Instruction.Unless(Emitter.Guard(item.Value!), LabelOf(item.Label))));
                    break;
                case IrCode.Unless:
                    items.Add(StepOf(item, Instruction.Do(Emitter.Answer(item.Value!)), Instruction.Unless(Instruction.Answer, LabelOf(item.Label))));
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
    public static Effect EffectOf(Ir value, Variable? target) => Emitter.Effect(value, target);

    /// <summary>A guard: whether a value is not 0.</summary>
    public static Guard GuardOf(Ir value) => Emitter.Guard(value);

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
        return new Step(NameOf(item), $"{item.Origin.File}:{item.Origin.Line}: {item.Origin.Text}", Era.AsRead, wait is null ? instructions : [Instruction.Wait(Emitter.Condition(wait)), .. instructions]);
    }

    /// <summary>The primitive's name, so that a step read from source is called what the hand-written one is; of a question the kernel's name of what is asked.</summary>
    private static string NameOf(IrItem item) => NameOf(item.Value!.All().OfType<Apply>().ToList());

    /// <summary>What is named first of what changes the machine; if nothing does, of what looks at it.</summary>
    internal static string NameOf(List<Apply> applied)
    {
        return (applied.Find(a => a.Row.Role == Role.Step) ?? applied.Find(a => a.Row.Role == Role.Query) ?? applied[0]).Row.Primitive!.Name;
    }

    /// <summary>Writes one expression.</summary>
    private sealed class Emitter
    {
        private const BindingFlags Own = BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public;

        private static readonly Type[] Signature = [typeof(Memory).MakeByRefType(), typeof(KTask).MakeByRefType()];

        private readonly DynamicMethod _method;
        private readonly ILGenerator _il;

        private Emitter(string name, Type returns)
        {
            _method = new DynamicMethod(name, returns, Signature, typeof(Emitter).Module, skipVisibility: true);
            _il = _method.GetILGenerator();
        }

        public static Effect Effect(Ir value, Variable? target)
        {
            var emitter = new Emitter("effect", typeof(void));
            var returns = emitter.Value(value, wanted: target is not null);
            if (target is not null)
            {
                if (target.IsTruth) emitter.Truth();
                emitter.Slot(target, nameof(Primitives.Store), nameof(Primitives.StoreBit));
            }
            else if (returns)
            {
                emitter._il.Emit(Op.Pop);
            }

            emitter._il.Emit(Op.Ret);
            return emitter._method.CreateDelegate<Effect>();
        }

        public static Effect Answer(Ir value)
        {
            var emitter = new Emitter("answer", typeof(void));
            emitter.Value(value, wanted: true);
            emitter.IsNotZero();
            emitter._il.Emit(Op.Ldarg_1);
            emitter.Call(nameof(Primitives.KeepAnswer));
            emitter._il.Emit(Op.Ret);
            return emitter._method.CreateDelegate<Effect>();
        }

        public static Guard Guard(Ir value)
        {
            var emitter = new Emitter("guard", typeof(bool));
            emitter.Value(value, wanted: true);
            emitter.IsNotZero();
            emitter._il.Emit(Op.Ret);
            return emitter._method.CreateDelegate<Guard>();
        }

        public static Condition Condition(Apply wait)
        {
            var emitter = new Emitter("wait", typeof(Waiting));
            emitter.Arguments(wait.Row.Wait!, wait.Arguments);
            emitter._il.Emit(Op.Call, wait.Row.Wait!);
            emitter._il.Emit(Op.Ret);
            return emitter._method.CreateDelegate<Condition>();
        }

        private void Call(string primitive) => _il.Emit(Op.Call, typeof(Primitives).GetMethod(primitive, Own)!);

        private void Slot(Variable variable, string whole, string bit)
        {
            _il.Emit(Op.Ldarg_1);
            _il.Emit(Op.Ldc_I4, variable.Slot < SlotAllocation.FirstBit ? variable.Slot : variable.Slot - SlotAllocation.FirstBit);
            Call(variable.Slot < SlotAllocation.FirstBit ? whole : bit);
        }

        private void IsNotZero()
        {
            _il.Emit(Op.Ldc_I8, 0L);
            _il.Emit(Op.Cgt_Un);
        }

        private void Truth()
        {
            IsNotZero();
            _il.Emit(Op.Conv_I8);
        }

        /// <summary>Leaves the value on the stack, as a long; nothing if it has none and none is wanted.</summary>
        private bool Value(Ir ir, bool wanted = true)
        {
            switch (ir)
            {
                case Constant c:
                    _il.Emit(Op.Ldc_I8, c.Value);
                    return true;
                case Use use:
                    Slot(use.Variable, nameof(Primitives.Load), nameof(Primitives.LoadBit));
                    return true;
                case Before before:
                    Value(before.Operand);
                    switch (before.Operator)
                    {
                        case "!":
                            _il.Emit(Op.Ldc_I8, 0L);
                            _il.Emit(Op.Ceq);
                            _il.Emit(Op.Conv_I8);
                            break;
                        case "~":
                            _il.Emit(Op.Not);
                            break;
                        case "-":
                            _il.Emit(Op.Neg);
                            break;
                    }

                    return true;
                case Between { Operator: "&&" or "||" } both:
                    Value(both.Left);
                    var (shortcut, end) = (_il.DefineLabel(), _il.DefineLabel());
                    var or = both.Operator == "||";
                    _il.Emit(or ? Op.Brtrue : Op.Brfalse, shortcut);
                    Value(both.Right);
                    Truth();
                    _il.Emit(Op.Br, end);
                    _il.MarkLabel(shortcut);
                    _il.Emit(Op.Ldc_I8, or ? 1L : 0L);
                    _il.MarkLabel(end);
                    return true;
                case Between between:
                    Value(between.Left);
                    Value(between.Right);
                    Operator(between.Operator);
                    return true;
                case Either either:
                    var (otherwise, after) = (_il.DefineLabel(), _il.DefineLabel());
                    Value(either.Condition);
                    _il.Emit(Op.Brfalse, otherwise);
                    Value(either.Then);
                    _il.Emit(Op.Br, after);
                    _il.MarkLabel(otherwise);
                    Value(either.Otherwise);
                    _il.MarkLabel(after);
                    return true;
                case Apply apply:
                    Arguments(apply.Row.Primitive!, apply.Arguments);
                    _il.Emit(Op.Call, apply.Row.Primitive!);
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
                    _il.Emit(Op.Ceq);
                    _il.Emit(Op.Conv_I8);
                    break;
                case "!=":
                    _il.Emit(Op.Sub);
                    Truth();
                    break;
                case "<":
                    _il.Emit(Op.Clt);
                    _il.Emit(Op.Conv_I8);
                    break;
                case ">":
                    _il.Emit(Op.Cgt);
                    _il.Emit(Op.Conv_I8);
                    break;
                case "+":
                    _il.Emit(Op.Add);
                    break;
                case "-":
                    _il.Emit(Op.Sub);
                    break;
                case "&":
                    _il.Emit(Op.And);
                    break;
                case "|":
                    _il.Emit(Op.Or);
                    break;
                case "^":
                    _il.Emit(Op.Xor);
                    break;
                default:
                    var (right, left) = (_il.DeclareLocal(typeof(long)), _il.DeclareLocal(typeof(long)));
                    _il.Emit(Op.Stloc, right);
                    _il.Emit(Op.Stloc, left);
                    _il.Emit(Op.Ldstr, op);
                    _il.Emit(Op.Ldloc, left);
                    _il.Emit(Op.Ldloc, right);
                    _il.Emit(Op.Call, typeof(Arithmetic).GetMethod(nameof(Arithmetic.Apply))!);
                    break;
            }
        }

        private void Arguments(MethodInfo primitive, Ir[] arguments)
        {
            _il.Emit(Op.Ldarg_0);
            _il.Emit(Op.Ldarg_1);
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
                if (wanted) _il.Emit(Op.Ldc_I8, 0L);
                return wanted;
            }

            if (type == typeof(bool)) _il.Emit(Op.Conv_I8);
            else if (type != typeof(long)) Call("Of" + type.Name);
            return true;
        }
    }
}
