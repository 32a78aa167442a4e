using Hooks.Core.Mm;

namespace Hooks.Core.Search.Strategies;

/// <summary>
/// Every schedule in which a task that could go on has to let another go first at most so many times, one after the other. Who moves when the last one cannot is free. Without a bound: every schedule there is.
/// </summary>
/// <remarks>CHESS: Musuvathi, Qadeer, Iterative Context Bounding for Systematic Testing of Multithreaded Programs, PLDI 2007.</remarks>
/// <param name="most">Preemptions at the most.</param>
internal sealed class PreemptionBounded(int most) : IStrategy
{
    // The choices of the run before, from its beginning: which was taken of how many.
    private readonly List<(int Taken, int Of)> _choices = [];
    private int _at;
    private int _preemptions;
    private bool _begun;

    /// <inheritdoc/>
    public string Name => most == int.MaxValue ? "exhaustive" : $"preemptions{most}";

    /// <inheritdoc/>
    public string Promise(int tasks, int moves) => most == int.MaxValue ? "every schedule, once" : $"every schedule with {most} preemptions or fewer, once";

    /// <inheritdoc/>
    public void Take(int moves)
    {
        _choices.Clear();
        _begun = false;
    }

    /// <inheritdoc/>
    public bool Begin()
    {
        _at = 0;
        _preemptions = 0;
        if (!_begun) return _begun = true;

        // As the run before, but for the last choice of which there is one more to take.
        while (_choices.Count > 0 && _choices[^1].Taken + 1 == _choices[^1].Of) _choices.RemoveAt(_choices.Count - 1);
        if (_choices.Count == 0) return false;
        _choices[^1] = (_choices[^1].Taken + 1, _choices[^1].Of);
        return true;
    }

    /// <inheritdoc/>
    public TaskId Next(in World world, BitSet<TaskId> enabled, TaskId? last)
    {
        // The last one first, then the others in order.
        var goesOn = last is { } one && enabled.Contains(one) && world.Tasks[one.Value].IsUnderWay;
        var count = goesOn && _preemptions >= most ? 1 : enabled.Count;
        if (_at == _choices.Count) _choices.Add((0, count));
        var taken = _choices[_at++].Taken;
        if (!goesOn) return At(enabled, taken);
        if (taken == 0) return last!.Value;
        _preemptions++;
        return At(enabled.Without(last!.Value), taken - 1);
    }

    private static TaskId At(BitSet<TaskId> tasks, int index)
    {
        for (; index > 0; index--) tasks = tasks.Rest;
        return tasks.First;
    }
}
