using Hooks.Core.Mm;

namespace Hooks.Core.Paths;

/// <summary>What a <see cref="Instruction.Do"/> does to the machine and to the task's locals.</summary>
public delegate void Effect(in Memory m, ref KTask t);

/// <summary>What a branch asks; changes nothing.</summary>
public delegate bool Guard(in Memory m, in KTask t);

/// <summary>What a task has to wait for before it can go on; <see cref="WaitKind.None"/>: nothing. Changes nothing.</summary>
public delegate Waiting Condition(in Memory m, in KTask t);

/// <summary>The kinds of instructions.</summary>
public enum OpCode : byte
{
    /// <summary>An effect.</summary>
    Do,

    /// <summary>An effect on the task's locals only: it may stand before a lock is taken, and is undone if the task has to wait.</summary>
    Let,

    /// <summary>Jump if a guard says so.</summary>
    If,

    /// <summary>Jump unless a guard says so.</summary>
    Unless,

    /// <summary>A block that is done if a guard says so.</summary>
    When,

    /// <summary>Jump.</summary>
    Goto,

    /// <summary>Go through another path and come back.</summary>
    Call,

    /// <summary>Back to the path that called this one; the outermost one's ends the operation.</summary>
    Return,

    /// <summary>Say how the operation ends.</summary>
    Result,

    /// <summary>Take a lock, waiting for it.</summary>
    Acquire,

    /// <summary>Take a lock if it is free, jump if not.</summary>
    TryAcquire,

    /// <summary>Take the lock of something that nobody else can know yet.</summary>
    SetLocked,

    /// <summary>Give a lock back.</summary>
    Release,

    /// <summary>Wait for something that is not a lock.</summary>
    Wait,

    /// <summary>The end of a path that does not return; stands behind the last instruction of each.</summary>
    OffTheEnd,
}

/// <summary>
/// One instruction of a step. Guards and effects are apart, and what an instruction jumps to, locks and calls is data, so that a path can be checked
/// when it is made and changed as a list is.
/// </summary>
public sealed class Instruction
{
    private Instruction(OpCode code) => Code = code;

    /// <summary>What kind.</summary>
    public OpCode Code { get; }

    /// <summary>Do, Let: the effect.</summary>
    public Effect? Effect { get; private init; }

    /// <summary>If, Unless, When: the guard.</summary>
    public Guard? Guard { get; private init; }

    /// <summary>Wait: for what.</summary>
    public Condition? Condition { get; private init; }

    /// <summary>If, Unless, Goto, TryAcquire: where to.</summary>
    public Label? Target { get; private init; }

    /// <summary>Call: which path.</summary>
    public PathId Callee { get; private init; }

    /// <summary>Acquire, TryAcquire, SetLocked, Release: which lock.</summary>
    public LockName Lock { get; private init; }

    /// <summary>Result: how the operation ends.</summary>
    public OpResult Outcome { get; private init; }

    /// <summary>When: the block.</summary>
    public IReadOnlyList<Instruction> Block { get; private init; } = [];

    /// <summary>The locals it reads.</summary>
    public Locals Reads { get; private init; }

    /// <summary>The locals it sets.</summary>
    public Locals Sets { get; private init; }

    /// <summary>An effect.</summary>
    public static Instruction Do(Effect effect, Locals reads = Locals.None, Locals sets = Locals.None) => new(OpCode.Do) { Effect = effect, Reads = reads, Sets = sets };

    /// <summary>An effect on the task's locals only.</summary>
    public static Instruction Let(Effect effect, Locals reads = Locals.None, Locals sets = Locals.None) => new(OpCode.Let) { Effect = effect, Reads = reads, Sets = sets };

    /// <summary>Jump if the guard says so.</summary>
    public static Instruction If(Guard guard, Label target, Locals reads = Locals.None) => new(OpCode.If) { Guard = guard, Target = target, Reads = reads };

    /// <summary>Jump unless the guard says so.</summary>
    public static Instruction Unless(Guard guard, Label target, Locals reads = Locals.None) => new(OpCode.Unless) { Guard = guard, Target = target, Reads = reads };

    /// <summary>A block that is done if the guard says so; after it, or without it, the instruction behind it is next.</summary>
    public static Instruction When(Guard guard, Locals reads, params IReadOnlyList<Instruction> block) => new(OpCode.When) { Guard = guard, Reads = reads, Block = block };

    /// <summary>A block that is done if the guard says so; after it, or without it, the instruction behind it is next.</summary>
    public static Instruction When(Guard guard, params IReadOnlyList<Instruction> block) => When(guard, Locals.None, block);

    /// <summary>Jump.</summary>
    public static Instruction Goto(Label target) => new(OpCode.Goto) { Target = target };

    /// <summary>Go through another path and come back.</summary>
    public static Instruction Call(PathId path) => new(OpCode.Call) { Callee = path };

    /// <summary>Back to the path that called this one.</summary>
    public static Instruction Return { get; } = new(OpCode.Return);

    /// <summary>Say how the operation ends.</summary>
    public static Instruction Result(OpResult outcome) => new(OpCode.Result) { Outcome = outcome };

    /// <summary>If the guard says so, say how the operation ends, and return.</summary>
    public static Instruction EndIf(Guard guard, OpResult outcome, Locals reads = Locals.None) => When(guard, reads, Result(outcome), Return);

    /// <summary>Take a lock, waiting for it.</summary>
    public static Instruction Acquire(LockName which) => new(OpCode.Acquire) { Lock = which, Reads = LocalsOf(which) };

    /// <summary>Take a lock if it is free, jump if not.</summary>
    public static Instruction TryAcquire(LockName which, Label orElse) => new(OpCode.TryAcquire) { Lock = which, Target = orElse, Reads = LocalsOf(which) };

    /// <summary>Take the lock of something that nobody else can know yet (<c>__folio_set_locked()</c>).</summary>
    public static Instruction SetLocked(LockName which) => new(OpCode.SetLocked) { Lock = which, Reads = LocalsOf(which) };

    /// <summary>Give a lock back.</summary>
    public static Instruction Release(LockName which) => new(OpCode.Release) { Lock = which, Reads = LocalsOf(which) };

    /// <summary>Wait for something that is not a lock.</summary>
    public static Instruction Wait(Condition condition, Locals reads = Locals.None) => new(OpCode.Wait) { Condition = condition, Reads = reads };

    /// <summary>What the last primitive answered.</summary>
    public static bool Answer(in Memory m, in KTask t) => t.Is(TaskFlags.Answer);

    private static Locals LocalsOf(LockName which) => which.Of switch
    {
        LockOf.Walk => Locals.Walk,
        LockOf.Zap => Locals.Zap,
        LockOf.Folio => Locals.Folio,
        LockOf.OldFolio => Locals.OldFolio,
        _ => Locals.None,
    };
}
