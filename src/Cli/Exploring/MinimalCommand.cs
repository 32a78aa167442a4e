using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Checking;
using Hooks.Cli.Replaying;
using Hooks.Cli.Terminal;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Workloads;
using Spectre.Console;

namespace Hooks.Cli.Exploring;

/// <summary><c>hooks minimal FILE</c>: whether a case can be any smaller.</summary>
internal static class MinimalCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var file = new Argument<string>("FILE") { Description = "A case that says what fails; '-' is standard input." };
        var search = new SearchOptions();
        var command = new DocumentedCommand("minimal", "Prove that no smaller case breaks what a case breaks: go through all cases of fewer lines, of its operations, tasks and pages, in all interleavings; or find one.")
        {
            Examples =
            [
                "hooks minimal docs/races/13ddaf26be32.case",
                "hooks minimal .hooks/cases/v5.18-arm64-tag-preservation.case",
            ],
            ExitCodes =
            [
                "0    there is no smaller case",
                "1    there is: it is printed",
                "2    bad usage or input",
                "3    no smaller case so far, but not all were looked at: it needs more --memory",
                "130  interrupted; how far it came is said",
            ],
        };
        command.Arguments.Add(file);
        foreach (var option in (Option[])[.. search.Limits, search.NoProgress]) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            try
            {
                return Run(screen, CaseFile.Read(parsed.GetValue(file)!, screen.In, kernelMatters: true, archMatters: true), search.Of(parsed), search.IsLive(parsed));
            }
            catch (CapacityException e)
            {
                throw new InputException(e.Message);
            }
        });
        return command;
    }

    private static int Run(Screen screen, CaseFile file, ExploreOptions options, bool live)
    {
        var (kernel, arch) = (Names.Kernel(file.Case.Kernel), Names.Architecture(file.Case.Arch));
        if (file.Case.Fails.Length == 0) throw new InputException($"{file.Shown}: says nothing of what fails; expected a line such as 'fails data-preservation'");
        var invariant = InvariantCatalogue.All.First(i => i.Name == file.Case.Fails[0].Invariant);
        var machine = new Machine(kernel, arch);
        if (!machine.Run(file.Case.Workload, InvariantSet.Of(invariant.Id)).Contains(invariant.Id)) throw new InputException($"{file.Shown}: does not break {invariant.Name} on {kernel.Name} and {arch.Name}; 'hooks run' shows what happens");

        // What the model has the program do at its end need not stand in it.
        var lines = file.Case.Workload.Operations.Length;
        while (lines > 1 && machine.Run(new Workload(file.Case.Workload.Swaps, file.Case.Workload.Operations[..(lines - 1)]), InvariantSet.Of(invariant.Id)).Contains(invariant.Id)) lines--;
        var scope = Words.Of(file.Case.Workload, arch.Hooks(kernel).Metadata.Any);
        var before = new Workload(file.Case.Workload.Swaps, []);
        machine.RunUnfinished(before, out var start);
        var programs = new OpenPrograms(before, in start, scope.Tasks, lines - 1, scope.Vocabulary.Of);
        var bounded = options with { Bound = Bound.Lines, Most = lines - 1, StopsAtFirst = true };
        var search = new Exploration(kernel, arch, programs, InvariantSet.Of(invariant.Id), bounded);
        var line = new LiveLine(bounded);
        var end = line.Watch(screen, live, () => search.Run(line.Report, screen.Interrupted));
        var all = string.Create(CultureInfo.InvariantCulture, $"cases of {string.Join(", ", scope.Vocabulary.Verbs.Select(CaseText.Word))}{(scope.Vocabulary.Large ? " (large too)" : "")} by {scope.Tasks} on {Judgement.Count(scope.Vocabulary.Pages, "page")}, {search.Progress.States:N0} states");
        if (search.Ways.FirstOrDefault() is { } way)
        {
            var (finding, _) = new Minimizing(kernel, arch, _ => programs).Run(programs, way, options, screen.Interrupted);
            screen.Line($"{file.Shown}: there is a smaller case, of {finding.Minimal.Workload.Operations.Length} lines and not {lines}:", new Style(Color.Red));
            screen.Line();
            screen.Line(finding.Minimal.ToString().TrimEnd('\n'));
            return ExitCode.NotAsExpected;
        }

        if (end == ExploreEnd.Whole)
        {
            screen.Line($"{file.Shown}: minimal. Nothing of fewer than {lines} lines breaks {invariant.Name} on {kernel.Name} and {arch.Name}: all {all}.", new Style(Color.Green));
            return ExitCode.AsExpected;
        }

        screen.Line($"{file.Shown}: not proved. Nothing of up to {search.Done} lines breaks {invariant.Name}, but it has {lines}: of the {all}.", new Style(Color.Red));
        return end == ExploreEnd.Interrupted ? ExitCode.Interrupted : ExitCode.NoVerdict;
    }

    /// <summary>What a program is made of.</summary>
    private sealed record Words(BitSet<TaskId> Tasks, Vocabulary Vocabulary)
    {
        public static Words Of(Workload workload, bool tagged)
        {
            var operations = workload.Operations.Where(op => op.Verb != Verb.Go).ToList();
            var tasks = operations.Aggregate(BitSet<TaskId>.Empty, (set, op) => set.With(op.Task));
            ImmutableArray<Verb> verbs = [.. operations.Where(op => op.Actor != Actor.Kswapd).Select(op => op.Verb).Distinct().Order()];
            var pages = 1 + operations.Max(op => Math.Max(op.Page.Value, op.To.Value));
            var processes = 1 + operations.Max(op => Math.Max(op.Mm.Value, op.Child.Value));
            return new Words(tasks, new Vocabulary(verbs, pages, workload.Swaps.Length, processes, tagged, workload.Swaps.Any(s => !s.Synchronous), operations.Any(op => op.IsLarge)));
        }
    }
}
