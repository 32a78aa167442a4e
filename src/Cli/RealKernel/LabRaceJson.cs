using Hooks.Lab;
using Hooks.Lab.Races;

namespace Hooks.Cli.RealKernel;

/// <summary>A race on a real kernel, as JSON.</summary>
/// <param name="Image">The lab's kernel.</param>
/// <param name="Linux">Its release.</param>
/// <param name="Model">The model's kernel.</param>
/// <param name="Notes">What was changed in the case so that a real kernel can play it.</param>
/// <param name="Times">How often it was played.</param>
/// <param name="Lost">How often data or tags were lost.</param>
/// <param name="Died">How often the guest died or hung.</param>
/// <param name="Agree">How often kernel and model agreed.</param>
/// <param name="Bugs">How often the guest's kernel came to a BUG().</param>
/// <param name="Verdict">In words.</param>
/// <param name="MedianSeconds">How long a play took.</param>
/// <param name="MaxSeconds">How long the longest took.</param>
/// <param name="Turns">The turns of the play that is shown: the first that differs from the model, or the first.</param>
/// <param name="Operations">Its operations.</param>
/// <param name="Failure">What became of the guest; left out if nothing.</param>
internal sealed record LabRaceJson(
    string Image,
    string Linux,
    string Model,
    IReadOnlyList<string> Notes,
    int Times,
    int Lost,
    int Died,
    int Agree,
    int Bugs,
    string Verdict,
    double MedianSeconds,
    double MaxSeconds,
    IReadOnlyList<RaceTurnJson> Turns,
    IReadOnlyList<RaceOperationJson> Operations,
    string? Failure)
{
    /// <summary>The object.</summary>
    public static string Print(LabImage image, string hello, RaceProgram program, IReadOnlyList<RacePlay> plays)
    {
        var outcome = RaceOutcome.Of(plays);
        var shown = RaceReport.Shown(plays);
        var took = plays.Select(p => p.Took.TotalSeconds).Order().ToList();
        return JsonText.Of(
            new LabRaceJson(
                image.Name,
                hello.Split("kernel=")[^1],
                image.Model,
                [.. program.Changes, .. program.Plan.NeverStood.Select(op => RaceReport.NeverStood(op, image))],
                outcome.Times,
                outcome.Lost,
                outcome.Died,
                outcome.Agree,
                outcome.Bugs,
                outcome.Verdict,
                Math.Round(took[took.Count / 2], 3),
                Math.Round(took[^1], 3),
                [.. shown.Turns.Select(t => new RaceTurnJson(RaceReport.Line(shown.Plan, t.Turn), RaceReport.Kernel(t), RaceReport.Model(t.Turn), t.Agrees))],
                [.. shown.Plan.Operations.Select((o, i) => RaceOperationJson.Of(o, i < shown.Answers.Length ? shown.Answers[i] : null)).OfType<RaceOperationJson>()],
                shown.Failure?.Message),
            JsonTypes.Default.LabRaceJson);
    }
}

/// <summary>A task's turn.</summary>
/// <param name="Line">Whose, and of which operation.</param>
/// <param name="Kernel">What became of it on the kernel.</param>
/// <param name="Model">What becomes of it in the model.</param>
/// <param name="Agrees">Whether that is the same.</param>
internal sealed record RaceTurnJson(string Line, string Kernel, string Model, bool Agrees);

/// <summary>An operation.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Kernel">The kernel's answer; left out if there is none.</param>
/// <param name="Model">The model's.</param>
internal sealed record RaceOperationJson(string Operation, string? Kernel, string? Model)
{
    /// <summary>Of an operation; null: it is none, but lets one go on.</summary>
    public static RaceOperationJson? Of(PlannedOperation planned, Answer? answer) =>
        planned.Op.Verb == Core.Workloads.Verb.Go ? null : new RaceOperationJson(ComparisonTable.Operation(planned.Op), answer?.WithoutMore().ToString(), planned.Model?.ToString());
}
