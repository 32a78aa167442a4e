using System.Diagnostics;
using System.Globalization;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Workloads;

namespace Hooks.Bench;

/// <summary>The scope of bench/spin/race.pml: one thread reads a page that is in swap, the other writes it and pages it out.</summary>
internal static class SpinRace
{
    /// <summary>Prints rows of the table that bench/spin/run prints.</summary>
    /// <param name="rounds">How often each does so.</param>
    public static void Print(int rounds)
    {
        var kernel = KernelCatalogue.Get("v6.8");
        var arch = new NoArchitecture();
        var before = Lines(["P0 map a", "P0 write a 1", "P0 pageout a"]);
        new Machine(kernel, arch).RunUnfinished(before, out var start);
        var together = Lines([.. Enumerable.Repeat("P0 read a", rounds), .. Enumerable.Repeat("P0.1 write a 2\nP0.1 pageout a", rounds)]);
        var programs = new FixedPrograms(before, in start, together.Operations);
        Search(InvariantCatalogue.Everything, out _);
        Row("Hooks, all invariants", InvariantCatalogue.Everything);
        Row("Hooks, data-preservation, refcount and swap-count", InvariantSet.Of(InvariantId.DataPreservation, InvariantId.Refcount, InvariantId.SwapCount));

        void Row(string title, InvariantSet asked)
        {
            var search = Search(asked, out var seconds);
            if (search.Ways.Any()) throw new InvalidOperationException("the scope has no violation in v6.8");
            var at = search.Progress;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {title} | {at.States} | {at.Moves} | {seconds:0.0} s | {at.States / seconds:0} | {(double)at.Bytes / at.States:0} |"));
        }

        Exploration Search(InvariantSet asked, out double processor)
        {
            var search = new Exploration(kernel, arch, programs, asked, new ExploreOptions());
            var begun = Process.GetCurrentProcess().UserProcessorTime;
            search.Run();
            processor = (Process.GetCurrentProcess().UserProcessorTime - begun).TotalSeconds;
            return search;
        }
    }

    private static Workload Lines(string[] lines) => CaseParser.Parse($"kernel any\narch any\nswap zram slots=64\n{string.Join('\n', lines)}\n", "race").Workload;
}
