using Hooks.Cli.Terminal;
using Hooks.Core.Search;
using Spectre.Console;

namespace Hooks.Cli.Hunting;

/// <summary>The mutants for people.</summary>
internal static class MutateReport
{
    /// <summary>Prints them, path by path.</summary>
    public static void Print(Screen screen, IReadOnlyList<MutantVerdict> verdicts, long workloads)
    {
        foreach (var path in verdicts.GroupBy(v => v.Mutant.Path))
        {
            screen.Line($"{path.Key}: {Count(path.Count(v => v.Caught), path.Count())}");
            var table = Listing.Of("mutant", "caught by", "size", "not on", "or why not");
            foreach (var verdict in path) table.Row(verdict.Mutant.Name, verdict.By, Size(verdict), string.Join(", ", verdict.Caught ? verdict.Survives : []), verdict.Caught ? "" : verdict.Why ?? "NOBODY KNOWS");
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

    private static string Count(int caught, int of) => $"{caught} of {of} caught";

    private static string Size(MutantVerdict verdict) => verdict.Smallest is { } smallest ? $"{smallest.Minimal!.Operations.Length}" : "";
}
