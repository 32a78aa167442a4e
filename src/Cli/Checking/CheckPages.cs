using Hooks.Cli.Plugins;
using Hooks.Core.Invariants;
using Hooks.Core.Search;
using Hooks.Report;
using Hooks.Report.Pictures;

namespace Hooks.Cli.Checking;

/// <summary><c>check --html DIR</c>: the outcome as pages, <c>index.html</c> and one for each bug. Pages of an earlier check that are there no longer are left alone.</summary>
internal static class CheckPages
{
    private const string Index = "index.html";

    /// <summary>Makes the folder: a long run must not end in its first failed write.</summary>
    /// <exception cref="InputException">It cannot be made, or not be written to.</exception>
    public static void Prepare(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            var probe = WholeFile.TemporaryOf(Path.Combine(path, Index));
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception e) when (IsRefusal(e))
        {
            throw Refused(path, e);
        }
    }

    /// <summary>Writes them.</summary>
    /// <exception cref="InputException">They cannot be written.</exception>
    public static void Write(CheckOptions options, IReadOnlyList<PairRun> pairs, CaseFolder folder, string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            List<CheckBug> bugs = [];
            foreach (var bug in BugList.Of(pairs))
            {
                var (pair, finding) = bug[0];
                var name = CaseFolder.NameOf(finding);
                var film = Film.Of($"{InvariantCatalogue.Of(finding.Invariant).Name}: {finding.Minimal.Kernel} on {finding.Minimal.Arch}", finding.Minimal.Workload, pair.Kernel, pair.Architecture);
                var command = $"{CaseReport.Command} run {PluginSet.ArgumentsFor(folder.FileOf(finding))} --trace";
                WholeFile.Write(Path.Combine(path, name + ".html"), HtmlPage.Of(film, command, Index));
                bugs.Add(new CheckBug(
                    BugList.Title(finding),
                    BugList.IsNew(bug),
                    $"{InvariantCatalogue.Of(finding.Invariant).Describe(finding.Violation.Breach)}.",
                    (finding.Minimal with { Comments = [] }).ToString().TrimEnd('\n'),
                    SvgPicture.Of(film),
                    name + ".html",
                    command,
                    [.. bug.Select(f => (f.Pair.Kernel.Name, f.Pair.Architecture.Name))],
                    string.Join(' ', BugList.Where(options, [.. bug.Select(f => f.Pair)]))));
            }

            PairResult[] results = [.. pairs.Select(p => p.Result).OfType<PairResult>()];
            WholeFile.Write(Path.Combine(path, Index), CheckPage.Of(CheckReport.Sentence(options, pairs, results), [.. pairs.Select(Cell)], bugs));
        }
        catch (Exception e) when (IsRefusal(e))
        {
            throw Refused(path, e);
        }
    }

    private static CheckCell Cell(PairRun pair)
    {
        var cell = VerdictCell.Final(pair);
        return new CheckCell(pair.Kernel.Name, pair.Architecture.Name, cell.Text, cell.Looks);
    }

    private static bool IsRefusal(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    private static InputException Refused(string path, Exception e) => new(File.Exists(path) ? $"--html: '{path}' is a file; expected a folder" : $"--html: cannot write to '{path}': {(e is UnauthorizedAccessException ? "permission denied" : e.Message)}");
}
