using Hooks.Core.Kernels;
using Hooks.Core.Paths;

namespace Hooks.Core.Search;

/// <summary>What is done to a path.</summary>
internal enum MutationKind
{
    /// <summary>A step is left out.</summary>
    Drop,

    /// <summary>A step is taken twice.</summary>
    Duplicate,

    /// <summary>Two steps that follow each other are exchanged.</summary>
    Swap,
}

/// <summary>A kernel of which one path has one step left out, taken twice, or exchanged with the next.</summary>
/// <param name="Path">The path.</param>
/// <param name="Kind">What was done.</param>
/// <param name="Name">What was done, in words: <c>drop SwapFree</c>. A step that stands several times has its number behind it: <c>PteUnmapUnlock#2</c>.</param>
/// <param name="Kernel">The kernel.</param>
internal sealed record PathMutant(PathId Path, MutationKind Kind, string Name, Kernel Kernel)
{
    /// <summary>All mutants of a path of a kernel, in the order of its steps. (A path's only step is not dropped.)</summary>
    public static IEnumerable<PathMutant> Of(Kernel kernel, PathId id)
    {
        var path = kernel[id];
        var names = Names(path);
        for (var i = 0; i < path.Items.Count; i++)
        {
            if (path.Items[i].Step is null) continue;
            PathItem[] before = [.. path.Items.Take(i)], after = [.. path.Items.Skip(i + 1)];
            if (path.Steps.Length > 1) yield return Mutant(MutationKind.Drop, $"drop {names[i]}", [.. before, .. after]);
            yield return Mutant(MutationKind.Duplicate, $"duplicate {names[i]}", [.. before, path.Items[i], path.Items[i], .. after]);
            if (after.Length > 0 && after[0].Step is not null)
            {
                yield return Mutant(MutationKind.Swap, $"swap {names[i]}, {names[i + 1]}", [.. before, after[0], path.Items[i], .. after[1..]]);
            }
        }

        PathMutant Mutant(MutationKind kind, string name, PathItem[] items) =>
            new(id, kind, name, kernel.Mutated($"{kernel.Name}: {name}", $"{kernel.Name}, {id}: {name}", new KernelPath(id, path.KernelFunction, items)));
    }

    private static List<string> Names(KernelPath path)
    {
        var seen = new Dictionary<string, int>();
        var names = new List<string>();
        foreach (var item in path.Items)
        {
            var name = item.Step?.Name ?? "";
            seen[name] = seen.GetValueOrDefault(name) + 1;
            names.Add(seen[name] == 1 ? name : $"{name}#{seen[name]}");
        }

        return names;
    }
}
