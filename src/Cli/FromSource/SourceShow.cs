using System.Globalization;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;
using Hooks.Cli.Terminal;
using Hooks.KernelSource;
using Hooks.KernelSource.Paths;
using Spectre.Console;

namespace Hooks.Cli.FromSource;

/// <summary><c>hooks show --source</c>: the C that is left when what the model leaves out is folded away, and what each call is to the model.</summary>
internal static class SourceShow
{
    private const int Context = 3;

    /// <summary>Shows a tree; with patches, what they change; with another tree, what is different from it.</summary>
    public static int Run(Screen screen, SourceInput input, SourceInput? other, string? path)
    {
        if (input.Unknowns.Count > 0) throw new NoVerdictException(input.Unknowns);

        if (other is not null) Diff(screen, other.Last, input.Last, path);
        else if (input.Patched is not null) Diff(screen, input.Base, input.Patched, path);
        else Show(screen, input, path);
        return ExitCode.AsExpected;
    }

    private static void Show(Screen screen, SourceInput input, string? path)
    {
        SourceText.Print(screen, input);
        foreach (var read in Paths(input.Last, path))
        {
            var lines = View.Of(read).ToList();
            var width = Math.Min(72, lines.Max(l => l.Text.Length));
            screen.Line();
            screen.Line($"{read.Function}(): {read.Source()}, {read.Steps} steps", new Style(Color.Aqua));
            foreach (var line in lines)
            {
                var number = line.Line.ToString(CultureInfo.InvariantCulture).PadLeft(6);
                screen.Verbatim(line.Meaning.Length == 0 ? $"{number}  {line.Text}" : $"{number}  {line.Text.PadRight(width)}  # {line.Meaning}");
            }
        }
    }

    private static string Source(this ReadPath read) => $"{read.Read.Count} function{(read.Read.Count == 1 ? "" : "s")} read";

    private static List<ReadPath> Paths(SourceKernel kernel, string? path)
    {
        var found = kernel.Read.Where(r => path is null || r.Function == path.TrimEnd('(', ')')).DistinctBy(r => r.Function).ToList();
        return found.Count > 0 ? found : throw new InputException($"--path: {path} is not read from source; there are: {string.Join(", ", kernel.Read.Select(r => r.Function).Distinct())}");
    }

    /// <summary>Without line numbers: they change with every line above.</summary>
    private static void Diff(Screen screen, SourceKernel from, SourceKernel to, string? path)
    {
        var differ = false;
        foreach (var (before, after) in Paths(from, path).Join(Paths(to, path), r => r.Path, r => r.Path, (a, b) => (a, b)))
        {
            var diff = InlineDiffBuilder.Diff(Text(before), Text(after)).Lines;
            if (diff.TrueForAll(l => l.Type == ChangeType.Unchanged)) continue;
            differ = true;
            screen.Line($"--- {from.Tree.Name}: {before.Function}()", new Style(Color.Red));
            screen.Line($"+++ {to.Tree.Name}: {after.Function}()", new Style(Color.Green));
            var gap = true;
            for (var i = 0; i < diff.Count; i++)
            {
                var near = Enumerable.Range(Math.Max(0, i - Context), Math.Min(diff.Count, i + Context + 1) - Math.Max(0, i - Context)).Any(j => diff[j].Type != ChangeType.Unchanged);
                if (!near)
                {
                    gap = true;
                    continue;
                }

                if (gap) screen.Line("@@", new Style(Color.Aqua));
                gap = false;
                var (mark, style) = diff[i].Type switch
                {
                    ChangeType.Inserted => ("+", new Style(Color.Green)),
                    ChangeType.Deleted => ("-", new Style(Color.Red)),
                    _ => (" ", Style.Plain),
                };
                screen.Line(mark + diff[i].Text, style);
            }
        }

        if (!differ) screen.Line(from.MeansTheSameAs(to) ? "They do not differ, as far as the model sees." : "What is left of the C does not differ, but its conditions do.");
    }

    private static string Text(ReadPath path) => string.Join('\n', View.Of(path).Select(l => l.Text));
}
