using Hooks.Core.Workloads;

namespace Hooks.Core.Search.Strategies;

/// <summary>The strategies, as they are asked for.</summary>
internal enum ScheduleStrategy
{
    /// <summary><see cref="Strategies.Pct"/>.</summary>
    Pct,

    /// <summary><see cref="RandomWalk"/>.</summary>
    Random,

    /// <summary><see cref="PreemptionBounded"/>.</summary>
    Preemption,
}

/// <summary>How much of a campaign interleaves, and how.</summary>
/// <param name="Schedules">Interleaved runs; 0: none.</param>
/// <param name="Strategy">Who moves.</param>
/// <param name="Preemptions">How often a task that could go on is left standing at the most: one less than <see cref="Pct"/>'s depth. A random walk does not ask.</param>
internal sealed record Scheduling(long Schedules, ScheduleStrategy Strategy = ScheduleStrategy.Pct, int Preemptions = Scheduling.UsualPreemptions)
{
    /// <summary>Preemptions, if nothing else is asked for: of 1, 2 and 3 what finds the race of 13ddaf26be32 soonest (docs/interleavings.md).</summary>
    public const int UsualPreemptions = 3;

    /// <summary>The most that can be asked for.</summary>
    public const int MostPreemptions = 16;

    /// <summary>Schedules of each scene. Those of few preemptions come in order, so there it is all of a usual scene's.</summary>
    public int OfEachScene => Strategy == ScheduleStrategy.Preemption ? 1000 : 16;

    /// <summary>The strategy.</summary>
    /// <param name="choices">Where its lots come from.</param>
    public IStrategy Create(Choices choices) => Strategy switch
    {
        ScheduleStrategy.Random => new RandomWalk(choices),
        ScheduleStrategy.Pct => new Pct(choices, Preemptions + 1),
        _ => new PreemptionBounded(Preemptions),
    };
}
