using System.Collections.Immutable;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search.Exploring;

/// <summary>One program for each task: what it does, in this order, is fixed; only who moves when is not.</summary>
internal sealed class FixedPrograms : Programs
{
    /// <summary>Operations of one task at the most.</summary>
    public const int MostOfOne = 15;

    private const int BitsOfOne = 4;

    private readonly Operation[][] _programs = new Operation[Capacity.Tasks][];
    private readonly int _all;

    /// <summary>The scope.</summary>
    /// <param name="before">Swap areas, and the program that has run when the scope begins.</param>
    /// <param name="start">The world that it has left.</param>
    /// <param name="together">What the tasks do then: each its own operations one after the other, beside those of the others.</param>
    /// <exception cref="ArgumentException">A task has more than <see cref="MostOfOne"/> operations.</exception>
    public FixedPrograms(Workload before, in World start, ImmutableArray<Operation> together)
        : base(before, in start)
    {
        for (byte i = 0; i < Capacity.Tasks; i++)
        {
            _programs[i] = [.. together.Where(op => op.Task == new TaskId(i))];
            if (_programs[i].Length > MostOfOne) throw new ArgumentException($"{new TaskId(i)} has {_programs[i].Length} operations; at most {MostOfOne}", nameof(together));
        }

        _all = together.Length;
    }

    /// <inheritdoc/>
    protected override IEnumerable<Operation> AllOperations => Before.Operations.Concat(_programs.SelectMany(p => p));

    /// <inheritdoc/>
    protected override BitSet<TaskId> Beginning => MayBegin(Start, 0);

    /// <inheritdoc/>
    public override int MostOperations => _all;

    /// <inheritdoc/>
    public override int Begun(ulong progress)
    {
        var begun = 0;
        for (; progress != 0; progress >>= BitsOfOne) begun += (int)(progress & ((1 << BitsOfOne) - 1));
        return begun;
    }

    /// <inheritdoc/>
    public override ulong NameOf(ulong progress) => progress;

    /// <inheritdoc/>
    public override BitSet<TaskId> MayBegin(in World world, ulong progress)
    {
        var some = BitSet<TaskId>.Empty;
        for (byte i = 0; i < Capacity.Tasks; i++)
        {
            if (At(i, progress) < _programs[i].Length) some = some.With(new TaskId(i));
        }

        return some;
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<Operation> Next(TaskId task, ulong progress) => _programs[task.Value].AsSpan(At(task.Value, progress), 1);

    /// <inheritdoc/>
    public override ulong After(ulong progress, TaskId task) => progress + (1UL << (BitsOfOne * task.Value));

    /// <inheritdoc/>
    public override ulong WithBegun(ulong progress, int begun) => progress;

    private static int At(int task, ulong progress) => (int)(progress >> (BitsOfOne * task)) & ((1 << BitsOfOne) - 1);
}
