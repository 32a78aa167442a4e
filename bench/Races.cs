using System.Globalization;
using Hooks.Core.Invariants;
using Hooks.Core.Search;
using Hooks.Core.Search.Strategies;
using Hooks.Core.Workloads;
using Hooks.Zoo;

namespace Hooks.Bench;

/// <summary>How soon each strategy finds the zoo's races, in runs: in their scopes, and from nothing, as <c>hooks check</c> goes about it.</summary>
internal static class Races
{
    private const int Seeds = 100;
    private const int Most = 20_000;

    private static readonly Scheduling[] Strategies =
    [
        new(0, ScheduleStrategy.Random), new(0, ScheduleStrategy.Pct, 1), new(0, ScheduleStrategy.Pct, 2), new(0, ScheduleStrategy.Pct, 3), new(0, ScheduleStrategy.Preemption, 1), new(0, ScheduleStrategy.Preemption, 2),
    ];

    /// <summary>Prints two tables.</summary>
    public static void Print()
    {
        Console.WriteLine($"| race | {string.Join(" | ", Strategies.Select(Name))} |");
        Console.WriteLine($"|---|{string.Concat(Strategies.Select(_ => "---|"))}");
        foreach (var race in RaceCatalogue.All) Console.WriteLine($"| {race.Id} | {string.Join(" | ", Strategies.Select(s => InScope(race, s)))} |");
        Console.WriteLine();
        Console.WriteLine("| from nothing | random | pct, 1 | pct, 2 | pct, 3 |");
        Console.WriteLine("|---|---|---|---|---|");
        var usual = RaceCatalogue.All[0];
        Console.WriteLine($"| {usual.Id} | {string.Join(" | ", Strategies.Where(s => s.Strategy != ScheduleStrategy.Preemption).Select(s => FromNothing(usual, s)))} |");
    }

    private static string Name(Scheduling s) => s.Strategy == ScheduleStrategy.Random ? "random" : $"{s.Strategy.ToString().ToLowerInvariant()}, {s.Preemptions}";

    /// <summary>Runs of the scope's programs until one breaks the invariant.</summary>
    private static string InScope(Race race, Scheduling scheduling)
    {
        var programs = race.Programs(race.Bug);
        var run = new ScheduledRun(race.Bug.Kernel, race.Bug.Arch);
        var found = new List<long>();
        for (ulong seed = 1; seed <= (scheduling.Strategy == ScheduleStrategy.Preemption ? 1UL : Seeds); seed++)
        {
            var strategy = scheduling.Create(new Choices(seed));
            for (var i = 1; i <= Most && strategy.Begin(); i++)
            {
                if (run.Run(programs, strategy, InvariantSet.Of(race.CaughtBy), InvariantSet.Of(race.CaughtBy)).Count == 0) continue;
                found.Add(i);
                break;
            }
        }

        return Say(found, scheduling.Strategy == ScheduleStrategy.Preemption ? 1 : Seeds);
    }

    /// <summary>Interleaved runs of drawn scenes until one breaks the invariant.</summary>
    private static string FromNothing(Race race, Scheduling scheduling)
    {
        var nothing = new RandomCampaign(race.Bug.Kernel, race.Bug.Arch).Run(1, 0);
        var found = new List<long>();
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            var campaign = new InterleavedCampaign(race.Bug.Kernel, race.Bug.Arch, scheduling with { Schedules = 5 * Most });
            if (campaign.Run(seed, nothing, only: InvariantSet.Of(race.CaughtBy)).Races is [var first, ..]) found.Add(first.FoundAt + 1);
        }

        return Say(found, Seeds);
    }

    /// <summary>Median and 90th percentile; runs that found nothing count as endless.</summary>
    private static string Say(List<long> found, int of)
    {
        if (of == 1) return found.Count == 0 ? "–" : found[0].ToString(CultureInfo.InvariantCulture);
        found.AddRange(Enumerable.Repeat(long.MaxValue, of - found.Count));
        return $"{At(0.5)}, {At(0.9)}";

        string At(double share) => Hunt.Quantile(found, share) is var n and < long.MaxValue ? n.ToString(CultureInfo.InvariantCulture) : "–";
    }
}
