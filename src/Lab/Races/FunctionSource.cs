namespace Hooks.Lab.Races;

/// <summary>The lines of a statement in a file.</summary>
/// <param name="First">Its first line, from 1.</param>
/// <param name="Last">Its last one.</param>
internal readonly record struct Lines(int First, int Last);

/// <summary>Finds statements in the source that a kernel was built from.</summary>
internal static class FunctionSource
{
    private const int LongestStatement = 8;

    /// <summary>Where a statement stands.</summary>
    /// <param name="source">The lines of its file.</param>
    /// <param name="statement">The statement.</param>
    /// <returns>Null: the function is not there, or has none.</returns>
    public static Lines? Find(IReadOnlyList<string> source, Statement statement)
    {
        var (begin, end) = Function(source, statement.Function);
        var behind = statement.Behind.Length == 0;
        for (var i = begin; i < end; i++)
        {
            if (!behind)
            {
                behind = source[i].Contains(statement.Behind, StringComparison.Ordinal);
                continue;
            }

            if (!source[i].Contains(statement.Text, StringComparison.Ordinal) || IsComment(source[i])) continue;
            var last = i;
            while (last < end - 1 && last - i < LongestStatement && source[last].TrimEnd() is var line && line.Length > 0 && line[^1] is not (';' or '{' or '}' or ':')) last++;
            return new Lines(i + 1, last + 1);
        }

        return null;
    }

    /// <summary>A function's lines, from the one behind its name to its closing brace; as many as none if it is not there.</summary>
    private static (int Begin, int End) Function(IReadOnlyList<string> source, string name)
    {
        for (var i = 0; i < source.Count; i++)
        {
            if (source[i].Length == 0 || !(char.IsLetter(source[i][0]) || source[i][0] == '_') || !Names(source[i], name)) continue;
            var end = i;
            while (end < source.Count && !source[end].StartsWith('}') && !(end < i + LongestStatement && source[end].TrimEnd().EndsWith(';') && !source[end].StartsWith('\t'))) end++;
            if (end < source.Count && source[end].StartsWith('}')) return (i + 1, end);
        }

        return (0, 0);
    }

    private static bool Names(string line, string name)
    {
        var at = line.IndexOf(name + "(", StringComparison.Ordinal);
        return at > 0 && !(char.IsLetterOrDigit(line[at - 1]) || line[at - 1] == '_') && !line.TrimEnd().EndsWith(';');
    }

    private static bool IsComment(string line) => line.TrimStart() is var text && (text.StartsWith('*') || text.StartsWith("/*", StringComparison.Ordinal) || text.StartsWith("//", StringComparison.Ordinal));
}
