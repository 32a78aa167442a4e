using System.CommandLine;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Checking;
using Hooks.Cli.FromSource;
using Hooks.Cli.Replaying;
using Hooks.Cli.Terminal;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Search.Exploring;

namespace Hooks.Cli.Exploring;

/// <summary><c>hooks explore</c>: everything that can happen in a small scope, whoever moves when.</summary>
internal static class ExploreCommand
{
    private const string DefaultOut = ".hooks/explore";
    private const string DefaultKernel = "v6.5";
    private const string DefaultArch = "none";

    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var file = new Argument<string?>("FILE") { Description = "A case; '-' is standard input. What follows 'together' in it runs in all ways; without the word, what the options say begins where its program ends.", Arity = ArgumentArity.ZeroOrOne };
        var kernel = new Option<string?>("--kernel") { Description = $"The kernel. [default: the file's, or {DefaultKernel}]", HelpName = "NAME" };
        var arch = new Option<string?>("--arch") { Description = $"The architecture. [default: the file's, or {DefaultArch}]", HelpName = "NAME" };
        var tasks = ListOption("--tasks", "How many threads of P0, or which tasks: P0 P0.1 P1 kswapd. [default: 2]", "TASK…");
        var operations = CommonOptions.Number("--operations", "Operations that they begin at the most, all together.", 4, 1, 24);
        var pages = CommonOptions.Number("--pages", "Pages of each process.", 1, 1, Capacity.Pages);
        var large = new Option<bool>("--large") { Description = "Two pages side by side may also be mapped so that they come in a large folio." };
        var verbs = ListOption("--verbs", "What they may do; see 'hooks list operations'. [default: map, write, read, pageout, and tag where there are tags]", "WORD…");
        var swap = new Option<string?>("--swap") { Description = "The swap area, in the words of a case. [default: zram slots=64]", HelpName = "AREA" };
        var invariants = ListOption("--invariant", "Ask these only; see 'hooks list invariants'. [default: all]", "NAME…");
        var preemptions = CommonOptions.Number("--preemptions", "Only schedules in which tasks are left standing so often at the most, fewest first. [default: any]", -1, 0, 100);
        var search = new SearchOptions();
        var first = new Option<bool>("--first") { Description = "Stop at the first violation: one of as few operations as any." };
        var checkpoint = new Option<string?>("--checkpoint") { Description = "Keep the search in this file, every half a minute and when it ends early, and go on from it if it is there.", HelpName = "FILE" };
        var output = new Option<string>("--out") { Description = "Folder for the minimal cases, KERNEL-ARCH-INVARIANT.case.", HelpName = "DIR", DefaultValueFactory = _ => DefaultOut };
        var json = CommonOptions.Json();
        var source = new SourceOptions();
        preemptions.DefaultValueFactory = null;
        var command = new DocumentedCommand("explore", "Go through everything that can happen in a small scope: all programs, or the file's, and whoever moves when. Says 'all of it: no violation', or gives each violation as a minimal case, schedule and all.")
        {
            Examples =
            [
                "hooks explore --kernel v6.5 --operations 5             two threads, one page: the race of 13ddaf26be32, from nothing",
                "hooks explore --kernel v6.8 --operations 5             the fix: all of it, no violation",
                "hooks explore docs/scopes/skip-cache-aba.case          what follows 'together' in it, in all ways",
                "hooks explore --tasks P0 P0.1 kswapd --verbs write pageout fork --pages 2 --checkpoint night.explore",
                "hooks explore --kernel v7.3 --pages 2 --large --verbs map write reclaim read swapoff --operations 5 --first",
                "hooks explore --arch sparc --first                     the first violation, of as few operations as any",
                "hooks explore --source ~/linux --patch fix.patch       the kernel of this tree, with the patch",
            ],
            ExitCodes =
            [
                "0    all of it was looked at: no violation",
                "1    a violation",
                "2    bad usage or input",
                "3    no violation so far, but not all of it was looked at: it needs more --memory. With --source also: no verdict, as something in the source is not known, or the patch changes nothing that is read",
                "130  interrupted; what was found so far is saved and shown",
            ],
        };
        command.Arguments.Add(file);
        foreach (var option in (Option[])[kernel, arch, tasks, operations, pages, large, verbs, swap, invariants, preemptions, first, .. search.Limits, checkpoint, output, json, search.NoProgress]) command.Options.Add(option);
        source.AddTo(command);
        command.SetAction(parsed =>
        {
            var tree = source.Read(parsed);
            if (tree is not null && parsed.GetValue(kernel) is not null) throw new InputException("--kernel and --source cannot be given together: the kernel is the source");
            if (tree is not null && parsed.GetValue(checkpoint) is not null) throw new InputException("--checkpoint: a search of a tree is not kept, as the tree may be another when it goes on; leave the option out");
            if (tree is { PatchIsUnseen: true })
            {
                if (!parsed.GetValue(json)) SourceText.Print(screen, tree);
                foreach (var line in SourceText.NoVerdict(tree)!) screen.ErrorLine(line);
                return ExitCode.NoVerdict;
            }

            var asked = Asked(parsed.GetValue(invariants) ?? []);
            string[] who = parsed.GetValue(tasks) is { Length: > 0 } given ? given : ["2"];
            var open = new OpenScope(who, parsed.GetValue(verbs) ?? [], parsed.GetValue(operations), parsed.GetValue(pages), parsed.GetValue(large));
            ExploreInput input;
            if (parsed.GetValue(file) is { } name)
            {
                var read = CaseFile.ReadScope(name, screen.In, kernelMatters: parsed.GetValue(kernel) is null && tree is null, archMatters: parsed.GetValue(arch) is null);
                if (parsed.GetResult(swap) is { Implicit: false }) throw new InputException("--swap: the file says which swap area there is; change it there");
                Option[] openOnly = [tasks, operations, pages, large, verbs];
                if (read.Case.Together is not null && Array.Find(openOnly, o => parsed.GetResult(o) is { Implicit: false }) is { } tooMany) throw new InputException($"{tooMany.Name}: {read.Shown} says behind 'together' who does what; leave the option out, or the word");
                input = ExploreInput.Of(read, tree?.Kernel ?? Names.Kernel(parsed.GetValue(kernel) ?? read.Case.Kernel), Names.Architecture(parsed.GetValue(arch) ?? read.Case.Arch), asked, open);
            }
            else
            {
                input = ExploreInput.Open(tree?.Kernel ?? Names.Kernel(parsed.GetValue(kernel) ?? DefaultKernel), Names.Architecture(parsed.GetValue(arch) ?? DefaultArch), asked, open, parsed.GetValue(swap));
            }

            var bound = parsed.GetValue(preemptions);
            var options = search.Of(parsed) with
            {
                StopsAtFirst = parsed.GetValue(first),
                Bound = parsed.GetResult(preemptions) is { Implicit: false } ? Bound.Preemptions : Bound.Operations,
                Most = Math.Max(bound, 0),
            };
            return Run(screen, input with { Source = tree }, options, CaseFolder.Prepare(parsed.GetValue(output)!), parsed.GetValue(checkpoint), parsed.GetValue(json), search.IsLive(parsed));
        });
        return command;
    }

    private static Option<string[]> ListOption(string name, string description, string help) =>
        new(name) { Description = description, HelpName = help, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = true };

    private static InvariantSet Asked(string[] names)
    {
        var set = InvariantSet.None;
        foreach (var name in names)
        {
            if (!InvariantCatalogue.TryGet(name, out var invariant)) throw new InputException($"--invariant: {Names.UnknownInvariant(name)}");
            set = set.With(invariant.Id);
        }

        return names.Length == 0 ? InvariantCatalogue.Everything : set;
    }

    private static int Run(Screen screen, ExploreInput input, ExploreOptions options, CaseFolder folder, string? checkpoint, bool json, bool progress)
    {
        ExploreResult result;
        try
        {
            result = new ExploreRun(input, options, checkpoint).Run(screen, progress && !json);
        }
        catch (CapacityException e)
        {
            throw new InputException($"{e.Message}; take fewer --operations, or fewer lines before them");
        }

        var findings = result.Findings.Select(f => f.Finding).ToList();
        var unsaved = folder.Save(input.Source is { } tree ? findings.Select(f => f with { Minimal = tree.WithOrigin(f.Minimal) }) : findings);
        if (json) screen.Verbatim(ExploreJson.Print(input, options, result));
        else ExploreReport.Print(screen, input, options, result, folder);
        if (unsaved is not null) throw new InputException(unsaved);
        if (result.End == ExploreEnd.Interrupted) return ExitCode.Interrupted;
        if (findings.Count > 0) return ExitCode.NotAsExpected;
        return result.End == ExploreEnd.Whole ? ExitCode.AsExpected : ExitCode.NoVerdict;
    }
}
