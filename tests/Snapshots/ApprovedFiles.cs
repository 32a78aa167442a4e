using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;
using Xunit.Sdk;

namespace Hooks.Snapshots;

/// <summary>The approved files below a folder, held against the tests that own them. Uses neither Verify nor the shim.</summary>
internal static class ApprovedFiles
{
    private const string Mark = ".verified.";

    // What [InlineData(null)] means; C# passes the attribute no array at all.
    private static readonly object?[] NullRow = [null];

    /// <summary>Every approved file below <paramref name="folder"/>, build output aside, in a fixed order.</summary>
    public static IReadOnlyList<string> Below(string folder)
    {
        return
        [
            .. Directory.EnumerateFiles(folder, "*" + Mark + "*", SearchOption.AllDirectories)
                .Where(file => !IsBuildOutput(Path.GetRelativePath(folder, file)))
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>
    /// The approved files that none of the tests in <paramref name="testClasses"/> would read: the test or the row of data is gone or renamed,
    /// the test's extension is another, or the file is not in the folder of its class's source.
    /// </summary>
    public static IReadOnlyList<string> Orphans(string folder, IReadOnlyCollection<Type> testClasses)
    {
        var owners = Owners(testClasses);
        return [.. Below(folder).Where(file => !(owners.TryGetValue(Path.GetFileName(file), out var owner) && LiesBesideSource(file, owner)))];
    }

    /// <summary>
    /// What is wrong with a file's bytes, or null: approved text is UTF-8 with a byte order mark and <c>\n</c>. The comparison forgives a missing
    /// mark, so nothing else would notice an editor that dropped it.
    /// </summary>
    public static string? Malformation(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        if (!bytes.StartsWith(mark))
            return "no UTF-8 byte order mark";

        return bytes.Contains((byte)'\r') ? @"a \r: lines must end in \n alone" : null;
    }

    private static bool IsBuildOutput(string relativePath) => relativePath.Split(Path.DirectorySeparatorChar)[0] is "bin" or "obj";

    private static Dictionary<string, Type> Owners(IEnumerable<Type> testClasses)
    {
        var owners = new Dictionary<string, Type>(StringComparer.Ordinal);
        foreach (var type in testClasses.Where(type => !type.IsAbstract))
        {
            foreach (var method in type.GetMethods().Where(IsSnapshotTest))
            {
                var extension = method.GetCustomAttribute<ApprovedAsAttribute>()?.Extension ?? "txt";
                foreach (var row in Rows(method))
                    owners[$"{ApprovedName.Of(type, method, row)}{Mark}{extension}"] = type;
            }
        }

        return owners;
    }

    // Verify is awaited, so a test that owns a file returns a task.
    private static bool IsSnapshotTest(MethodInfo method) =>
        method.IsDefined(typeof(FactAttribute)) && typeof(Task).IsAssignableFrom(method.ReturnType);

    private static IEnumerable<object?[]> Rows(MethodInfo method)
    {
        if (!method.IsDefined(typeof(TheoryAttribute)))
            return [[]];

        return method.GetCustomAttributes<DataAttribute>()
            .SelectMany(data => data.GetData(method) ?? [])
            .Select(row => WithDefaults(method, row ?? NullRow));
    }

    // A row may leave out optional parameters; the test passes their values to UseParameters all the same.
    private static object?[] WithDefaults(MethodInfo method, object?[] row) =>
        [.. row, .. method.GetParameters().Skip(row.Length).Where(parameter => parameter.HasDefaultValue).Select(parameter => parameter.DefaultValue)];

    // When a test class moves to another folder its approvals are written anew there, and the old ones would look owned by name.
    private static bool LiesBesideSource(string file, Type owner)
    {
        var declaration = new Regex($@"\bclass\s+{Regex.Escape(owner.Name)}\b", RegexOptions.None, TimeSpan.FromSeconds(10));
        return Directory.EnumerateFiles(Path.GetDirectoryName(file)!, "*.cs").Any(source => declaration.IsMatch(File.ReadAllText(source)));
    }
}
