using System.Text;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Search;
using Hooks.Core.Traces;

namespace Hooks.Report;

/// <summary>What a finding looks like to a reader: one sentence, the case, the step where it broke and what that step changed, and the command that replays it.</summary>
public static class CaseReport
{
    /// <summary>How the command is called, so that what is printed can be pasted: <c>hooks</c> where it is installed, <c>dotnet run …</c> where it was built in a checkout.</summary>
    public static string Command { get; } = InCheckout() ? "dotnet run -c Release --project src/Cli --" : "hooks";

    /// <summary>A finding in plain text, without a newline at the end.</summary>
    /// <param name="finding">What was found.</param>
    /// <param name="trace">The run of its minimal case.</param>
    /// <param name="file">The file that holds the case, and what else <c>run</c> must be told.</param>
    public static string Print(Finding finding, Trace trace, string file)
    {
        var invariant = InvariantCatalogue.Of(finding.Invariant);
        var text = new StringBuilder();
        text.Append($"{finding.Minimal.Kernel} on {finding.Minimal.Arch}: {invariant.Name}\n");
        text.Append($"  {invariant.Describe(finding.Violation.Breach)}.\n\n");
        text.Append(Indented((finding.Minimal with { Comments = [] }).ToString()));
        text.Append('\n').Append(BrokenStep(finding.Violation, trace));
        text.Append($"\n  replay: {Command} run {file} --trace");
        return text.ToString();
    }

    /// <summary>The step that broke an invariant, and what it changed.</summary>
    public static string BrokenStep(Violation violation, Trace trace)
    {
        var text = new StringBuilder();
        var step = violation.Place.Step;
        text.Append($"  broke at {violation.Place}\n    {step.Source}; {step.Era}\n");
        var changes = trace.Operations.SelectMany(op => op.Steps)
            .FirstOrDefault(s => s.Violations.Any(v => v.Breach.Invariant == violation.Breach.Invariant))?.Changes ?? [];
        text.Append(changes.Count == 0 ? "    it changed nothing of the state\n" : "    it changed\n");
        foreach (var change in changes) text.Append("      ").Append(change).Append('\n');
        return text.ToString();
    }

    private static bool InCheckout()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Hooks.sln"))) return true;
        }

        return false;
    }

    /// <summary>Every line of a text, two spaces further in.</summary>
    internal static string Indented(string text) => "  " + text.TrimEnd('\n').Replace("\n", "\n  ", StringComparison.Ordinal) + "\n";
}
