using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>No deadlock, no endless loop, and a task that has ended its operation holds no lock and no reference.</summary>
internal sealed class Progress : IInvariant
{
    private const byte Deadlock = 0;
    private const byte Livelock = 1;
    private const byte HoldsLock = 2;
    private const byte HoldsReference = 3;
    private const byte FolioLocked = 4;
    private const byte BadUnlock = 5;
    private const byte NoReason = 6;
    private const byte WriteNeverEnds = 7;
    private const byte Assertion = 8;
    private const byte Crash = 9;
    private const Oops Own = Oops.BadUnlock | Oops.AssertionFailed;

    /// <inheritdoc/>
    public InvariantId Id => InvariantId.Progress;

    /// <inheritdoc/>
    public string Name => "progress";

    /// <inheritdoc/>
    public string Statement => "no deadlock, every operation ends, without an error that nothing caused, and then holds no lock and no reference";

    /// <inheritdoc/>
    public Mark ExercisedBy => Mark.SwapInEnded;

    /// <inheritdoc/>
    public string Exercise => "a swap fault was handled to its end";

    /// <inheritdoc/>
    public Concern Concerns => Concern.Operations;

    /// <inheritdoc/>
    public Oops Complaints => Own;

    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => true;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        breach = default;
        if (v.Moment == Moment.AfterStep && (v.Report.Oops & Own) == 0) return true;
        ref readonly var t = ref v.Task;
        if ((v.Report.Oops & Own) != 0)
        {
            breach = new Breach(Id, (v.Report.Oops & Oops.BadUnlock) != 0 ? BadUnlock : Assertion, t.Mm, t.Page);
            return false;
        }

        if (v.Moment != Moment.OperationEnded)
        {
            breach = new Breach(Id, v.Moment == Moment.Deadlock ? Deadlock : Livelock, t.Mm, t.Page);
            return false;
        }

        if ((t.PageTableLocks | t.MmapRead | t.MmapWrite).Any)
        {
            breach = new Breach(Id, HoldsLock, t.Mm, t.Page);
            return false;
        }

        if ((t.Result == OpResult.SigBus && !IsLost(in v, in t)) || (t.Result == OpResult.Oom && !t.Is(TaskFlags.AllocFailed)))
        {
            breach = new Breach(Id, NoReason, t.Mm, t.Page, Actual: (int)t.Result);
            return false;
        }

        if (t.Held.Any || t.Claimed.Any || t.Busy != 0)
        {
            breach = new Breach(Id, HoldsReference, t.Mm, t.Page);
            return false;
        }

        for (var left = v.Attention.InWriteback; left.Any; left = left.Rest)
        {
            ref readonly var folio = ref v.State.Folio(left.First);
            if (folio.Entry.IsNone || !v.State.Area(folio.Entry.Type).Is(AreaFlags.Synchronous) || IsHeld(in v, left.First)) continue;
            breach = new Breach(Id, WriteNeverEnds, t.Mm, t.Page, left.First);
            return false;
        }

        for (var left = v.Attention.LockedFolios; left.Any; left = left.Rest)
        {
            if (v.State.FolioLock(left.First) != LockOwner.Of(v.Report.Task)) continue;
            breach = new Breach(Id, FolioLocked, t.Mm, t.Page, left.First);
            return false;
        }

        return true;
    }

    /// <summary>A kernel that was read has come to where the model can go no further.</summary>
    public static Breach Crashed(in KTask t) => new(InvariantId.Progress, Crash, t.Mm, t.Page);

    /// <summary>Whether what the operation wanted could not be read back from swap: by itself, or by the swapoff that left a poison marker.</summary>
    private static bool IsLost(in View v, in KTask t) =>
        v.Ghost.SeenBy(t.Id).ReadFailed || v.Ghost.Lost.Contains(new PageAt(t.Mm, t.Page));

    /// <summary>Whether another task is still at it.</summary>
    private static bool IsHeld(in View v, Pfn folio) => v.Attention.Holdings.HeldTo(folio) != 0;

    /// <inheritdoc/>
    public string Describe(in Breach breach) => breach.Code switch
    {
        Deadlock => $"{breach.Mm} waits for a lock that nobody will give back",
        Livelock => $"{breach.Mm} has taken {Machine.StepLimit} steps in one operation and is no further",
        BadUnlock => $"{breach.Mm} has given a lock back that it did not have",
        Crash => $"{breach.Mm} goes no further: the kernel works on something that is not there, or goes round without an end",
        Assertion => $"{breach.Mm} comes to an assertion of the kernel that does not hold",
        NoReason => $"{breach.Mm} got {(breach.Actual == (int)OpResult.SigBus ? "SIGBUS, though no read has failed" : "no page, though memory is free")}",
        WriteNeverEnds => $"{breach.Pfn} is still being written, though its device writes at once",
        HoldsLock => $"{breach.Mm} has ended its operation and still holds the mmap lock or a page table lock",
        HoldsReference => $"{breach.Mm} has ended its operation and still holds a reference to a page or an address space, or a claim on a slot",
        _ => $"{breach.Mm} has ended its operation and still has {breach.Pfn} locked",
    };
}
