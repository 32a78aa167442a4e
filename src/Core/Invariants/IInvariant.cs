using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>When a check is made.</summary>
public enum Moment : byte
{
    /// <summary>After a step.</summary>
    AfterStep,

    /// <summary>After the last step of an operation.</summary>
    OperationEnded,

    /// <summary>Every task is blocked.</summary>
    Deadlock,

    /// <summary>An operation has taken more steps than any should.</summary>
    Livelock,
}

/// <summary>What a checker sees. Nothing here is to be changed by it.</summary>
public readonly ref struct View
{
    /// <summary>The state after the step.</summary>
    public readonly ref readonly MachineState State;

    /// <summary>What the programs expect.</summary>
    public readonly ref readonly Oracle Oracle;

    /// <summary>Whether the kernel marks pages exclusive (5.19 on).</summary>
    public readonly bool MarksExclusive;

    /// <summary>Whether swap PTEs remember it: the kernel marks pages, and the architecture has the bit.</summary>
    public readonly bool MarksSwapPtes;

    /// <summary>What is to be looked at.</summary>
    public readonly ref readonly Scope Scope;

    /// <summary>Who refers to what.</summary>
    public readonly ref readonly Referrers Referrers;

    /// <summary>The task that took the step.</summary>
    public readonly int Task;

    /// <summary>When.</summary>
    public readonly Moment Moment;

    /// <summary>What the step did.</summary>
    public readonly Event Events;

    /// <summary>A view of a machine.</summary>
    public View(ref readonly MachineState state, ref readonly Oracle oracle, Changes changes, bool marksExclusive, bool marksSwapPtes, int task, Moment moment, Event events)
    {
        State = ref state;
        Oracle = ref oracle;
        Scope = ref changes.Scope;
        Referrers = ref changes.Referrers;
        MarksExclusive = marksExclusive;
        MarksSwapPtes = marksSwapPtes;
        Task = task;
        Moment = moment;
        Events = events;
    }
}

/// <summary>A broken invariant, without words: they are made when somebody reads it.</summary>
/// <param name="Invariant">Which.</param>
/// <param name="Code">Which of the checker's ways to break it.</param>
/// <param name="Mm">Whose.</param>
/// <param name="Page">Where.</param>
/// <param name="Pfn">Which physical page.</param>
/// <param name="Entry">Which swap entry.</param>
/// <param name="Expected">What was expected.</param>
/// <param name="Actual">What was there.</param>
/// <param name="Detail">More, as the checker needs it.</param>
public readonly record struct Breach(
    InvariantId Invariant,
    byte Code = 0,
    MmId Mm = default,
    Vpn Page = default,
    Pfn Pfn = default,
    SwapEntry Entry = default,
    int Expected = 0,
    int Actual = 0,
    int Detail = 0);

/// <summary>An invariant: a statement about the machine that must hold after every step.</summary>
public interface IInvariant
{
    /// <summary>Which.</summary>
    InvariantId Id { get; }

    /// <summary>Its name in cases and on the command line.</summary>
    string Name { get; }

    /// <summary>The statement, one sentence.</summary>
    string Statement { get; }

    /// <summary>What must have happened for the invariant to have been put to the test; otherwise its passing is vacuous.</summary>
    Event ExercisedBy { get; }

    /// <summary>The exercise in words, for the report of a vacuous run.</summary>
    string Exercise { get; }

    /// <summary>What it looks at: it is asked only if there is something of it in the scope, or a step has done one of <see cref="Alarms"/>.</summary>
    Concern Concerns { get; }

    /// <summary>What steps do that it must be asked about, whatever they touch.</summary>
    Event Alarms { get; }

    /// <summary>Whether it says anything about an architecture, on a kernel that marks pages exclusive (5.19 on) or not.</summary>
    bool AppliesTo(IArchHooks arch, bool marksExclusive);

    /// <summary>Checks it, within the view's scope.</summary>
    /// <returns>Whether it holds.</returns>
    bool Holds(in View v, out Breach breach);

    /// <summary>What went wrong, one sentence.</summary>
    string Describe(in Breach breach);
}
