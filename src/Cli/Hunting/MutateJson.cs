using System.Text.Json.Serialization;

namespace Hooks.Cli.Hunting;

/// <summary>The mutants as one JSON object.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Workloads">The budget: workloads for each mutant on each architecture.</param>
/// <param name="Mutants">The mutants, path by path.</param>
internal sealed record MutateJson(ulong Seed, long Workloads, IReadOnlyList<MutantJson> Mutants)
{
    /// <summary>The object.</summary>
    public static string Print(IReadOnlyList<MutantVerdict> verdicts, ulong seed, long workloads) =>
        JsonText.Of(new MutateJson(seed, workloads, [.. verdicts.Select(MutantJson.Of)]), JsonTypes.Default.MutateJson);
}

/// <summary>A mutant, caught or not.</summary>
[JsonDerivedType(typeof(CaughtMutantJson))]
[JsonDerivedType(typeof(SurvivingMutantJson))]
internal abstract record MutantJson
{
    /// <summary>Of a verdict.</summary>
    public static MutantJson Of(MutantVerdict verdict)
    {
        var (path, name) = (verdict.Mutant.Path.ToString(), verdict.Mutant.Name);
        return verdict.Smallest is { } smallest
            ? new CaughtMutantJson(path, name, Caught: true, verdict.By, smallest.Arch, smallest.Minimal!.ToString(), [.. verdict.Survives])
            : new SurvivingMutantJson(path, name, Caught: false, [.. verdict.Survives], verdict.Why);
    }
}

/// <summary>A mutant that something noticed.</summary>
/// <param name="Path">The path.</param>
/// <param name="Mutant">What was done to it.</param>
/// <param name="Caught">True.</param>
/// <param name="By">What noticed, in the smallest case.</param>
/// <param name="Arch">The architecture of that case.</param>
/// <param name="Workload">Its workload, as text.</param>
/// <param name="SurvivesOn">The architectures on which nothing noticed.</param>
internal sealed record CaughtMutantJson(string Path, string Mutant, bool Caught, string By, string Arch, string Workload, IReadOnlyList<string> SurvivesOn) : MutantJson;

/// <summary>A mutant that nothing noticed.</summary>
/// <param name="Path">The path.</param>
/// <param name="Mutant">What was done to it.</param>
/// <param name="Caught">False.</param>
/// <param name="SurvivesOn">All architectures.</param>
/// <param name="Why">Why nothing did; null if nobody knows.</param>
internal sealed record SurvivingMutantJson(
    string Path,
    string Mutant,
    bool Caught,
    IReadOnlyList<string> SurvivesOn,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Why) : MutantJson;
