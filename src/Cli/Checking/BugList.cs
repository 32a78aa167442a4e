using System.Text;
using Hooks.Cli.Terminal;
using Hooks.Core.Invariants;
using Hooks.Core.Search;
using Hooks.Report;

namespace Hooks.Cli.Checking;

/// <summary>
/// Each distinct bug of a run in a line, or two where the screen is narrow: what is broken, the smallest case, and the kernels and architectures that have it.
/// The same invariant broken by the same workload is the same bug. A race says that it is one.
/// </summary>
internal static class BugList
{
    private const string Indent = "    ";

    /// <summary>The narrowest and the widest that lines are broken for.</summary>
    private const int Narrow = 40;
    private const int Wide = 160;

    /// <summary>Prints it; nothing if nothing was broken.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="options">What was asked for: for the order of kernels and architectures.</param>
    /// <param name="pairs">The pairs, kernel by kernel.</param>
    public static void Print(Screen screen, CheckOptions options, IReadOnlyList<PairRun> pairs)
    {
        var bugs = Of(pairs);
        if (bugs.Count == 0) return;
        screen.Line();
        screen.Line($"{Judgement.Count(bugs.Count, "bug")}, smallest case and who has it:");
        foreach (var bug in bugs)
        {
            var (where, minimal) = (Where(options, [.. bug.Select(f => f.Pair)]), bug[0].Finding.Minimal);
            string[] words = [$"{(IsNew(bug) ? "NEW " : "")}{Title(bug[0].Finding)}:", .. CaseLine.Parts(minimal.Workload).Select((part, i) => i == 0 ? part : "· " + part), .. where, .. bug.All(f => f.Finding.FoundAt == Finding.Kept) ? ["(kept from an earlier run, and replayed)"] : Array.Empty<string>()];
            foreach (var line in Wrapped(words, Math.Clamp(screen.Width, Narrow, Wide))) screen.Line(line);
        }
    }

    /// <summary>The bugs: who has each, kernel by kernel.</summary>
    public static IReadOnlyList<IReadOnlyList<(PairRun Pair, Finding Finding)>> Of(IReadOnlyList<PairRun> pairs) =>
    [
        .. pairs
            .Where(p => p.Result is not null)
            .SelectMany(p => p.Result!.All().Select(f => (Pair: p, Finding: f)))
            .GroupBy(f => (f.Finding.Invariant, f.Finding.IsRace, f.Finding.IsLarge, Workload: f.Finding.Minimal.Workload.ToString()))
            .OrderBy(bug => bug.Key.Invariant)
            .ThenBy(bug => bug.Key.IsRace)
            .ThenBy(bug => bug.Key.IsLarge)
            .Select(bug => bug.ToList()),
    ];

    /// <summary>Whether somebody has it of whom the catalogue does not expect it.</summary>
    public static bool IsNew(IEnumerable<(PairRun Pair, Finding Finding)> bug) => bug.Any(f => !f.Pair.Result!.Expects(f.Finding));

    /// <summary>What is broken, whether it is a race, and whether it takes large folios.</summary>
    public static string Title(Finding finding) => $"{InvariantCatalogue.Of(finding.Invariant).Name}{(finding.IsRace ? ", a race" : "")}{(finding.IsLarge ? ", large folios" : "")}";

    /// <summary>Kernels and the architectures they have it on: <c>— v5.16 … v5.18, v6.5 on none, arm64</c>, in parts that are not to be broken.</summary>
    public static IEnumerable<string> Where(CheckOptions options, IReadOnlyList<PairRun> pairs)
    {
        var groups = options.Kernels.Index()
            .Select(k => (k.Index, k.Item.Name, Archs: string.Join(", ", options.Architectures.Where(a => pairs.Any(p => p.Kernel.Name == k.Item.Name && p.Architecture.Name == a.Name)).Select(a => a.Name))))
            .Where(k => k.Archs.Length > 0)
            .GroupBy(k => k.Archs)
            .ToList();
        for (var g = 0; g < groups.Count; g++)
        {
            string[] names = [.. KernelRange.Of([.. groups[g].Select(k => (k.Index, k.Name))])];
            for (var i = 0; i < names.Length; i++)
            {
                var comma = i < names.Length - 1 ? "," : "";
                yield return (g == 0 && i == 0 ? "— " : "") + names[i] + comma;
            }

            yield return $"on {groups[g].Key}" + (g < groups.Count - 1 ? ";" : "");
        }
    }

    private static IEnumerable<string> Wrapped(IEnumerable<string> words, int width)
    {
        var line = new StringBuilder("  ");
        var empty = true;
        foreach (var word in words)
        {
            if (!empty && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear().Append(Indent);
                empty = true;
            }

            if (!empty) line.Append(' ');
            line.Append(word);
            empty = false;
        }

        yield return line.ToString();
    }
}
