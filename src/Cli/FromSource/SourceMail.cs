using System.Text;
using Hooks.Cli.Checking;
using Hooks.Core.Invariants;
using Hooks.Core.Search;
using Hooks.Core.Traces;

namespace Hooks.Cli.FromSource;

/// <summary>A verdict as a reply to the patch: plain text of 72 columns, the patch's own lines quoted.</summary>
internal static class SourceMail
{
    private const int Width = 72;

    /// <summary>The text, without a newline at the end.</summary>
    public static string Print(SourceInput input, IReadOnlyList<ArchResult> results, CheckOptions options)
    {
        var text = new StringBuilder();
        var patched = input.Patched is not null;
        foreach (var result in results)
        {
            var of = result.Patched ?? result.Base;
            var which = patched ? result.Breaks : result.Base.Broken;
            foreach (var finding in of.Findings.Where(f => which.Contains(f.Invariant)).Concat(result.BreaksCases).Concat(patched ? result.BreaksRaces : result.Base.Races)) Tell(text, input, result, finding, patched);
        }

        foreach (var result in results.Where(r => r.Fixes.Count > 0)) Wrap(text, $"On {result.Architecture.Name} the patch fixes {string.Join(", ", Catalogues.Names.Of(result.Fixes))}.").Append('\n');
        foreach (var result in results.Where(r => !r.FixesCases.IsEmpty)) Wrap(text, $"On {result.Architecture.Name} the patch fixes cases of {string.Join(", ", result.FixesCases.Select(f => InvariantCatalogue.Of(f.Invariant).Name))}, though not all.").Append('\n');
        foreach (var result in results.Where(r => !r.FixesRaces.IsEmpty)) Wrap(text, $"On {result.Architecture.Name} the patch fixes a race: {string.Join(", ", result.FixesRaces.Select(f => InvariantCatalogue.Of(f.Invariant).Name))}.").Append('\n');
        foreach (var result in results.Where(r => patched && r.Stays.Count > 0)) Wrap(text, $"Broken before and after on {result.Architecture.Name}: {string.Join(", ", Catalogues.Names.Of(result.Stays))}.").Append('\n');
        if (results.All(r => patched ? !r.IsWorse : r.Base.Broken.Count + r.Base.Raced.Count == 0)) Wrap(text, patched ? "The patch breaks nothing that the model checks." : "Nothing breaks that the model checks.").Append('\n');
        var read = string.Join(", ", input.Last.Read.Select(r => r.Function + "()"));
        Wrap(text, $"Found with Hooks, an executable model of the swap path: {read} as in {input.Base.Tree.Name}, everything else as in {input.Base.Like.Name}, {Judgement.Workloads(options.Workloads)}{(options.Scheduling.Schedules == 0 ? "" : $" and {Judgement.Count(options.Scheduling.Schedules, "schedule")}")} each on {string.Join(", ", results.Select(r => r.Architecture.Name))}, seed {options.Seed}.");
        return text.ToString().TrimEnd('\n');
    }

    private static void Tell(StringBuilder text, SourceInput input, ArchResult result, Finding finding, bool patched)
    {
        var kernel = input.Last.Kernel!;
        var trace = Trace.Record(finding.Minimal.Workload, kernel, result.Architecture, InvariantSet.Of(finding.Invariant));
        foreach (var line in Quoted(input, finding, trace)) text.Append("> ").Append(line).Append('\n');
        if (text.Length > 0 && text[^1] == '\n') text.Append('\n');
        var invariant = InvariantCatalogue.Of(finding.Invariant);
        Wrap(text, $"{(patched ? "This" : "The tree")} breaks {invariant.Name} on {result.Architecture.Name}: {invariant.Describe(finding.Violation.Breach)}.{(finding.IsRace ? " It is a race: one after the other, in any order, these operations do not." : "")}").Append('\n');
        foreach (var line in (finding.Minimal with { Comments = [] }).ToString().TrimEnd('\n').Split('\n')) text.Append("  ").Append(line).Append('\n');
        text.Append('\n');
        Wrap(text, $"It breaks at {finding.Violation.Place.Step.Source}").Append('\n');
    }

    /// <summary>The lines of the patch that the operation that fails goes through; of a patch that only takes lines away, those.</summary>
    private static IEnumerable<string> Quoted(SourceInput input, Finding finding, Trace trace)
    {
        if (input.Files is null) yield break;
        var lines = trace.Operations.SelectMany(o => o.Steps).Select(s => s.Place.Step.Source).ToHashSet(StringComparer.Ordinal);
        foreach (var hunk in input.Files.Applied)
        {
            var added = hunk.Hunk.Lines.Where(l => l.Kind == '+').Select(l => l.Text).Zip(hunk.Added).Where(l => lines.Any(s => s.StartsWith($"{hunk.Path}:{l.Second}:", StringComparison.Ordinal))).Select(l => "+" + l.First).ToList();
            if (added.Count == 0 && hunk.Hunk.Lines.All(l => l.Kind != '+')) added = [.. hunk.Hunk.Lines.Where(l => l.Kind == '-').Select(l => "-" + l.Text)];
            if (added.Count == 0) continue;
            yield return $"@@ {hunk.Path}:{hunk.Line} @@";
            foreach (var line in added) yield return line;
        }
    }

    /// <summary>A paragraph, wrapped; ends in a newline.</summary>
    private static StringBuilder Wrap(StringBuilder text, string paragraph)
    {
        var column = 0;
        foreach (var word in paragraph.Split(' '))
        {
            if (column > 0 && column + 1 + word.Length > Width)
            {
                text.Append('\n');
                column = 0;
            }
            else if (column > 0)
            {
                text.Append(' ');
                column++;
            }

            text.Append(word);
            column += word.Length;
        }

        return text.Append('\n');
    }
}
