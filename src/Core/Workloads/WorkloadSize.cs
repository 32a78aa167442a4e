using Hooks.Core.Mm;

namespace Hooks.Core.Workloads;

/// <summary>
/// How simple a workload is, for shrinking: fewer operations first, then fewer that are left standing (each is a preemption), then plainer swap areas (a knob takes
/// more explaining than an operation), then less after a fork, then fewer processes and pages, then plainer operations and values. Every accepted shrink makes it smaller, so shrinking ends.
/// </summary>
/// <param name="Operations">Number of operations.</param>
/// <param name="Untils">Operations left standing.</param>
/// <param name="Swap">How far the swap areas are from one plain zram.</param>
/// <param name="Forked">Operations after a fork, for each fork: the later a second process begins, the easier to follow.</param>
/// <param name="Names">Processes and pages, each counted by how far down the alphabet it is.</param>
/// <param name="Words">How far the operations are from the plainest ones.</param>
/// <param name="Values">The sum of the values beyond 1.</param>
public readonly record struct WorkloadSize(int Operations, int Untils, int Swap, int Forked, int Names, int Words, int Values) : IComparable<WorkloadSize>
{
    /// <summary>Whether <paramref name="a"/> is simpler.</summary>
    public static bool operator <(WorkloadSize a, WorkloadSize b) => a.CompareTo(b) < 0;

    /// <summary>Whether <paramref name="b"/> is simpler.</summary>
    public static bool operator >(WorkloadSize a, WorkloadSize b) => a.CompareTo(b) > 0;

    /// <summary>Whether <paramref name="b"/> is not simpler.</summary>
    public static bool operator <=(WorkloadSize a, WorkloadSize b) => a.CompareTo(b) <= 0;

    /// <summary>Whether <paramref name="a"/> is not simpler.</summary>
    public static bool operator >=(WorkloadSize a, WorkloadSize b) => a.CompareTo(b) >= 0;

    /// <summary>The size of a workload.</summary>
    public static WorkloadSize Of(Workload workload)
    {
        int untils = 0, forked = 0, names = 0, words = 0, values = 0, swap = 16 * (workload.Swaps.Length - 1);
        for (var i = 0; i < workload.Operations.Length; i++)
        {
            var op = workload.Operations[i];
            if (op.Verb == Verb.Fork) forked += workload.Operations.Length - 1 - i;
            if (op.Until is not null) untils++;
            names += op.Mm.Value + op.Page.Value + op.Child.Value + op.To.Value + ThreadOf(op);
            words += Rank(op.Verb) + (int)op.End + (int)op.Pin + (op.Granule == 0 ? 0 : op.Granule + 1);
            words += op.Verb == Verb.Map ? op.Value : 0;
            words += op.Verb == Verb.Mprotect ? op.Value : 0;
            values += (op.Until?.Occurrence ?? 1) - 1;
            if (op.Verb is Verb.SwapOff or Verb.SwapOn or Verb.SwapMax) values += op.Value;
            if (op.Verb is Verb.Write or Verb.Tag or Verb.Dma or Verb.Fail) values += Math.Abs(op.Value - 1);
        }

        foreach (var area in workload.Swaps)
        {
            swap += (area.Synchronous ? 0 : 1) + (int)area.SlotCache + (area.StableWrites ? 1 : 0) + (area.Priority + 1);
            swap += area.Slots == SwapConfig.PlainSlots ? 0 : 4 + area.Slots;
        }

        return new WorkloadSize(workload.Operations.Length, untils, swap, forked, names, words, values);
    }

    /// <inheritdoc/>
    public int CompareTo(WorkloadSize other) =>
        (Operations, Untils, Swap, Forked, Names, Words, Values).CompareTo((other.Operations, other.Untils, other.Swap, other.Forked, other.Names, other.Words, other.Values));

    /// <summary>A process's own thread is the plainest, then its others, then kswapd.</summary>
    private static int ThreadOf(Operation op) => op.Actor == Actor.Kswapd ? Capacity.Threads : (int)op.Actor;

    /// <summary>Plainer verbs have a lower rank; a verb may be replaced by one of lower rank.</summary>
    private static int Rank(Verb verb) => verb switch
    {
        Verb.Read => 0,
        Verb.Write => 1,
        Verb.ReadTag => 1,
        Verb.Tag => 2,
        Verb.Pageout => 0,
        Verb.Reclaim => 1,
        Verb.Unmap => 1,
        Verb.Exit => 2,
        Verb.Dontneed => 2,
        Verb.Mremap => 2,
        Verb.UffdMove => 3,
        Verb.Free => 3,
        Verb.Dma => 2,
        Verb.Pin => 3,
        Verb.Go => 0,
        _ => 0,
    };
}
