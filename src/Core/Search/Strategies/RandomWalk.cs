using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search.Strategies;

/// <summary>Anybody, by lot, at each step.</summary>
/// <remarks>Thomson, Donaldson, Betts, Concurrency Testing Using Controlled Schedulers: An Empirical Study, TOPC 2016: what cleverer ones have to beat.</remarks>
/// <param name="choices">Where the lots come from.</param>
internal sealed class RandomWalk(Choices choices) : IStrategy
{
    /// <inheritdoc/>
    public string Name => "random";

    /// <inheritdoc/>
    public string Promise(int tasks, int moves) => "any schedule may come, those with many switches far more often than those with few";

    /// <inheritdoc/>
    public void Take(int moves)
    {
    }

    /// <inheritdoc/>
    public bool Begin() => true;

    /// <inheritdoc/>
    public TaskId Next(in World world, BitSet<TaskId> enabled, TaskId? last)
    {
        for (var skip = choices.Next(enabled.Count); skip > 0; skip--) enabled = enabled.Rest;
        return enabled.First;
    }
}
