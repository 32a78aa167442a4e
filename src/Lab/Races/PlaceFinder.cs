using System.Text.RegularExpressions;

namespace Hooks.Lab.Races;

/// <summary>Where steps begin in a kernel: the call instruction of the statement that the step stands for, or else the first instruction of the statement, if all ways into the statement lead over it.</summary>
/// <param name="binary">The kernel, with line tables.</param>
/// <param name="folder">The files of mm/ that it was built from.</param>
internal sealed partial class PlaceFinder(KernelBinary binary, string folder)
{
    private readonly Dictionary<string, string[]> _sources = new(StringComparer.Ordinal);

    /// <summary>The addresses of a place; or why it has none.</summary>
    public StepAddress Find(Place place)
    {
        var whyNot = "";
        foreach (var alternative in place.Alternatives)
        {
            var found = alternative.Select(Find).ToList();
            var missing = found.FirstOrDefault(f => f.Addresses.IsEmpty);
            if (missing is null)
            {
                var all = found.SelectMany(f => f.Addresses.Zip(f.Note.Split("; "))).DistinctBy(f => f.First).OrderBy(f => f.First).ToList();
                return new StepAddress(place.Step, [.. all.Select(f => f.First)], string.Join("; ", all.Select(f => f.Second)));
            }

            // What is not in the source says less than what is there and has no address.
            if (whyNot.Length == 0 || !missing.Note.StartsWith(NotThere, StringComparison.Ordinal)) whyNot = missing.Note;
        }

        return new StepAddress(place.Step, [], whyNot);
    }

    private const string NotThere = "no statement";

    private StepAddress Find(Statement statement)
    {
        StepAddress No(string why) => new("", [], why);
        if (FunctionSource.Find(Source(statement.File), statement) is not { } lines) return No($"{NotThere} '{statement}'");
        var where = $"{statement.File}:{lines.First}";
        var rows = binary.RowsOf(statement.File, lines).ToList();
        var functions = rows.Select(r => binary.At(r.Address)).OfType<Symbol>().Distinct().ToList();
        if (functions.Count == 0) return No($"{where} has no code of its own");
        if (functions.Count > 1) return No($"{where} is in {string.Join(", ", functions.Select(f => f.Name))}");
        var function = functions[0];
        var code = binary.Code(function);
        var names = Called().Matches(statement.Text).Select(m => m.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        var own = code.Where(c => binary.RowAt(c.Address) is var row && row.File == statement.File && row.Line >= lines.First && row.Line <= lines.Last).ToList();
        var calls = own.Where(c => c.Callee.Length > 0 && names.Contains(c.Callee)).ToList();
        if (calls.Count > 0) return new StepAddress("", [.. calls.Select(c => c.Address)], string.Join("; ", calls.Select(c => $"{where}, {At(function, c.Address)}, bl {c.Callee}")));
        var all = own.Select(c => c.Address).ToHashSet();
        foreach (var candidate in rows.Where(r => r.Begins && function.Has(r.Address)).OrderBy(r => r.Line == lines.First ? 0 : 1).Select(r => r.Address).Distinct())
        {
            if (Ways.AllLeadOver(code, candidate, all.Where(a => a != candidate).ToHashSet())) return new StepAddress("", [candidate], $"{where}, {At(function, candidate)}, first row");
        }

        return No($"{where} begins at several places of {function.Name}");
    }

    private static string At(Symbol function, ulong address) => $"{function.Name}+0x{address - function.Address:x}";

    private string[] Source(string file)
    {
        if (_sources.TryGetValue(file, out var lines)) return lines;
        var path = Path.Combine(folder, file);
        return _sources[file] = File.Exists(path) ? File.ReadAllLines(path) : [];
    }

    [GeneratedRegex(@"(?<name>[A-Za-z_]\w*)\(", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Called();
}
