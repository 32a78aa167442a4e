namespace Hooks.Core.Mm;

/// <summary>
/// A task: a thread of a process (P0 is the first thread of P0, P0.1 the second), or kswapd, which has no process. Not an
/// <see cref="MmId"/>: threads share an address space, and kswapd works on everybody's.
/// </summary>
/// <param name="Value">mm × <see cref="Capacity.Threads"/> + thread; kswapd comes last.</param>
public readonly record struct TaskId(byte Value) : INumbered<TaskId>
{
    /// <summary>The task that reclaims memory for nobody in particular.</summary>
    public static TaskId Kswapd => new(Capacity.Tasks - 1);

    /// <summary>Whether this is <see cref="Kswapd"/>.</summary>
    public bool IsKswapd => Value == Capacity.Tasks - 1;

    /// <summary>The process; not of kswapd.</summary>
    public MmId Mm => new((byte)(Value / Capacity.Threads));

    /// <summary>Which of its threads.</summary>
    public int Thread => Value % Capacity.Threads;

    /// <inheritdoc/>
    public int Number => Value;

    /// <summary>A thread of a process.</summary>
    public static TaskId Of(MmId mm, int thread = 0) => new((byte)((mm.Value * Capacity.Threads) + thread));

    /// <inheritdoc/>
    public static TaskId At(int number) => new((byte)number);

    /// <inheritdoc/>
    public override string ToString() => IsKswapd ? "kswapd" : Thread == 0 ? Mm.ToString() : $"{Mm}.{Thread}";
}

/// <summary>Who has a lock: a task, or nobody.</summary>
/// <param name="Value">1 + the task; 0 for nobody.</param>
public readonly record struct LockOwner(byte Value)
{
    /// <summary>Whether nobody has it.</summary>
    public bool IsFree => Value == 0;

    /// <summary>Who has it; of a lock that is not free.</summary>
    public TaskId Task => new((byte)(Value - 1));

    /// <summary>A task's.</summary>
    public static LockOwner Of(TaskId task) => new((byte)(task.Value + 1));

    /// <inheritdoc/>
    public override string ToString() => IsFree ? "free" : Task.ToString();
}
