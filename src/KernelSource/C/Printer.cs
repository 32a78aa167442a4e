using System.Globalization;

namespace Hooks.KernelSource.C;

/// <summary>Expressions as C again, for messages, traces and <c>hooks show --source</c>.</summary>
internal static class Printer
{
    /// <summary>An expression as C.</summary>
    public static string Print(Expression e) => e switch
    {
        Number n => n.Value.ToString(CultureInfo.InvariantCulture),
        Opaque o => o.Text,
        Name n => n.Text,
        Call c => $"{(c.Target is null ? c.Function : Print(c.Target))}({string.Join(", ", c.Arguments.Select(Print))})",
        Unary { Operator: "post++" or "post--" } u => Operand(u.Operand) + u.Operator[4..],
        Unary u => u.Operator + Operand(u.Operand),
        Binary { Operator: "," } b => $"{Print(b.Left)}, {Print(b.Right)}",
        Binary b => $"{Side(b.Left, b, right: false)} {b.Operator} {Side(b.Right, b, right: true)}",
        Assign a => $"{Print(a.Target)} {a.Operator} {Print(a.Value)}",
        Choice c => $"{Operand(c.Condition)} ? {Print(c.Then)} : {Print(c.Otherwise)}",
        Member m => Operand(m.Of) + (m.Arrow ? "->" : ".") + m.Field,
        Element x => $"{Operand(x.Of)}[{Print(x.Index)}]",
        Cast c => $"({c.Type}){Operand(c.Operand)}",
        _ => e.GetType().Name,
    };

    private static string Operand(Expression e) => e is Binary or Assign or Choice ? $"({Print(e)})" : Print(e);

    private static string Side(Expression e, Binary of, bool right)
    {
        if (e is not Binary b) return e is Assign or Choice ? $"({Print(e)})" : Print(e);
        var (inner, outer) = (Parser.Precedence(b.Operator), Parser.Precedence(of.Operator));

        // As the kernel writes it: && in ||, and & in &&, stand in parentheses, though they need not.
        var mixed = outer <= Parser.Precedence("&&") && inner != outer && inner <= Parser.Precedence("&");
        return inner < outer || (inner == outer && right) || mixed ? $"({Print(e)})" : Print(e);
    }
}
