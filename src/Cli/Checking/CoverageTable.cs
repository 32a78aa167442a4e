using Hooks.Cli.Terminal;
using Hooks.Core;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using Spectre.Console;

namespace Hooks.Cli.Checking;

/// <summary>The distribution of what was run: a search is worth what its workloads do.</summary>
internal static class CoverageTable
{
    private static readonly (string Name, Mark Mark)[] Marks =
    [
        ("mappings swapped out", Mark.SwapOut),
        ("  of a shared page", Mark.SwapOutShared),
        ("pages swapped in", Mark.SwapIn),
        ("  found in the swap cache", Mark.CacheHit),
        ("  read around the swap cache", Mark.ReadAround),
        ("  read into the swap cache", Mark.ReadIntoCache),
        ("slots freed", Mark.SlotFreed),
        ("slots held back in the slot cache", Mark.SlotHeldBack),
        ("pages copied on write", Mark.CowCopy),
        ("pages reused on write", Mark.CowReuse),
        ("metadata saved", Mark.MetadataSaved),
        ("metadata restored", Mark.MetadataRestored),
        ("needless write faults", Mark.NeedlessFault),
        ("swapped in while being written, stable-writes", Mark.SwapInUnstable),
    ];

    /// <summary>How often each operation was tried, and could apply.</summary>
    public static Table Operations(Coverage coverage)
    {
        var table = Listing.Of("operation", "tried", "applied");
        for (var i = 1; i < table.Columns.Count; i++) table.Columns[i].RightAligned();
        foreach (var verb in Generator.Verbs)
        {
            var tried = coverage.TriedOf(verb);
            table.Row(CaseText.Word(verb), $"{tried}", tried == 0 ? "–" : $"{100.0 * coverage.AppliedOf(verb) / tried:0} %");
        }

        return table;
    }

    /// <summary>What interleaved runs have met and waited for.</summary>
    public static Table Interleavings(Interleavings covered)
    {
        var table = Listing.Of("interleaved runs", $"{covered.Schedules}");
        table.Columns[1].RightAligned();
        if (covered.Stuck > 0) table.Row("  which ended where the kernel could go no further, nothing seen to be broken", $"{covered.Stuck}");
        table.Row("pairs of steps of two tasks, one right after the other", $"{covered.Adjacent.Count}");
        table.Row("  which touched the same thing", $"{covered.Sharing.Count}");
        foreach (var (name, times) in covered.Waits) table.Row($"waits for: {name}", $"{times}");
        return table;
    }

    /// <summary>Which paths met, and in how many pairs of steps that touched the same thing.</summary>
    public static Table Beside(Interleavings covered)
    {
        var table = Listing.Of("path", "beside (pairs of steps that touched the same thing)");
        foreach (var path in covered.Sharing.GroupBy(p => PathOf(p.First)).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            table.Row(path.Key, string.Join(", ", path.GroupBy(p => PathOf(p.Then)).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key} {g.Count()}")));
        }

        return table;
    }

    private static string PathOf(string step) => step[..step.IndexOf('.', StringComparison.Ordinal)];

    /// <summary>How often things happened.</summary>
    public static Table PerWorkload(Coverage coverage)
    {
        var table = Listing.Of("per workload", "");
        table.Columns[1].RightAligned();
        foreach (var (name, single) in Marks) table.Row(name, $"{(double)coverage.CountOf(single) / coverage.Workloads:0.00}");
        return table.Row("steps", $"{(double)coverage.Steps / coverage.Workloads:0.0}");
    }
}
