using DiffPlex;
using DiffPlex.Chunkers;
using Hooks.KernelSource.C;
using Hooks.KernelSource.Paths;

namespace Hooks.KernelSource.Patches;

/// <summary>How the model sees a function.</summary>
public enum Sight
{
    /// <summary>It is read.</summary>
    Read,

    /// <summary>The model has a step of its own in its place, which stays as it is.</summary>
    StandsFor,

    /// <summary>A path of the catalogue stands for it.</summary>
    Catalogue,

    /// <summary>The model knows nothing of it.</summary>
    None,
}

/// <summary>A function that a patch changes.</summary>
/// <param name="File">The file.</param>
/// <param name="Function">The function; empty for lines outside of all.</param>
/// <param name="Lines">How many lines are taken away or added.</param>
/// <param name="Sight">How the model sees it.</param>
public sealed record Change(string File, string Function, int Lines, Sight Sight)
{
    /// <summary>What a patch changes, function by function.</summary>
    public static IReadOnlyList<Change> Between(SourceKernel before, SourceKernel after, IEnumerable<string> files)
    {
        var changes = new List<Change>();
        foreach (var path in files)
        {
            var (old, now) = (before.Tree.Files.Read(path) ?? "", after.Tree.Files.Read(path) ?? "");
            var diff = Differ.Instance.CreateDiffs(old, now, ignoreWhiteSpace: false, ignoreCase: false, LineChunker.Instance);
            var removed = diff.DiffBlocks.SelectMany(b => Enumerable.Range(b.DeleteStartA + 1, b.DeleteCountA)).Select(line => FunctionAt(before.Tree, path, line));
            var added = diff.DiffBlocks.SelectMany(b => Enumerable.Range(b.InsertStartB + 1, b.InsertCountB)).Select(line => FunctionAt(after.Tree, path, line));
            changes.AddRange(removed.Concat(added).GroupBy(f => f, StringComparer.Ordinal).Select(g => new Change(path, g.Key, g.Count(), SightOf(path, g.Key, before, after))));
        }

        return changes;
    }

    private static string FunctionAt(SourceTree tree, string path, int line)
    {
        if (!path.EndsWith(".c", StringComparison.Ordinal) && !path.EndsWith(".h", StringComparison.Ordinal)) return "";
        foreach (var lazy in tree.File(path) is { } file ? file.Functions.Values : Enumerable.Empty<Lazy<Function>>())
        {
            try
            {
                if (line >= lazy.Value.Line && line <= lazy.Value.EndLine) return lazy.Value.Name;
            }
            catch (ParseException)
            {
                // A function that cannot be read: its lines are nobody's.
            }
        }

        return "";
    }

    private static Sight SightOf(string path, string function, SourceKernel before, SourceKernel after)
    {
        if (function.Length == 0) return Sight.None;
        if (before.Read.Concat(after.Read).Any(r => r.Has(path, function))) return Sight.Read;
        if (HelperTable.Own.Rows.Any(r => r.Name == function && r.Role is Role.Step or Role.Query or Role.Pure or Role.Model)) return Sight.StandsFor;
        return before.Like.Paths.Any(p => p.KernelFunction.Split(", ").Any(f => f.Split('(')[0] == function)) ? Sight.Catalogue : Sight.None;
    }
}
