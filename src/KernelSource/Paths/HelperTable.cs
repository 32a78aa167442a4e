using System.Globalization;
using System.Reflection;
using Hooks.Core.Paths;

namespace Hooks.KernelSource.Paths;

/// <summary>What a helper of the kernel is to the model.</summary>
public enum Role
{
    /// <summary>It changes the machine, or waits.</summary>
    Step,

    /// <summary>It looks at what others may change.</summary>
    Query,

    /// <summary>It depends on its arguments and on the task only.</summary>
    Pure,

    /// <summary>The model has one answer, once for all.</summary>
    Const,

    /// <summary>One of its arguments is its value.</summary>
    Same,

    /// <summary>Nothing of it is in the model.</summary>
    Ignore,

    /// <summary>The kernel's own assertion: fails if its first argument is true. One that names what the model leaves out is not asked.</summary>
    Assert,

    /// <summary>Read from the same source, and put in place.</summary>
    Inline,

    /// <summary>Written for the model, in C, and put in place.</summary>
    Model,

    /// <summary>Goes on as another path, and comes back.</summary>
    Enter,

    /// <summary>Not reached by anything the model does; a verdict ends where it is.</summary>
    Never,

    /// <summary>A member of a structure that is a variable of the path.</summary>
    Variable,

    /// <summary>A number with a name.</summary>
    Number,

    /// <summary>A macro that declares a variable: one of its arguments names it.</summary>
    Declare,
}

/// <summary>A row of the table: a name, and what it is to the model.</summary>
/// <param name="Name">The function, macro, constant, or <c>structure.member</c>.</param>
/// <param name="Arity">How many arguments; −1 for any number.</param>
/// <param name="Role">What it is.</param>
/// <param name="Value">Const, Number: the value. Same, Declare: which argument, from 1. Step: what it always returns, if it does.</param>
/// <param name="Arguments">Step, Query, Pure: which arguments, from 1, the primitive is given.</param>
/// <param name="Text">Model, Enter: of what name. Variable, Declare, Const: of which type. Step, Query, Pure: the primitive.</param>
/// <param name="Where">The line of the table.</param>
public sealed record Row(string Name, int Arity, Role Role, long? Value, IReadOnlyList<int> Arguments, string Text, string Where)
{
    /// <summary>The primitive.</summary>
    internal MethodInfo? Primitive { get; init; }

    /// <summary>Whether what matters of the helper's body is read after all (CALLS() in prelude.c), so that its hash does not.</summary>
    internal bool IsAsked { get; init; }

    /// <summary>What the primitive waits for before it is done.</summary>
    internal MethodInfo? Wait { get; init; }

    /// <summary>Enter: the path.</summary>
    internal PathId Path { get; init; }

    /// <summary>The function that is read to which it says this; empty: to all.</summary>
    public string In { get; init; } = "";

    /// <summary>The line that says this, as a table has it.</summary>
    public override string ToString() => $"{Name}{(In.Length == 0 ? "" : "@" + In)}{(Arity < 0 ? "" : "/" + Arity.ToString(CultureInfo.InvariantCulture))} {Role.ToString().ToLowerInvariant()}";
}

/// <summary>
/// The table of helpers: what each function that the read ones call is to the model. A line each: <c>NAME/ARITY ROLE …</c>. The model's own is
/// <c>helpers.table</c>; a user's (<c>--helpers FILE</c>) has the same lines, and goes before it.
/// </summary>
public sealed class HelperTable
{
    private static readonly Lazy<HelperTable> OfModel = new(() => Read("helpers.table", Resource("helpers.table"), null));

    private readonly Dictionary<(string Name, int Arity, string In), Row> _rows = [];
    private readonly HelperTable? _under;

    private HelperTable(HelperTable? under) => _under = under;

    /// <summary>The model's own table.</summary>
    public static HelperTable Own => OfModel.Value;

    /// <summary>All rows, in the order of the table; a user's first.</summary>
    public IEnumerable<Row> Rows => _rows.Values.Concat(_under?.Rows ?? []);

    /// <summary>The rows that a user has added; none in the model's own.</summary>
    public IEnumerable<Row> UserRows => _under is null ? [] : _rows.Values;

    /// <summary>Reads a user's table, on top of the model's own.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="text">Its lines.</param>
    /// <exception cref="SourceException">A line is not understood.</exception>
    public static HelperTable Read(string name, string text) => Read(name, text, Own);

    /// <summary>The row of a name with so many arguments; null if there is none. A member or a number has −1 arguments.</summary>
    /// <param name="name">The name.</param>
    /// <param name="arity">How many arguments it is given.</param>
    /// <param name="of">The function that is read: its own rows go before those of all.</param>
    public Row? Find(string name, int arity, string of = "") =>
        _rows.GetValueOrDefault((name, arity, of)) ?? _rows.GetValueOrDefault((name, -1, of)) ?? (of.Length == 0 ? null : _rows.GetValueOrDefault((name, arity, "")) ?? _rows.GetValueOrDefault((name, -1, ""))) ?? _under?.Find(name, arity, of);

    /// <summary>The numbers of arguments with which a name is known.</summary>
    internal IEnumerable<int> AritiesOf(string name) => Rows.Where(r => r.Name == name).Select(r => r.Arity).Order();

