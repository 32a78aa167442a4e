using Hooks.Core.Mm;

namespace Hooks.Core.Search.Strategies;

/// <summary>Who moves next: a way to go through the schedules of programs that are given, one run after the other.</summary>
internal interface IStrategy
{
    /// <summary>Its name on the command line and in reports.</summary>
    string Name { get; }

    /// <summary>What it promises of programs of so many tasks and moves, in words.</summary>
    string Promise(int tasks, int moves);

    /// <summary>Other programs: what was worked out for those before is of no use.</summary>
    /// <param name="moves">How many moves a run takes, as far as is known.</param>
    void Take(int moves);

    /// <summary>A run begins.</summary>
    /// <returns>False if there is none left: all schedules that it goes through have been run.</returns>
    bool Begin();

    /// <summary>Who moves next.</summary>
    /// <param name="world">The world.</param>
    /// <param name="enabled">Those who can. Never empty.</param>
    /// <param name="last">Who moved last; null at the beginning.</param>
    TaskId Next(in World world, BitSet<TaskId> enabled, TaskId? last);
}
