using Hooks.Core.Paths;
using Hooks.KernelSource.C;

namespace Hooks.KernelSource.Paths;

/// <summary>What is done to a statement.</summary>
public enum StatementMutation
{
    /// <summary>It is left out.</summary>
    Drop,

    /// <summary>It is done twice.</summary>
    Twice,

    /// <summary>It is exchanged with the next.</summary>
    Exchange,

    /// <summary>Its condition is negated.</summary>
    Negate,

    /// <summary>Of two conditions joined by &amp;&amp; or || one is left out.</summary>
    Half,
}

/// <summary>A kernel read from source with one statement broken as somebody who writes C would break it.</summary>
/// <param name="Path">The path that the statement belongs to.</param>
/// <param name="Kind">What was done.</param>
/// <param name="Name">Where, and to what: <c>mm/memory.c:4079: drop arch_swap_restore(entry, folio)</c>.</param>
/// <param name="Kernel">The kernel.</param>
public sealed record SourceMutant(PathId Path, StatementMutation Kind, string Name, SourceKernel Kernel);

/// <summary>Makes mutants of the statements that are left when what the model leaves out is folded away.</summary>
public static class SourceMutants
{
    /// <summary>All mutants that mean something else to the model, in the order of the source.</summary>
    /// <param name="kernel">The kernel, as it was read.</param>
    /// <param name="table">What helpers are.</param>
    public static IEnumerable<SourceMutant> Of(SourceKernel kernel, HelperTable table)
    {
        // A function that several paths go through is one function.
        foreach (var path in kernel.Read.DistinctBy(r => r.Function))
        {
            var live = path.Origins.Select(o => (o.File, o.Line)).ToHashSet();
            foreach (var function in path.Functions)
            {
                foreach (var (kind, line, what, body) in OfBlock(function.Body, s => IsLive(s, function.File, live)))
                {
                    if (kernel.With(function with { Body = body }, table, $"{kernel.Kernel!.Name}-mutant") is not { } mutant) continue;
                    yield return new SourceMutant(path.Path, kind, $"{function.File}:{line}: {what}", mutant);
                }
            }
        }
    }

    private static bool IsLive(Statement s, string file, HashSet<(string, int)> live) => s switch
    {
        ExpressionStatement x => live.Contains((file, x.Line)) || x.Expression.All().Any(e => live.Contains((file, e.Line))),
        If branch => branch.Condition.All().Any(e => live.Contains((file, e.Line))),
        _ => false,
    };

    /// <summary>A statement in short.</summary>
    internal static string Text(Statement s) => s switch
    {
        ExpressionStatement x => x.Expression.ToString(),
        If branch => $"if ({branch.Condition})",
        _ => s.GetType().Name,
    };

    private static IEnumerable<(StatementMutation Kind, int Line, string What, Block Body)> OfBlock(Block block, Func<Statement, bool> isLive)
    {
        var statements = block.Statements;
        for (var i = 0; i < statements.Count; i++)
        {
            var s = statements[i];
            if (isLive(s))
            {
                yield return (StatementMutation.Drop, s.Line, $"drop {Text(s)}", With(i, []));
                if (s is ExpressionStatement { Expression: not Assign { Value: Name or Number } }) yield return (StatementMutation.Twice, s.Line, $"twice {Text(s)}", With(i, [s, s]));
                var next = i + 1;
                while (next < statements.Count && statements[next] is ExpressionStatement or If && !isLive(statements[next])) next++;
                if (next < statements.Count && isLive(statements[next])) yield return (StatementMutation.Exchange, s.Line, $"exchange {Text(s)} and {Text(statements[next])}", Exchanged(i, next));
            }

            foreach (var (kind, line, what, inner) in OfStatement(s, isLive)) yield return (kind, line, what, With(i, [inner]));
        }

        Block With(int at, IEnumerable<Statement> instead) => block with { Statements = [.. statements.Take(at), .. instead, .. statements.Skip(at + 1)] };

        Block Exchanged(int a, int b)
        {
            var list = statements.ToList();
            (list[a], list[b]) = (list[b], list[a]);
            return block with { Statements = list };
        }
    }

    private static IEnumerable<(StatementMutation Kind, int Line, string What, Statement Body)> OfStatement(Statement s, Func<Statement, bool> isLive)
    {
        switch (s)
        {
            case Block block:
                foreach (var (kind, line, what, body) in OfBlock(block, isLive)) yield return (kind, line, what, body);
                break;
            case If branch:
                if (isLive(branch))
                {
                    yield return (StatementMutation.Negate, branch.Line, $"not if ({branch.Condition})", branch with { Condition = new Unary("!", branch.Condition, branch.Condition.Line) });
                    if (Joined(branch.Condition) is { } joined)
                    {
                        yield return (StatementMutation.Half, branch.Line, $"only if ({joined.Left})", branch with { Condition = joined.Left });
                        yield return (StatementMutation.Half, branch.Line, $"only if ({joined.Right})", branch with { Condition = joined.Right });
                    }
                }

                foreach (var (kind, line, what, inner) in OfStatement(Braced(branch.Then), isLive)) yield return (kind, line, what, branch with { Then = inner });
                if (branch.Otherwise is not { } otherwise) break;
                foreach (var (kind, line, what, inner) in OfStatement(otherwise is If ? otherwise : Braced(otherwise), isLive)) yield return (kind, line, what, branch with { Otherwise = inner });
                break;
            case Loop loop:
                foreach (var (kind, line, what, inner) in OfStatement(Braced(loop.Body), isLive)) yield return (kind, line, what, loop with { Body = inner });
                break;
        }
    }

    private static Block Braced(Statement s) => s as Block ?? new Block([s], s.Line);

    private static Binary? Joined(Expression e) => e switch
    {
        Binary { Operator: "&&" or "||" } b => b,
        Call { Function: "likely" or "unlikely", Arguments: [var inner] } => Joined(inner),
        _ => null,
    };
}
