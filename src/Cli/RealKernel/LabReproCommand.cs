using System.CommandLine;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Replaying;
using Hooks.Cli.Reproducing;
using Hooks.Cli.Terminal;
using Hooks.Core.Workloads;
using Hooks.Lab;
using Hooks.Report.Repro;
using Spectre.Console;

namespace Hooks.Cli.RealKernel;

/// <summary><c>hooks lab repro</c>: a case as a C program, or a C program that is there already, compiled and run on a real kernel.</summary>
internal static class LabReproCommand
{
    private const string OwnProgram = ".c";

    /// <summary>Pages of each disk that a program of its own is given.</summary>
    private const int OwnProgramsSlots = 8191;

    private const int RacingCpus = 4;

    /// <summary>As many as the lab's kernels know.</summary>
    private const int MostCpus = 4;

    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var file = new Argument<string>("FILE") { Description = "A case, - for standard input; or a C program (….c), which is given two disks and says ok (exit code 0), not ok (1) or skip (4)." };
        var image = LabCommand.ImageOption();
        var model = LabCommand.ModelOption();
        var cpus = CommonOptions.Number("--cpus", "CPUs of the guest. [default: 1; of a race 4]", 0, 1, MostCpus);
        cpus.DefaultValueFactory = null;
        var json = CommonOptions.Json();
        var command = new DocumentedCommand("repro", "Compile the C program of a case ('hooks repro'), run it on a real kernel, and put its verdict beside the model's.")
        {
            Examples =
            [
                "hooks lab repro tags.case --image unfixed610    not ok: the tags are lost",
                "hooks lab repro tags.case --image fixed         ok",
                "hooks lab repro docs/races/13ddaf26be32.case --image unfixed610    threads that race, on several CPUs",
                "hooks lab repro peektags.c --image fixed73      a program of its own: the model says nothing of it",
            ],
            ExitCodes =
            [
                "0    the program's verdict is what the model says (that of a race, or of a program of its own: whatever it is)",
                "1    it is not, or the guest did not survive: its kernel came to a BUG, for one",
                "2    bad usage or input, no lab, no compiler, or user space cannot do the case",
                "130  interrupted",
            ],
        };
        command.Arguments.Add(file);
        foreach (var option in new Option[] { image, model, cpus, json }) command.Options.Add(option);
        command.SetAction(parsed => Run(screen, parsed.GetValue(file)!, parsed.GetValue(image)!, parsed.GetValue(model), parsed.GetValue(cpus), parsed.GetValue(json)));
        return command;
    }

    private static int Run(Screen screen, string name, string imageName, string? model, int cpus, bool json)
    {
        var ownText = name.EndsWith(OwnProgram, StringComparison.Ordinal) ? TextOf(name) : null;
        var file = ownText is null ? CaseFile.ReadScope(name, screen.In, kernelMatters: false, archMatters: true) : null;
        var lab = LabFolder.OfUser();
        var image = LabCommand.Image(lab, imageName, model);
        var source = ownText ?? ReproText.Of(file!, ReproFormat.C);
        var foretold = file is null ? null : ReproText.Forecast(file, Names.Kernel(image.Model));
        using var run = RunFolder.Create(lab);
        ProgramRun said;
        try
        {
            said = GuestProgram.Run(lab, image, run, GuestProgram.Compile(source, run), file is null ? OwnProgramsSlots : file.Case.Workload.Swaps.Max(s => LargeRange.WithClusters(s).Slots), cpus > 0 ? cpus : foretold is null && file is not null ? RacingCpus : 1, screen.Interrupted);
        }
        catch (GuestException e)
        {
            screen.ErrorLine($"hooks: {e.Message}{GuestSession.Tail(e)}");
            return ExitCode.NotAsExpected;
        }

        var verdict = Verdict(said);
        var shown = file?.Shown ?? name;
        if (json) screen.Verbatim(LabReproJson.Print(shown, image, said, verdict, foretold));
        else Print(screen, shown, file is null, image, said, verdict, foretold);
        return verdict == foretold?.Verdict || (foretold is null && verdict is "ok" or "not ok") || (file is null && verdict == "skip") ? ExitCode.AsExpected : ExitCode.NotAsExpected;
    }

    private static string Verdict(ProgramRun said) => said.Exit switch
    {
        0 => "ok",
        1 => "not ok",
        4 => "skip",
        _ => said.End,
    };

    private static string TextOf(string name)
    {
        try
        {
            return File.ReadAllText(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{name}: cannot be read: {e.Message}");
        }
    }

    private static void Print(Screen screen, string shown, bool isOwn, LabImage image, ProgramRun said, string verdict, Foretold? foretold)
    {
        screen.Line($"{shown} on {image.Name} (Linux {said.Linux}){(isOwn ? "" : ", as a program")}");
        foreach (var line in said.Output) screen.Line(line, line.StartsWith("not ok", StringComparison.Ordinal) ? new Style(Color.Red) : Style.Plain);
        var model = isOwn ? "the model knows nothing of it" : foretold is null ? "the model does not foretell a race" : $"{image.Model} says {foretold.Verdict}{(foretold.NotOk.Length == 0 ? "" : $", first at '{foretold.NotOk[0]}'")}";
        var differs = foretold is not null && verdict != foretold.Verdict;
        screen.Line($"{verdict}; {model}.", new Style(differs || said.Exit is null ? Color.Red : Color.Green));
    }
}
