using System.Globalization;
using Hooks.Cli.Terminal;
using Hooks.Core.Workloads;
using Hooks.Lab;
using Hooks.Lab.Races;
using Spectre.Console;

namespace Hooks.Cli.RealKernel;

/// <summary>A race on a real kernel, beside the model, in words.</summary>
internal static class RaceReport
{
    /// <summary>The play that is shown: the first on which kernel and model differ, or the first.</summary>
    public static RacePlay Shown(IReadOnlyList<RacePlay> plays) => plays.FirstOrDefault(p => !p.Agrees) ?? plays[0];

    /// <summary>Prints it.</summary>
    public static void Print(Screen screen, string name, LabImage image, string hello, RaceProgram program, IReadOnlyList<RacePlay> plays)
    {
        screen.Line($"{name} on {image.Name} (Linux {hello.Split("kernel=")[^1]}), beside {image.Model} on arm64");
        screen.Line($"swap {program.Plan.Workload.Swaps[0]}");
        foreach (var change in program.Changes) screen.Line($"note: {change}");
        foreach (var op in program.Plan.NeverStood) screen.Line($"note: {NeverStood(op, image)}");
        screen.Line();
        if (plays.Count == 0) return;
        var shown = Shown(plays);
        var table = Listing.Of("turn", "kernel", "model");
        foreach (var turn in shown.Turns.Where(t => t.Turn.Operation < shown.Plan.Given))
        {
            var style = turn.Agrees ? Style.Plain : new Style(Color.Red);
            table.AddRow(new Text(Line(shown.Plan, turn.Turn), style), new Text(Kernel(turn), style), new Text(turn.Agrees ? "the same" : $"DIFFERS: {Model(turn.Turn)}", style));
        }

        // The turn in which the guest was lost.
        if (shown.Failure is { } lost && shown.Turns.Length < shown.Plan.Turns.Length && shown.Plan.Turns[shown.Turns.Length] is var last && last.Operation < shown.Plan.Given)
        {
            table.AddRow(new Text(Line(shown.Plan, last)), new Text(lost.Bug ?? "the guest is lost", new Style(Color.Red)), shown.Agrees ? new Text("an assertion that does not hold") : new Text($"DIFFERS: {Model(last)}", new Style(Color.Red)));
        }

        screen.Write(table);
        screen.Line();
        Answers(screen, shown);
        if (shown.Failure is { } failure) screen.Line($"{failure.Message}{GuestSession.Tail(failure)}", new Style(Color.Red));
        screen.Line();
        var outcome = RaceOutcome.Of(plays);
        var took = plays.Select(p => p.Took.TotalSeconds).Order().ToList();
        screen.Line(
            string.Create(CultureInfo.InvariantCulture, $"{Title(outcome.Verdict)} ({took[took.Count / 2]:0.000} s each, the longest {took[^1]:0.000} s)."),
            new Style(outcome.Lost + outcome.Died > 0 ? Color.Red : Color.Green));
        if (outcome.Agree == outcome.Times) screen.Line(outcome.Times == 1 ? "Kernel and model agree." : $"Kernel and model agree, {outcome.Agree} of {outcome.Times} times.");
        else screen.Line($"Kernel and model differ, {outcome.Times - outcome.Agree} of {outcome.Times} times.", new Style(Color.Red));
    }

    /// <summary>Of an operation that should be left standing.</summary>
    public static string NeverStood(Operation op, LabImage image) => $"{op.Task} {CaseText.Print(op with { Until = null })} never comes to {op.Until} in {image.Model}: nobody is held there";

    /// <summary>Whose turn, and at what.</summary>
    public static string Line(RacePlan plan, RaceTurn turn)
    {
        var op = plan.Workload.Operations[turn.Operation] with { Until = null };
        return turn.Begins ? ComparisonTable.Operation(op) : $"{op.Task} goes on";
    }

    /// <summary>What became of a turn on the kernel.</summary>
    public static string Kernel(PlayedTurn played) => played.Outcome switch
    {
        TurnOutcome.Ended => "done" + (played.Note.Length > 0 ? $" ({played.Note})" : ""),
        TurnOutcome.Stood => $"stands at {played.Turn.Step}{(played.Turn.Arrival > 1 ? $", the {played.Turn.Arrival}. time" : "")} ({played.Note})",
        TurnOutcome.Waited => $"waits ({(played.Note.Length > 0 ? played.Note : "runs on")})",
        TurnOutcome.PutOff => "put off: it waits still",
        _ => "is done already",
    };

    /// <summary>What becomes of a turn in the model.</summary>
    public static string Model(RaceTurn turn) => turn.End switch
    {
        TurnEnd.Ended => "done",
        TurnEnd.Stands => $"stands at {turn.Step}",
        _ => $"waits at {turn.Step} for {turn.Waiting}{(turn.Holder is { } holder ? $", which {holder} has" : "")}",
    };

    private static void Answers(Screen screen, RacePlay play)
    {
        var table = Listing.Of("operation", "kernel", "model");
        for (var i = 0; i < play.Plan.Operations.Length; i++)
        {
            if (i == play.Plan.Given) table.Row("in the end", "", "");
            var planned = play.Plan.Operations[i];
            if (planned.Op.Verb == Verb.Go) continue;
            var answer = i < play.Answers.Length ? play.Answers[i] : null;
            var differs = play.Differs(i);
            table.AddRow(
                new Text(ComparisonTable.Operation(planned.Op with { Until = null })),
                new Text(answer is null ? "-" : Short(answer)),
                new Text(differs ? $"DIFFERS: {(planned.Model is null ? "never ends" : Short(planned.Model))}" : answer is null ? "" : "the same", differs ? new Style(Color.Red) : Style.Plain));
        }

        screen.Write(table);
    }

    private static string Short(Answer answer) => (answer.WithoutMore() with { State = '\0' }).ToString();

    private static string Title(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
