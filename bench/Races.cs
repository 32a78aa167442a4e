using System.Diagnostics;
using Hooks.Arch.Arm64;
using Hooks.Arch.Sparc;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Search;
using Hooks.Core.Search.Strategies;

namespace Hooks.Bench;

internal static class Races
{
    public static void Print(string[] args)
    {
        foreach (var arch in new IArchitecture[] { new NoArchitecture(), new Arm64Architecture(), new SparcArchitecture() })
        {
            foreach (var kernel in KernelCatalogue.All)
            {
                if (args.Length > 3 && !args[3].Split(',').Contains(kernel.Name)) continue;
                if (args.Length > 4 && !args[4].Split(',').Contains(arch.Name)) continue;
                var begun = Process.GetCurrentProcess().TotalProcessorTime;
                var scheduling = new Scheduling(long.Parse(args[1]), args[2][0] switch { 'r' => ScheduleStrategy.Random, 'b' => ScheduleStrategy.Preemption, _ => ScheduleStrategy.Pct }, args[2].Length > 1 ? args[2][1] - '0' : 0);
                var empty = new RandomCampaign(kernel, arch).Run(1, 0);
                var result = new InterleavedCampaign(kernel, arch, scheduling).Run(args.Length > 5 ? ulong.Parse(args[5]) : 1, empty);
                Console.WriteLine($"== {kernel.Name} {arch.Name}: NEW {result.Raced.Except(result.ExpectedRaces)} | others {string.Join(' ', result.Findings.Select(f => f.Invariant))} | {string.Join(' ', result.Races.Select(f => f.Invariant + "@" + f.FoundAt))}");
                foreach (var f in result.Findings.Concat(result.Races)) Console.WriteLine($"{(result.ExpectedRaces.Contains(f.Invariant) ? "known" : "NEW")} {f.IsRace} {f.Invariant} at {f.FoundAt} ({f.ShrinkRuns} runs)\n{f.Minimal}");
                Console.WriteLine($"  {(Process.GetCurrentProcess().TotalProcessorTime - begun).TotalSeconds:0.00} s");
            }
        }
    }
}
