using Hooks.KernelSource.C;

namespace Hooks.KernelSource.Paths;

/// <summary>
/// Takes away what cannot happen: branches whose condition is known, variables that are always the same, what nobody jumps to, what is set and not
/// looked at. Until nothing changes any more.
/// </summary>
internal static class Simplify
{
    /// <summary>The instructions that are left.</summary>
    public static List<IrItem> Run(List<IrItem> code)
    {
        while (true)
        {
            var next = WithoutUnread(WithoutUnreachable(Propagation.Run(WithKnown(code))));
            if (next.Count == code.Count && next.SequenceEqual(code)) return next;
            code = next;
        }
    }

    /// <summary>An expression with what is known of it worked out.</summary>
    public static Ir Fold(Ir ir)
    {
        switch (ir)
        {
            case Before { Operand: Constant c } before:
                return new Constant(before.Operator switch { "!" => Arithmetic.Truth(c.Value == 0), "~" => ~c.Value, "-" => -c.Value, _ => c.Value });
            case Before { Operator: "!", Operand: Before { Operator: "!", Operand: Between { Operator: "==" or "!=" or "<" or ">" or "<=" or ">=" or "&&" or "||" } inner } }:
                return inner;
            case Between { Operator: "&&" or "||" } between:
                var and = between.Operator == "&&";
                if (between.Left is Constant left) return (left.Value == 0) == and ? new Constant(and ? 0 : 1) : Truth(between.Right);
                if (between.Right is not Constant right) return between;
                if ((right.Value != 0) == and) return Truth(between.Left);
                return between.Left.HasEffect ? between : new Constant(and ? 0 : 1);
            case Between { Left: Constant a, Right: Constant b } between:
                return new Constant(Arithmetic.Apply(between.Operator, a.Value, b.Value));

            // No folio is an error in the shape of a pointer.
            case Between { Operator: "==" or "!=", Left: Use { Variable.Holds: Holds.Folio }, Right: Constant { Value: < 0 } } between:
                return new Constant(Arithmetic.Truth(between.Operator == "!="));
            case Between { Operator: "==" or "!=", Left: Use x, Right: Use y } between when x.Variable == y.Variable:
                return new Constant(Arithmetic.Truth(between.Operator == "=="));
            case Between { Operator: "+" or "-" or "|" or "^", Right: Constant { Value: 0 } } between:
                return between.Left;
            case Either { Condition: Constant c } either:
                return c.Value != 0 ? either.Then : either.Otherwise;
            default:
                return ir;
        }
    }

    private static Ir Truth(Ir ir) => ir switch
    {
        Constant c => new Constant(Arithmetic.Truth(c.Value != 0)),
        Between { Operator: "==" or "!=" or "<" or ">" or "<=" or ">=" or "&&" or "||" } => ir,
        Before { Operator: "!" } => ir,
        Apply { Row.Primitive: { } p } when p.ReturnType == typeof(bool) => ir,
        Use { Variable.IsTruth: true } => ir,
        _ => new Before("!", new Before("!", ir)),
    };

    /// <summary>An expression with variables replaced, and worked out again.</summary>
    internal static Ir Replace(Ir ir, Func<Variable, Ir?> by) => Fold(ir switch
    {
        Use use => by(use.Variable) ?? use,
        Before b => Replace(b.Operand, by) is var o && ReferenceEquals(o, b.Operand) ? b : b with { Operand = o },
        Between b => Pair(b, by),
        Either e => new Either(Replace(e.Condition, by), Replace(e.Then, by), Replace(e.Otherwise, by)) is var n && ReferenceEquals(n.Condition, e.Condition) && ReferenceEquals(n.Then, e.Then) && ReferenceEquals(n.Otherwise, e.Otherwise) ? e : n,
        Apply a => Array.ConvertAll(a.Arguments, x => Replace(x, by)) is var args && args.SequenceEqual(a.Arguments, ReferenceEqualityComparer.Instance) ? a : a with { Arguments = args },
        _ => ir,
    });

    /// <summary>Variables that are only ever set to one number are that number; copies that are set once, of something that is set once, are that.</summary>
    private static List<IrItem> WithKnown(List<IrItem> code)
    {
        var sets = code.Where(i => i.Target is not null).ToLookup(i => i.Target!);
        var known = new Dictionary<Variable, Ir>();
        foreach (var group in sets)
        {
            var variable = group.Key;
            if (variable.Fixed >= 0) continue;
            var values = group.Select(i => i.Value!).ToList();
            if (values.TrueForAll(v => v is Constant) && values.Select(v => Kept(variable, (Constant)v)).Append(variable.AtEntry ?? Kept(variable, (Constant)values[0])).Distinct().Count() == 1)
            {
                known[variable] = new Constant(Kept(variable, (Constant)values[0]));
            }
        }

        foreach (var variable in code.SelectMany(i => i.Value?.All() ?? []).OfType<Use>().Select(u => u.Variable).Distinct())
        {
            if (variable is { AtEntry: { } entry, Fixed: < 0 } && !sets.Contains(variable)) known[variable] = new Constant(entry);
        }

        Ir? By(Variable v) => known.GetValueOrDefault(v);
        return [.. code.Select(i => i.Value is null ? i : Replace(i.Value, By) is var value && ReferenceEquals(value, i.Value) ? i : i with { Value = value })];
    }

