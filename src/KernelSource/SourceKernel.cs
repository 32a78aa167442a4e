using System.Collections.Immutable;
using Hooks.Core.Kernels;
using Hooks.Core.Paths;
using Hooks.KernelSource.C;
using Hooks.KernelSource.Paths;

namespace Hooks.KernelSource;

/// <summary>A kernel read from source: what was read, what comes from the catalogue, and what is not known. With anything unknown there is no kernel, and no verdict.</summary>
/// <param name="Tree">The tree.</param>
/// <param name="Like">The kernel of the catalogue that everything else comes from.</param>
/// <param name="Kernel">The kernel; null with something unknown.</param>
/// <param name="Read">The paths that were read.</param>
/// <param name="Unknowns">What is not known, in live code.</param>
/// <param name="Remarks">What a reader of the verdict should know.</param>
public sealed record SourceKernel(SourceTree Tree, Kernel Like, Kernel? Kernel, ImmutableArray<ReadPath> Read, ImmutableArray<Unknown> Unknowns, ImmutableArray<string> Remarks)
{
    /// <summary>Reads a tree.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="like">Where everything that is not read comes from.</param>
    /// <param name="table">What helpers are.</param>
    /// <param name="name">What the kernel is called in cases.</param>
    /// <param name="basis">The tree before it was patched: of the functions that can be left to the catalogue, those that were read there have to be read here.</param>
    /// <exception cref="SourceException">A function that has to be there is not, or cannot be parsed.</exception>
    public static SourceKernel Of(SourceTree tree, Kernel like, HelperTable table, string name = "linux", SourceKernel? basis = null)
    {
        tree.ReadAhead([.. PathEntries.All.Select(e => e.Files[0]), .. KnownBodies.Files]);
        var read = new List<ReadPath>();
        var (unknowns, remarks) = (new List<Unknown>(), new List<string>());
        foreach (var entry in PathEntries.All)
        {
            if (ReadOne(tree, like, table, entry, unknowns, remarks, basis is not null && basis.Read.Any(r => r.Function == entry.Name)) is { } path) read.Add(path);
        }

        if (KnownBodies.Remark(tree, read.SelectMany(r => r.Rows)) is { } bodies) remarks.Add(bodies);
        return new SourceKernel(tree, like, unknowns.Count > 0 ? null : Made(tree, like, name, read), [.. read], [.. unknowns.Distinct().OrderBy(u => u.File, StringComparer.Ordinal).ThenBy(u => u.Line)], [.. remarks.Distinct()]);
    }

    /// <summary>This kernel with a function changed; only the paths that have it are read again. Null if it then means the same, or is not known.</summary>
    /// <param name="changed">The function.</param>
    /// <param name="table">What helpers are.</param>
    /// <param name="name">What the kernel is called in cases.</param>
    internal SourceKernel? With(Function changed, HelperTable table, string name)
    {
        var tree = Tree.With(changed);
        var (unknowns, remarks) = (new List<Unknown>(), new List<string>());
        var read = new List<ReadPath>();
        foreach (var path in Read)
        {
            ReadPath? now;
            try
            {
                now = path.Has(changed.File, changed.Name) ? ReadOne(tree, Like, table, PathEntries.All.First(e => e.Path == path.Path && e.Name == path.Function), unknowns, remarks, isNeeded: true) : path;
            }
            catch (SourceException)
            {
                // It needs more variables at once than a task of the model has.
                return null;
            }

            if (now is null) return null;
            read.Add(now);
        }

        var kernel = this with { Tree = tree, Kernel = Made(tree, Like, name, read), Read = [.. read] };
        return kernel.MeansTheSameAs(this) ? null : kernel;
    }

    /// <summary>Whether another reading means the same to the model, wherever its lines stand.</summary>
    public bool MeansTheSameAs(SourceKernel other) => Read.Select(r => r.Meaning).SequenceEqual(other.Read.Select(r => r.Meaning), StringComparer.Ordinal);

    /// <summary>The kernel of the catalogue that a release is most like: of the same stable series, or the newest that is not newer.</summary>
    public static Kernel LikeOf(KernelVersion version, int sublevel)
    {
        var stable = KernelCatalogue.All.Where(k => k.Name.StartsWith("debian-", StringComparison.Ordinal) && k.Name.Count(c => c == '-') == 1 && k.Version == version).ToList();

        // Stable kernels carry what their release did not have; those of the catalogue are late ones.
        if (sublevel >= 80 && stable.Count > 0) return stable[0];
        return KernelCatalogue.All.Where(k => k.Name == $"v{k.Version}" && k.Version <= version).MaxBy(k => k.Version) ?? KernelCatalogue.All[0];
    }

    private static Kernel Made(SourceTree tree, Kernel like, string name, IEnumerable<ReadPath> read) =>
        like.ReadFromSource(name, $"read from {tree.Name}; what is not read is {like.Name}", [.. read.GroupBy(r => r.Path).Select(g => g.Aggregate(like[g.Key], (path, r) => r.Put(path)))]);

