using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>No deadlock, no endless loop, and a task that has ended its operation holds no lock and no reference.</summary>
public sealed class Progress : IInvariant
{
    private const byte Deadlock = 0;
    private const byte Livelock = 1;
    private const byte HoldsLock = 2;
    private const byte HoldsReference = 3;
    private const byte FolioLocked = 4;
    private const byte BadUnlock = 5;
    private const byte NoReason = 6;
    private const byte WriteNeverEnds = 7;

    /// <inheritdoc/>
    public InvariantId Id => InvariantId.Progress;

    /// <inheritdoc/>
    public string Name => "progress";

    /// <inheritdoc/>
    public string Statement => "no deadlock, every operation ends, without an error that nothing caused, and then holds no lock and no reference";

    /// <inheritdoc/>
    public Event ExercisedBy => Event.SwapInEnded;

    /// <inheritdoc/>
    public string Exercise => "a swap fault was handled to its end";

    /// <inheritdoc/>
    public Concern Concerns => Concern.Operations;

    /// <inheritdoc/>
    public Event Alarms => Event.BadUnlock;

    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => true;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        breach = default;
        if (v.Moment == Moment.AfterStep && (v.Events & Event.BadUnlock) == 0) return true;
        ref readonly var t = ref v.State.Tasks[v.Task];
        if ((v.Events & Event.BadUnlock) != 0)
        {
            breach = new Breach(Id, BadUnlock, t.Mm, t.Page);
            return false;
        }

        if (v.Moment != Moment.OperationEnded)
        {
            breach = new Breach(Id, v.Moment == Moment.Deadlock ? Deadlock : Livelock, t.Mm, t.Page, Actual: t.Steps);
            return false;
        }

        if (t.Ptls != 0 || t.Is(TaskFlags.MmapRead | TaskFlags.MmapWrite))
        {
            breach = new Breach(Id, HoldsLock, t.Mm, t.Page);
            return false;
        }

        if ((t.Result == OpResult.SigBus && v.State.AnyReadError == 0) || (t.Result == OpResult.Oom && !t.Is(TaskFlags.AllocFailed) && HasFreePage(in v.State)))
        {
            breach = new Breach(Id, NoReason, t.Mm, t.Page, Actual: (int)t.Result);
            return false;
        }

        if (t.Held != 0 || t.Is(TaskFlags.NeedClearCache))
        {
            breach = new Breach(Id, HoldsReference, t.Mm, t.Page);
            return false;
        }

        for (byte i = 1; i <= Capacity.Folios; i++)
        {
            if (v.State.Folios[i].Test(FolioFlags.Writeback) && v.State.Areas[v.State.Folios[i].Entry.Type].Is(AreaFlags.Synchronous))
            {
                breach = new Breach(Id, WriteNeverEnds, t.Mm, t.Page, new Pfn(i));
                return false;
            }

            if (v.State.Folios[i].LockedBy != v.Task + 1) continue;
            breach = new Breach(Id, FolioLocked, t.Mm, t.Page, new Pfn(i));
            return false;
        }

        return true;
    }

    private static bool HasFreePage(in MachineState s)
    {
        for (var i = 1; i <= Capacity.Folios; i++)
        {
            if (s.Folios[i].RefCount == 0) return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public string Describe(in Breach breach) => breach.Code switch
    {
        Deadlock => $"{breach.Mm} waits for a lock that nobody will give back",
        Livelock => $"{breach.Mm} has taken {breach.Actual} steps in one operation and is no further",
        BadUnlock => $"{breach.Mm} has given a lock back that it did not have",
        NoReason => $"{breach.Mm} got {(breach.Actual == (int)OpResult.SigBus ? "SIGBUS, though no read has failed" : "no page, though memory is free")}",
        WriteNeverEnds => $"{breach.Pfn} is still being written, though its device writes at once",
        HoldsLock => $"{breach.Mm} has ended its operation and still holds the mmap lock or a page table lock",
        HoldsReference => $"{breach.Mm} has ended its operation and still holds a reference to a page, or a claim on a slot",
        _ => $"{breach.Mm} has ended its operation and still has {breach.Pfn} locked",
    };
}
