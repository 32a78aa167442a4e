using System.Text.Json;
using Hooks.Core.Workloads;
using Hooks.Lab;

namespace Hooks.Cli.RealKernel;

/// <summary>The lab's results as JSON.</summary>
internal static class LabJson
{
    /// <summary>One case.</summary>
    public static string Print(LabImage image, string hello, Comparison comparison) => JsonText.Of(json =>
    {
        json.WriteStartObject();
        json.WriteString("image", image.Name);
        json.WriteString("linux", hello.Split("kernel=")[^1]);
        json.WriteString("model", image.Model);
        Write(json, comparison);
        json.WriteEndObject();
    });

    /// <summary>A campaign.</summary>
    public static string Print(LabImage image, ulong seed, int workloads, LabResult result) => JsonText.Of(json =>
    {
        json.WriteStartObject();
        json.WriteString("image", image.Name);
        json.WriteString("model", image.Model);
        json.WriteNumber("seed", seed);
        json.WriteNumber("workloads", workloads);
        json.WriteBoolean("complete", result.Complete);
        if (result.Stopped is { } why) json.WriteString("stopped", why);
        json.WriteNumber("boots", result.Boots);
        json.WriteStartArray("areas");
        foreach (var lane in result.Lanes)
        {
            json.WriteStartObject();
            json.WriteString("swap", lane.Lane.Zram ? "zram" : "disk");
            json.WriteNumber("slots", lane.Lane.Slots);
            json.WriteNumber("compared", lane.Compared);
            json.WriteNumber("agreed", lane.Agreed);
            json.WriteNumber("vacuous", lane.Vacuous);
            json.WriteNumber("unfollowed", lane.Unfollowed);
            json.WriteNumber("operations", lane.Operations);
            json.WriteNumber("answersAllowed", lane.Allowed);
            json.WriteNumber("dataLost", lane.DataLost);
            json.WriteNumber("tagsLost", lane.TagsLost);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("differences");
        foreach (var divergence in result.Divergences)
        {
            json.WriteStartObject();
            json.WriteString("swap", divergence.Lane.Zram ? "zram" : "disk");
            json.WriteNumber("slots", divergence.Lane.Slots);
            json.WriteNumber("workload", divergence.Workload);
            json.WriteNumber("again", divergence.Again);
            json.WriteNumber("of", LabCampaign.Repeats);
            json.WriteString("case", CaseText.Print(divergence.Minimal));
            if (divergence.Failure is { } failure)
            {
                json.WriteString("failure", failure.Message);
                json.WriteStrings("console", failure.Console);
            }

            if (divergence.Comparison is { } comparison) Write(json, comparison);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, Comparison comparison)
    {
        json.WriteBoolean("agrees", comparison.Agrees);
        json.WriteBoolean("swapped", comparison.Swapped);
        json.WriteBoolean("dataLost", comparison.DataLost);
        json.WriteBoolean("tagsLost", comparison.TagsLost);
        if (comparison.Unfollowed is { } why) json.WriteString("unfollowed", why);
        json.WriteStrings("notes", comparison.Program.Changes);
        json.WriteStartArray("operations");
        foreach (var compared in comparison.Operations)
        {
            json.WriteStartObject();
            json.WriteString("operation", ComparisonTable.Operation(compared.Op));
            json.WriteString("kernel", compared.Kernel.ToString());
            json.WriteStrings("model", compared.Model.Allowed.Select(a => a.ToString()));
            json.WriteBoolean("agrees", compared.Model.Agrees);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
