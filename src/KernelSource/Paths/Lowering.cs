using Hooks.KernelSource.C;

namespace Hooks.KernelSource.Paths;

/// <summary>
/// Turns functions into a list of instructions: statements become values, jumps and labels, names become variables and rows of the table, and what is read in
/// place is put there. A name that is not known becomes a <see cref="NotKnown"/>: it matters only if it is still there when all that cannot
/// happen has been taken away (<see cref="Simplify"/>).
/// </summary>
internal sealed class Lowering
{
    private const int MaxInlined = 12;

    private readonly SourceTree _tree;
    private readonly HelperTable _table;
    private readonly PathEntry _path;
    private readonly IReadOnlySet<string> _inlined;
    private readonly List<IrItem> _code = [];
    private readonly Dictionary<string, Variable> _members = new(StringComparer.Ordinal);
    private readonly Stack<Frame> _frames = new();
    private readonly List<Function> _functions = [];
    private readonly SortedSet<string> _facts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Row> _used = new(StringComparer.Ordinal);
    private int _fresh;
    private int _statement;

    private Lowering(SourceTree tree, HelperTable table, PathEntry path, IReadOnlySet<string> inlined)
    {
        _inlined = inlined;
        _tree = tree;
        _table = table;
        _path = path;
    }

    private Frame Top => _frames.Peek();

    /// <summary>Lowers a function and all that is read in its place.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="table">What helpers are.</param>
    /// <param name="path">What it stands for.</param>
    /// <param name="function">The function.</param>
    /// <param name="inlined">Functions that the table does not know, which are read as well.</param>
    public static Lowered Of(SourceTree tree, HelperTable table, PathEntry path, Function function, IReadOnlySet<string> inlined)
    {
        var lowering = new Lowering(tree, table, path, inlined);
        lowering.Outermost(function);
        return new Lowered(lowering._code, lowering._functions, [.. lowering._facts], [.. lowering._used.Values]);
    }

    /// <summary>The function that a call means, of the files that are looked at: the one of the caller's own file before others of that name. Null if it is in none.</summary>
    /// <exception cref="SourceException">Its body cannot be parsed.</exception>
    public static Function? Callee(SourceTree tree, PathEntry path, string caller, string name) =>
        path.Files.Concat(KnownBodies.Files).Prepend(caller).Select(file => tree.Find(file, name)).FirstOrDefault(f => f is not null);

    private void Outermost(Function f)
    {
        _frames.Push(new Frame(f, null, "", null, null));
        foreach (var (name, slot) in _path.Pointees) Top.Pointees[name] = new Variable("*" + name, "struct folio*") { Fixed = slot };
        foreach (var parameter in f.Parameters)
        {
            var given = _path.Parameters.GetValueOrDefault(parameter.Type, -1);
            var variable = new Variable(parameter.Name, parameter.Type) { Fixed = given };
            if (_path.Handles.TryGetValue(parameter.Name, out var handle))
            {
                if (!Assigns(f.Body, parameter.Name))
                {
                    Top.Bind(parameter.Name, variable, new Constant(handle));
                    continue;
                }

                Top.Declare(parameter.Name, variable);
                Emit(IrCode.Do, f.Line, $"{parameter.Name} = {handle}", target: variable, value: new Constant(handle));
                continue;
            }

            if (given < 0 && variable.Holds != Holds.Handle && !Top.Pointees.ContainsKey(parameter.Name))
            {
                // Nobody gives it: what live code makes of it is not known.
                Top.Bind(parameter.Name, variable, Unknown(f.Line, $"parameter {parameter.Type} {parameter.Name} of {f.Name}()"));
                continue;
            }

            // An argument that is set is a copy of its own: the slot is the caller's.
            if (given >= 0 && Assigns(f.Body, parameter.Name))
            {
                var copy = new Variable(parameter.Name, parameter.Type);
                Emit(IrCode.Do, f.Line, $"{parameter.Name} = {parameter.Name}", target: copy, value: new Use(variable));
                variable = copy;
            }

            Top.Declare(parameter.Name, variable);
        }

        _functions.Add(f);
        Top.Scopes.Add([]);
        for (_statement = 0; _statement < f.Body.Statements.Count; _statement++) Lower(f.Body.Statements[_statement]);
        Emit(IrCode.Return, f.EndLine, "}");
        _frames.Pop();
    }

