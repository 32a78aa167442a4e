using System.CommandLine;
using Hooks.Cli.Catalogues;
using Hooks.Cli.FromSource;
using Hooks.Cli.Reproducing;
using Hooks.Cli.Terminal;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Search;

namespace Hooks.Cli.Replaying;

/// <summary><c>hooks minimize FILE</c>: a user's own case, made as small as taking away can make it.</summary>
internal static class MinimizeCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var file = new Argument<string>("FILE") { Description = "A case that breaks something; '-' is standard input." };
        var invariant = new Option<string?>("--invariant") { Description = "What the small case shall break. [default: what the file says fails; if it says nothing, what breaks first]", HelpName = "NAME" };
        var kernel = new Option<string?>("--kernel") { Description = "Run on this kernel, not the file's.", HelpName = "NAME" };
        var arch = new Option<string?>("--arch") { Description = "Run on this architecture, not the file's.", HelpName = "NAME" };
        var output = new Option<string?>("--out") { Description = "Write the small case there.", HelpName = "CASE" };
        var source = new SourceOptions();
        var command = new DocumentedCommand("minimize", "Make a case smaller as long as it breaks the same: program and schedule together, until nothing can be taken away.")
        {
            Examples =
            [
                "hooks minimize long.case",
                "hooks minimize long.case --out short.case && hooks run short.case --trace",
                "hooks minimize long.case --kernel v6.5 --invariant tag-preservation",
                "hooks minimal short.case                     is there none smaller at all? all of them tried",
            ],
            ExitCodes = ["0  there is a smaller one: printed", "1  nothing can be taken away: the case is printed as it is", "2  bad usage or input, or the case breaks nothing of the kind", "3  with --source: no verdict, as something in the source is not known"],
        };
        command.Arguments.Add(file);
        foreach (var option in new Option[] { invariant, kernel, arch, output }) command.Options.Add(option);
        source.AddTo(command);
        command.SetAction(parsed =>
        {
            var input = source.Read(parsed);
            var name = parsed.GetValue(kernel);
            if (name is not null && input is not null) throw new InputException("--kernel and --source cannot be given together: the kernel is the source");
            var other = name is not null ? Names.Kernel(name) : input?.Kernel;
            var archName = parsed.GetValue(arch);
            var read = CaseFile.Read(parsed.GetValue(file)!, screen.In, kernelMatters: other is null, archMatters: archName is null);
            return Run(screen, read, new Machine(other ?? Names.Kernel(read.Case.Kernel), Names.Architecture(archName ?? read.Case.Arch)), parsed.GetValue(invariant), parsed.GetValue(output));
        });
        return command;
    }

    private static int Run(Screen screen, CaseFile file, Machine machine, string? name, string? output)
    {
        var id = ToKeep(file, machine, name);
        var finding = new Shrinking(machine).Shrink(id, file.Case.Workload, 0, candidate => Shrinking.Breaks(machine, candidate, id));
        var (from, to) = (file.Case.Workload.Operations.Length, finding.Minimal.Workload.Operations.Length);
        var smaller = !finding.Minimal.Workload.Equals(file.Case.Workload);
        OutputFile.Write(screen, output, finding.Minimal.ToString());
        screen.ErrorLine($"hooks: {InvariantCatalogue.Of(id).Name}: {(smaller ? $"{from} lines, {to} of which do, and no one of them can be left out" : $"none of the {from} lines can be left out, or be simpler")} ({finding.ShrinkRuns} smaller ones tried)");
        return smaller ? ExitCode.AsExpected : ExitCode.NotAsExpected;
    }

    private static InvariantId ToKeep(CaseFile file, Machine machine, string? name)
    {
        try
        {
            var broken = machine.Run(file.Case.Workload, machine.Checked, stopAtFirst: false);
            var on = $"{machine.Kernel.Name} and {machine.Architecture.Name}";
            name ??= file.Case.Fails.FirstOrDefault()?.Invariant;
            if (name is null)
            {
                if (broken.Count == 0) throw new InputException($"{file.Shown}: breaks nothing on {on}; 'hooks run {Shell.Quote(file.Name)} --trace' shows what happens");
                machine.Run(file.Case.Workload, machine.Checked);
                return machine.Broken.Members().First();
            }

            if (!InvariantCatalogue.TryGet(name, out var invariant)) throw new InputException(Names.UnknownInvariant(name));
            if (!broken.Contains(invariant.Id)) throw new InputException($"{file.Shown}: does not break {invariant.Name} on {on}; it breaks {(broken.Count == 0 ? "nothing" : broken)}");
            return invariant.Id;
        }
        catch (CapacityException e)
        {
            throw new InputException($"{file.Shown}: {e.Message}");
        }
    }
}
