using System.Collections.Frozen;
using Hooks.Core.Kernels;

namespace Hooks.Cli.Catalogues;

/// <summary>What is said of a kernel beyond its paths.</summary>
internal static class KernelText
{
    /// <summary>What decides which hooks the architectures have: <c>6.1</c>, <c>6.1 with 6dca4ac6fc91</c>.</summary>
    public static string Release(Kernel kernel) => $"{kernel.Version}{Listed(" with ", kernel.Carried)}{Listed(" without ", kernel.Lacking)}";

    private static string Listed(string word, FrozenSet<string> commits) =>
        commits.Count == 0 ? "" : word + string.Join(", ", commits.Order(StringComparer.Ordinal).Select(Short));

    /// <summary>A message by its place in the series, as nobody knows it by its id.</summary>
    private static string Short(string commit) => commit switch
    {
        KernelCatalogue.SeriesV1Part1 => "series v1 1/3",
        KernelCatalogue.SeriesV1Part2 => "series v1 2/3",
        _ => commit,
    };
}