    /// <summary>What a variable is when a number is put into it.</summary>
    internal static long Kept(Variable variable, Constant c) => variable.IsTruth ? Arithmetic.Truth(c.Value != 0) : c.Value;

    private static Between Pair(Between b, Func<Variable, Ir?> by)
    {
        var (left, right) = (Replace(b.Left, by), Replace(b.Right, by));
        return ReferenceEquals(left, b.Left) && ReferenceEquals(right, b.Right) ? b : b with { Left = left, Right = right };
    }

    private static List<IrItem> WithoutUnreachable(List<IrItem> code)
    {
        var labels = Labels(code);
        var live = new bool[code.Count];
        var work = new Stack<int>([0]);
        while (work.TryPop(out var at))
        {
            if (at >= code.Count || live[at]) continue;
            live[at] = true;
            foreach (var next in Next(code, labels, at)) work.Push(next);
        }

        var used = code.Where((i, at) => live[at] && i.Code is IrCode.Jump or IrCode.Unless && !(i.Value is Constant { Value: not 0 })).Select(i => i.Label).ToHashSet(StringComparer.Ordinal);
        var kept = new List<IrItem>();
        for (var at = 0; at < code.Count; at++)
        {
            var item = code[at];
            if (!live[at] || (item.Code == IrCode.Label && !used.Contains(item.Label))) continue;
            switch (item.Code)
            {
                case IrCode.Unless when item.Value is Constant known:
                    if (known.Value == 0 && !IsNext(at)) kept.Add(item with { Code = IrCode.Jump, Value = null });
                    break;
                case IrCode.Unless when IsNext(at):
                    if (item.Value!.HasEffect) kept.Add(item with { Code = IrCode.Do, Label = "" });
                    break;
                case IrCode.Jump when IsNext(at):
                    break;
                default:
                    kept.Add(item);
                    break;
            }
        }

        return kept;

        bool IsNext(int from)
        {
            for (var at = from + 1; at < code.Count && (!live[at] || code[at].Code == IrCode.Label); at++)
            {
                if (code[at].Code == IrCode.Label && code[at].Label == code[from].Label) return true;
            }

            return false;
        }
    }

    private static List<IrItem> WithoutUnread(List<IrItem> code)
    {
        // What is looked at only to be counted up is not looked at.
        var read = code.SelectMany(i => (i.Value?.All() ?? []).OfType<Use>().Select(u => u.Variable).Where(v => v != i.Target || i.Value!.HasEffect)).ToHashSet();
        var kept = new List<IrItem>(code.Count);
        foreach (var item in code)
        {
            var itself = item is { Code: IrCode.Do, Target: { } to, Value: Use from } && from.Variable == to;
            if (item is { Code: IrCode.Do, Target: { Fixed: < 0 } target } && !read.Contains(target) && target.Holds != Holds.Unknown)
            {
                if (item.Value!.HasEffect) kept.Add(item with { Target = null });
            }
            else if (!itself)
            {
                kept.Add(item);
            }
        }

        return kept;
    }

    /// <summary>The positions of labels; a label that stands nowhere has none.</summary>
    internal static Dictionary<string, int> Labels(List<IrItem> code)
    {
        var labels = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var at = 0; at < code.Count; at++)
        {
            if (code[at].Code == IrCode.Label) labels.TryAdd(code[at].Label, at);
        }

        return labels;
    }

    /// <summary>Where an instruction may go on.</summary>
    internal static IEnumerable<int> Next(List<IrItem> code, Dictionary<string, int> labels, int at) => Next(code, labels, at, code[at].Value);

    /// <summary>Where an instruction may go on, if its value is known to be this.</summary>
    internal static IEnumerable<int> Next(List<IrItem> code, Dictionary<string, int> labels, int at, Ir? value)
    {
        var item = code[at];
        if (item.Code is IrCode.Jump or IrCode.Unless && !(value is Constant { Value: not 0 }) && labels.TryGetValue(item.Label, out var target)) yield return target;
        if (item.Code is not (IrCode.Jump or IrCode.Return) && !(item.Code == IrCode.Unless && value is Constant { Value: 0 })) yield return at + 1;
    }
}
