using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Hooks.Core.Invariants;
using Hooks.Core.Paths;

namespace Hooks.Cli.Sharing;

/// <summary>
/// Tests as SARIF 2.1.0: a result for each broken invariant. Of a source it stands at the line of the C that broke it, else at the case file. What is known is suppressed; what was never put to the test is a notification, as it is nowhere.
/// </summary>
internal static partial class SarifText
{
    /// <summary>The text, without a newline at the end.</summary>
    /// <param name="tests">The tests.</param>
    /// <param name="exitCode">What the command will end with.</param>
    public static string Of(IReadOnlyList<Test> tests, int exitCode)
    {
        var broken = tests.Where(t => t.Broken is not null).ToList();
        var rules = broken.Select(t => t.Broken!.Finding.Invariant).Distinct().Order().ToList();
        var invocation = new JsonObject { ["executionSuccessful"] = exitCode is ExitCode.AsExpected or ExitCode.NotAsExpected, ["exitCode"] = exitCode };
        if (tests.Where(t => t is { Outcome: TestOutcome.Failed, Broken: null }).Select(t => (JsonNode)Notification(t)).ToArray() is { Length: > 0 } notifications) invocation["toolExecutionNotifications"] = new JsonArray(notifications);
        return JsonText.Of(new JsonObject
        {
            ["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json",
            ["version"] = "2.1.0",
            ["runs"] = new JsonArray(new JsonObject
            {
                ["tool"] = new JsonObject
                {
                    ["driver"] = new JsonObject
                    {
                        ["name"] = "hooks",
                        ["version"] = HooksCommand.Version.Split(' ')[1],
                        ["rules"] = new JsonArray([.. rules.Select(id => (JsonNode)Rule(id))]),
                    },
                },
                ["invocations"] = new JsonArray(invocation),
                ["results"] = new JsonArray([.. broken.Select(t => (JsonNode)Result(t, t.Broken!, rules))]),
                ["columnKind"] = "utf16CodeUnits",
            }),
        });
    }

    private static JsonObject Rule(InvariantId id)
    {
        var invariant = InvariantCatalogue.Of(id);
        return new JsonObject { ["id"] = invariant.Name, ["shortDescription"] = Text(invariant.Statement) };
    }

    private static JsonObject Result(Test test, BrokenTest broken, List<InvariantId> rules)
    {
        var place = broken.Finding.Violation.Place;
        var location = new JsonObject();
        if (SourceLine().Match(place.Step.Source) is { Success: true } line) location["physicalLocation"] = Physical(line.Groups["file"].Value, int.Parse(line.Groups["line"].Value, CultureInfo.InvariantCulture));
        else if (broken.File != Replaying.CaseFile.StandardInput) location["physicalLocation"] = Physical(broken.File, 1);
        location["logicalLocations"] = new JsonArray(new JsonObject { ["name"] = place.Step.Name, ["fullyQualifiedName"] = $"{place.Path.KernelName()}.{place.Step.Name}", ["kind"] = "function" });
        var result = new JsonObject
        {
            ["ruleId"] = InvariantCatalogue.Of(broken.Finding.Invariant).Name,
            ["ruleIndex"] = rules.IndexOf(broken.Finding.Invariant),
            ["level"] = test.Outcome == TestOutcome.Known ? "note" : "error",
            ["message"] = Text($"{test.Suite}: {test.Name}: {broken.Message}.\n\n{broken.Text()}"),
            ["locations"] = new JsonArray(location),
            ["partialFingerprints"] = new JsonObject { ["case/v1"] = $"{test.Suite}: {test.Name}" },
        };
        if (test.Outcome == TestOutcome.Known) result["suppressions"] = new JsonArray(new JsonObject { ["kind"] = "external", ["justification"] = test.Message });
        return result;
    }

    private static JsonObject Notification(Test test) => new() { ["level"] = "error", ["message"] = Text($"{test.Suite}: {test.Name}: {test.Message}") };

    private static JsonObject Physical(string file, int line) => new()
    {
        ["artifactLocation"] = new JsonObject { ["uri"] = Uri.EscapeDataString(file.Replace('\\', '/')).Replace("%2F", "/", StringComparison.Ordinal) },
        ["region"] = new JsonObject { ["startLine"] = line },
    };

    private static JsonObject Text(string text) => new() { ["text"] = text };

    /// <summary>How a step that was read from C says which line it is.</summary>
    [GeneratedRegex(@"^(?<file>[\w./+-]+\.[chS]):(?<line>\d+):", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex SourceLine();
}
