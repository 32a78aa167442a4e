using System.Diagnostics;
using System.Globalization;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Workloads;
using Hooks.KernelSource;
using Hooks.KernelSource.Paths;

namespace Hooks.Bench;

/// <summary>What kernels read from whole trees cost against the hand-written ones that they equal: the same workloads, in turn, so that what else the machine does meets both.</summary>
internal static class SourceRatio
{
    private const int Workloads = 200;
    private const int Rounds = 400;

    /// <summary>Prints a table, a line a tree.</summary>
    /// <param name="folders">The trees.</param>
    public static void Print(IEnumerable<string> folders)
    {
        Console.WriteLine("| tree | reading, first | reading, again | checked | bare | steps | a workload, checked, by hand | bare |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        Workload[] workloads = [.. Enumerable.Range(0, Workloads).Select(i => Generator.Draw(new Choices(Choices.SeedOf(1, i))))];
        foreach (var folder in folders)
        {
            var first = Read(folder, out var source);
            var again = Read(folder, out _);
            var (hand, read) = (new Machine(source.Like, new NoArchitecture()), new Machine(source.Kernel!, new NoArchitecture()));
            var (handChecked, readChecked, handBare, readBare) = (long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue);
            for (var round = 0; round < Rounds; round++)
            {
                handChecked = Math.Min(handChecked, Time(hand, hand.Checked));
                readChecked = Math.Min(readChecked, Time(read, read.Checked));
                handBare = Math.Min(handBare, Time(hand, default));
                readBare = Math.Min(readBare, Time(read, default));
            }

            var steps = (double)Steps(read) / Steps(hand);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {Path.GetFileName(folder.TrimEnd('/'))} | {first:0.00} s | {again:0.00} s | {(double)readChecked / handChecked:0.00} × | {(double)readBare / handBare:0.00} × | {steps:0.00} × | {Microseconds(handChecked):0.0} µs | {Microseconds(handBare):0.0} µs |"));
        }

        static double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency / Workloads;

        long Time(Machine machine, InvariantSet invariants)
        {
            var begun = Stopwatch.GetTimestamp();
            foreach (var workload in workloads) machine.Run(workload, invariants);
            return Stopwatch.GetTimestamp() - begun;
        }

        long Steps(Machine machine)
        {
            var before = machine.Coverage.Steps;
            foreach (var workload in workloads) machine.Run(workload, default);
            return machine.Coverage.Steps - before;
        }
    }

    private static double Read(string folder, out SourceKernel source)
    {
        var begun = Process.GetCurrentProcess().TotalProcessorTime;
        var tree = new SourceTree(new FolderFiles(folder));
        source = SourceKernel.Of(tree, SourceKernel.LikeOf(tree.Release.Version, tree.Release.Sublevel), HelperTable.Own);
        return (Process.GetCurrentProcess().TotalProcessorTime - begun).TotalSeconds;
    }
}
