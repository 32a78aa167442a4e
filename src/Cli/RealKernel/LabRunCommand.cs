using System.CommandLine;
using System.Globalization;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Replaying;
using Hooks.Cli.Terminal;
using Hooks.Core;
using Hooks.Lab;
using Spectre.Console;

namespace Hooks.Cli.RealKernel;

/// <summary><c>hooks lab run</c>: one case on a real kernel, beside the model.</summary>
internal static class LabRunCommand
{
    private const string Arch = "arm64";

    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var file = new Argument<string>("FILE") { Description = "A case; - for standard input. Its kernel and architecture do not matter here." };
        var image = LabCommand.ImageOption();
        var model = LabCommand.ModelOption();
        var json = CommonOptions.Json();
        var command = new DocumentedCommand("run", "Run a case on a real kernel, and show what the program sees beside what the model says.")
        {
            Examples =
            [
                "hooks lab run tags.case --image unfixed610    the tags are lost",
                "hooks lab run tags.case --image fixed         and here they are not",
                "hooks lab run - --image debian --json < tags.case",
            ],
            ExitCodes =
            [
                "0    kernel and model agree",
                "1    they differ, or the guest did not survive",
                "2    bad usage or input, or no lab",
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
        var file = CaseFile.Read(name, screen.In, kernelMatters: false, archMatters: false);
        var lab = LabFolder.OfUser();
        var image = LabCommand.Image(lab, imageName, model);
        var machine = new Machine(Names.Kernel(image.Model), Names.Architecture(Arch));
        var program = LabProgram.Of(file.Case.Workload, machine);
        using var run = RunFolder.Create(lab);
        using var session = new GuestSession(lab, image, run, 0, program.Workload.Swaps.Max(s => s.Slots)) { Cancel = screen.Interrupted };
        var result = session.Run([program])[0];
        if (result.Failure is { } failure)
        {
            var at = result.Answers.Count < program.Lines.Length ? $" at '{program.Lines[result.Answers.Count]}'" : "";
            screen.ErrorLine($"hooks: {failure.Message}{at}{GuestSession.Tail(failure)}");
            return ExitCode.NotAsExpected;
        }

        var comparison = Comparison.Of(machine, program, result.Answers);
        if (json) screen.Verbatim(LabRunJson.Print(image, session.Hello, comparison));
        else Print(screen, file, image, session, comparison);
        return comparison.Agrees && comparison.Unfollowed is null ? ExitCode.AsExpected : ExitCode.NotAsExpected;
    }

    private static void Print(Screen screen, CaseFile file, LabImage image, GuestSession session, Comparison comparison)
    {
        var release = session.Hello.Split("kernel=")[^1];
        screen.Line($"{file.Shown} on {image.Name} (Linux {release}), beside {image.Model} on {Arch}");
        foreach (var swap in comparison.Program.Workload.Swaps) screen.Line($"swap {swap}");
        foreach (var change in comparison.Program.Changes) screen.Line($"note: {change}");
        screen.Line();
        ComparisonTable.Print(screen, comparison);
        screen.Line();
        var losses = ComparisonTable.Losses(comparison);
        if (losses == "nothing") screen.Line("On the real kernel the program finds all its data and tags.", new Style(Color.Green));
        else screen.Line($"On the real kernel the program has lost {losses}.", new Style(Color.Red));
        if (!comparison.Swapped) screen.Line("No page went to swap and came back: this run says nothing of swap.", new Style(Color.Yellow));
        if (comparison.Unfollowed is { } why) screen.Line($"The model could not follow: {why}.", new Style(Color.Yellow));
        else if (comparison.Agrees)
        {
            var tightness = ((double)comparison.Allowed / comparison.Operations.Length).ToString("0.00", CultureInfo.InvariantCulture);
            screen.Line($"Kernel and model agree on all {comparison.Operations.Length} operations; the model allowed {tightness} answers each.");
        }
        else screen.Line($"Kernel and model differ first at '{ComparisonTable.Operation(comparison.Operations[comparison.FirstDifference].Op)}'.", new Style(Color.Red));
    }
}
