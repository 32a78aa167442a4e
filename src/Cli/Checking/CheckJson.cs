using System.Text.Json;
using Hooks.Core.Invariants;
using Hooks.Core.Search;

namespace Hooks.Cli.Checking;

/// <summary>The outcome of <c>check</c> as one JSON object. Nothing in it depends on the machine, the time or the jobs.</summary>
internal static class CheckJson
{
    /// <summary>The object.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="results">The results, in the order of the catalogues.</param>
    /// <param name="kept">What became of the cases of earlier runs.</param>
    /// <param name="interrupted">Whether pairs are missing or incomplete.</param>
    public static string Print(ulong seed, IReadOnlyList<PairResult> results, KeptReport kept, bool interrupted) => JsonText.Of(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("seed", seed);
        if (interrupted) json.WriteBoolean("interrupted", true);
        kept.Write(json);
        json.WriteStartArray("results");
        foreach (var result in results) Write(json, result);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, PairResult result)
    {
        json.WriteStartObject();
        json.WriteString("kernel", result.Kernel);
        json.WriteString("arch", result.Arch);
        json.WriteString("expected", Word(result.ExpectedVerdict));
        json.WriteString("verdict", Word(result.Verdict));
        json.WriteNumber("workloads", result.Coverage.Workloads);
        json.WriteStartArray("violations");
        foreach (var finding in result.Findings)
        {
            json.WriteStartObject();
            json.WriteString("invariant", InvariantCatalogue.Of(finding.Invariant).Name);
            json.WriteString("case", finding.Minimal.ToString());
            json.WriteString("step", finding.Violation.Place.ToString());
            json.WriteNumber("size", finding.Minimal.Workload.Operations.Length);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteBoolean("asExpected", result.AsExpected);
        json.WriteStrings("expectedInvariants", NamesOf(result.Expected));
        json.WriteStrings("unexercised", NamesOf(result.Unexercised));
        json.WriteEndObject();
    }

    private static IEnumerable<string> NamesOf(InvariantSet set) => set.Members().Select(id => InvariantCatalogue.Of(id).Name);

    private static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Ok => "ok",
        Verdict.Violated => "violated",
        _ => "vacuous",
    };
}
