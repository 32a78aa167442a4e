using System.Collections.Immutable;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search.Exploring;

/// <summary>All programs of some tasks: each may begin any operation of a vocabulary, until so many have begun.</summary>
internal sealed class OpenPrograms : Programs
{
    private readonly Operation[][] _vocabulary = new Operation[Capacity.Tasks][];
    private readonly int _most;
    private readonly BitSet<TaskId> _tasks;

    /// <summary>The scope.</summary>
    /// <param name="before">Swap areas, and the program that has run when the scope begins.</param>
    /// <param name="start">The world that it has left.</param>
    /// <param name="tasks">The tasks.</param>
    /// <param name="most">Operations at the most.</param>
    /// <param name="vocabulary">The operations that each task may begin, at any time.</param>
    public OpenPrograms(Workload before, in World start, BitSet<TaskId> tasks, int most, Func<TaskId, ImmutableArray<Operation>> vocabulary)
        : base(before, in start)
    {
        _most = most;
        _tasks = tasks;
        for (var left = tasks; left.Any; left = left.Rest) _vocabulary[left.First.Value] = [.. vocabulary(left.First)];
    }

    /// <inheritdoc/>
    protected override IEnumerable<Operation> AllOperations => Before.Operations.Concat(_vocabulary.Where(v => v is not null).SelectMany(v => v));

    /// <inheritdoc/>
    protected override BitSet<TaskId> Beginning => _tasks;

    /// <inheritdoc/>
    public override int MostOperations => _most;

    /// <inheritdoc/>
    public override int Begun(ulong progress) => (int)progress;

    /// <inheritdoc/>
    public override ulong NameOf(ulong progress) => 0;

    /// <inheritdoc/>
    public override BitSet<TaskId> MayBegin(in World world, ulong progress)
    {
        if ((int)progress >= _most) return default;
        var may = BitSet<TaskId>.Empty;
        for (var left = _tasks; left.Any; left = left.Rest)
        {
            if (left.First.IsKswapd || world.State.Mm(left.First.Mm).IsRunning) may = may.With(left.First);
        }

        return may;
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<Operation> Next(TaskId task, ulong progress) => _vocabulary[task.Value];

    /// <inheritdoc/>
    public override ulong After(ulong progress, TaskId task) => progress + 1;

    /// <inheritdoc/>
    public override ulong WithBegun(ulong progress, int begun) => (ulong)begun;
}