    private static bool Assigns(Statement s, string name) =>
        s.All().SelectMany(p => p.Expressions).SelectMany(e => e.All()).Any(e => e is Assign { Target: Name n } && n.Text == name || e is Unary { Operator: "++" or "--" or "post++" or "post--" or "&", Operand: Name m } && m.Text == name);

    private void Emit(IrCode code, int line, string text, string label = "", Variable? target = null, Ir? value = null, Core.Paths.PathId callee = default) =>
        _code.Add(new IrItem(code, Top.OriginOf(line, text)) { Label = label, Target = target, Value = value, Callee = callee, Statement = _statement });

    private NotKnown Unknown(int line, string what)
    {
        var origin = Top.OriginOf(line, what);
        return new NotKnown(new Unknown(origin.File, origin.Line, what));
    }

    private string Fresh(string name) => $"{name}.{++_fresh}";

    private void Block(Block block)
    {
        Top.Scopes.Add([]);
        foreach (var statement in block.Statements) Lower(statement);
        Top.Scopes.RemoveAt(Top.Scopes.Count - 1);
    }

    private void Lower(Statement statement)
    {
        switch (statement)
        {
            case Block block:
                Block(block);
                break;
            case Labelled labelled:
                Emit(IrCode.Label, labelled.Line, labelled.Label + ":", Top.Prefix + labelled.Label);
                break;
            case Goto jump:
                Emit(IrCode.Jump, jump.Line, $"goto {jump.Label}", Top.Prefix + jump.Label);
                break;
            case Declaration declaration:
                Declare(declaration);
                break;
            case ExpressionStatement expression:
                Evaluate(expression.Expression);
                break;
            case If branch:
                Branch(branch);
                break;
            case Return back:
                Return(back);
                break;
            case Loop { Kind: not LoopKind.Macro } loop:
                Lower(loop);
                break;
            case Switch choice:
                Lower(choice);
                break;
            case Case one when Top.Cases.Remove(one, out var entry):
                Emit(IrCode.Label, one.Line, one.Value is null ? "default:" : $"case {one.Value}:", entry);
                break;
            case LeaveLoop leave when Top.Loops.TryPeek(out var inside):
                Emit(IrCode.Jump, leave.Line, leave.Continue ? "continue" : "break", leave.Continue ? inside.Continue : inside.Break);
                break;
            default:
                var what = statement switch
                {
                    Loop loop => $"loop {loop.Condition}",
                    Case { Value: { } value } => $"case {value}, which does not stand in its switch directly",
                    _ => $"statement {statement.GetType().Name.ToLowerInvariant()}",
                };
                Emit(IrCode.Do, statement.Line, what, value: Unknown(statement.Line, what));
                break;
        }
    }

    private void Declare(Declaration d)
    {
        var variable = new Variable(d.Name, d.Type) { Fixed = _frames.Count == 1 ? _path.Variables.GetValueOrDefault(d.Name, -1) : -1 };
        if (d.Value is null || variable.Holds is Holds.Handle or Holds.Unknown && d.Value is Opaque || variable.Holds == Holds.Handle)
        {
            Top.Declare(d.Name, variable);
            return;
        }

        // The initialiser does not see the name.
        var value = Hoisted(d.Value);
        Top.Declare(d.Name, variable);
        Emit(IrCode.Do, d.Line, $"{d.Name} = {d.Value}", target: variable, value: value);
    }

    private void Branch(If branch)
    {
        var (otherwise, end) = (Fresh("else"), Fresh("endif"));
        Unless(branch.Condition, otherwise);
        Lower(branch.Then);
        if (branch.Otherwise is null)
        {
            Emit(IrCode.Label, branch.Line, "", otherwise);
            return;
        }

        Emit(IrCode.Jump, branch.Line, "else", end);
        Emit(IrCode.Label, branch.Line, "", otherwise);
        Lower(branch.Otherwise);
        Emit(IrCode.Label, branch.Line, "", end);
    }

