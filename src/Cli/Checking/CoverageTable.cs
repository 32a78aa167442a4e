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

    /// <summary>How often things happened.</summary>
    public static Table PerWorkload(Coverage coverage)
    {
        var table = Listing.Of("per workload", "");
        table.Columns[1].RightAligned();
        foreach (var (name, single) in Marks) table.Row(name, $"{(double)coverage.CountOf(single) / coverage.Workloads:0.00}");
        return table.Row("steps", $"{(double)coverage.Steps / coverage.Workloads:0.0}");
    }
}
