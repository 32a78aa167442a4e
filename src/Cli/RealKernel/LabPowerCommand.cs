using System.CommandLine;
using System.Globalization;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Running;
using Hooks.Cli.Terminal;
using Hooks.Core;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Lab;
using Hooks.Zoo;
using Spectre.Console;

namespace Hooks.Cli.RealKernel;

/// <summary>A wrong model, and what became of it.</summary>
/// <param name="Model">The model.</param>
/// <param name="All">Judged by whole answers.</param>
/// <param name="Less">Judged by answers without frames, flags, faults and slots.</param>
internal sealed record WrongVerdict(WrongModel Model, Judgement All, Judgement Less);

/// <summary><c>hooks lab power</c>: would the comparison with a real kernel notice a wrong model?</summary>
internal static class LabPowerCommand
{
    private const string Arch = "arm64";
    private const int MaxGuests = 64;

    /// <summary>An area that is half full with two pages.</summary>
    private const int SoonFull = 3;

    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var image = LabCommand.ImageOption();
        var model = LabCommand.ModelOption();
        var workloads = CommonOptions.Number("--workloads", "Generated workloads on each swap area.", 200, 1, 100_000);
        var seed = CommonOptions.Number("--seed", "Where the workloads come from.", 1UL, 0UL, ulong.MaxValue);
        var guests = CommonOptions.Number("--guests", "QEMUs at a time. [default: processors]", 0, 1, MaxGuests);
        guests.DefaultValueFactory = null;
        var jobs = CommonOptions.Number("--jobs", "Wrong models judged at a time. [default: processors]", 0, 1, 1024);
        jobs.DefaultValueFactory = null;
        var json = CommonOptions.Json();
        var noProgress = new Option<bool>("--no-progress") { Description = "No progress on standard error." };
        var command = new DocumentedCommand("power", "Put deliberately wrong models beside a real kernel: which of them does the comparison tell from it?")
        {
            Examples =
            [
                "hooks lab power --image fixed73",
                "hooks lab power --image fixed --workloads 1000 --json > power.json",
            ],
            ExitCodes =
            [
                "0    the right model agrees with the kernel, and some wrong one does not",
                "1    the right model differs, or none of the wrong ones does: it says nothing",
                "2    bad usage or input, or no lab",
                "130  interrupted",
            ],
        };
        foreach (var option in new Option[] { image, model, workloads, seed, guests, jobs, json, noProgress }) command.Options.Add(option);
        command.SetAction(parsed => Run(
            screen,
            parsed.GetValue(image)!,
            parsed.GetValue(model),
            parsed.GetValue(workloads),
            parsed.GetValue(seed),
            parsed.GetValue(guests) is var g and > 0 ? g : Math.Min(Environment.ProcessorCount, MaxGuests),
            parsed.GetValue(jobs) is var n and > 0 ? n : Environment.ProcessorCount,
            parsed.GetValue(json),
            progress: !parsed.GetValue(noProgress)));
        return command;
    }

    private static int Run(Screen screen, string imageName, string? modelName, int workloads, ulong seed, int guests, int jobs, bool json, bool progress)
    {
        var lab = LabFolder.OfUser();
        var image = LabCommand.Image(lab, imageName, modelName);
        var (kernel, arch) = (Names.Kernel(image.Model), Names.Architecture(Arch));
        var lanes = LanesOf(kernel);
        var all = (long)workloads * lanes.Count;
        void Show(string text)
        {
            if (progress && screen.ErrorIsTerminal) screen.Error.Write($"\r{text}  ");
        }

        var recordings = new LabCampaign(lab, image, kernel, arch).Record(
            lanes, workloads, seed, guests, done => Show(string.Create(CultureInfo.InvariantCulture, $"{done} of {all} workloads run")), screen.Interrupted);
        if (screen.Interrupted.IsCancellationRequested) return ExitCode.Interrupted;
        IReadOnlyList<Recording> less = [.. recordings.Select(r => r.WithoutMore())];
        var right = Judge(new WrongModel("", kernel, arch), recordings, less, screen.Interrupted);
        WrongModel[] wrong = [.. WrongModels.Of(kernel, arch)];
        using var running = new WorkQueue<WrongModel, WrongVerdict>(
            wrong,
            (m, cancel) => Judge(m, recordings, less, cancel),
            jobs,
            screen.Interrupted,
            (count, _) => Show(string.Create(CultureInfo.InvariantCulture, $"{count} of {wrong.Length} wrong models judged")));
        WrongVerdict[] verdicts = [.. running.Finish().OfType<WrongVerdict>()];
        if (progress && screen.ErrorIsTerminal) screen.Error.Write("\r" + new string(' ', 60) + "\r");
        if (verdicts.Length < wrong.Length || screen.Interrupted.IsCancellationRequested) return ExitCode.Interrupted;
        if (json) screen.Verbatim(LabPowerJson.Print(image, seed, recordings.Count, right, verdicts));
        else Print(screen, image, recordings.Count, right, verdicts);
        return !right.All.Caught && verdicts.Any(v => v.All.Caught) ? ExitCode.AsExpected : ExitCode.NotAsExpected;
    }

    /// <summary>The usual areas, and one that is soon full; where there is a slot cache also those whose size just turns it on, and just does not.</summary>
    private static IReadOnlyList<Lane> LanesOf(Kernel kernel)
    {
        int[] sizes = (kernel.Rules & MmRules.HoldBack) != 0 ? [SoonFull, Lane.Small, Lane.SlotCacheOff, Lane.SlotCacheOn, Lane.Large] : [SoonFull, Lane.Small, Lane.Large];
        return [.. sizes.Select(s => new Lane(Zram: true, s)), .. sizes.Select(s => new Lane(Zram: false, s))];
    }

    private static WrongVerdict Judge(WrongModel model, IReadOnlyList<Recording> recordings, IReadOnlyList<Recording> less, CancellationToken cancel)
    {
        Machine Make() => new(model.Kernel, model.Arch);
        return new WrongVerdict(model, LabPower.Judge(Make, recordings, cancel), LabPower.Judge(Make, less, cancel));
    }

    private static void Print(Screen screen, LabImage image, int workloads, WrongVerdict right, WrongVerdict[] verdicts)
    {
        screen.Line($"{image.Name} beside {image.Model} on {Arch}, {workloads} workloads: {image.About}");
        screen.Line(right.All.Caught ? $"The right model differs in {right.All.CaughtBy}: what follows says nothing." : "The right model agrees.", new Style(right.All.Caught ? Color.Red : Color.Green));
        screen.Line();
        var table = Listing.Of("wrong model", "caught by", "smallest", "before", "smallest");
        foreach (var v in verdicts.Where(v => v.Model.Path is null)) table.Row(v.Model.Name, CaughtBy(v.All), Smallest(v.All), CaughtBy(v.Less), Smallest(v.Less));
        screen.Write(table);
        screen.Line("caught by: workloads in which the kernel answered otherwise. smallest: operations, to the one that shows it. before: without frames, flags, faults and slots.");
        screen.Line();
        var paths = Listing.Of("mutants of", "tried", "caught", "before", "survive, known why", "survive");
        foreach (var path in verdicts.Where(v => v.Model.Path is not null).GroupBy(v => v.Model.Path!))
        {
            paths.Row(path.Key, Text(path.Count()), Text(path.Count(v => v.All.Caught)), Text(path.Count(v => v.Less.Caught)), Text(path.Count(v => !v.All.Caught && v.Model.Why is not null)), Text(path.Count(v => !v.All.Caught && v.Model.Why is null)));
        }

        screen.Write(paths);
        screen.Line("known why: nothing that they change can be seen by anybody, or not without a second thread (hooks mutate says which).");
        var left = verdicts.Where(v => !v.All.Caught && v.Model.Why is null).ToList();
        if (left.Count > 0) screen.Line();
        foreach (var v in left) screen.Line($"survives: {(v.Model.Path is { } path ? path + ": " : "")}{v.Model.Name}", new Style(Color.Yellow));
        screen.Line();
        screen.Line($"{verdicts.Length} wrong models, {verdicts.Count(v => v.All.Caught)} caught; before, {verdicts.Count(v => v.Less.Caught)}.");
    }

    private static string CaughtBy(Judgement j) => j.Caught ? Text(j.CaughtBy) : "–";

    private static string Smallest(Judgement j) => j.Caught ? Text(j.Operations) : "";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
