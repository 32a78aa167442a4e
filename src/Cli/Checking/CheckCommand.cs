using System.CommandLine;
using System.CommandLine.Completions;
using System.Diagnostics;
using Hooks.Cli.Catalogues;
using Hooks.Cli.FromSource;
using Hooks.Cli.Sharing;
using Hooks.Cli.Terminal;
using Hooks.Core.Arch;
using Hooks.Core.Search.Strategies;
using Hooks.Core.Workloads;

namespace Hooks.Cli.Checking;

/// <summary><c>hooks check</c>, the main job: every kernel on every architecture, thousands of generated workloads each.</summary>
internal static class CheckCommand
{
    private const int MaxJobs = 1024;
    private const int MostAddresses = 1000;
    private const string DefaultSourceOut = ".hooks/source";

    private static IEnumerable<string> AllKernels => Names.AllKernels.Select(k => k.Name);

    private static IEnumerable<string> AllArchitectures => Names.AllArchitectures.Select(a => a.Name);

    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var kernels = NameOption("--kernel", "Kernels to check; see 'hooks list kernels'. [default: all]", AllKernels);
        var archs = NameOption("--arch", "Architectures to check them on; see 'hooks list archs'. [default: all]", AllArchitectures);
        var workloads = CommonOptions.Number("--workloads", "Generated workloads for each pair of kernel and architecture.", 20_000L, 1L, long.MaxValue);
        var seed = CommonOptions.Number("--seed", "Where the workloads come from. Same seed, same output, to the byte.", 1UL, 0UL, ulong.MaxValue);
        var schedules = CommonOptions.Number("--schedules", "Interleaved runs of drawn programs for each pair, beside the workloads; 0: none. [default: half as many as workloads]", 0L, 0L, long.MaxValue);
        var large = CommonOptions.Number("--large", "Workloads in which pages come in large folios, for each pair, beside the others; 0: none. [default: a quarter as many as workloads]", 0L, 0L, long.MaxValue);
        var strategy = CommonOptions.OneOf<ScheduleStrategy>("--strategy", "Who moves in interleaved runs: anybody by lot; by priorities that change (PCT); or all schedules of few preemptions, in order.");
        var preemptions = CommonOptions.Number("--preemptions", "How often somebody who could go on is left standing in a run, at the most; with pct that many changes of priority.", Scheduling.UsualPreemptions, 0, Scheduling.MostPreemptions);
        var addresses = CommonOptions.Number("--addresses", "Beside each architecture whose hooks go by address, so many more with pages elsewhere, drawn by the seed: only what they break beyond it is looked for.", 0, 0, MostAddresses);
        var jobs = CommonOptions.Number("--jobs", "Pairs checked at a time. Changes the time it takes and nothing else. [default: processors]", 0, 1, MaxJobs);
        var json = CommonOptions.Json();
        var (end, share, source) = (new EndOptions(), new ShareOptions(), new SourceOptions());
        var noProgress = new Option<bool>("--no-progress") { Description = "No live table." };
        var noKept = new Option<bool>("--no-kept") { Description = "Do not replay cases of earlier runs: what is said depends on the arguments and nothing else." };
        var names = new Argument<string[]>("NAME") { HelpName = "NAME", Description = "Kernels and architectures, to be checked and shown in full: the same as --kernel, --arch and --details.", Arity = ArgumentArity.ZeroOrMore };
        CommonOptions.RefuseOptions(names);
        names.CompletionSources.Add(_ => Items(AllKernels.Concat(AllArchitectures)));
        jobs.DefaultValueFactory = null;
        schedules.DefaultValueFactory = null;
        large.DefaultValueFactory = null;

