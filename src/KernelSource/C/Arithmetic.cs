namespace Hooks.KernelSource.C;

/// <summary>C's operators on numbers.</summary>
internal static class Arithmetic
{
    /// <summary>Applies a binary operator; a division by zero gives 0.</summary>
    public static long Apply(string op, long a, long b) => op switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => b == 0 ? 0 : a / b,
        "%" => b == 0 ? 0 : a % b,
        "&" => a & b,
        "|" => a | b,
        "^" => a ^ b,
        "<<" => a << (int)(b & 63),
        ">>" => a >> (int)(b & 63),
        "==" => Truth(a == b),
        "!=" => Truth(a != b),
        "<" => Truth(a < b),
        ">" => Truth(a > b),
        "<=" => Truth(a <= b),
        ">=" => Truth(a >= b),
        "&&" => Truth(a != 0 && b != 0),
        "||" => Truth(a != 0 || b != 0),
        "," => b,
        _ => throw new ArgumentException($"no operator '{op}'", nameof(op)),
    };

    /// <summary>C's truth: 1 or 0.</summary>
    public static long Truth(bool yes) => yes ? 1 : 0;
}
