using System.Collections.Immutable;
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

/// <summary>What small scopes say of the kernels of the catalogue, taken whole: docs/proofs.md.</summary>
internal static class Proofs
{
    private const int MostOperations = 12;

    private static readonly string[] InSwap = ["P0 map a", "P0 write a 1", "P0 pageout a"];

    private static readonly (string Title, string Swap, string[] First, string Tasks, string Verbs)[] Scopes =
    [
        ("two threads, zram", "zram slots=64", InSwap, "P0 P0.1", "write read pageout"),
        ("two threads, disk", "disk slots=64", InSwap, "P0 P0.1", "write read pageout"),
        ("two processes, zram", "zram slots=64", ["P0 map a", "P0 write a 1", "P0 fork P1", "P0 reclaim a"], "P0 P1", "write read exit pageout reclaim"),
        ("two threads, swapoff, zram", "zram slots=4", InSwap, "P0 P0.1", "write pageout swapoff swapon"),
        ("two threads, giving up, zram", "zram slots=64", InSwap, "P0 P0.1", "write pageout dontneed free unmap"),
        ("two threads, a device, disk", "disk slots=64", InSwap, "P0 P0.1", "write pageout pin dma unpin"),
    ];

    /// <summary>Prints the page.</summary>
    /// <param name="most">A scope is taken as large as it gets with at most so many states.</param>
    public static void Print(int most)
    {
        IArchitecture[] archs = [new NoArchitecture(), new Arm64Architecture()];
        Kernel[] kernels = [.. KernelCatalogue.All.Where(k => k.Version >= new KernelVersion(6, 5) || k.Name == "debian-6.1.192")];
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"""
            # Proofs of the present

                dotnet run -c Release --project bench -- proofs {most} > docs/proofs.md

            Scopes taken whole, whoever moves when: all programs of these operations, as many as can be had with at most {most:N0} canonical states. `2: 1,234` is two operations (all together) and 1,234 states without a violation; what is
            broken stands behind it, with the number of operations that it takes (what breaks an invariant is not gone on from). One page. A statement about [the model](fidelity.md), and about scopes of this size.


            """));
        foreach (var (title, swap, first, tasks, verbs) in Scopes)
        {
            Console.Write($"## {char.ToUpperInvariant(title[0])}{title[1..]}\nFirst `{string.Join("; ", first)}` (where there are tags, `map a tagged`); then `{tasks}`: `{verbs}`, and with tags `tag`.\n\n| kernel | {string.Join(" | ", archs.Select(a => a.Name))} |\n|---|{string.Concat(archs.Select(_ => "---|"))}\n");
            foreach (var kernel in kernels) Console.Write($"| {kernel.Name} | {string.Join(" | ", archs.Select(a => Cell(kernel, a, swap, first, tasks, verbs, most)))} |\n");
            Console.Write("\n");
        }
    }

    private static string Cell(Kernel kernel, IArchitecture arch, string swap, string[] first, string tasks, string verbs, int most)
    {
        var tagged = arch.Hooks(kernel).Metadata.Any;
        var lines = string.Join('\n', first.Select(line => tagged && line.Contains("map", StringComparison.Ordinal) ? line + " tagged" : line));
        var before = CaseParser.Parse($"kernel any\narch any\nswap {swap}\n{lines}\n", "proofs").Workload;
        new Machine(kernel, arch).RunUnfinished(before, out var start);
        var all = Enumerable.Range(0, Capacity.Tasks).Select(i => new TaskId((byte)i)).ToList();
        var who = tasks.Split(' ').Aggregate(BitSet<TaskId>.Empty, (set, name) => set.With(all.Single(t => t.ToString() == name)));
        ImmutableArray<Verb> words = [.. verbs.Split(' ').Concat(tagged ? ["tag"] : Array.Empty<string>()).Select(w => Enum.GetValues<Verb>().Single(v => CaseText.Word(v) == w))];
        var vocabulary = new Vocabulary(words, 1, before.Swaps.Length, tasks.Contains("P1", StringComparison.Ordinal) ? 2 : 1, tagged, Disk: !before.Swaps[0].Synchronous);
        var broken = new Dictionary<InvariantId, int>();
        var text = "";
        for (var operations = 1; operations <= MostOperations; operations++)
        {
            var search = new Exploration(kernel, arch, new OpenPrograms(before, in start, who, operations, vocabulary.Of), InvariantSet.Of([.. InvariantCatalogue.All.Select(i => i.Id)]), new ExploreOptions { Jobs = Environment.ProcessorCount });
            using var enough = new CancellationTokenSource();
            var end = search.Run(
                at =>
                {
                    if (at.States > most) enough.Cancel();
                },
                enough.Token);
            if (end != ExploreEnd.Whole) break;
            foreach (var way in search.Ways) broken.TryAdd(way.Invariant, operations);
            text = string.Create(CultureInfo.InvariantCulture, $"{operations}: {search.Progress.States:N0}");
        }

        return text + string.Concat(broken.OrderBy(b => b.Key).Select(b => $"; **{InvariantCatalogue.Of(b.Key).Name}** at {b.Value}"));
    }
}
