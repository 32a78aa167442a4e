using System.Runtime.InteropServices;
using Hooks.Core.Mm;

namespace Hooks.Arch.Native;

/// <summary>What every call of a hook tells (C/glue.c, struct outcome).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Outcome
{
    private const int FreedWrongly = 1;
    private const int LockedWrongly = 2;
    private const int Crashed = 4;
    private const int Ended = 8;

    /// <summary>What the hook returned.</summary>
    public int Result;

    /// <summary>How often it asked for memory.</summary>
    public int Asked;

    /// <summary>Allocations that nothing refers to any more.</summary>
    public int Leaked;

    /// <summary>What it did that no kernel code may.</summary>
    public int Wrong;

    /// <summary>How often it gave a lock back.</summary>
    public int Unlocks;

    /// <summary>Says what a kernel with its debugging on would.</summary>
    /// <returns>Whether what the call has left means anything.</returns>
    public readonly bool Tell(in Memory m)
    {
        if (Leaked > 0) m.Complain(Oops.HookLeaked);
        TellOfMemory(in m);
        if ((Wrong & LockedWrongly) != 0) m.Complain(Oops.BadUnlock);
        return (Wrong & Ended) == 0;
    }

    /// <summary>Says whether it used memory that it must not.</summary>
    public readonly void TellOfMemory(in Memory m)
    {
        if ((Wrong & FreedWrongly) != 0) m.Complain(Oops.HookFreedWrongly);
        if ((Wrong & Crashed) != 0) m.Complain(Oops.HookCrashed);
    }
}
