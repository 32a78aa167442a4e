using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Search;

namespace Hooks.Cli.Checking;

/// <summary>What the interleaved runs of all pairs have covered, by the names of steps.</summary>
/// <param name="Schedules">Runs.</param>
/// <param name="Stuck">Those that ended where the kernel could go no further, with nothing seen to be broken before.</param>
/// <param name="Adjacent">Pairs of steps that came right after each other, by different tasks.</param>
/// <param name="Sharing">Those of them that touched the same thing, one of them changing it: their order can matter.</param>
/// <param name="Waits">How often somebody had to wait, by what for.</param>
/// <param name="Unreached">Steps of the kernels that no run took, interleaved or not; in the order of their names.</param>
internal sealed record Interleavings(
    long Schedules,
    long Stuck,
    IReadOnlySet<(string First, string Then)> Adjacent,
    IReadOnlySet<(string First, string Then)> Sharing,
    IReadOnlyList<(string Name, long Times)> Waits,
    IReadOnlyList<string> Unreached)
{
    private static readonly (WaitKind Kind, string Name)[] Kinds =
    [
        (WaitKind.MmapRead, "mmap_lock, for reading"),
        (WaitKind.MmapWrite, "mmap_lock, for writing"),
        (WaitKind.PageTable, "page table lock"),
        (WaitKind.Folio, "folio lock"),
        (WaitKind.Claim, "claim on a slot"),
        (WaitKind.Slots, "slots in use (swapoff)"),
        (WaitKind.SwapOff, "another swapoff"),
    ];

    /// <summary>Of results; null if nothing was interleaved.</summary>
    /// <param name="results">The results.</param>
    /// <param name="kernels">The kernels that they are of.</param>
    public static Interleavings? Of(IReadOnlyList<PairResult> results, IReadOnlyList<Kernel> kernels)
    {
        var met = results.Select(r => r.Met).OfType<Core.Search.Strategies.Met>().ToList();
        if (met.Sum(m => m.Runs) == 0) return null;
        var reached = results.SelectMany(r => r.Reached).Concat(met.SelectMany(m => m.Taken)).ToHashSet(StringComparer.Ordinal);
        return new Interleavings(
            met.Sum(m => m.Runs),
            met.Sum(m => m.Stuck),
            met.SelectMany(m => m.AdjacentPairs).ToHashSet(),
            met.SelectMany(m => m.SharingPairs).ToHashSet(),
            [.. Kinds.Select(k => (k.Name, met.Sum(m => m.WaitsFor(k.Kind))))],
            [.. kernels.Where(k => results.Any(r => r.Kernel == k.Name)).SelectMany(k => new StepNumbers(k).Names).Distinct().Where(name => !reached.Contains(name)).Order(StringComparer.Ordinal)]);
    }
}