    private void Lower(Loop loop)
    {
        var (head, next, end) = (Fresh("loop"), Fresh("continue"), Fresh("break"));
        Top.Scopes.Add([]);
        if (loop.First is { } first) Evaluate(first);
        Top.Loops.Push((end, next));
        Emit(IrCode.Label, loop.Line, "", head);
        if (loop.Kind != LoopKind.Do && loop.Condition is { } before) Unless(before, end);
        Lower(loop.Body);
        Emit(IrCode.Label, loop.Line, "", next);
        if (loop.Next is { } step) Evaluate(step);
        if (loop.Kind == LoopKind.Do && loop.Condition is { } after) Unless(after, end);
        Emit(IrCode.Jump, loop.Line, "loop", head);
        Emit(IrCode.Label, loop.Line, "", end);
        Top.Loops.Pop();
        Top.Scopes.RemoveAt(Top.Scopes.Count - 1);
    }

    private void Lower(Switch choice)
    {
        var (end, value) = (Fresh("break"), new Variable($"switch ({choice.Value})", "int"));
        Emit(IrCode.Do, choice.Line, $"switch ({choice.Value})", target: value, value: Hoisted(choice.Value));
        var otherwise = end;
        foreach (var one in Cases(choice.Body))
        {
            var entry = Fresh("case");
            Top.Cases[one] = entry;
            if (one.Value is null) otherwise = entry;
            else Emit(IrCode.Unless, one.Line, $"case {one.Value}", entry, value: Simplify.Fold(new Between("!=", new Use(value), Resolve(one.Value))));
        }

        Emit(IrCode.Jump, choice.Line, "switch", otherwise);
        Top.Loops.Push((end, Top.Loops.TryPeek(out var around) ? around.Continue : ""));
        Lower(choice.Body);
        Top.Loops.Pop();
        Emit(IrCode.Label, choice.Line, "", end);

        static IEnumerable<Case> Cases(Statement body) => body is Block block ? block.Statements.SelectMany(Cases) : body is Case one ? [one] : [];
    }

    private void Return(Return back)
    {
        var text = back.Value is null ? "return" : $"return {back.Value}";
        if (Top.End is { } end)
        {
            if (back.Value is { } inner)
            {
                var value = Hoisted(inner);
                if (Top.Result is { } result) Emit(IrCode.Do, back.Line, text, target: result, value: value);
                else if (value.HasEffect) Emit(IrCode.Do, back.Line, text, value: value);
            }

            Emit(IrCode.Jump, back.Line, text, end);
            return;
        }

        Emit(IrCode.Return, back.Line, text, value: back.Value is null ? null : Hoisted(back.Value));
    }

    /// <summary>Jumps to a label if a condition is false. What joins conditions becomes jumps where one of them has an effect.</summary>
    private void Unless(Expression condition, string label)
    {
        switch (Inside(condition))
        {
            case Binary { Operator: "," } both:
                Evaluate(both.Left);
                Unless(both.Right, label);
                return;
            case Binary { Operator: "&&" } both when NeedsJumps(both):
                Unless(both.Left, label);
                Unless(both.Right, label);
                return;
            case Binary { Operator: "||" } either when NeedsJumps(either):
                var (next, yes) = (Fresh("or"), Fresh("yes"));
                Unless(either.Left, next);
                Emit(IrCode.Jump, either.Line, "||", yes);
                Emit(IrCode.Label, either.Line, "", next);
                Unless(either.Right, label);
                Emit(IrCode.Label, either.Line, "", yes);
                return;
            case Unary { Operator: "!" } not when Inside(not.Operand) is Binary { Operator: "&&" or "||" } inner && NeedsJumps(inner):
                var holds = Fresh("not");
                Unless(not.Operand, holds);
                Emit(IrCode.Jump, not.Line, "!", label);
                Emit(IrCode.Label, not.Line, "", holds);
                return;
            default:
                Emit(IrCode.Unless, condition.Line, $"if ({condition})", label, value: Hoisted(condition));
                return;
        }
    }

