using System.CommandLine;
using System.Globalization;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Replaying;
using Hooks.Cli.Terminal;
using Hooks.Core;
using Hooks.Lab;
using Hooks.Lab.Races;

namespace Hooks.Cli.RealKernel;

/// <summary><c>hooks lab race</c>: an interleaving of the model, forced on a real kernel.</summary>
internal static class LabRaceCommand
{
    private const string Arch = "arm64";

    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var file = new Argument<string?>("FILE") { Description = "A case with 'until'; - for standard input. Its kernel and architecture do not matter here.", Arity = ArgumentArity.ZeroOrOne };
        var image = LabCommand.ImageOption();
        image.DefaultValueFactory = _ => "fixed";
        var model = LabCommand.ModelOption();
        var times = new Option<int>("--times") { Description = "How often to play it.", HelpName = "N", DefaultValueFactory = _ => 1 };
        times.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && (!int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) || n < 1)) result.AddError("--times: expected a number from 1 on");
        });
        var places = new Option<bool>("--places") { Description = "Print where in this kernel each step begins, or why nobody can be held in front of it; no case is played." };
        var json = CommonOptions.Json();
        var command = new DocumentedCommand("race", "Play an interleaving on a real kernel: each task is held, by QEMU's debugger, where the case says that it stands.")
        {
            Examples =
            [
                "hooks lab race race.case --image unfixed610              a write is lost, at the first try",
                "hooks lab race race.case --image unfixed610 --times 50   and each time",
                "hooks lab race race.case --image fixed                   here the second task waits for the first",
                "hooks lab race --places --image fixed73",
            ],
            ExitCodes =
            [
                "0    kernel and model agree, each time",
                "1    they differ, or the guest did not survive",
                "2    bad usage or input, no lab, or nobody can be held there",
                "130  interrupted",
            ],
        };
        command.Arguments.Add(file);
        foreach (var option in new Option[] { image, model, times, places, json }) command.Options.Add(option);
        command.SetAction(parsed => parsed.GetValue(places)
            ? RacePlaces.Print(screen, parsed.GetValue(image)!, parsed.GetValue(model), parsed.GetValue(json))
            : Run(screen, parsed.GetValue(file) ?? throw new InputException("lab race: expected a FILE, or --places"), parsed.GetValue(image)!, parsed.GetValue(model), parsed.GetValue(times), parsed.GetValue(json)));
        return command;
    }

    private static int Run(Screen screen, string name, string imageName, string? model, int times, bool json)
    {
        var file = CaseFile.Read(name, screen.In, kernelMatters: false, archMatters: false);
        if (file.Case.Together is not null) throw new InputException($"{file.Shown}: what stands behind 'together' runs in all ways; 'hooks explore' finds the one to play here");
        var lab = LabFolder.OfUser();
        var image = LabCommand.Image(lab, imageName, model);
        var kernel = Names.Kernel(image.Model);
        var machine = new Machine(kernel, Names.Architecture(Arch));
        var steps = StepAddresses.Of(image, kernel);
        var program = RaceProgram.Of(file.Case.Workload, machine, steps, out var whyNot) ?? throw new InputException($"{file.Shown} cannot be played on {image.Name}: {whyNot}");
        using var run = RunFolder.Create(lab);
        using var session = new RaceSession(lab, image, steps, run, 0) { Cancel = screen.Interrupted };
        session.Boot();
        var plays = new List<RacePlay>();
        while (plays.Count < times && !screen.Interrupted.IsCancellationRequested) plays.Add(session.Play(program.Plan));
        var outcome = RaceOutcome.Of(plays);
        if (json) screen.Verbatim(LabRaceJson.Print(image, session.Hello, program, plays));
        else RaceReport.Print(screen, file.Shown, image, session.Hello, program, plays);
        if (screen.Interrupted.IsCancellationRequested) return ExitCode.Interrupted;
        return outcome.Agree == plays.Count ? ExitCode.AsExpected : ExitCode.NotAsExpected;
    }
}
