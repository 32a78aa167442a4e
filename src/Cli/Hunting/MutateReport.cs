using Hooks.Cli.Terminal;
using Hooks.Core.Invariants;
using Hooks.Core.Search;
using Spectre.Console;

namespace Hooks.Cli.Hunting;

/// <summary>The mutants for people and for machines.</summary>
internal static class MutateReport
{
    /// <summary>Prints them, path by path.</summary>
    public static void Print(Screen screen, IReadOnlyList<MutantVerdict> verdicts, long workloads)
    {
        foreach (var path in verdicts.GroupBy(v => v.Mutant.Path))
        {
            screen.Line($"{path.Key}: {Count(path.Count(v => v.Caught), path.Count())}");
            var table = Listing.Of("mutant", "caught by", "size", "not on", "or why not");
            foreach (var verdict in path) table.Row(verdict.Mutant.Name, By(verdict), Size(verdict), string.Join(", ", verdict.Caught ? verdict.Survives : []), verdict.Caught ? "" : verdict.Why ?? "NOBODY KNOWS");
            screen.Write(table);
            screen.Line();
        }

        var holes = verdicts.Where(v => !v.Caught && v.Why is null).ToList();
        var caught = verdicts.Count(v => v.Caught);
        screen.Line($"{verdicts.Count} mutants, at most {workloads} workloads on each architecture: {caught} caught, {verdicts.Count - caught - holes.Count} survive and it is known why, {holes.Count} survive unexplained.",
            new Style(holes.Count == 0 ? Color.Green : Color.Red));
        foreach (var kind in Enum.GetValues<MutationKind>())
        {
            var of = verdicts.Where(v => v.Mutant.Kind == kind).ToList();
            screen.Line($"  {kind.ToString().ToLowerInvariant(),-10}{Count(of.Count(v => v.Caught), of.Count)}");
        }
    }

    /// <summary>The same as JSON.</summary>
    public static string Json(IReadOnlyList<MutantVerdict> verdicts, ulong seed, long workloads) => JsonText.Of(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("seed", seed);
        json.WriteNumber("workloads", workloads);
        json.WriteStartArray("mutants");
        foreach (var verdict in verdicts)
        {
            json.WriteStartObject();
            json.WriteString("path", verdict.Mutant.Path.ToString());
            json.WriteString("mutant", verdict.Mutant.Name);
            json.WriteBoolean("caught", verdict.Caught);
            if (verdict.Smallest is { } smallest)
            {
                json.WriteString("by", By(verdict));
                json.WriteString("arch", smallest.Arch);
                json.WriteString("workload", smallest.Minimal!.ToString());
            }

            json.WriteStrings("survivesOn", verdict.Survives);
            if (!verdict.Caught) json.WriteString("why", verdict.Why);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static string Count(int caught, int of) => $"{caught} of {of} caught";

    private static string By(MutantVerdict verdict) => verdict.Smallest is not { } smallest ? "–" : smallest.CaughtBy is { } id ? InvariantCatalogue.Of(id).Name : "the kernel would have crashed";

    private static string Size(MutantVerdict verdict) => verdict.Smallest is { } smallest ? $"{smallest.Minimal!.Operations.Length}" : "";
}
