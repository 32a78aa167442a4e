using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search.Exploring;

/// <summary>What the tasks of a scope may do: from which world on, and which operations each may begin next.</summary>
internal abstract class Programs
{
    /// <summary>A scope that begins where a program stands.</summary>
    /// <param name="before">Swap areas, and the program that has run when the scope begins.</param>
    /// <param name="start">The world that it has left.</param>
    protected Programs(Workload before, in World start)
    {
        Before = before;
        Start = start;
    }

    /// <summary>Swap areas, and the program that has run when the scope begins.</summary>
    public Workload Before { get; }

    /// <summary>The world in which it begins.</summary>
    public World Start { get; }

    /// <summary>The tasks that do anything: those that may begin something, and those that stand in the middle of something where it begins.</summary>
    public BitSet<TaskId> Tasks => Beginning | Hooks.Core.Tasks.UnderWay(Start);

    /// <summary>The tasks that may ever begin something.</summary>
    protected abstract BitSet<TaskId> Beginning { get; }

    /// <summary>How many operations all tasks together may begin.</summary>
    public abstract int MostOperations { get; }

    /// <summary>How much of the machine can be in use.</summary>
    public SearchScope Size
    {
        get
        {
            int mms = 1, pages = 1;
            var large = false;
            foreach (var op in AllOperations)
            {
                mms = Math.Max(mms, 1 + Math.Max(op.Mm.Value, op.Child.Value));
                pages = Math.Max(pages, 1 + Math.Max(op.Page.Value, op.To.Value));
                large |= op.IsLarge;
            }

            return new(mms, pages, Before.Operations.Length + MostOperations, large);
        }
    }

    /// <summary>Whether a world has the same canonical form where any number of operations may begin: that goes by how many slots there can be in use.</summary>
    public bool HasFormsOfAnyLength
    {
        get
        {
            var slots = 0;
            for (var i = 0; i < Capacity.Areas; i++) slots += Start.State.Area(i).Pages;
            return Size.LeavesHalfOf(slots) == (Size with { Operations = int.MaxValue }).LeavesHalfOf(slots);
        }
    }

    /// <summary>All operations that occur.</summary>
    protected abstract IEnumerable<Operation> AllOperations { get; }

    /// <summary>How many operations have begun.</summary>
    public abstract int Begun(ulong progress);

    /// <summary>What of the progress decides what may come, but for how many operations have begun: part of a state's name.</summary>
    public abstract ulong NameOf(ulong progress);

    /// <summary>The tasks that may begin something in a world, if they are idle.</summary>
    public abstract BitSet<TaskId> MayBegin(in World world, ulong progress);

    /// <summary>What a task may begin.</summary>
    public abstract ReadOnlySpan<Operation> Next(TaskId task, ulong progress);

    /// <summary>The progress when a task has begun one of them.</summary>
    public abstract ulong After(ulong progress, TaskId task);

    /// <summary>The progress with fewer operations begun, where that is how a state is reached sooner; only if <see cref="NameOf"/> is the same.</summary>
    public abstract ulong WithBegun(ulong progress, int begun);
}
