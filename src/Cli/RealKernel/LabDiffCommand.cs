using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Checking;
using Hooks.Cli.Terminal;
using Hooks.Core.Workloads;
using Hooks.Lab;
using Hooks.Report;
using Spectre.Console;

namespace Hooks.Cli.RealKernel;

/// <summary><c>hooks lab diff</c>: generated workloads on a real kernel, beside the model.</summary>
internal static class LabDiffCommand
{
    private const string Arch = "arm64";
    private const string DefaultOut = ".hooks/lab";
    private const int MaxGuests = 64;

    /// <summary>Differences shown in full.</summary>
    private const int MaxShown = 5;

    /// <summary>More answers than these for an operation, on average, and the comparison says too little.</summary>
    private const double Loose = 2;

    private static readonly string[] Devices = ["zram", "disk"];

    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var image = LabCommand.ImageOption();
        var model = LabCommand.ModelOption();
        var workloads = CommonOptions.Number("--workloads", "Generated workloads on each swap area.", 300, 1, 1_000_000);
        var seed = CommonOptions.Number("--seed", "Where the workloads come from.", 1UL, 0UL, ulong.MaxValue);
        var swap = new Option<string[]>("--swap") { Description = "zram, disk, zram,disk (the second when the first is full), zram+disk (in turn), or the other way round. [default: zram and disk]", HelpName = "DEVICE…", AllowMultipleArgumentsPerToken = true };
        swap.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => !Lane.AllDevices.Contains(t.Value))) result.AddError($"--swap: {Names.Unknown("device", token.Value, Lane.AllDevices)}");
        });
        var slots = new Option<int[]>("--slots") { Description = $"Sizes of the swap areas, in pages; above 320 there is a slot cache. [default: {Lane.Small} and {Lane.Large}]", HelpName = "N…", AllowMultipleArgumentsPerToken = true };
        slots.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                if (!int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) || n is < 1 or > Lane.MaxSlots) result.AddError($"--slots: '{token.Value}' is not a number of 1 … {Lane.MaxSlots}");
            }
        });
        var swapMax = CommonOptions.Number<byte>("--swap-max", "memory.swap.max of the processes, in slots, which half of the workloads change on the way. [default: none]", Operation.NoSwapMax, 0, 64);
        swapMax.DefaultValueFactory = null;
        var threads = new Option<bool>("--threads") { Description = "Operations by all threads of a process, one after the other." };
        var races = new Option<bool>("--races") { Description = "Programs of two tasks, each held where the program says that it stands: see 'hooks lab race'. On a zram of its own; without --swap, --slots, --swap-max, --threads and --large." };
        var large = new Option<bool>("--large") { Description = "Workloads that begin by mapping pages that may come in a large folio; on one area, without a limit." };
        var guests = CommonOptions.Number("--guests", "QEMUs at a time. [default: processors]", 0, 1, MaxGuests);
        guests.DefaultValueFactory = null;
        var output = new Option<string>("--out") { Description = "Folder for the smallest cases on which model and kernel differ.", HelpName = "DIR", DefaultValueFactory = _ => DefaultOut };
        var json = CommonOptions.Json();
        var noProgress = new Option<bool>("--no-progress") { Description = "No progress on standard error." };
        var command = new DocumentedCommand("diff", "Run generated workloads on a real kernel and in the model; shrink what differs on both together.")
        {
            Examples =
            [
                "hooks lab diff --image debian                                       zram and disk, small and large",
                "hooks lab diff --image unfixed610 --workloads 2000 --swap zram",
                "hooks lab diff --image fixed --model v5.18                          where would 5.18 have gone otherwise?",
                "hooks lab diff --image fixed73 --swap zram+disk disk,zram           two areas, in turn and one after the other",
                "hooks lab diff --image fixed612 --swap-max 3 --threads              a cgroup's limit; by all threads of a process",
                "hooks lab diff --image fixed612 --races --workloads 1000            interleavings, forced",
                "hooks lab diff --image fixed612 --large                             pages in large folios",
                "hooks lab diff --image fixed --slots 3 8 400 8191 --seed 7 --json > diff.json",
            ],
            ExitCodes =
            [
                "0    kernel and model agree",
                "1    they differ, a guest did not survive, or the comparison says too little",
                "2    bad usage or input, or no lab",
                "130  interrupted; what was found so far is saved and shown",
            ],
        };
        foreach (var option in new Option[] { image, model, workloads, seed, swap, slots, swapMax, threads, races, large, guests, output, json, noProgress }) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            var atATime = parsed.GetValue(guests) is var g and > 0 ? g : Math.Min(Environment.ProcessorCount, MaxGuests);
            if (parsed.GetValue(races))
            {
                if (new Option[] { swap, slots, swapMax, threads, large }.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } other) throw new InputException($"lab diff: {other.Name} does not go with --races, whose programs have an area of their own");
                return LabRaceDiff.Run(screen, parsed.GetValue(image)!, parsed.GetValue(model), parsed.GetValue(workloads), parsed.GetValue(seed), atATime, parsed.GetValue(output)!, parsed.GetValue(json), progress: !parsed.GetValue(noProgress));
            }

            string[] devices = parsed.GetValue(swap) is { Length: > 0 } d ? [.. Lane.AllDevices.Where(d.Contains)] : Devices;
            if (parsed.GetValue(large) && (parsed.GetResult(swapMax) is not null || devices.Any(device => Lane.Of(device, 1).Second != SecondArea.None))) throw new InputException("--large goes with one area (--swap zram, --swap disk), and without --swap-max");
            int[] sizes = parsed.GetValue(slots) is { Length: > 0 } s ? [.. s.Distinct()] : [Lane.Small, Lane.Large];
            return Run(
                screen,
                parsed.GetValue(image)!,
                parsed.GetValue(model),
                [.. devices.SelectMany(device => sizes.Select(size => Lane.Of(device, size) with { SwapMax = parsed.GetResult(swapMax) is null ? Operation.NoSwapMax : parsed.GetValue(swapMax), Threads = parsed.GetValue(threads), Folios = parsed.GetValue(large) }))],
                parsed.GetValue(workloads),
                parsed.GetValue(seed),
                atATime,
                parsed.GetValue(output)!,
                parsed.GetValue(json),
                progress: !parsed.GetValue(noProgress));
        });
        return command;
    }

    private static int Run(Screen screen, string imageName, string? model, IReadOnlyList<Lane> lanes, int workloads, ulong seed, int guests, string output, bool json, bool progress)
    {
        var lab = LabFolder.OfUser();
        var image = LabCommand.Image(lab, imageName, model);
        var kernel = Names.Kernel(image.Model);
        var folder = CaseFolder.Prepare(output);
        var begun = Stopwatch.GetTimestamp();
        var all = (long)workloads * lanes.Count;
        Action<long, int>? show = null;
        if (progress && screen.ErrorIsTerminal)
        {
            show = (done, differ) => screen.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r{done} of {all} workloads, {differ} differ, {done / Stopwatch.GetElapsedTime(begun).TotalSeconds:0}/s  "));
        }

        var result = new LabCampaign(lab, image, kernel, Names.Architecture(Arch)).Run(lanes, workloads, seed, guests, show, screen.Interrupted);
        if (show is not null) screen.Error.Write("\r" + new string(' ', screen.ErrorIsTerminal ? 60 : 0) + "\r");
        ImmutableArray<(string Name, Case Case)> cases = [.. result.Divergences.Select(d => (NameOf(image, d), CaseOf(image, d)))];
        var unsaved = folder.Save(cases);
        if (json) screen.Verbatim(LabDiffJson.Print(image, seed, workloads, result));
        else Print(screen, image, result, folder, cases, Stopwatch.GetElapsedTime(begun), guests);
        if (unsaved is not null) throw new InputException(unsaved);
        if (result.Stopped is { } why) throw new InputException($"stopped after {result.Lanes.Sum(l => l.Compared)} of {all} workloads: {why}");
        if (!result.Complete) return ExitCode.Interrupted;
        return result.Divergences.Length == 0 && result.Lanes.All(SaysEnough) ? ExitCode.AsExpected : ExitCode.NotAsExpected;
    }

    private static bool SaysEnough(LaneResult lane) => lane.Compared > lane.Vacuous && lane.Tightness <= Loose;

    private static string NameOf(LabImage image, Divergence d) =>
        string.Create(CultureInfo.InvariantCulture, $"{image.Name}-{d.Lane.ToString().Replace(',', '-').Replace(' ', '-')}-{d.Workload}");

    private static Case CaseOf(LabImage image, Divergence divergence)
    {
        var comments = new List<string> { $"# on the lab's {image.Name} this goes otherwise than in the model ({divergence.Again} of {LabCampaign.Repeats} runs)" };
        if (divergence.Failure is { } failure)
        {
            comments.Add($"# {failure.Message}");
            comments.AddRange(failure.Console.Select(line => "#   " + line));
        }
        else if (divergence.Comparison is { Agrees: false } comparison)
        {
            var compared = comparison.Operations[comparison.FirstDifference];
            comments.Add($"# at '{ComparisonTable.Operation(compared.Op)}' the kernel says: {compared.Kernel}");
            comments.Add($"# and the model: {string.Join(" or ", compared.Model.Allowed)}");
        }

        return new Case(image.Model, Arch, divergence.Minimal, [], [.. comments.Select(text => new Comment(0, Trailing: false, text))]);
    }

    private static void Print(Screen screen, LabImage image, LabResult result, CaseFolder folder, ImmutableArray<(string Name, Case Case)> cases, TimeSpan took, int guests)
    {
        screen.Line($"{image.Name} beside {image.Model} on {Arch}: {image.About}");
        screen.Line();
        // The library would break words where its columns do not fit.
        string[] headings = ["swap", "workloads", "agree", "differ", "say nothing", "not followed", "answers allowed", "tags lost", "data lost"];
        var narrow = screen.Width < headings.Sum(h => h.Length + 2) + 2;
        var table = Listing.Of([.. headings.Select(h => narrow ? h.Replace(' ', '\n') : h)]);
        foreach (var column in table.Columns) column.NoWrap = true;
        foreach (var lane in result.Lanes)
        {
            table.Row(
                lane.Lane.ToString(),
                Text(lane.Compared),
                Text(lane.Agreed),
                Text(result.Divergences.Count(d => d.Lane == lane.Lane)),
                Text(lane.Vacuous),
                Text(lane.Unfollowed),
                lane.Tightness.ToString("0.000", CultureInfo.InvariantCulture),
                Text(lane.TagsLost),
                Text(lane.DataLost));
        }

        screen.Write(table);
        screen.Line("say nothing: no page went to swap and came back. answers allowed: by the model for an operation, on average. lost: on the real kernel.");
        // Many are the same difference: it is shown once. A guest that died is never the same as one that did not.
        var different = result.Divergences.Zip(cases).GroupBy(d => (d.First.Minimal, d.First.Failure?.Message)).ToList();
        foreach (var same in different.Take(MaxShown))
        {
            var (divergence, (name, _)) = same.First();
            screen.Line();
            screen.Line($"{name}: {(divergence.Failure is { } f ? f.Message : "kernel and model differ")} ({divergence.Again} of {LabCampaign.Repeats} runs by itself)", new Style(Color.Red));
            if (divergence.Comparison is { } comparison) ComparisonTable.Print(screen, comparison);
            foreach (var line in divergence.Failure?.Console ?? []) screen.Line("  " + line);
            if (same.Skip(1).Any()) screen.Line($"the same: {string.Join(", ", same.Skip(1).Select(d => d.Second.Name))}");
            screen.Line($"again: {CaseReport.Command} lab run {Shell.Quote(folder.FileOf(name))} --image {image.Name}");
        }

        if (different.Count > MaxShown)
        {
            screen.Line();
            screen.Line($"and {different.Skip(MaxShown).Sum(d => d.Count())} more, beside them: {string.Join(", ", different.Skip(MaxShown).Select(d => d.First().Second.Name))}");
        }

        screen.Line();
        foreach (var lane in result.Lanes.Where(l => !SaysEnough(l)))
        {
            screen.Line($"{lane.Lane}: says too little: {lane.Vacuous} of {lane.Compared} workloads never swapped, {lane.Tightness.ToString("0.0", CultureInfo.InvariantCulture)} answers allowed", new Style(Color.Red));
        }

        if (result.Divergences.Length == 0 && result.Complete) screen.Line($"No difference in {result.Lanes.Sum(l => l.Compared)} workloads, {result.Lanes.Sum(l => l.Operations)} operations.", new Style(Color.Green));
        if (!result.Complete && result.Stopped is null) screen.Line("Interrupted.", new Style(Color.Yellow));
        if (screen.ErrorIsTerminal)
        {
            var rate = result.Lanes.Sum(l => l.Compared) / Math.Max(result.Running.TotalSeconds, 0.001);
            screen.ErrorLine(string.Create(CultureInfo.InvariantCulture, $"({took.TotalSeconds:0.0} s; {guests} guests, {rate:0.0} workloads/s each; fastest boot {result.FastestBoot.TotalSeconds:0.00} s)"));
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
