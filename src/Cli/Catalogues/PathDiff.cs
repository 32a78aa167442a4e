using DiffPlex.Renderer;
using Hooks.Core.Kernels;
using Hooks.Core.Paths;

namespace Hooks.Cli.Catalogues;

/// <summary>What differs between the same path of two kernels, as a unified diff.</summary>
internal static class PathDiff
{
    private const int ContextLines = 3;

    /// <summary>The lines of the diff; none if the step lists are the same.</summary>
    public static IReadOnlyList<string> Between(Kernel from, Kernel to, PathId id)
    {
        var (a, b) = (PathOf(from, id), PathOf(to, id));
        var width = PathText.NameWidth(a, b);
        var (before, after) = (Text(a, width), Text(b, width));
        if (before == after) return [];
        return UnidiffRenderer
            .GenerateUnidiff(before, after, $"{from.Name}/{id}", $"{to.Name}/{id}", ignoreWhitespace: false, ignoreCase: false, ContextLines)
            .ReplaceLineEndings("\n")
            .TrimEnd('\n')
            .Split('\n');
    }

    /// <summary>The paths that either kernel has, in order.</summary>
    public static IEnumerable<PathId> Paths(Kernel a, Kernel b) => a.Paths.Concat(b.Paths).Select(p => p.Id).Distinct().Order();

    private static KernelPath? PathOf(Kernel kernel, PathId id) => kernel.Paths.FirstOrDefault(p => p.Id == id);

    private static string Text(KernelPath? path, int width) => string.Concat(PathText.Lines(path, width).Select(line => line + "\n"));
}
