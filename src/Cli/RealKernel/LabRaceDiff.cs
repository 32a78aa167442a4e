using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Checking;
using Hooks.Cli.Terminal;
using Hooks.Core.Workloads;
using Hooks.Lab;
using Hooks.Lab.Races;
using Hooks.Report;
using Spectre.Console;

namespace Hooks.Cli.RealKernel;

/// <summary><c>hooks lab diff --races</c>: generated interleavings, forced on a real kernel, beside the model.</summary>
internal static class LabRaceDiff
{
    private const string Arch = "arm64";
    private const int MaxShown = 5;

    /// <summary>Runs it.</summary>
    public static int Run(Screen screen, string imageName, string? model, int programs, ulong seed, int guests, string output, bool json, bool progress)
    {
        var lab = LabFolder.OfUser();
        var image = LabCommand.Image(lab, imageName, model);
        var folder = CaseFolder.Prepare(output);
        var begun = Stopwatch.GetTimestamp();
        Action<long, int>? show = null;
        if (progress && screen.ErrorIsTerminal)
        {
            show = (done, differ) => screen.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r{done} of {programs} races, {differ} differ, {done / Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0}/s  "));
        }

        var result = new RaceCampaign(lab, image, Names.Kernel(image.Model), Names.Architecture(Arch)).Run(programs, seed, guests, show, screen.Interrupted);
        if (show is not null) screen.Error.Write("\r" + new string(' ', 60) + "\r");
        ImmutableArray<(string Name, Case Case)> cases = [.. result.Divergences.Select(d => (NameOf(image, d), CaseOf(image, d)))];
        var unsaved = folder.Save(cases);
        if (json) screen.Verbatim(LabRaceDiffJson.Print(image, seed, result, cases));
        else Print(screen, image, result, folder, cases, guests);
        if (unsaved is not null) throw new InputException(unsaved);
        if (result.Stopped is { } why) throw new InputException($"stopped after {result.Played} of {programs} races: {why}");
        if (!result.Complete) return ExitCode.Interrupted;
        return result.Divergences.Length == 0 && result.Stood > 0 ? ExitCode.AsExpected : ExitCode.NotAsExpected;
    }

    private static string NameOf(LabImage image, RaceDivergence d) => string.Create(CultureInfo.InvariantCulture, $"{image.Name}-race-{d.Program}");

    private static Case CaseOf(LabImage image, RaceDivergence divergence)
    {
        var comments = new List<string> { $"# played on the lab's {image.Name} this goes otherwise than in the model ({divergence.Again} of {RaceCampaign.Repeats} times)", $"# {Difference(divergence.Play)}" };
        comments.AddRange(divergence.Play.Failure?.Console.Select(line => "#   " + line) ?? []);
        return new Case(image.Model, Arch, divergence.Minimal, [], [.. comments.Select(text => new Comment(0, Trailing: false, text))]);
    }

    /// <summary>The first difference, in a line.</summary>
    private static string Difference(RacePlay play)
    {
        if (play.Failure is { } failure) return failure.Message;
        if (play.FirstTurn >= 0 && play.Turns[play.FirstTurn] is var turn) return $"at '{RaceReport.Line(play.Plan, turn.Turn)}' the kernel: {RaceReport.Kernel(turn)}; the model: {RaceReport.Model(turn.Turn)}";
        if (play.FirstAnswer < 0) return "no difference";
        return $"at '{ComparisonTable.Operation(play.Plan.Operations[play.FirstAnswer].Op)}' the kernel says: {play.Answers[play.FirstAnswer]}; the model: {play.Plan.Operations[play.FirstAnswer].Model}";
    }

    private static void Print(Screen screen, LabImage image, RaceResult result, CaseFolder folder, ImmutableArray<(string Name, Case Case)> cases, int guests)
    {
        screen.Line($"{image.Name} beside {image.Model} on {Arch}: {image.About}");
        screen.Line();
        var table = Listing.Of("races", "agree", "differ", "passed by", "began again", "held", "waited", "turns", "lost");
        table.Row(Text(result.Played), Text(result.Agreed), Text(result.Divergences.Length), Text(result.PassedBy), Text(result.Retried), Text(result.Stood), Text(result.Waited), Text(result.Turns), Text(result.Lost));
        screen.Write(table);
        screen.Line("passed by: the kernel never comes to the step, which changes nothing there; not compared. began again: a fault that had waited for a folio's lock began again (VM_FAULT_RETRY), and waited for another; not compared from there on. held: a task stood in front of a step. waited: a task slept or spun until another went on. lost: data or tags, on the real kernel.");
        foreach (var same in result.Divergences.Zip(cases).GroupBy(d => (d.First.Minimal, Difference(d.First.Play))).Take(MaxShown))
        {
            var (divergence, (name, _)) = same.First();
            screen.Line();
            screen.Line($"{name}: kernel and model differ ({divergence.Again} of {RaceCampaign.Repeats} times by itself)", new Style(Color.Red));
            screen.Line(Difference(divergence.Play));
            foreach (var op in divergence.Minimal.Operations) screen.Line($"  {op.Task,-6} {op}");
            if (same.Skip(1).Any()) screen.Line($"the same: {string.Join(", ", same.Skip(1).Select(d => d.Second.Name))}");
            screen.Line($"again: {CaseReport.Command} lab race {Shell.Quote(folder.FileOf(name))} --image {image.Name}");
        }

        screen.Line();
        if (result.Divergences.Length == 0 && result.Complete) screen.Line($"No difference in {result.Played} races, {result.Turns} turns.", new Style(Color.Green));
        if (!result.Complete && result.Stopped is null) screen.Line("Interrupted.", new Style(Color.Yellow));
        if (screen.ErrorIsTerminal) screen.ErrorLine(string.Create(CultureInfo.InvariantCulture, $"({guests} guests, {result.Played / Math.Max(result.Running.TotalSeconds, 0.001):0.0} races/s each, {result.Boots} boots)"));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
