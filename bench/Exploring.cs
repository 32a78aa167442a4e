using System.Diagnostics;
using System.Globalization;
using Hooks.Arch.Arm64;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Workloads;

namespace Hooks.Bench;

/// <summary>What a search of a whole scope costs: states a second of processor time, bytes a state, and what canonical form and reduction save.</summary>
internal static class Exploring
{
    /// <summary>Prints a table.</summary>
    public static void Print()
    {
        Console.WriteLine("| scope | states | states/s | moves/s | bytes a state | moves left out | states as they are |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        Row("two threads, 5 operations, v6.8, none", "v6.8", new NoArchitecture(), [Verb.Map, Verb.Write, Verb.Read, Verb.Pageout], threads: 2, operations: 5);
        Row("two threads, 4 operations, v6.11, arm64", "v6.11", new Arm64Architecture(), [Verb.Map, Verb.Write, Verb.Tag, Verb.Read, Verb.Pageout], threads: 2, operations: 4);
        Row("three threads, 3 operations, v6.8, none", "v6.8", new NoArchitecture(), [Verb.Map, Verb.Write, Verb.Pageout], threads: 3, operations: 3);
    }

    private static void Row(string title, string kernel, IArchitecture arch, Verb[] verbs, int threads, int operations)
    {
        var of = KernelCatalogue.Get(kernel);
        var before = new Workload([new SwapConfig(true, 64)], []);
        new Machine(of, arch).RunUnfinished(before, out var start);
        var vocabulary = new Vocabulary([.. verbs], 1, 1, 1, arch.Hooks(of).Metadata.Any, Disk: false);
        var programs = new OpenPrograms(before, in start, BitSet<TaskId>.UpTo(threads), operations, vocabulary.Of);
        Search(new ExploreOptions(), out _);
        var search = Search(new ExploreOptions(), out var seconds);
        var full = Search(new ExploreOptions { Reduces = false }, out _);
        var raw = Search(new ExploreOptions { Canonical = false, Memory = 2L << 30 }, out _);
        var at = search.Progress;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {title} | {at.States:N0} | {at.States / seconds:N0} | {at.Moves / seconds:N0} | {(double)at.Bytes / at.States:0} | {100.0 * at.LeftOut / full.Progress.Moves:0} % | {raw.Progress.States:N0}, {(double)raw.Progress.States / at.States:0.0} × |"));

        Exploration Search(ExploreOptions options, out double processor)
        {
            var made = new Exploration(of, arch, programs, InvariantCatalogue.Everything, options);
            var begun = Process.GetCurrentProcess().TotalProcessorTime;
            made.Run();
            processor = (Process.GetCurrentProcess().TotalProcessorTime - begun).TotalSeconds;
            return made;
        }
    }
}