        var command = new DocumentedCommand("check", "Check kernels on architectures with generated workloads; shrink what fails to a minimal case.")
        {
            Examples =
            [
                "hooks check                                            every kernel on every architecture",
                "hooks check v5.18 arm64                                one kernel on one architecture, all violations in full",
                "hooks check --kernel v5.18 v5.19 --arch arm64          two kernels, one architecture",
                "hooks check --kernel v6.5 --workloads 1000000 --seed 7",
                "hooks check v6.5 none --schedules 1000000              races: more of them",
                "hooks check --json > check.json",
                "hooks check --format junit > hooks.xml                 for CI; sarif, tap",
                "hooks check --time 8h                                  as much as a night has room for",
                "hooks check --workloads 1000000 --shard 3/8            an eighth of it, for 'hooks merge'",
                "hooks check --source ~/linux                           your tree: what does it break?",
                "hooks check --source ~/linux --patch 0001-mm.patch     what does the patch fix, and what does it break?",
                "hooks check --source ~/linux@v6.12 --patch series.mbox --format mail",
            ],
            ExitCodes =
            [
                "0    every pair breaks what the catalogue expects of it and nothing else",
                "1    some pair does not, or an invariant was never put to the test",
                "2    bad usage or input",
                SourceOptions.NoVerdict,
                "130  interrupted; what was found so far is saved and shown",
            ],
        };
        foreach (var option in new Option[] { kernels, archs, workloads, large, schedules, strategy, preemptions, addresses, seed, jobs, noKept, json, noProgress }) command.Options.Add(option);
        share.AddTo(command);
        end.AddTo(command);
        command.Arguments.Add(names);
        source.AddTo(command);
        command.SetAction(parsed =>
        {
            var input = source.Read(parsed);
            var (namedKernels, namedArchs) = Named(parsed.GetValue(names) ?? []);
            var ending = end.Read(parsed, parsed.GetValue(json));
            var options = share.Read(parsed, workloads, large, schedules, new CheckOptions(
                Names.Kernels([.. parsed.GetValue(kernels) ?? [], .. namedKernels]),
                WithAddresses(Names.ArchitecturesOf([.. parsed.GetValue(archs) ?? [], .. namedArchs]), parsed.GetValue(addresses), parsed.GetValue(seed)),
                parsed.GetValue(workloads),
                parsed.GetResult(large) is { Implicit: false } ? parsed.GetValue(large) : parsed.GetValue(workloads) / 4,
                parsed.GetValue(seed),
                parsed.GetValue(jobs) is var n and > 0 ? n : Environment.ProcessorCount,
                ending.Json,
                ending.Out,
                Progress: !parsed.GetValue(noProgress),
                new Scheduling(parsed.GetResult(schedules) is { Implicit: false } ? parsed.GetValue(schedules) : parsed.GetValue(workloads) / 2, parsed.GetValue(strategy), parsed.GetValue(preemptions)),
                Details: ending.Details || namedKernels.Length + namedArchs.Length > 0,
                Kept: !parsed.GetValue(noKept),
                Save: ending.Save)
            { Format = ending.Format, Html = ending.Html });
            if (input is null) return ending.Format == CheckFormat.Mail ? throw new InputException("--format mail needs --source DIR, the kernel tree that it is about") : Run(screen, options);
            if (parsed.GetResult(kernels) is { Implicit: false } || namedKernels.Length > 0) throw new InputException("--kernel and --source cannot be given together: the kernel is the source. For what is not read, see --like");
            if (parsed.GetResult(large) is { Implicit: false }) throw new InputException("--large and --source cannot be given together: paths that are read are those of folios of one page");
            if (options.Shard is not null || options.Time is not null || options.Html is not null) throw new InputException($"{(options.Shard is not null ? "--shard" : options.Time is not null ? "--time" : "--html")} and --source cannot be given together");
            return SourceCheck.Run(screen, input, options with { Large = 0, Out = ending.OutIsGiven ? ending.Out : DefaultSourceOut });
        });
        return command;
    }

    /// <summary>Which of some names are kernels, and which architectures.</summary>
    /// <exception cref="InputException">One is neither.</exception>
    private static (string[] Kernels, string[] Archs) Named(string[] names)
    {
        string[] kernels = [.. AllKernels], archs = [.. AllArchitectures];
        foreach (var name in names.Where(n => !kernels.Contains(n) && Names.TryArchitecture(n) is null)) throw new InputException(Names.Unknown("kernel or architecture", name, [.. kernels, .. archs]));
        return ([.. names.Where(kernels.Contains)], [.. names.Where(n => !kernels.Contains(n))]);
    }

    /// <summary>Some architectures, and after each as many with pages elsewhere as are asked for.</summary>
    private static List<IArchitecture> WithAddresses(IReadOnlyList<IArchitecture> architectures, int many, ulong seed)
    {
        var all = new List<IArchitecture>();
        foreach (var architecture in architectures)
        {
            all.Add(architecture);
            for (var i = 0; i < many; i++)
            {
                if (architecture.At(PageAddresses.Draw(new Choices(Choices.SeedOf(seed, i)))) is { } elsewhere && all.TrueForAll(a => a.Name != elsewhere.Name)) all.Add(elsewhere);
            }
        }

        return all;
    }

    private static IEnumerable<CompletionItem> Items(IEnumerable<string> names) => names.Select(n => new CompletionItem(n));

    private static Option<string[]> NameOption(string name, string description, IEnumerable<string> known) => new(name)
    {
        Description = description,
        HelpName = "NAME…",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
        CompletionSources = { _ => Items(known) },
    };

    private static int Run(Screen screen, CheckOptions options)
    {
        var folder = options.Save && options.Shard is null ? CaseFolder.Prepare(options.Out) : CaseFolder.ToRead(options.Out);
        if (options.Html is not null) CheckPages.Prepare(options.Html);
        var kept = options.Kept ? KeptCase.ReadAll(folder, warning => screen.ErrorLine($"hooks: {warning}")) : [];
        var begun = Stopwatch.GetTimestamp();
        PairRun[] pairs = [.. options.Kernels.SelectMany(k => options.Architectures.Select(a => new PairRun(k, a, options.Scheduling, [.. kept.Where(c => c.IsOf(k, a))])))];
        if (options.Shard is { } shard) return ShardRun.Of(screen, options, shard, pairs, kept);

        // As soon as they are found: whatever ends a long run, they are there.
        string? unsaved = null;
        var ran = Campaign.Run(screen, options, pairs, pair => unsaved ??= options.Save ? folder.Save(pair.Found!.All()) : null);
        if (options.Time is not null) screen.ErrorLine($"hooks: the time is up; the same again, to the byte: --workloads {ran.Workloads} --schedules {ran.Scheduling.Schedules}");
        var exit = CheckEnd.Of(screen, ran, pairs, folder, KeptReport.Of(kept));
        if (screen.ErrorIsTerminal && !options.Json) screen.ErrorLine($"({Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0} s)");
        return unsaved is null ? exit : throw new InputException(unsaved);
    }
}