    /// <summary>Reads one path; null if something in it is not known, or it can be left to the catalogue.</summary>
    private static ReadPath? ReadOne(SourceTree tree, Kernel like, HelperTable table, PathEntry entry, List<Unknown> unknowns, List<string> remarks, bool isNeeded)
    {
        var found = new List<Unknown>();
        try
        {
            var path = ReadFunction(tree, table, entry, found, remarks);
            if (path is not null || found.Count == 0) return path;
            if (entry.IsOptional && !isNeeded) remarks.Add($"{entry.Name}() is {like.Name}'s, as it cannot be read: {found[0]}");
            else unknowns.AddRange(found);
        }
        catch (SourceException e) when (entry.IsOptional && !isNeeded)
        {
            remarks.Add($"{entry.Name}() is {like.Name}'s, as it cannot be read: {e.Message}");
        }

        return null;
    }

    /// <summary>Reads a function; null if it is not there, or something in it is not known.</summary>
    private static ReadPath? ReadFunction(SourceTree tree, HelperTable table, PathEntry entry, List<Unknown> found, List<string> remarks)
    {
        if (tree.File(entry.Files[0]) is not { } file) return entry.IsOptional ? null : throw new SourceException($"{tree.Name}/{entry.Files[0]} is not there; expected the root of a kernel tree");
        if (tree.Find(entry.Files[0], entry.Name) is not { } function)
        {
            if (entry.IsOptional) return null;
            throw new SourceException($"{tree.Name}/{entry.Files[0]}: there is no function {entry.Name}(); expected a kernel from 5.16 on");
        }

        var live = LiveCode.Of(tree, table, entry, function);
        found.AddRange(live.Unknowns);
        if (found.Count > 0) return null;
        var (lowered, code) = (live.Lowered, live.Code);
        foreach (var (line, macro) in file.Configuration.Undecided.Where(u => u.Line > function.Line && u.Line < function.EndLine)) remarks.Add($"{file.Path}:{line}: {macro} is taken as not defined");
        var uninitialised = SlotAllocation.Run(function, code, entry.Reserved, entry.IsCalled, kept: entry.Kept);
        return new ReadPath(
            entry.Path,
            entry.Name,
            code.Count(i => i.Value?.IsShared == true),
            [.. lowered.Functions.Select(f => $"{f.Name}() ({f.File}:{f.Line}–{f.EndLine})").Concat(lowered.Facts).Order(StringComparer.Ordinal)])
        {
            Meaning = IrText.Of(code),
            Origins = [.. code.Select(i => i.Origin)],
            Functions = lowered.Functions,
            Rows = lowered.Rows,
            Put = entry.Part is { } part ? path => PartOf(path, entry, part, code, uninitialised) : _ => new KernelPath(entry.Path, entry.Name + "()", [.. AtOnce(function, code), .. PathBuilder.Items(code, uninitialised, PathBuilder.LeaveFault)]),
        };
    }

    /// <summary>A function that does nothing that others could see still takes a step.</summary>
    private static IEnumerable<PathItem> AtOnce(Function function, List<IrItem> code)
    {
        if (!code.Exists(i => i.Value?.IsShared == true)) yield return new Step("Return", $"{function.File}:{function.Line}: {function.Name}()", Era.AsRead, Instruction.Do(static (in m, ref t) => { }));
    }

    /// <summary>A path with a function read from source in the place of a part of its own.</summary>
    private static KernelPath PartOf(KernelPath own, PathEntry entry, PathPart part, List<IrItem> code, IReadOnlyList<Variable> uninitialised)
    {
        var items = own.Items.ToList();
        var first = items.FindIndex(i => part.From(i));
        var last = items.FindIndex(i => part.Until(i));

        // Where nothing leads through the part that is not this function's, the labels on the way back are there all the same.
        IEnumerable<PathItem> unused = code.Exists(i => i.Code == IrCode.Call && i.Callee == entry.Path) || entry.Through.Count == 0 ? [] : [.. entry.Through, Instruction.Goto(part.Return)];
        return new KernelPath(own.Id, own.KernelFunction, [.. items.Take(first), .. part.Before, .. PathBuilder.Items(code, uninitialised, value => LeavePart(part, value), entry), .. part.Behind(items[first..last]), .. unused, .. items.Skip(last)]);
    }

    private static IEnumerable<PathItem> LeavePart(PathPart part, Ir? value)
    {
        if (part.Unless is not var (special, elsewhere) || value is null) return [Instruction.Goto(part.Return)];
        if (value is Constant known) return [Instruction.Goto(known.Value == special ? elsewhere : part.Return)];
        return [Instruction.Unless(PathBuilder.GuardOf(new Between("==", value, new Constant(special))), part.Return), Instruction.Goto(elsewhere)];
    }
}
