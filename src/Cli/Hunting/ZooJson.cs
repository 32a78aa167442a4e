using Hooks.Core.Invariants;
using Hooks.Zoo;

namespace Hooks.Cli.Hunting;

/// <summary>The zoo as one JSON object.</summary>
/// <param name="Seeds">Every bug was hunted with seeds 1 … this.</param>
/// <param name="Workloads">The budget: workloads with each seed.</param>
/// <param name="Bugs">The bugs, in the order of the zoo.</param>
/// <param name="Races">The races, in the order of the zoo; left out if there are none among those named.</param>
/// <param name="NotCaught">Those that the model cannot catch.</param>
internal sealed record ZooJson(int Seeds, long Workloads, IReadOnlyList<HuntJson> Bugs, IReadOnlyList<RaceJson>? Races, IReadOnlyList<EscapeeJson> NotCaught)
{
    /// <summary>The object.</summary>
    public static string Print(IReadOnlyList<HuntResult> results, IReadOnlyList<RaceResult> races, int seeds, long workloads, bool times) => JsonText.Of(
        new ZooJson(seeds, workloads, [.. results.Select(r => HuntJson.Of(r, times))], races.Count == 0 ? null : [.. races.Select(RaceJson.Of)], [.. ZooCatalogue.Escaped.Select(EscapeeJson.Of)]),
        JsonTypes.Default.ZooJson);
}

/// <summary>A bug that was hunted.</summary>
/// <param name="Bug">Its name.</param>
/// <param name="What">What it is.</param>
/// <param name="Kernel">The kernel that has it.</param>
/// <param name="Arch">The architecture that has it.</param>
/// <param name="Fix">What fixed it.</param>
/// <param name="CaughtBy">The invariant that catches it.</param>
/// <param name="Size">Operations of the smallest case known.</param>
/// <param name="AtThatSize">In how many catches the minimal case has that size.</param>
/// <param name="Caught">With how many seeds it was caught.</param>
/// <param name="Missed">With how many seeds it was not.</param>
/// <param name="WorkloadsMedian">Workloads to find it, median over the seeds. This and what follows up to the case is left out if it was never caught.</param>
/// <param name="Workloads90">The same, 90th percentile.</param>
/// <param name="MillisecondsMedian">The time to find and to shrink it, median; left out with <c>--no-times</c>.</param>
/// <param name="Milliseconds90">The same, 90th percentile.</param>
/// <param name="Case">The minimal case of the first catch, as text.</param>
/// <param name="FixPasses">Whether that case passes on what has the fix.</param>
internal sealed record HuntJson(
    string Bug,
    string What,
    string Kernel,
    string Arch,
    string Fix,
    string CaughtBy,
    int Size,
    int AtThatSize,
    int Caught,
    int Missed,
    long? WorkloadsMedian,
    long? Workloads90,
    double? MillisecondsMedian,
    double? Milliseconds90,
    string? Case,
    bool FixPasses)
{
    private const double Median = 0.5;
    private const double Most = 0.9;

    /// <summary>Of a hunt.</summary>
    public static HuntJson Of(HuntResult result, bool times)
    {
        var specimen = result.Specimen;
        return new HuntJson(
            specimen.Id,
            specimen.What,
            specimen.Bug.Kernel.Name,
            specimen.Bug.Arch.Name,
            specimen.Fix,
            InvariantCatalogue.Of(specimen.CaughtBy).Name,
            specimen.MinimalOperations,
            result.AtKnownSize,
            result.Catches.Length,
            result.Missed,
            Workloads(Median),
            Workloads(Most),
            Milliseconds(Median),
            Milliseconds(Most),
            result.Catches.Length == 0 ? null : result.Catches[0].Finding.Minimal.ToString(),
            result.FixPasses);

        long? Workloads(double share) => result.Catches.Length == 0 ? null : Hunt.Quantile(result.Catches.Select(c => c.Workloads), share);

        double? Milliseconds(double share) => !times || result.Catches.Length == 0 ? null : Hunt.Quantile(result.Catches.Select(c => c.Time), share).TotalMilliseconds;
    }
}

/// <summary>A bug that the model cannot catch.</summary>
/// <param name="Bug">Its name.</param>
/// <param name="Fix">What fixed it.</param>
/// <param name="Why">Why it cannot.</param>
internal sealed record EscapeeJson(string Bug, string Fix, string Why)
{
    /// <summary>Of an escapee of the zoo.</summary>
    public static EscapeeJson Of(Escapee escapee) => new(escapee.Id, escapee.Fix, escapee.Why);
}

/// <summary>A race whose scope was searched.</summary>
/// <param name="Race">Its name.</param>
/// <param name="What">What it is.</param>
/// <param name="Kernel">The kernel that has it.</param>
/// <param name="Arch">The architecture that has it.</param>
/// <param name="Fix">What fixed it.</param>
/// <param name="CaughtBy">The invariant that catches it.</param>
/// <param name="States">States of the scope.</param>
/// <param name="FixedStates">States of the scope with the fix.</param>
/// <param name="Case">The smallest case, as text; left out if it was not caught.</param>
/// <param name="Minimal">Whether no case of the scope has fewer lines.</param>
/// <param name="FixPasses">Whether the whole scope breaks nothing with the fix.</param>
internal sealed record RaceJson(string Race, string What, string Kernel, string Arch, string Fix, string CaughtBy, long States, long FixedStates, string? Case, bool Minimal, bool FixPasses)
{
    /// <summary>Of a result.</summary>
    public static RaceJson Of(RaceResult result) => new(
        result.Race.Id,
        result.Race.What,
        result.Race.Bug.Kernel.Name,
        result.Race.Bug.Arch.Name,
        result.Race.Fix,
        InvariantCatalogue.Of(result.Race.CaughtBy).Name,
        result.States,
        result.FixedStates,
        result.Finding?.Minimal.ToString(),
        result.IsMinimal,
        result.FixPasses);
}