    /// <summary>A text that is part of the program.</summary>
    internal static string Resource(string name)
    {
        using var stream = typeof(HelperTable).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static HelperTable Read(string name, string text, HelperTable? under)
    {
        var table = new HelperTable(under);
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var comment = line.IndexOf('#', StringComparison.Ordinal);
            var words = (comment < 0 ? line : line[..comment]).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0) continue;
            var row = Parse(words, $"{name}:{number}", under ?? table);
            if (!table._rows.TryAdd((row.Name, row.Arity, row.In), row)) throw new SourceException($"{row.Where}: {row} stands twice; leave one line");
        }

        return table;
    }

    private static Row Parse(string[] words, string where, HelperTable known)
    {
        if (words.Length < 2) throw Error("expected a name and a role, as in 'swap_prefetch_hint ignore' or 'foo/2 const 0'");
        var (name, arity) = (words[0], -1);
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0)
        {
            if (!int.TryParse(name.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out arity) || arity > 12) throw Error($"'{name[(slash + 1)..]}' is not a number of arguments (0 to 12)");
            name = name[..slash];
        }

        var of = "";
        if (name.Split('@') is [var plain, var function])
        {
            if (plain.Length == 0 || function.Length == 0) throw Error("expected NAME@FUNCTION/ARGUMENTS, what NAME is to FUNCTION alone");
            (name, of) = (plain, function);
        }

        if (words[1] == "as") return As();
        if (!Enum.TryParse<Role>(words[1], ignoreCase: true, out var role) || !Enum.IsDefined(role)) throw Error($"no role '{words[1]}'; there are: {string.Join(", ", Enum.GetNames<Role>().Select(n => n.ToLowerInvariant()))}, and 'as OTHER(ARGUMENT, …)'");
        var rest = string.Join(' ', words[2..]);
        var row = new Row(name, arity, role, null, [], rest, where) { In = of };
        switch (role)
        {
            case Role.Const or Role.Same or Role.Declare:
                var (value, type) = Split(rest, ':');
                if (role != Role.Const && (Integer(value) < 1 || Integer(value) > (arity < 0 ? 12 : arity))) throw Error($"there is no argument {value}");
                if (role == Role.Declare && type.Length == 0) throw Error("expected ARGUMENT : TYPE, the variable that it declares");
                return row with { Value = Integer(value), Text = type };
            case Role.Number:
                return row with { Value = Integer(rest), Text = "" };
            case Role.Step or Role.Query or Role.Pure:
                var (call, always) = Split(rest, '=');
                var (primitive, arguments) = CallOf(call);
                return Bound(row with { Text = primitive, Arguments = arguments, Value = always.Length == 0 ? null : Integer(always) });
            case Role.Enter:
                if (!PathNames.TryParse(rest, out var path)) throw Error($"no path '{rest}'");
                return row with { Path = path };
            case Role.Model:
                return row with { Text = rest.Length == 0 ? name : rest };
            case Role.Variable when rest.Length == 0:
                throw Error("a variable needs a type");
            default:
                return row;
        }

        // The user's way to say "it is to the model what that one is".
        Row As()
        {
            var (other, arguments) = CallOf(string.Join(' ', words[2..]));
            if (known.Find(other, arguments.Count) is not { } same) throw Error($"no helper {other}() of {arguments.Count} arguments; known with {string.Join(", ", known.AritiesOf(other).DefaultIfEmpty(0))}");
            return same with
            {
                Name = name,
                Arity = arity,
                In = of,
                Where = where,
                Arguments = [.. same.Arguments.Select(a => arguments[a - 1])],
                Value = same.Role == Role.Same ? arguments[(int)same.Value!.Value - 1] : same.Value,
            };
        }

        SourceException Error(string what) => new($"{where}: {what}");

        long Integer(string text)
        {
            var digits = text.Trim();
            var negative = digits.StartsWith('-');
            if (negative) digits = digits[1..];
            var hex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
            if (!long.TryParse(hex ? digits[2..] : digits, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var number)) throw Error($"'{text}' is not a number");
            return negative ? -number : number;
        }

        (string Name, IReadOnlyList<int> Arguments) CallOf(string text)
        {
            var open = text.IndexOf('(', StringComparison.Ordinal);
            if (open <= 0 || !text.TrimEnd().EndsWith(')')) throw Error($"expected NAME(ARGUMENT, …), arguments by their number from 1, found '{text}'");
            var inner = text.TrimEnd()[(open + 1)..^1];
            var numbers = inner.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(a => (int)Integer(a)).ToList();
            if (numbers.Find(a => a < 1 || a > (arity < 0 ? 12 : arity)) is var wrong and not 0) throw Error($"there is no argument {wrong}");
            return (text[..open].Trim(), numbers);
        }

        Row Bound(Row unbound)
        {
            var method = typeof(Primitives).GetMethod(unbound.Text, BindingFlags.Static | BindingFlags.Public)
                ?? throw Error($"the model has no primitive '{unbound.Text}'; to say that a helper is what another is, write 'as OTHER(ARGUMENT, …)'");
            var expected = method.GetParameters().Length - 2;
            if (expected != unbound.Arguments.Count) throw Error($"{unbound.Text} takes {expected} arguments, not {unbound.Arguments.Count}");
            return unbound with { Primitive = method, Wait = typeof(Primitives).GetMethod(unbound.Text + "Wait", BindingFlags.Static | BindingFlags.Public) };
        }
    }

    private static (string, string) Split(string text, char at)
    {
        var parts = text.Split(at, 2, StringSplitOptions.TrimEntries);
        return (parts[0], parts.Length == 2 ? parts[1] : "");
    }
}
