using System.CommandLine;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Replaying;
using Hooks.Cli.Reproducing;
using Hooks.Cli.Terminal;
using Hooks.Lab;
using Hooks.Report.Repro;
using Spectre.Console;

namespace Hooks.Cli.RealKernel;

/// <summary><c>hooks lab repro</c>: a case as a C program, compiled and run on a real kernel.</summary>
internal static class LabReproCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var file = new Argument<string>("FILE") { Description = "A case; - for standard input." };
        var image = LabCommand.ImageOption();
        var model = LabCommand.ModelOption();
        var json = CommonOptions.Json();
        var command = new DocumentedCommand("repro", "Compile the C program of a case ('hooks repro'), run it on a real kernel, and put its verdict beside the model's.")
        {
            Examples =
            [
                "hooks lab repro tags.case --image unfixed610    not ok: the tags are lost",
                "hooks lab repro tags.case --image fixed         ok",
            ],
            ExitCodes =
            [
                "0    the program's verdict is what the model says (that of a race: whatever it is)",
                "1    it is not, or the guest did not survive",
                "2    bad usage or input, no lab, no compiler, or user space cannot do the case",
                "130  interrupted",
            ],
        };
        command.Arguments.Add(file);
        foreach (var option in new Option[] { image, model, json }) command.Options.Add(option);
        command.SetAction(parsed => Run(screen, parsed.GetValue(file)!, parsed.GetValue(image)!, parsed.GetValue(model), parsed.GetValue(json)));
        return command;
    }

    private static int Run(Screen screen, string name, string imageName, string? model, bool json)
    {
        var file = CaseFile.ReadScope(name, screen.In, kernelMatters: false, archMatters: true);
        var lab = LabFolder.OfUser();
        var image = LabCommand.Image(lab, imageName, model);
        var source = ReproText.Of(file, ReproFormat.C);
        var foretold = ReproText.Forecast(file, Names.Kernel(image.Model));
        using var run = RunFolder.Create(lab);
        ProgramRun said;
        try
        {
            said = GuestProgram.Run(lab, image, run, GuestProgram.Compile(source, run), file.Case.Workload.Swaps.Max(s => s.Slots), screen.Interrupted);
        }
        catch (GuestException e)
        {
            screen.ErrorLine($"hooks: {e.Message}{GuestSession.Tail(e)}");
            return ExitCode.NotAsExpected;
        }

        var verdict = Verdict(said);
        if (json) screen.Verbatim(LabReproJson.Print(file, image, said, verdict, foretold));
        else Print(screen, file, image, said, verdict, foretold);
        return verdict == foretold?.Verdict || (foretold is null && verdict is "ok" or "not ok") ? ExitCode.AsExpected : ExitCode.NotAsExpected;
    }

    private static string Verdict(ProgramRun said) => said.Exit switch
    {
        0 => "ok",
        1 => "not ok",
        4 => "skip",
        _ => said.End,
    };

    private static void Print(Screen screen, CaseFile file, LabImage image, ProgramRun said, string verdict, Foretold? foretold)
    {
        screen.Line($"{file.Shown} on {image.Name} (Linux {said.Linux}), as a program");
        foreach (var line in said.Output) screen.Line(line, line.StartsWith("not ok", StringComparison.Ordinal) ? new Style(Color.Red) : Style.Plain);
        var model = foretold is null ? "the model does not foretell a race" : $"{image.Model} says {foretold.Verdict}{(foretold.NotOk.Length == 0 ? "" : $", first at '{foretold.NotOk[0]}'")}";
        var differs = foretold is not null && verdict != foretold.Verdict;
        screen.Line($"{verdict}; {model}.", new Style(differs ? Color.Red : Color.Green));
    }
}
