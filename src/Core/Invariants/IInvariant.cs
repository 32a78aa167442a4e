using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>When a check is made.</summary>
internal enum Moment : byte
{
    /// <summary>After a step.</summary>
    AfterStep,

    /// <summary>After the last step of an operation.</summary>
    OperationEnded,

    /// <summary>The task has to wait, and nobody can move.</summary>
    Deadlock,

    /// <summary>An operation has taken more steps than any should.</summary>
    Livelock,
}

/// <summary>What a checker sees. Nothing here is to be changed by it.</summary>
internal readonly ref struct View
{
    /// <summary>The world after the step.</summary>
    public readonly ref readonly World World;

    /// <summary>What the step did.</summary>
    public readonly ref readonly StepReport Report;

    /// <summary>What is to be looked at, and who refers to what.</summary>
    public readonly Attention Attention;

    /// <summary>Whether the kernel marks pages exclusive (5.19 on).</summary>
    public readonly bool MarksExclusive;

    /// <summary>Whether swap PTEs remember it: the kernel marks pages, and the architecture has the bit.</summary>
    public readonly bool MarksSwapPtes;

    /// <summary>The bits of a page's tags that mean something on the architecture.</summary>
    public readonly ushort TagMask;

    /// <summary>When.</summary>
    public readonly Moment Moment;

    /// <summary>A view of a world.</summary>
    public View(ref readonly World world, ref readonly StepReport report, Attention attention, bool marksExclusive, bool marksSwapPtes, ushort tagMask, Moment moment)
    {
        World = ref world;
        Report = ref report;
        Attention = attention;
        MarksExclusive = marksExclusive;
        MarksSwapPtes = marksSwapPtes;
        TagMask = tagMask;
        Moment = moment;
    }

    /// <summary>The machine after the step.</summary>
    public ref readonly MachineState State => ref World.State;

    /// <summary>What the programs expect.</summary>
    public ref readonly Oracle Oracle => ref World.Oracle;

    /// <summary>What only checkers know.</summary>
    public ref readonly Ghost Ghost => ref World.Ghost;

    /// <summary>The task that took the step.</summary>
    public ref readonly KTask Task => ref World.Tasks[Report.Task.Value];

    /// <summary>What is to be looked at.</summary>
    public ref readonly Scope Scope => ref Attention.Scope;

    /// <summary>Who refers to what.</summary>
    public ref readonly Referrers Referrers => ref Attention.Referrers;
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
    Mark ExercisedBy { get; }

    /// <summary>The exercise in words, for the report of a vacuous run.</summary>
    string Exercise { get; }

    /// <summary>What it looks at: it is asked only if there is something of it in the scope, or a step has done one of <see cref="Alarms"/> or <see cref="Complaints"/>.</summary>
    internal Concern Concerns { get; }

    /// <summary>What steps do that it must be asked about, whatever they touch.</summary>
    internal Mark Alarms => Mark.None;

    /// <summary>What the kernel would complain of that it must be asked about.</summary>
    internal Oops Complaints => Oops.None;

    /// <summary>Whether it says anything about an architecture, on a kernel that marks pages exclusive (5.19 on) or not.</summary>
    bool AppliesTo(IArchHooks arch, bool marksExclusive);

    /// <summary>Checks it, within the view's scope.</summary>
    /// <returns>Whether it holds.</returns>
    internal bool Holds(in View v, out Breach breach);

    /// <summary>What went wrong, one sentence.</summary>
    string Describe(in Breach breach);
}
