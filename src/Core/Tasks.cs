using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core;

/// <summary>Which tasks have operations under way, and who waits for whom.</summary>
internal static class Tasks
{
    /// <summary>The tasks that have an operation under way.</summary>
    public static BitSet<TaskId> UnderWay(in World world)
    {
        var set = BitSet<TaskId>.Empty;
        for (byte i = 0; i < Capacity.Tasks; i++)
        {
            if (world.Tasks[i].IsUnderWay) set = set.With(new TaskId(i));
        }

        return set;
    }

    /// <summary>Who has what a task waits for; null if nobody in particular has.</summary>
    /// <param name="world">The world.</param>
    /// <param name="waiting">What is waited for.</param>
    /// <param name="waiter">Who waits.</param>
    public static TaskId? HolderOf(in World world, Waiting waiting, TaskId waiter)
    {
        for (var left = UnderWay(in world).Without(waiter); left.Any; left = left.Rest)
        {
            if (Has(in world, in world.Tasks[left.First.Value], waiting)) return left.First;
        }

        return null;
    }

    /// <summary>The first task under way that is not in a set; null if there is none.</summary>
    public static TaskId? AnyOther(in World world, BitSet<TaskId> but)
    {
        var others = UnderWay(in world).Except(but);
        return others.Any ? others.First : null;
    }

    private static bool Has(in World world, in KTask task, Waiting waiting) => waiting.Kind switch
    {
        WaitKind.Folio => world.State.FolioLock(Pfn.At(waiting.Number)) == LockOwner.Of(task.Id),
        WaitKind.PageTable => world.State.PageTableLock(MmId.At(waiting.Number)) == LockOwner.Of(task.Id),
        WaitKind.MmapRead => task.MmapWrite.Contains(MmId.At(waiting.Number)),
        WaitKind.MmapWrite => (task.MmapWrite | task.MmapRead).Contains(MmId.At(waiting.Number)),
        WaitKind.Claim => task.Claimed.Contains(SwapEntry.At(waiting.Number)),
        WaitKind.SwapOff => task.Verb == Verb.SwapOff,
        _ => false,
    };
}
