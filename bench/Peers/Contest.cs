using System.Diagnostics;
using System.Globalization;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Zoo;

namespace Hooks.Bench.Peers;

/// <summary>Every peer on every bug.</summary>
internal static class Contest
{
    private const int Warm = 20_000;
    private const int Rate = 50_000;

    private static readonly IPeer[] Peers = [new HooksPeer(), new FsCheckPeer(), new FsCheckMachinePeer(), new CsCheckPeer(more: 100_000)];

    /// <summary>Runs all and prints the tables.</summary>
    public static void Run(int seeds, int budget)
    {
        foreach (var id in (string[])["tags-freed-before-restore", "exclusive-not-detected"])
        {
            var specimen = ZooCatalogue.All.Single(s => s.Id == id);
            Console.WriteLine($"{specimen.Id}: {specimen.Bug.Kernel} on {specimen.Bug.Arch.Name} breaks {InvariantCatalogue.Of(specimen.CaughtBy).Name}; known minimum {specimen.MinimalOperations} operations; {seeds} seeds");
            Console.WriteLine();
            Console.WriteLine("| | workloads/s | steps a workload | found | workloads to find | time to find | size after shrinking | at the minimum | workloads to shrink | time to shrink |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
            foreach (var peer in Peers) Console.WriteLine(Row(peer, specimen, seeds, budget));
            Console.WriteLine();
        }
    }

    private static string Row(IPeer peer, Specimen specimen, int seeds, int budget)
    {
        var (rate, steps) = WorkloadsPerSecond(peer);
        var trials = Enumerable.Range(1, seeds).Select(seed => Search(peer, specimen, (ulong)seed, budget)).Where(t => t.Size is not null).ToList();
        var minimum = trials.Count(t => t.Size == specimen.MinimalOperations);
        return string.Create(CultureInfo.InvariantCulture, $"| {peer.Name} | {rate:#,##0} | {steps:0} | {trials.Count} of {seeds} | {Spread(trials, t => t.FoundAt)} | {Spread(trials, t => t.FoundAfter.TotalMilliseconds)} ms | {Spread(trials, t => t.Size ?? 0)} | {minimum} of {trials.Count} | {Spread(trials, t => t.ShrinkTries)} | {Spread(trials, t => t.ShrinkTime.TotalMilliseconds)} ms |");
    }

    /// <summary>On a kernel that breaks nothing, so that nothing ends it early.</summary>
    private static (double Rate, double Steps) WorkloadsPerSecond(IPeer peer)
    {
        var sound = new Habitat(KernelCatalogue.Get("v6.11"), ZooCatalogue.All[0].Bug.Arch);
        peer.Search(new Target(sound, InvariantId.TagPreservation), 1, Warm);
        var target = new Target(sound, InvariantId.TagPreservation);
        var clock = Stopwatch.StartNew();
        peer.Search(target, 2, Rate);
        return (target.Tried / clock.Elapsed.TotalSeconds, (double)target.Steps / target.Tried);
    }

    private static Trial Search(IPeer peer, Specimen specimen, ulong seed, int budget)
    {
        var target = new Target(specimen.Bug, specimen.CaughtBy);
        peer.Search(target, seed, budget);
        return target.Result();
    }

    /// <summary>Median, 90th percentile.</summary>
    private static string Spread(List<Trial> trials, Func<Trial, double> of)
    {
        if (trials.Count == 0) return "–";
        var sorted = trials.Select(of).Order().ToList();
        return string.Create(CultureInfo.InvariantCulture, $"{sorted[(sorted.Count - 1) / 2]:0.#}, {sorted[(sorted.Count - 1) * 9 / 10]:0.#}");
    }
}
