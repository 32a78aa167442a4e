using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hooks.Core.Mm;

/// <summary>The kinds of locks, in the kernel's order. (The slot lock is not modelled: every change of a slot is one atomic step.)</summary>
public enum LockKind : byte
{
    /// <summary><c>mmap_lock</c>, for reading.</summary>
    MmapRead,

    /// <summary><c>mmap_lock</c>, for writing.</summary>
    MmapWrite,

    /// <summary>The folio lock.</summary>
    Folio,

    /// <summary>The page table lock; the model has one for the whole mm.</summary>
    PageTable,
}

/// <summary>Of which object a lock is: a local of the task that takes it.</summary>
public enum LockOf : byte
{
    /// <summary>The operation's address space.</summary>
    Mm,

    /// <summary>fork's child.</summary>
    Child,

    /// <summary>The address space that a walk has come to.</summary>
    Walk,

    /// <summary>The address space that is being unmapped.</summary>
    Zap,

    /// <summary>The path's folio.</summary>
    Folio,

    /// <summary>The path's old folio.</summary>
    OldFolio,
}

/// <summary>A lock, as an instruction names it.</summary>
/// <param name="Kind">Which kind.</param>
/// <param name="Of">Of what.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly record struct LockName(LockKind Kind, LockOf Of)
{
    /// <summary><c>mmap_lock</c> of the operation's address space, for reading.</summary>
    public static LockName MmapRead => new(LockKind.MmapRead, LockOf.Mm);

    /// <summary><c>mmap_lock</c> of the operation's address space, for writing.</summary>
    public static LockName MmapWrite => new(LockKind.MmapWrite, LockOf.Mm);

    /// <summary>The page table lock of the operation's address space.</summary>
    public static LockName PageTable => new(LockKind.PageTable, LockOf.Mm);

    /// <summary>The path's folio's lock.</summary>
    public static LockName Folio => new(LockKind.Folio, LockOf.Folio);

    /// <summary>The path's old folio's lock.</summary>
    public static LockName OldFolio => new(LockKind.Folio, LockOf.OldFolio);

    /// <summary>The same kind of lock of something else.</summary>
    public LockName At(LockOf what) => this with { Of = what };

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        LockKind.MmapRead => $"mmap_lock of {Of}, for reading",
        LockKind.MmapWrite => $"mmap_lock of {Of}, for writing",
        LockKind.Folio => $"lock of {Of}",
        _ => $"page table lock of {Of}",
    };
}

/// <summary>What a blocked task waits for.</summary>
public enum WaitKind : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary><c>mmap_lock</c>, for reading.</summary>
    MmapRead,

    /// <summary><c>mmap_lock</c>, for writing.</summary>
    MmapWrite,

    /// <summary>A page table lock.</summary>
    PageTable,

    /// <summary>A folio lock.</summary>
    Folio,

    /// <summary>That somebody gives up the claim on a slot.</summary>
    Claim,

    /// <summary>That a slot of an area is given back: swapoff goes round until none is in use.</summary>
    Slots,

    /// <summary>That another swapoff ends.</summary>
    SwapOff,
}

/// <summary>What a blocked task waits for, and of what.</summary>
/// <param name="Kind">Which kind of thing.</param>
/// <param name="Number">The address space, folio, slot or area, by its number.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly record struct Waiting(WaitKind Kind, byte Number)
{
    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        WaitKind.MmapRead => $"{MmId.At(Number)}'s mmap_lock, for reading",
        WaitKind.MmapWrite => $"{MmId.At(Number)}'s mmap_lock, for writing",
        WaitKind.PageTable => $"{MmId.At(Number)}'s page table lock",
        WaitKind.Folio => $"the lock of {Pfn.At(Number)}",
        WaitKind.Claim => $"the claim on {SwapEntry.At(Number)}",
        WaitKind.Slots => $"slots of swap area {Number} still in use",
        WaitKind.SwapOff => "another swapoff",
        _ => "nothing",
    };
}

/// <summary>Taking locks and giving them back. Locks are owned by tasks.</summary>
internal static class Locks
{
    /// <summary>Takes a lock if it is free: <c>folio_trylock()</c>; <c>folio_lock()</c> is this, tried again until it succeeds.</summary>
    public static bool TryAcquireFolio(in Memory m, ref KTask t, LockOf which) => TryAcquireFolio(in m, in t, FolioOf(in t, which));

    /// <inheritdoc cref="TryAcquireFolio(in Memory, ref KTask, LockOf)"/>
    public static bool TryAcquireFolio(in Memory m, in KTask t, Pfn folio)
    {
        if (!m.ReadFolioLock(folio).IsFree) return false;
        m.WriteFolioLock(folio, LockOwner.Of(t.Id));
        return true;
    }

    /// <inheritdoc cref="TryAcquireFolio(in Memory, ref KTask, LockOf)"/>
    public static bool TryAcquirePageTable(in Memory m, ref KTask t, LockOf which) => TryAcquirePageTable(in m, ref t, MmOf(in t, which));