    /// <summary>An expression without the macros that only say how likely it is.</summary>
    private Expression Inside(Expression e) =>
        e is Call { Target: null } call && Row(call.Function, call.Arguments.Count) is { Role: Role.Same } row ? Inside(call.Arguments[(int)row.Value!.Value - 1]) : e;

    private bool NeedsJumps(Expression e) =>
        e.All().Any(x => x is Assign or Unary { Operator: "++" or "--" or "post++" or "post--" }
            || (x is Call { Target: null } c && Row(c.Function, c.Arguments.Count) is { Role: Role.Step or Role.Inline or Role.Model or Role.Enter }));

    /// <summary>An expression for its effect.</summary>
    private void Evaluate(Expression e)
    {
        switch (Inside(e))
        {
            case Assign assign:
                Set(assign);
                break;
            case Binary { Operator: "," } both:
                Evaluate(both.Left);
                Evaluate(both.Right);
                break;
            case Unary { Operator: "++" or "--" or "post++" or "post--" } by:
                Set(new Assign(by.Operator.EndsWith("++", StringComparison.Ordinal) ? "+=" : "-=", by.Operand, new Number(1, by.Line), by.Line));
                break;
            case Cast { Type: "void" } nothing:
                Evaluate(nothing.Operand);
                break;
            case Call { Target: null } call when Row(call.Function, call.Arguments.Count) is { Role: Role.Declare } row && call.Arguments[(int)row.Value!.Value - 1] is Name declared:
                Use(row);
                Top.Declare(declared.Text, new Variable(declared.Text, row.Text));
                break;
            case Call { Target: null } call when Row(call.Function, call.Arguments.Count) is { Role: Role.Ignore or Role.Assert } row:
                Use(row);
                foreach (var argument in call.Arguments.Where(NeedsJumps)) Evaluate(argument);
                if (row.Role == Role.Assert && call.Arguments.Count > 0 && !NeedsJumps(call.Arguments[0])) Assert(call, Resolve(call.Arguments[0]));
                break;
            case var other:
                var value = Hoisted(other);
                if (value.HasEffect) Emit(IrCode.Do, e.Line, e.ToString(), value: value);
                break;
        }
    }

    /// <summary>An assertion of which all is known is asked: an invariant for nothing. One that names what the model leaves out is not.</summary>
    private void Assert(Call call, Ir condition)
    {
        if (condition is Constant || condition.HasEffect) return;
        Emit(IrCode.Do, call.Line, call.ToString(), value: new Apply(IrText.Assertion, [condition]));
    }

    private void Set(Assign assign)
    {
        var text = assign.ToString();
        var value = Hoisted(assign.Value);
        if (assign is { Target: Element { Of: Name array } element, Operator: "+=" or "-=" } && Row(array.Text + "[]+=", 2) is { } adder)
        {
            Use(adder);
            Emit(IrCode.Do, assign.Line, text, value: new Apply(adder, [Hoisted(element.Index), assign.Operator == "+=" ? value : new Before("-", value)]));
            return;
        }

        switch (Place(assign.Target))
        {
            case (Variable variable, _):
                if (variable.Holds == Holds.Handle)
                {
                    if (value.HasEffect) Emit(IrCode.Do, assign.Line, text, value: value);
                    return;
                }

                Emit(IrCode.Do, assign.Line, text, target: variable, value: assign.Operator == "=" ? value : new Between(assign.Operator[..^1], new Use(variable), value));
                return;
            case (null, Row { Role: Role.Ignore }):
                if (value.HasEffect) Emit(IrCode.Do, assign.Line, text, value: value);
                return;
            case (null, Row setter):
                var now = assign.Operator == "=" ? value : new Between(assign.Operator[..^1], Resolve(assign.Target), value);
                Emit(IrCode.Do, assign.Line, text, value: new Apply(setter, [.. setter.Arguments.Select(a => a == 2 ? now : new Constant(1))]));
                return;
            default:
                Emit(IrCode.Do, assign.Line, text, value: Unknown(assign.Line, $"assignment to {assign.Target}"));
                return;
        }
    }

