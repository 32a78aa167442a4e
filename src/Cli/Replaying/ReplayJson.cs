using System.Text.Json;
using Hooks.Core.Invariants;
using Hooks.Core.Traces;
using Hooks.Report;

namespace Hooks.Cli.Replaying;

/// <summary>Replays as JSON: one object for one file, an array of them for several.</summary>
internal static class ReplayJson
{
    /// <summary>The JSON.</summary>
    public static string Print(IReadOnlyList<Replay> replays, bool trace) => JsonText.Of(json =>
    {
        if (replays.Count != 1) json.WriteStartArray();
        foreach (var replay in replays) Write(json, replay, trace);
        if (replays.Count != 1) json.WriteEndArray();
    });

    private static void Write(Utf8JsonWriter json, Replay replay, bool trace)
    {
        json.WriteStartObject();
        json.WriteString("file", replay.File.Name);
        json.WriteString("kernel", replay.Kernel.Name);
        json.WriteString("arch", replay.Architecture.Name);
        json.WriteStartArray("violations");
        foreach (var violation in replay.Trace.Violations)
        {
            var invariant = InvariantCatalogue.Of(violation.Breach.Invariant);
            json.WriteStartObject();
            json.WriteString("invariant", invariant.Name);
            json.WriteString("step", violation.Place.ToString());
            json.WriteString("message", invariant.Describe(violation.Breach));
            json.WriteBoolean("expected", replay.Names(violation));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteBoolean("asExpected", replay.AsExpected);
        json.WriteStartArray("expected");
        foreach (var expected in replay.File.Case.Fails)
        {
            json.WriteStartObject();
            json.WriteString("invariant", expected.Invariant);
            json.WriteString("step", expected.At);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (trace) Write(json, replay.Trace);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Trace trace)
    {
        json.WriteStartArray("trace");
        foreach (var operation in trace.Operations)
        {
            json.WriteStartObject();
            json.WriteString("operation", $"{operation.Op.Mm} {operation.Op}");
            json.WriteString("result", TraceReport.Word(operation.Result));
            json.WriteStartArray("steps");
            foreach (var step in operation.Steps)
            {
                json.WriteStartObject();
                json.WriteString("step", step.Place.Step.Name);
                json.WriteStrings("changes", step.Changes);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
