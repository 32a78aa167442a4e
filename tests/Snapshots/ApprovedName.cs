using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Hooks.Snapshots;

/// <summary>
/// The name of a test's approved file, up to <c>.verified.</c>: <c>Class.Method</c> and, for a theory, <c>_param=value</c> for each parameter.
/// The rules are those of Verify 31; they are kept here, outside the shim, because the search for orphans needs them in both modes.
/// </summary>
internal static class ApprovedName
{
    /// <summary>The characters Verify replaces by <c>-</c>; fixed, so that a name is the same on every system.</summary>
    private const string NotInFileNames = "\"\\<>|:*?/";

    /// <summary>The name of the file of <paramref name="method"/> for these parameter values (none for a fact).</summary>
    public static string Of(Type type, MethodInfo method, IReadOnlyList<object?> values) =>
        $"{OfType(type)}.{method.Name}{OfParameters(method, values)}";

    /// <summary>The class's part of the name: a nested class carries the name of the class around it.</summary>
    public static string OfType(Type type) => type.IsNested ? $"{type.DeclaringType!.Name}.{type.Name}" : type.Name;

    /// <summary>The parameters' part, <c>_param=value</c> each; empty for a fact.</summary>
    /// <exception cref="ArgumentException">There is not exactly one value for each parameter.</exception>
    public static string OfParameters(MethodInfo method, IReadOnlyList<object?> values)
    {
        var parameters = method.GetParameters();
        if (parameters.Length != values.Count)
        {
            var names = string.Join(", ", parameters.Select(parameter => parameter.Name));
            throw new ArgumentException(
                $"{method.DeclaringType?.Name}.{method.Name} has {parameters.Length} parameters, but the approved file's name was given "
                + $"{values.Count}. Write: await Verify(text).UseParameters({names});",
                nameof(values));
        }

        return string.Concat(parameters.Zip(values, (parameter, value) => $"_{parameter.Name}={OfValue(value)}"));
    }

    private static string OfValue(object? value) => value switch
    {
        null => "null",
        string text => Clean(text),

        // Verify has formats of its own for these; they are not repeated here until a test needs one.
        IEnumerable or DateTime or DateTimeOffset or DateOnly or TimeOnly => throw new NotSupportedException(
            $"A {value.GetType().Name} can't be part of an approved file's name; give the theory a string, a number, a bool or an enum."),
        _ => Clean(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""),
    };

    private static string Clean(string text)
    {
        var name = new StringBuilder(text.Length);
        foreach (var c in text)
            name.Append(c < ' ' || NotInFileNames.Contains(c) ? '-' : c);

        return name.ToString();
    }
}