    /// <inheritdoc cref="TryAcquireFolio(in Memory, ref KTask, LockOf)"/>
    public static bool TryAcquirePageTable(in Memory m, ref KTask t, MmId mm)
    {
        if (!m.ReadPageTableLock(mm).IsFree) return false;
        m.WritePageTableLock(mm, LockOwner.Of(t.Id));
        t.PageTableLocks = t.PageTableLocks.With(mm);
        return true;
    }

    /// <inheritdoc cref="TryAcquireFolio(in Memory, ref KTask, LockOf)"/>
    public static bool TryAcquireMmapRead(in Memory m, ref KTask t, LockOf which)
    {
        var mm = MmOf(in t, which);
        if (!m.ReadMmapLock(mm).Writer.IsFree) return false;
        m.WriteMmapLock(mm).Readers++;
        t.MmapRead = t.MmapRead.With(mm);
        return true;
    }

    /// <inheritdoc cref="TryAcquireFolio(in Memory, ref KTask, LockOf)"/>
    public static bool TryAcquireMmapWrite(in Memory m, ref KTask t, LockOf which)
    {
        var mm = MmOf(in t, which);
        ref readonly var held = ref m.ReadMmapLock(mm);
        if (!held.Writer.IsFree || held.Readers != 0) return false;
        m.WriteMmapLock(mm).Writer = LockOwner.Of(t.Id);
        t.MmapWrite = t.MmapWrite.With(mm);
        return true;
    }

    /// <summary>Gives a lock back. One that the task does not have is complained of.</summary>
    public static void Release(in Memory m, ref KTask t, LockName which)
    {
        switch (which.Kind)
        {
            case LockKind.Folio:
                ReleaseFolio(in m, ref t, which.Of);
                return;
            case LockKind.PageTable:
                ReleasePageTable(in m, ref t, which.Of);
                return;
            case LockKind.MmapRead:
                ReleaseMmapRead(in m, ref t, which.Of);
                return;
            default:
                ReleaseMmapWrite(in m, ref t, which.Of);
                return;
        }
    }

    /// <inheritdoc cref="Release"/>
    public static void ReleaseFolio(in Memory m, ref KTask t, LockOf which) => ReleaseFolio(in m, in t, FolioOf(in t, which));

    /// <inheritdoc cref="Release"/>
    public static void ReleaseFolio(in Memory m, in KTask t, Pfn folio)
    {
        if (m.ReadFolioLock(folio) != LockOwner.Of(t.Id)) m.Complain(Oops.BadUnlock);
        m.WriteFolioLock(folio, default);
    }

    /// <inheritdoc cref="Release"/>
    public static void ReleasePageTable(in Memory m, ref KTask t, LockOf which) => ReleasePageTable(in m, ref t, MmOf(in t, which));

    /// <inheritdoc cref="Release"/>
    public static void ReleasePageTable(in Memory m, ref KTask t, MmId mm)
    {
        if (m.ReadPageTableLock(mm) != LockOwner.Of(t.Id)) m.Complain(Oops.BadUnlock);
        m.WritePageTableLock(mm, default);
        t.PageTableLocks = t.PageTableLocks.Without(mm);
    }

    /// <inheritdoc cref="Release"/>
    public static void ReleaseMmapRead(in Memory m, ref KTask t, LockOf which)
    {
        var mm = MmOf(in t, which);
        if (t.MmapRead.Contains(mm)) m.WriteMmapLock(mm).Readers--;
        else m.Complain(Oops.BadUnlock);
        t.MmapRead = t.MmapRead.Without(mm);
    }

    /// <inheritdoc cref="Release"/>
    public static void ReleaseMmapWrite(in Memory m, ref KTask t, LockOf which)
    {
        var mm = MmOf(in t, which);
        if (t.MmapWrite.Contains(mm)) m.WriteMmapLock(mm).Writer = default;
        else m.Complain(Oops.BadUnlock);
        t.MmapWrite = t.MmapWrite.Without(mm);
    }

    /// <summary>What a task waits for that could not take a lock.</summary>
    public static Waiting WaitFor(in KTask t, LockName which) => which.Kind switch
    {
        LockKind.Folio => new Waiting(WaitKind.Folio, FolioOf(in t, which.Of).Value),
        LockKind.PageTable => new Waiting(WaitKind.PageTable, MmOf(in t, which.Of).Value),
        LockKind.MmapRead => new Waiting(WaitKind.MmapRead, MmOf(in t, which.Of).Value),
        _ => new Waiting(WaitKind.MmapWrite, MmOf(in t, which.Of).Value),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static MmId MmOf(in KTask t, LockOf what) => what switch
    {
        LockOf.Child => t.Child,
        LockOf.Walk => t.Walk.Mm,
        LockOf.Zap => t.Zap.Mm,
        _ => t.Mm,
    };

    private static Pfn FolioOf(in KTask t, LockOf what) => what == LockOf.OldFolio ? t.OldFolio : t.Folio;
}