    /// <summary>What is assigned to: a variable, or the row that sets a member.</summary>
    private (Variable? Variable, Row? Setter) Place(Expression target)
    {
        switch (target)
        {
            case Name name:
                return (Top.Find(name.Text), null);
            case Unary { Operator: "*", Operand: Name pointer } when Top.Pointees.TryGetValue(pointer.Text, out var pointee):
                return (pointee, null);
            case Member { Field: "val", Arrow: false } inner:
                return Place(inner.Of);
            case Element { Of: Member array } when StructOf(array.Of) is { } holder:
                return (null, Row($"{holder}.{array.Field}[]=", -1));
            case Member member when StructOf(member.Of) is { } structure:
                var key = $"{structure}.{member.Field}";
                if (Row(key, -1) is { Role: Role.Variable } row) return (MemberVariable(key, row), null);
                if (Row(key + "=", -1) is not { } setter) return default;
                Use(setter);
                return (null, setter);
            default:
                return default;
        }
    }

    private Variable MemberVariable(string key, Row row)
    {
        Use(row);
        if (!_members.TryGetValue(key, out var variable))
        {
            var known = _path.Members.GetValueOrDefault(key);
            variable = new Variable(key[(key.IndexOf('.', StringComparison.Ordinal) + 1)..], row.Text) { Fixed = known.Slot, AtEntry = known.AtEntry };
            if (row.Text == "pte_t*") variable = new Variable(variable.Name, row.Text) { Fixed = known.Slot, AtEntry = known.AtEntry, Holds = Holds.Truth };
            _members[key] = variable;
        }

        return variable;
    }

    /// <summary>The row of a name, as this path's function has it.</summary>
    private Row? Row(string name, int arity) => _table.Find(name, arity, _path.Name);

    private void Use(Row row) => _used.TryAdd($"{row.Name}/{row.Arity}", row);

    /// <summary>The structure that an expression is, or points to: <c>vm_fault</c>; null if that cannot be told.</summary>
    private string? StructOf(Expression e) => TypeOf(e) is { } type ? type.TrimEnd('*').Replace("struct ", "", StringComparison.Ordinal) : null;

    private string? TypeOf(Expression e) => e switch
    {
        Name name => Top.Find(name.Text)?.Type,
        Member m when StructOf(m.Of) is { } structure => Row($"{structure}.{m.Field}", -1) is { Text.Length: > 0 } row ? row.Text : null,
        Unary { Operator: "*" } u => TypeOf(u.Operand)?.TrimEnd('*'),
        Unary { Operator: "&" } u => TypeOf(u.Operand) is { } type ? type + "*" : null,
        Cast c => c.Type,
        Call { Target: null, Arguments: [var only] } c when Row(c.Function, 1) is { Role: Role.Same } => TypeOf(only),
        _ => null,
    };

    /// <summary>The value of an expression; what has to be done before it is done, and one effect at the most is left in it.</summary>
    private Ir Hoisted(Expression e)
    {
        var value = Resolve(e);
        var effects = value.All().Count(i => i is Apply { Row.Role: Role.Step });
        return effects > 1 ? Unknown(e.Line, $"{effects} effects in one expression: {e}") : value;
    }

