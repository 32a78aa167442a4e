using System.Collections.Immutable;

namespace Hooks.Lab.Races;

/// <summary>A statement of the kernel's source, by its function and its words.</summary>
/// <param name="File">The file of mm/.</param>
/// <param name="Function">The function that it stands in.</param>
/// <param name="Text">What its first line has.</param>
/// <param name="Behind">What a line before it has; empty: it is the first of the function with its text.</param>
internal sealed record Statement(string File, string Function, string Text, string Behind)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Function}(): {Text}{(Behind.Length == 0 ? "" : $", behind {Behind}")}";
}

/// <summary>Where a task stands when it stands in front of a step.</summary>
/// <param name="Step">The step, as in <c>until</c>: <c>do_swap_page.SetPteAt</c>.</param>
/// <param name="Alternatives">Statements, as one kernel or another has them; of one, all are where the step begins.</param>
internal sealed record Place(string Step, ImmutableArray<ImmutableArray<Statement>> Alternatives)
{
    private const string Resource = "places.table";

    /// <summary>Those of the table, by the step's name.</summary>
    public static ImmutableSortedDictionary<string, Place> All { get; } = Read(Table()).ToImmutableSortedDictionary(p => p.Step, p => p, StringComparer.Ordinal);

    /// <summary>The table as it stands.</summary>
    public static string Table()
    {
        using var reader = new StreamReader(typeof(Place).Assembly.GetManifestResourceStream(Resource)!);
        return reader.ReadToEnd();
    }

    /// <summary>Reads a table.</summary>
    /// <exception cref="FormatException">A line is none.</exception>
    public static IEnumerable<Place> Read(string table)
    {
        var places = new List<(string Steps, List<List<Statement>> Alternatives)>();
        foreach (var (line, number) in table.Split('\n').Select((line, i) => (line.Trim(), i + 1)).Where(l => l.Item1.Length > 0 && l.Item1[0] != '#'))
        {
            var fields = line.Split(" | ").Select(f => f.Trim()).ToArray();
            var where = fields.Length is 3 or 4 ? fields[1].Split(' ') : [];
            if (where.Length != 2 || (fields[0] is "and" or "or" && places.Count == 0)) throw new FormatException($"{Resource}:{number}: expected STEP | FILE FUNCTION | TEXT [| TEXT]");
            var statement = new Statement(where[0], where[1], fields[2], fields.Length == 4 ? fields[3] : "");
            if (fields[0] == "and") places[^1].Alternatives[^1].Add(statement);
            else if (fields[0] == "or") places[^1].Alternatives.Add([statement]);
            else places.Add((fields[0], [[statement]]));
        }

        foreach (var (steps, alternatives) in places)
        {
            var dot = steps.LastIndexOf('.');
            foreach (var path in steps[..dot].Split(',')) yield return new Place(path + steps[dot..], [.. alternatives.Select(a => a.ToImmutableArray())]);
        }
    }
}
