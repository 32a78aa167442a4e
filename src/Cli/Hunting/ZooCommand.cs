using System.CommandLine;
using Hooks.Cli.Checking;
using Hooks.Cli.Plugins;
using Hooks.Cli.Running;
using Hooks.Cli.Terminal;
using Hooks.Core.Workloads;
using Hooks.Report;
using Hooks.Zoo;

namespace Hooks.Cli.Hunting;

/// <summary><c>hooks zoo</c>: hunts every bug of the zoo.</summary>
internal static class ZooCommand
{
    private const int MaxSeeds = 10_000;
    private const string DefaultOut = ".hooks/zoo";

    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var bugs = new Argument<string[]>("BUG") { Description = "Bugs to hunt, and races, each in its scope. [default: all]", Arity = ArgumentArity.ZeroOrMore };
        CommonOptions.RefuseOptions(bugs);
        var archs = new Option<string[]>("--arch") { Description = "Hunt those that are a kernel's, and no architecture's, on these: which would show there? [default with --plugin: what it brings]", HelpName = "NAME…", Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = true };
        var seeds = CommonOptions.Number("--seeds", "Hunt with seeds 1 … N.", 50, 1, MaxSeeds);
        var workloads = CommonOptions.Number("--workloads", "The budget: workloads with each seed.", 20_000L, 1L, long.MaxValue);
        var jobs = CommonOptions.Number("--jobs", "Bugs hunted at a time. [default: processors]", 0, 1, 1024);
        var output = new Option<string>("--out") { Description = "Folder for the minimal cases, BUG.case.", HelpName = "DIR", DefaultValueFactory = _ => DefaultOut };
        var noTimes = new Option<bool>("--no-times") { Description = "Leave the times out: the rest is the same on every machine." };
        var noProgress = new Option<bool>("--no-progress") { Description = "No progress on standard error." };
        var json = CommonOptions.Json();
        jobs.DefaultValueFactory = null;
        var command = new DocumentedCommand("zoo", "Hunt the real bugs of the zoo: each must be caught, and its fix must pass the minimal case.")
        {
            Examples =
            [
                "hooks zoo                                        every bug, 50 seeds",
                "hooks zoo tags-freed-before-restore --seeds 1",
                "hooks zoo free-vs-swapoff                        a race: its scope, searched whole",
                "hooks run .hooks/zoo/stable-writes.case --trace",
                "hooks zoo --seeds 1 --plugin my.dll              which bugs of kernels show on your architecture?",
                "hooks zoo --seeds 1 --arch sparc                 … on this one?",
            ],
            ExitCodes =
            [
                "0    every bug is caught with every seed, and its fix passes",
                "1    some bug is not",
                "2    bad usage or input",
                "130  interrupted; what was hunted so far is shown",
            ],
        };
        command.Arguments.Add(bugs);
        foreach (var option in new Option[] { archs, seeds, workloads, jobs, output, noTimes, json, noProgress }) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            var named = Catalogues.Names.OfZoo(parsed.GetValue(bugs) ?? []);
            var threads = parsed.GetValue(jobs) is var n and > 0 ? n : Environment.ProcessorCount;
            var asJson = parsed.GetValue(json);
            var on = parsed.GetValue(archs) ?? [];
            if (on.Length > 0 || PluginSet.Current is { Files.Length: > 0 } or { ArchSources.Length: > 0 })
            {
                return asJson ? throw new InputException($"--json and {(on.Length > 0 ? "--arch" : "--plugin")} cannot be given together here") : ZooElsewhere.Run(screen, on.Length > 0 ? Catalogues.Names.ArchitecturesOf(on) : PluginSet.Current.Architectures, named.Bugs, parsed.GetValue(seeds), parsed.GetValue(workloads), threads, !parsed.GetValue(noProgress));
            }

            return Run(
                screen,
                named,
                parsed.GetValue(seeds),
                parsed.GetValue(workloads),
                threads,
                parsed.GetValue(output)!,
                times: !parsed.GetValue(noTimes),
                asJson,
                progress: !parsed.GetValue(noProgress));
        });
        return command;
    }

    /// <summary>Hunts bugs, several at a time, and says of each that it is done.</summary>
    /// <returns>The results, in the order of the bugs; fewer if it was interrupted.</returns>
    internal static HuntResult[] Hunted(Screen screen, IReadOnlyList<Specimen> bugs, int seeds, long workloads, int jobs, bool progress, Func<Specimen, string> nameOf)
    {
        using var hunting = new WorkQueue<Specimen, HuntResult>(
            bugs,
            (bug, cancel) => Hunt.Run(bug, seeds, workloads, cancel),
            jobs,
            screen.Interrupted,
            (count, bug) =>
            {
                if (progress && screen.ErrorIsTerminal) screen.ErrorLine($"{count} of {bugs.Count}: {nameOf(bug)}");
            });
        return [.. hunting.Finish().OfType<HuntResult>()];
    }

    private static int Run(Screen screen, (IReadOnlyList<Specimen> Bugs, IReadOnlyList<Race> Races) what, int seeds, long workloads, int jobs, string output, bool times, bool json, bool progress)
    {
        var (bugs, races) = what;
        var folder = CaseFolder.Prepare(output);
        var hunted = Hunted(screen, bugs, seeds, workloads, jobs, progress, bug => bug.Id);
        using var searching = new WorkQueue<Race, RaceResult>(races, RaceResult.Of, jobs, screen.Interrupted);
        RaceResult[] searched = [.. searching.Finish().OfType<RaceResult>()];
        (string Id, Case Minimal)[] cases =
        [
            .. hunted.Where(r => r.Catches.Length > 0).Select(r => (r.Specimen.Id, r.Catches[0].Finding.Minimal)),
            .. searched.Where(r => r.Finding is not null).Select(r => (r.Race.Id, r.Finding!.Minimal)),
        ];
        var unsaved = folder.Save(cases);
        if (json) screen.Verbatim(ZooJson.Print(hunted, searched, seeds, workloads, times));
        else ZooReport.Print(screen, hunted, searched, seeds, workloads, times);
        if (unsaved is not null) throw new InputException(unsaved);
        if (!json && cases.Length > 0) screen.Line($"minimal cases saved in {folder}; replay one: {CaseReport.Command} run {Shell.Quote(folder.FileOf(cases[0].Id))} --trace");

        if (screen.Interrupted.IsCancellationRequested) return ExitCode.Interrupted;
        return hunted.All(r => r.AsExpected) && searched.All(r => r.AsExpected) ? ExitCode.AsExpected : ExitCode.NotAsExpected;
    }
}
