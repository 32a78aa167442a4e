using System.CommandLine;
using Hooks.Cli.Catalogues;
using Hooks.Cli.FromSource;
using Hooks.Cli.Running;
using Hooks.Cli.Terminal;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Paths;
using Hooks.Core.Search;

namespace Hooks.Cli.Hunting;

/// <summary><c>hooks mutate</c>: what do the invariants see when a step of a path is dropped, taken twice, or exchanged with the next?</summary>
internal static class MutateCommand
{
    private const string DefaultKernel = "v6.11";

    private static readonly PathId[] Paths = [PathId.DoSwapPage, PathId.DoWpPage, PathId.SwapOff, PathId.ShrinkFolioList];

    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var path = new Option<string?>("--path") { Description = "One path only: do_swap_page, do_wp_page, swapoff or shrink_folio_list.", HelpName = "PATH" };
        var archs = new Option<string[]>("--arch") { Description = "Architectures. [default: all]", HelpName = "NAME…", Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = true };
        var workloads = CommonOptions.Number("--workloads", "Generated workloads for each mutant on each architecture.", 5_000L, 1L, long.MaxValue);
        var seed = CommonOptions.Number("--seed", "Where the workloads come from.", 1UL, 0UL, ulong.MaxValue);
        var jobs = CommonOptions.Number("--jobs", "Mutants run at a time. [default: processors]", 0, 1, 1024);
        var noProgress = new Option<bool>("--no-progress") { Description = "No progress on standard error." };
        var json = CommonOptions.Json();
        var source = new SourceOptions();
        jobs.DefaultValueFactory = null;
        var command = new DocumentedCommand("mutate", $"Break the paths of {DefaultKernel} on purpose, step by step, and see what notices.")
        {
            Examples =
            [
                "hooks mutate                              do_swap_page(), do_wp_page(), swapoff and reclaim",
                "hooks mutate --path do_wp_page --arch arm64",
                "hooks mutate --json > mutate.json",
                "hooks mutate --source ~/linux --path do_swap_page      the statements of a tree, in place of steps",
            ],
            ExitCodes =
            [
                "0    every mutant is caught, or known to change nothing that can be seen",
                "1    some mutant survives and nobody knows why: a hole",
                "2    bad usage or input",
                "130  interrupted",
            ],
        };
        foreach (var option in new Option[] { path, archs, workloads, seed, jobs, json, noProgress }) command.Options.Add(option);
        source.AddTo(command);
        command.SetAction(parsed => source.Read(parsed) is { } input
            ? SourceMutate.Run(
                screen,
                input,
                parsed.GetValue(path),
                Names.ArchitecturesOf(parsed.GetValue(archs) ?? []),
                parsed.GetValue(seed),
                parsed.GetValue(workloads),
                parsed.GetValue(jobs) is var m and > 0 ? m : Environment.ProcessorCount,
                parsed.GetValue(json),
                progress: !parsed.GetValue(noProgress))
            : Run(
            screen,
            parsed.GetValue(path) is { } p ? [Find(p)] : Paths,
            Names.ArchitecturesOf(parsed.GetValue(archs) ?? []),
            parsed.GetValue(seed),
            parsed.GetValue(workloads),
            parsed.GetValue(jobs) is var n and > 0 ? n : Environment.ProcessorCount,
            parsed.GetValue(json),
            progress: !parsed.GetValue(noProgress)));
        return command;
    }

    private static PathId Find(string name)
    {
        foreach (var id in Paths)
        {
            if (name == id.ToString() || name == KernelName(id)) return id;
        }

        throw new InputException(Names.Unknown("path", name, Paths.Select(KernelName)));
    }

    private static string KernelName(PathId id) => id switch
    {
        PathId.DoSwapPage => "do_swap_page",
        PathId.DoWpPage => "do_wp_page",
        PathId.SwapOff => "swapoff",
        _ => "shrink_folio_list",
    };

    private static int Run(Screen screen, PathId[] paths, IReadOnlyList<IArchitecture> archs, ulong seed, long workloads, int jobs, bool json, bool progress)
    {
        // Without the one bug that would hide whatever else loses data.
        var kernel = KernelCatalogue.AskingMapcount(KernelCatalogue.Get(DefaultKernel));
        var runs = paths.SelectMany(id => PathMutant.Of(kernel, id)).SelectMany(m => archs.Select(a => (Mutant: m, Arch: a))).ToList();
        using var running = new WorkQueue<(PathMutant Mutant, IArchitecture Arch), MutantResult>(
            runs,
            (run, _) => MutationRun.Run(run.Mutant, run.Arch, kernel.ExpectedOn(run.Arch), seed, workloads),
            jobs,
            screen.Interrupted,
            (count, _) =>
            {
                if (progress && screen.ErrorIsTerminal && count % 50 == 0) screen.ErrorLine($"{count} of {runs.Count}");
            });
        MutantResult[] results = [.. running.Finish().OfType<MutantResult>()];
        if (results.Length < runs.Count) return ExitCode.Interrupted;
        var verdicts = MutantVerdict.Of(results);
        if (json) screen.Verbatim(MutateJson.Print(verdicts, seed, workloads));
        else MutateReport.Print(screen, verdicts, workloads);
        return verdicts.All(v => v.Caught || v.Why is not null) ? ExitCode.AsExpected : ExitCode.NotAsExpected;
    }
}