    private Ir Resolve(Expression e)
    {
        switch (e)
        {
            case Number number:
                return new Constant(number.Value);
            case Name name:
                if (Top.Argument(name.Text) is { } argument) return argument;
                if (Top.Find(name.Text) is { } variable) return Value(variable, name.Line);
                if (Row(name.Text, -1) is not { Role: Role.Number } constant) return Unknown(name.Line, $"name {name.Text}");
                Use(constant);
                return new Constant(constant.Value!.Value);
            case Call call:
                return Resolve(call);
            case Assign assign when assign.Target is Name or Unary { Operator: "*", Operand: Name }:
                Set(assign);
                return Resolve(assign.Target);
            case Unary { Operator: "&", Operand: Name list } when Row(list.Text, -1) is { Role: Role.Number, In.Length: > 0 } place:
                Use(place);
                return new Constant(place.Value!.Value);
            case Unary { Operator: "&" } address:
                return address.Operand is Member { Field: "page" } page ? Resolve(page.Of) : new Constant(1);
            case Unary { Operator: "*", Operand: Name pointer } when Top.Pointees.TryGetValue(pointer.Text, out var pointee):
                return new Use(pointee);
            case Unary { Operator: "*" } pointed when TypeOf(pointed.Operand) == "pte_t*":
                return Applied("*pte_t", [pointed.Operand], pointed.Line);
            case Unary { Operator: "!" or "~" or "-" or "+" } unary:
                return Simplify.Fold(new Before(unary.Operator, Resolve(unary.Operand)));
            case Binary binary:
                var left = Resolve(binary.Left);

                // The right side of a && that is false, or a || that is true, is never looked at: its names need not be known.
                if (binary.Operator is "&&" or "||" && left is Constant known && (known.Value == 0) == (binary.Operator == "&&")) return new Constant(binary.Operator == "&&" ? 0 : 1);
                return Simplify.Fold(new Between(binary.Operator, left, Resolve(binary.Right)));
            case Choice choice:
                return Simplify.Fold(new Either(Resolve(choice.Condition), Resolve(choice.Then), Resolve(choice.Otherwise)));
            case Cast cast:
                return Resolve(cast.Operand);
            case Member member:
                return Resolve(member);
            case Element { Of: Member array } when StructOf(array.Of) is { } holder && Row($"{holder}.{array.Field}[]", -1) is { Role: Role.Const } row:
                Use(row);
                return new Constant(row.Value!.Value);
            default:
                return Unknown(e.Line, $"expression {e}");
        }
    }

    private Ir Value(Variable variable, int line) => variable.Holds switch
    {
        Holds.Handle => new Constant(1),
        Holds.Unknown => Unknown(line, $"variable {variable.Type} {variable.Name}"),
        _ => new Use(variable),
    };

    private Ir Resolve(Member member)
    {
        if (member is { Field: "val", Arrow: false }) return Resolve(member.Of);
        if (StructOf(member.Of) is { } structure && Row($"{structure}.{member.Field}", -1) is { } row)
        {
            Use(row);
            switch (row.Role)
            {
                case Role.Variable:
                    return Value(MemberVariable($"{structure}.{member.Field}", row), member.Line);
                case Role.Const:
                    return new Constant(row.Value!.Value);
                case Role.Same:
                    return Resolve(member.Of);
                case Role.Query or Role.Pure:
                    return new Apply(row, [.. row.Arguments.Select(_ => Resolve(member.Of))]);
            }
        }

        return Unknown(member.Line, $"member {member}");
    }

    private Ir Resolve(Call call)
    {
        if (call.Target is Member method && StructOf(method.Of) is { } operations && Row($"{operations}.{method.Field}", call.Arguments.Count) is not null) return Applied($"{operations}.{method.Field}", call.Arguments, call.Line);
        if (call.Target is not null) return Unknown(call.Line, $"call through a pointer, {call}");
        if (call is { Function: "IS_ENABLED" or "IS_BUILTIN", Arguments: [Name option] }) return new Constant(Configuration.IsOn(option.Text) ? 1 : 0);
        if (call is { Function: "CALLS", Arguments: [Opaque file, Name caller, Name callee] } && Top.IsModel) return Calls(file.Text.Trim('"'), caller.Text, callee.Text, call.Line);
        return Applied(call.Function, call.Arguments, call.Line);
    }

    /// <summary>For the model's own functions: whether a function of the tree calls another. A fact that is read instead of being told.</summary>
    private Ir Calls(string file, string caller, string callee, int line)
    {
        if (_tree.Find(file, caller) is not { } function) return Unknown(line, $"{caller}() of {file} is not there");
        var calls = function.Body.All().SelectMany(s => s.Expressions).SelectMany(e => e.All()).Any(e => e is Call c && c.Function == callee);
        foreach (var (key, row) in _used.Where(u => u.Value.Name == caller).ToList()) _used[key] = row with { IsAsked = true };
        _facts.Add($"{caller}() ({file}: whether it calls {callee}())");
        return new Constant(calls ? 1 : 0);
    }

