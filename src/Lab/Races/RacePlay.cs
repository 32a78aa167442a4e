using System.Collections.Immutable;
using Hooks.Core.Workloads;

namespace Hooks.Lab.Races;

/// <summary>What became of a turn on the kernel.</summary>
public enum TurnOutcome
{
    /// <summary>Its operation ended.</summary>
    Ended,

    /// <summary>It stood where it should.</summary>
    Stood,

    /// <summary>It came to no end: it slept, or turned on the spot, until another went on.</summary>
    Waited,

    /// <summary>The task was still waiting in what it was told before: this came when nobody was held any more.</summary>
    PutOff,

    /// <summary>The operation had ended already.</summary>
    Over,
}

/// <summary>A turn, as the model plays it and as the kernel did.</summary>
/// <param name="Turn">The model's.</param>
/// <param name="Outcome">The kernel's.</param>
/// <param name="Note">What else is to be said.</param>
public sealed record PlayedTurn(RaceTurn Turn, TurnOutcome Outcome, string Note)
{
    /// <summary>Whether the kernel did as the model.</summary>
    public bool Agrees => Outcome switch
    {
        TurnOutcome.Ended => Turn.End == TurnEnd.Ended,
        TurnOutcome.Stood => Turn.End == TurnEnd.Stands,
        TurnOutcome.Waited => Turn.End == TurnEnd.Waits,
        _ => false,
    };
}

/// <summary>A race, played once on a kernel.</summary>
/// <param name="Plan">What was to be played.</param>
/// <param name="Turns">What became of each turn, as far as it came.</param>
/// <param name="Answers">The kernel's answers, an operation each; null: it was not asked, or did not say.</param>
/// <param name="Took">How long it took, without boot.</param>
/// <param name="Failure">The guest died of it, or hung; null: neither.</param>
public sealed record RacePlay(RacePlan Plan, ImmutableArray<PlayedTurn> Turns, ImmutableArray<Answer?> Answers, TimeSpan Took, GuestException? Failure)
{
    private const string FolioLock = "do_swap_page.FolioLock";

    /// <summary>The first turn on which kernel and model differ; −1: none.</summary>
    public int FirstTurn { get; } = Turns.Select((turn, i) => (turn, i)).FirstOrDefault(t => !t.turn.Agrees, (null!, -1)).Item2;

    /// <summary>The first operation on whose answer they differ; −1: none.</summary>
    public int FirstAnswer => Enumerable.Range(0, Plan.Operations.Length).FirstOrDefault(Differs, -1);

    /// <summary>Whether kernel and model differ on the answer of an operation.</summary>
    public bool Differs(int operation) =>
        operation < Answers.Length && Answers[operation] is { } answer && Plan.Operations[operation] is { Model: { } model } planned && !Same(planned, model, answer);

    /// <summary>
    /// Whether the first turn on which they differ came to the operation's end, and never to the step that it should have stood in front of, which in the model changes nothing there: the statement is not
    /// on the way that the kernel takes, and what follows is another race than the one that was meant. Or a page was paged out while another task stood, or before it was held itself: it may be in the batch of the other
    /// task's CPU, where it is not found, and stays (the model has one batch for all).
    /// </summary>
    public bool PassesBy => Failure is null && FirstTurn >= 0 && Turns[FirstTurn] is { Outcome: TurnOutcome.Ended, Turn: var turn } && ((turn.End == TurnEnd.Stands && !turn.Changes) || PagedOutBeside());

    private bool PagedOutBeside()
    {
        var standing = 0;
        for (var i = 0; i <= FirstTurn; i++)
        {
            var turn = Turns[i].Turn;
            if (turn.Begins && Plan.Operations[turn.Operation].Op.Verb == Verb.Pageout && (standing > 0 || turn.End != TurnEnd.Ended)) return true;
            if (turn.Begins && turn.End != TurnEnd.Ended) standing++;
            if (!turn.Begins && turn.End == TurnEnd.Ended) standing--;
        }

        return false;
    }

    /// <summary>
    /// Whether the first turn on which they differ is of a fault that has waited for a folio's lock, and now waits for another: the kernel begins such a fault again (VM_FAULT_RETRY, folio_lock_or_retry()), the model goes on
    /// where it was (docs/fidelity.md). What follows is another race than the one that was meant.
    /// </summary>
    public bool Retries => Failure is null && FirstTurn >= 0 && Turns[FirstTurn] is { Outcome: TurnOutcome.Waited, Turn: { Begins: false } turn }
        && Turns.Take(FirstTurn).Any(t => t.Turn.Operation == turn.Operation && t.Turn is { End: TurnEnd.Waits, Step: FolioLock });

    /// <summary>Whether it was another race than the one that was meant, by what is known of the two: nothing is to be said of it.</summary>
    public bool IsAnother => PassesBy || Retries;

    /// <summary>Whether kernel and model say the same of all of it; of a BUG() of the kernel's, that the model's same operation comes to an assertion that does not hold.</summary>
    public bool Agrees => FirstTurn < 0 && FirstAnswer < 0 && (Failure is null || (Failure.Bug is not null && Turns.Length < Plan.Turns.Length && Plan.Turns[Turns.Length].Operation == Plan.Crashes));

    /// <summary>Whether the program found, when all was done, data that it had not stored, and tags that it had not set.</summary>
    public (bool Data, bool Tags) Lost { get; } = LostBy(Plan, Answers);

    /// <summary>Whether anything was lost.</summary>
    public bool Loses => Lost.Data || Lost.Tags;

    /// <summary>
    /// Whether the kernel's answer is what the model says: data, tags; failed checks, but of an operation that was held: the agent makes its pointer, with the tag that the page has then, before the access. Whether a page went that was
    /// paged out, where somebody looked.
    /// </summary>
    private static bool Same(PlannedOperation planned, Answer model, Answer answer) =>
        (model.Kind == AnswerKind.NotApplicable && IsNoMapping(answer))
        || ((planned.Op.Verb != Verb.Pageout || answer.State == '\0' || model.State == '\0' || (answer.State == 'S') == (model.State == 'S'))
        && Prediction.Allows(new Answer(model.Kind, Value: model.Value, Tags: model.Tags, Mismatch: planned.Held ? answer.Mismatch : model.Mismatch), planned.Op, answer.WithoutMore() with { State = '\0' }, lockedOnce: false));

    /// <summary>SIGSEGV, SEGV_MAPERR: the agent looks whether the page is mapped before the access, and another task has unmapped it since.</summary>
    private static bool IsNoMapping(Answer answer) => answer is { Kind: AnswerKind.Signal, Detail: "11 1" };

    private static (bool Data, bool Tags) LostBy(RacePlan plan, ImmutableArray<Answer?> answers)
    {
        var lost = (Data: false, Tags: false);
        for (var i = plan.Given; i < answers.Length; i++)
        {
            if (answers[i] is not { } answer || !plan.Operations[i].Expected.Mapped) continue;
            var (data, tags) = Prediction.Losses(plan.Operations[i].Expected, plan.Operations[i].Op, answer);
            lost = (lost.Data || data, lost.Tags || tags);
        }

        return lost;
    }
}
