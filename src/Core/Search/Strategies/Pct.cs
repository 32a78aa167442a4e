using System.Globalization;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search.Strategies;

/// <summary>
/// The task with the highest priority moves. Priorities are drawn at the beginning of a run; at d − 1 moves, drawn too, the task that was about to move gets a lower one than all. A bug that
/// takes d moves in a certain order is found by a run with a chance of 1 / (n·k^(d−1)) at least, n tasks and k moves.
/// </summary>
/// <remarks>Burckhardt, Kothari, Musuvathi, Nagarakatte, A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs, ASPLOS 2010.</remarks>
/// <param name="choices">Where the lots come from.</param>
/// <param name="depth">d, from 1.</param>
internal sealed class Pct(Choices choices, int depth) : IStrategy
{
    private const int FirstGuess = 64;

    private readonly int[] _priority = new int[Capacity.Tasks];
    private readonly int[] _changes = new int[depth - 1];
    private int _moves;
    private int _longest = FirstGuess;

    /// <inheritdoc/>
    public string Name => $"pct{depth}";

    /// <summary>The least chance of a run to find a bug of its depth.</summary>
    public double Bound(int tasks, int moves) => 1 / (tasks * Math.Pow(moves, depth - 1));

    /// <inheritdoc/>
    public string Promise(int tasks, int moves) =>
        string.Create(CultureInfo.InvariantCulture, $"a bug of depth {depth} is found by one run in {tasks * Math.Pow(moves, depth - 1):0} at least ({tasks} tasks, {moves} moves)");

    /// <inheritdoc/>
    public void Take(int moves)
    {
        _moves = 0;
        _longest = moves;
    }

    /// <inheritdoc/>
    public bool Begin()
    {
        _longest = Math.Max(_longest, _moves);
        _moves = 0;

        // Any order of the tasks, all above the priorities that changes give.
        for (var i = 0; i < _priority.Length; i++)
        {
            var place = choices.Next(i + 1);
            _priority[i] = place == i ? depth + i : _priority[place];
            _priority[place] = depth + i;
        }

        for (var i = 0; i < _changes.Length; i++) _changes[i] = 1 + choices.Next(_longest);
        return true;
    }

    /// <inheritdoc/>
    public TaskId Next(in World world, BitSet<TaskId> enabled, TaskId? last)
    {
        _moves++;
        var next = Highest(enabled);
        for (var i = 0; i < _changes.Length; i++)
        {
            if (_changes[i] != _moves) continue;
            _priority[next.Value] = i;
            next = Highest(enabled);
        }

        return next;
    }

    private TaskId Highest(BitSet<TaskId> tasks)
    {
        var best = tasks.First;
        for (var left = tasks.Rest; left.Any; left = left.Rest)
        {
            if (_priority[left.First.Value] > _priority[best.Value]) best = left.First;
        }

        return best;
    }
}