    private Ir Applied(string name, IReadOnlyList<Expression> arguments, int line)
    {
        if (Row(name, arguments.Count) is not { } row)
        {
            if (_inlined.Contains(name) && Callee(_tree, _path, Top.Function.File, name) is { } function && function.Parameters.Count == arguments.Count) return Inline(function, arguments, line);
            var arities = string.Join(" or ", _table.AritiesOf(name).Where(a => a >= 0));
            var unknown = Unknown(line, $"call {name}() with {arguments.Count} argument{(arguments.Count == 1 ? "" : "s")}{(arities.Length == 0 ? "" : $", known with {arities}")}");
            return arities.Length == 0 ? new NotKnown(unknown.What with { Callee = name }) : unknown;
        }

        Use(row);
        switch (row.Role)
        {
            case Role.Ignore:
                return new Constant(0);
            case Role.Const:
                return new Constant(row.Value!.Value);
            case Role.Same:
                return Resolve(arguments[(int)row.Value!.Value - 1]);
            case Role.Assert:
                return arguments.Count > 0 ? Resolve(arguments[0]) : new Constant(0);
            case Role.Never:
                return new Apply(Never, []);
            case Role.Inline:
                return Inline(row, arguments, line);
            case Role.Model:
                return Model(row, arguments, line);
            case Role.Enter:
                Emit(IrCode.Call, line, $"{name}({string.Join(", ", arguments)})", callee: row.Path);
                return new Apply(ResultOfCall, []);
            default:
                var apply = new Apply(row, [.. row.Arguments.Select(a => Resolve(arguments[a - 1]))]);
                if (row.Role != Role.Step || row.Value is not { } always) return apply;
                Emit(IrCode.Do, line, $"{name}({string.Join(", ", arguments)})", value: apply);
                return new Constant(always);
        }
    }

    private static Row Never { get; } = new("", 0, Role.Step, null, [], "", "") { Primitive = typeof(Primitives).GetMethod(nameof(Primitives.Never)) };

    private static Row ResultOfCall { get; } = new("", 0, Role.Pure, null, [], "", "") { Primitive = typeof(Primitives).GetMethod(nameof(Primitives.ResultOfCall)) };

    private Ir Inline(Row row, IReadOnlyList<Expression> arguments, int line)
    {
        var name = row.Text.Length > 0 ? row.Text : row.Name;
        foreach (var file in _path.Files)
        {
            if (_tree.Find(file, name) is { } function) return Inline(function, arguments, line);
        }

        return Unknown(line, $"body of {name}() is not in {string.Join(" or ", _path.Files)}");
    }

    private Ir Inline(Function function, IReadOnlyList<Expression> arguments, int line)
    {
        if (!_functions.Contains(function, ReferenceEqualityComparer.Instance)) _functions.Add(function);
        return Put(function, arguments, line, model: null);
    }

    private Ir Model(Row row, IReadOnlyList<Expression> arguments, int line)
    {
        var origin = Top.OriginOf(line, $"{row.Name}({string.Join(", ", arguments)})");
        return Put(Prelude.Function(row.Text), arguments, line, origin);
    }

