using Hooks.Cli.Terminal;
using Hooks.Core;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using Spectre.Console;

namespace Hooks.Cli.Checking;

/// <summary>The distribution of what was run: a search is worth what its workloads do.</summary>
internal static class CoverageTable
{
    private static readonly (string Name, Event Event)[] Events =
    [
        ("mappings swapped out", Event.SwapOut),
        ("  of a shared page", Event.SwapOutShared),
        ("pages swapped in", Event.SwapIn),
        ("  found in the swap cache", Event.CacheHit),
        ("  read around the swap cache", Event.ReadAround),
        ("  read into the swap cache", Event.ReadIntoCache),
        ("slots freed", Event.SlotFreed),
        ("slots held back in the slot cache", Event.SlotHeldBack),
        ("pages copied on write", Event.CowCopy),
        ("pages reused on write", Event.CowReuse),
        ("metadata saved", Event.MetadataSaved),
        ("metadata restored", Event.MetadataRestored),
        ("needless write faults", Event.NeedlessFault),
        ("swapped in while being written, stable-writes", Event.SwapInUnstable),
    ];

    /// <summary>How often each operation was tried, and could apply.</summary>
    public static Table Operations(Coverage coverage)
    {
        var table = Listing.Of("operation", "tried", "applied");
        for (var i = 1; i < table.Columns.Count; i++) table.Columns[i].RightAligned();
        foreach (var verb in Enum.GetValues<Verb>())
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
        foreach (var (name, single) in Events) table.Row(name, $"{(double)coverage.CountOf(single) / coverage.Workloads:0.00}");
        return table.Row("steps", $"{(double)coverage.Steps / coverage.Workloads:0.0}");
    }
}
