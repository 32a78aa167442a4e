using System.Globalization;
using Hooks.Cli.Terminal;
using Hooks.Core.Invariants;
using Hooks.Zoo;
using Spectre.Console;

namespace Hooks.Cli.Hunting;

/// <summary>The zoo for people: a table, and what escapes.</summary>
internal static class ZooReport
{
    private const double Most = 0.9;

    /// <summary>Prints it.</summary>
    public static void Print(Screen screen, IReadOnlyList<HuntResult> results, IReadOnlyList<RaceResult> races, int seeds, long workloads, bool times)
    {
        if (results.Count > 0) Print(screen, results, seeds, workloads, times);
        if (races.Count > 0) Print(screen, races);
        screen.Line();
        var wrong = results.Where(r => !r.AsExpected).ToList();
        if (results.Count > 0 && wrong.Count == 0) screen.Line($"{results.Count} bugs: all caught with every seed, every fix passes.", new Style(Color.Green));
        if (results.Count == 0 && races.All(r => r.AsExpected)) screen.Line($"{races.Count} race{(races.Count == 1 ? "" : "s")}: all caught, every fix takes the scope whole.", new Style(Color.Green));
        foreach (var result in wrong)
        {
            var why = result.Missed > 0 ? $"not caught with {result.Missed} of {seeds} seeds: raise --workloads" : "its fix does not pass the minimal case";
            screen.Line($"{result.Specimen.Id}: {why}", new Style(Color.Red));
        }
    }

    private static void Print(Screen screen, IReadOnlyList<HuntResult> results, int seeds, long workloads, bool times)
    {
        string[] columns = ["bug", "has it", "fix", "caught by", "size", "at that size", "workloads to find", .. times ? ["time to find and shrink"] : Array.Empty<string>(), "fix passes"];
        var table = Listing.Of(columns);
        foreach (var result in results) table.Row([.. Cells(result, workloads, times)]);
        screen.Write(table);
        screen.Line($"size: operations of the smallest case; workloads{(times ? ", time" : "")}: median, 90th percentile over {seeds} seed{(seeds == 1 ? "" : "s")}, at most {workloads} workloads each{string.Concat(results.Where(r => r.Specimen.Effort > 1).Select(r => $"; {r.Specimen.Id}: {r.Specimen.Effort} times as many"))}");
        screen.Line();
        foreach (var escaped in ZooCatalogue.Escaped)
        {
            screen.Line($"not caught: {escaped.Id} (fix {escaped.Fix}): {escaped.What}");
            screen.Line($"  why: {escaped.Why}");
        }
    }

    private static void Print(Screen screen, IReadOnlyList<RaceResult> races)
    {
        screen.Line();
        var table = Listing.Of(["race", "has it", "fix", "caught by", "lines", "states", "with the fix", "fix passes"]);
        foreach (var result in races)
        {
            var race = result.Race;
            table.Row([race.Id, $"{race.Bug.Kernel.Name} on {race.Bug.Arch.Name}", race.Fix, result.Finding is null ? "NOT CAUGHT" : InvariantCatalogue.Of(race.CaughtBy).Name, $"{result.Finding?.Minimal.Workload.Operations.Length}", $"{result.States}", $"{result.FixedStates}", result.FixPasses ? "yes" : "NO"]);
        }

        screen.Write(table);
        screen.Line("lines: of the smallest case, none of the scope has fewer; states: of the scope, searched whole, where the bug is and with the fix");
        if (races.Count == 1 && races[0].Finding is { } finding)
        {
            screen.Line();
            screen.Line($"{races[0].Race.Id}: {races[0].Race.What}");
            foreach (var line in finding.Minimal.ToString().TrimEnd().Split('\n')) screen.Line($"  {line}");
        }

        foreach (var result in races.Where(r => !r.AsExpected)) screen.Line($"{result.Race.Id}: not as expected; 'hooks explore docs/scopes/{result.Race.Id}.case' shows what happens", new Style(Color.Red));
    }

    private static IEnumerable<string> Cells(HuntResult result, long workloads, bool times)
    {
        var specimen = result.Specimen;
        var catches = result.Catches;
        yield return specimen.Id;
        yield return $"{specimen.Bug.Kernel.Name} on {specimen.Bug.Arch.Name}";
        yield return specimen.Fix;
        yield return catches.Length == 0 ? "NOT CAUGHT" : InvariantCatalogue.Of(specimen.CaughtBy).Name;
        yield return catches.Length == 0 ? "–" : $"{specimen.MinimalOperations}";
        yield return $"{result.AtKnownSize} of {catches.Length + result.Missed}";
        yield return catches.Length == 0 ? $"> {workloads * specimen.Effort}" : $"{Hunt.Quantile(catches.Select(c => c.Workloads), 0.5)}, {Hunt.Quantile(catches.Select(c => c.Workloads), Most)}";
        if (times) yield return catches.Length == 0 ? "–" : $"{Milliseconds(catches.Select(c => c.Time), 0.5)}, {Milliseconds(catches.Select(c => c.Time), Most)} ms";
        yield return catches.Length == 0 ? "–" : result.FixPasses ? "yes" : "NO";
    }

    private static string Milliseconds(IEnumerable<TimeSpan> times, double share) =>
        Hunt.Quantile(times, share).TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture);
}