    /// <summary>A function's body in the place of its call; the value is what it returns.</summary>
    private Ir Put(Function f, IReadOnlyList<Expression> arguments, int line, Origin? model)
    {
        if (_frames.Count > MaxInlined || _frames.Any(frame => frame.Function.Name == f.Name)) return Unknown(line, $"call {f.Name}(), which goes back to itself");
        var (prefix, end) = (Fresh(f.Name) + ".", Fresh("return"));
        var result = new Variable(f.Name + "()", f.Type);
        var values = f.Parameters.Zip(arguments).Select(p => (p.First, Value: Assigns(f.Body, p.First.Name) || NeedsJumps(p.Second) ? null : Simple(p.Second))).ToList();
        var copies = f.Parameters.Zip(arguments).Zip(values).Where(p => p.Second.Value is null).Select(p => (p.First.First, Hoisted(p.First.Second))).ToList();
        var pointees = f.Parameters.Zip(arguments).Select(p => (p.First.Name, Variable: PointeeOf(p.Second))).Where(p => p.Variable is not null).ToList();
        _frames.Push(new Frame(f, model ?? Top.Model, prefix, end, result));
        foreach (var (name, variable) in pointees) Top.Pointees[name] = variable!;
        foreach (var (parameter, value) in values)
        {
            if (value is not null) Top.Bind(parameter.Name, new Variable(parameter.Name, parameter.Type), value);
        }

        foreach (var (parameter, value) in copies)
        {
            var variable = new Variable(parameter.Name, parameter.Type);
            Top.Declare(parameter.Name, variable);
            if (variable.Holds != Holds.Handle) Emit(IrCode.Do, line, $"{parameter.Name} = …", target: variable, value: value);
        }

        Block(f.Body);
        Emit(IrCode.Label, line, "", end);
        _frames.Pop();
        return new Use(result);
    }

    /// <summary>The variable that an argument points to: <c>&amp;force_flush</c>, or a parameter that was given that. Null if it points to none.</summary>
    private Variable? PointeeOf(Expression e) => e switch
    {
        Unary { Operator: "&", Operand: Name of } => Top.Find(of.Text) is { Holds: not (Holds.Handle or Holds.Unknown) } variable && Top.Argument(of.Text) is null ? variable : null,
        Name pointer => Top.Pointees.GetValueOrDefault(pointer.Text),
        _ => null,
    };

    /// <summary>An argument that can stand wherever the parameter does: a number, or a variable of the caller's. Null if it must be kept.</summary>
    private Ir? Simple(Expression e) => Resolve(e) switch
    {
        Constant c => c,
        Use u when !_members.ContainsValue(u.Variable) => u,
        NotKnown n => n,
        _ => null,
    };

    /// <summary>A function being lowered.</summary>
    private sealed class Frame(Function function, Origin? model, string prefix, string? end, Variable? result)
    {
        private readonly Dictionary<string, Ir> _arguments = new(StringComparer.Ordinal);

        public Function Function => function;

        public Origin? Model => model;

        public bool IsModel => function.File == Prelude.File;

        public string Prefix => prefix;

        public string? End => end;

        public Variable? Result => result;

        public List<Dictionary<string, Variable>> Scopes { get; } = [new(StringComparer.Ordinal)];

        public Stack<(string Break, string Continue)> Loops { get; } = new();

        /// <summary>The labels of cases, until each has been come to.</summary>
        public Dictionary<Case, string> Cases { get; } = new(ReferenceEqualityComparer.Instance);

        /// <summary>What parameters point to.</summary>
        public Dictionary<string, Variable> Pointees { get; } = new(StringComparer.Ordinal);

        public void Declare(string name, Variable variable) => Scopes[^1][name] = variable;

        public void Bind(string name, Variable variable, Ir argument)
        {
            Declare(name, variable);
            _arguments[name] = argument;
        }

        /// <summary>What a parameter stands for, unless a variable of the same name hides it.</summary>
        public Ir? Argument(string name)
        {
            for (var i = Scopes.Count - 1; i > 0; i--)
            {
                if (Scopes[i].ContainsKey(name)) return null;
            }

            return _arguments.GetValueOrDefault(name);
        }

        public Variable? Find(string name)
        {
            for (var i = Scopes.Count - 1; i >= 0; i--)
            {
                if (Scopes[i].TryGetValue(name, out var variable)) return variable;
            }

            return null;
        }

        /// <summary>Where something comes from; what the model says in a function's place comes from its call.</summary>
        public Origin OriginOf(int line, string text) => model is null ? new Origin(function.File, line, text) : model with { Text = $"{model.Text}: {text}" };
    }
}
