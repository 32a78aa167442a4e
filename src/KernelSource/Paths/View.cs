using Hooks.KernelSource.C;

namespace Hooks.KernelSource.Paths;

/// <summary>A line of a function as the model has it.</summary>
/// <param name="File">The file.</param>
/// <param name="Line">The line.</param>
/// <param name="Text">The C, indented.</param>
/// <param name="Meaning">What its calls are to the model: <c>step SwapFree</c>; empty if there is nothing to say.</param>
public sealed record SourceLine(string File, int Line, string Text, string Meaning);

/// <summary>
/// What is left of a function when what the model leaves out is folded away, still as C. A statement is left if any of its instructions is; a block whose condition is
/// known stands without it.
/// </summary>
public static class View
{
    /// <summary>The lines of a path that was read: its function, and those read in its place behind it.</summary>
    public static IEnumerable<SourceLine> Of(ReadPath path)
    {
        var live = path.Origins.GroupBy(o => o.File, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Select(o => o.Line).ToHashSet(), StringComparer.Ordinal);
        var rows = path.Rows.ToLookup(r => r.Name, StringComparer.Ordinal);
        foreach (var function in path.Functions)
        {
            if (!live.TryGetValue(function.File, out var lines)) continue;
            var body = Lines(function.Body, 1).ToList();
            if (body.Count == 0) continue;
            yield return new SourceLine(function.File, function.Line, $"{function.Name}({string.Join(", ", function.Parameters.Select(p => p.Name))})", "");
            foreach (var line in body) yield return line;

            IEnumerable<SourceLine> Lines(Statement s, int depth)
            {
                switch (s)
                {
                    case Block block:
                        return block.Statements.SelectMany(b => Lines(b, depth));
                    case If branch:
                        var then = Lines(branch.Then, depth + 1).ToList();
                        var otherwise = branch.Otherwise is { } e ? Lines(e, depth + 1).ToList() : [];
                        if (!IsLive(branch.Line, branch.Condition)) return [.. then.Concat(otherwise).Select(l => l with { Text = l.Text.Length > 4 && l.Text.StartsWith(Indent(depth + 1), StringComparison.Ordinal) ? l.Text[4..] : l.Text })];
                        var head = Line(branch.Line, depth, $"if ({branch.Condition})", branch.Condition);
                        return otherwise.Count == 0 ? [head, .. then] : [head, .. then, Line(branch.Otherwise!.Line, depth, "else", null), .. otherwise];
                    case Loop loop:
                        return [Line(loop.Line, depth, $"{loop.Kind.ToString().ToLowerInvariant()} ({loop.Condition})", loop.Condition), .. Lines(loop.Body, depth + 1)];
                    case Labelled label:
                        return lines.Contains(label.Line) ? [Line(label.Line, depth - 1, label.Label + ":", null)] : [];
                    case ExpressionStatement x when IsLive(x.Line, x.Expression):
                        return [Line(x.Line, depth, x.Expression + ";", x.Expression)];
                    case Declaration { Value: { } value } d when IsLive(d.Line, value):
                        return [Line(d.Line, depth, $"{d.Type} {d.Name} = {value};", value)];
                    case Goto jump when lines.Contains(jump.Line):
                        return [Line(jump.Line, depth, $"goto {jump.Label};", null)];
                    case Return back when lines.Contains(back.Line):
                        return [Line(back.Line, depth, back.Value is null ? "return;" : $"return {back.Value};", back.Value)];
                    default:
                        return [];
                }
            }

            SourceLine Line(int line, int depth, string text, Expression? e) => new(function.File, line, Indent(depth) + text, e is null ? "" : Meaning(e));

            bool IsLive(int line, Expression e) => lines.Contains(line) || e.All().Any(x => lines.Contains(x.Line));
        }

        string Meaning(Expression e)
        {
            var said = e.All().OfType<Call>().SelectMany(c => rows[c.Function].Where(r => r.Arity < 0 || r.Arity == c.Arguments.Count).Take(1))
                .Where(r => r.Role is Role.Step or Role.Query or Role.Const or Role.Inline or Role.Model or Role.Enter)
                .Select(r => r.Role switch
                {
                    Role.Const => $"{r.Name}() is {r.Value}",
                    Role.Step or Role.Query => $"{r.Role.ToString().ToLowerInvariant()} {r.Text}",
                    Role.Inline => $"{r.Name}() is read",
                    Role.Enter => $"goes through {r.Name}()",
                    _ => $"{r.Name}() is the model's own",
                })
                .Distinct(StringComparer.Ordinal);
            return string.Join(", ", said);
        }
    }

    private static string Indent(int depth) => new(' ', 4 * Math.Max(0, depth));
}
