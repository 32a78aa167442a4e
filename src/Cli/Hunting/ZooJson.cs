using Hooks.Core.Invariants;
using Hooks.Zoo;

namespace Hooks.Cli.Hunting;

/// <summary>The zoo as one JSON object.</summary>
internal static class ZooJson
{
    /// <summary>The object.</summary>
    public static string Print(IReadOnlyList<HuntResult> results, int seeds, long workloads, bool times) => JsonText.Of(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("seeds", seeds);
        json.WriteNumber("workloads", workloads);
        json.WriteStartArray("bugs");
        foreach (var result in results)
        {
            var specimen = result.Specimen;
            json.WriteStartObject();
            json.WriteString("bug", specimen.Id);
            json.WriteString("what", specimen.What);
            json.WriteString("kernel", specimen.Bug.Kernel.Name);
            json.WriteString("arch", specimen.Bug.Arch.Name);
            json.WriteString("fix", specimen.Fix);
            json.WriteString("caughtBy", InvariantCatalogue.Of(specimen.CaughtBy).Name);
            json.WriteNumber("size", specimen.MinimalOperations);
            json.WriteNumber("atThatSize", result.AtKnownSize);
            json.WriteNumber("caught", result.Catches.Length);
            json.WriteNumber("missed", result.Missed);
            if (result.Catches.Length > 0)
            {
                json.WriteNumber("workloadsMedian", Hunt.Quantile(result.Catches.Select(c => c.Workloads), 0.5));
                json.WriteNumber("workloads90", Hunt.Quantile(result.Catches.Select(c => c.Workloads), 0.9));
                if (times)
                {
                    json.WriteNumber("millisecondsMedian", Hunt.Quantile(result.Catches.Select(c => c.Time), 0.5).TotalMilliseconds);
                    json.WriteNumber("milliseconds90", Hunt.Quantile(result.Catches.Select(c => c.Time), 0.9).TotalMilliseconds);
                }

                json.WriteString("case", result.Catches[0].Finding.Minimal.ToString());
            }

            json.WriteBoolean("fixPasses", result.FixPasses);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("notCaught");
        foreach (var escaped in ZooCatalogue.Escaped)
        {
            json.WriteStartObject();
            json.WriteString("bug", escaped.Id);
            json.WriteString("fix", escaped.Fix);
            json.WriteString("why", escaped.Why);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}
