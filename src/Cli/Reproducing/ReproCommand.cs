using System.CommandLine;
using Hooks.Cli.Replaying;
using Hooks.Cli.Terminal;
using Hooks.Report.Repro;

namespace Hooks.Cli.Reproducing;

/// <summary><c>hooks repro FILE</c>: a case as a C program.</summary>
internal static class ReproCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var file = new Argument<string>("FILE") { Description = "A case; - for standard input." };
        var format = CommonOptions.OneOf<ReproFormat>("--format", "What the program reports with: TAP lines of its own, or ../kselftest.h of the kernel's selftests.");
        var output = new Option<string?>("--out") { Description = "Write the program there.", HelpName = "PROGRAM" };
        var command = new DocumentedCommand("repro", "Print a case as a C program that tests a real kernel: TAP, no library beyond libc; 'not ok' where what was stored is not found again.")
        {
            Examples =
            [
                "hooks repro docs/lab/pin-write.case --out repro.c",
                "cc -O2 -static -pthread -o repro repro.c && sudo ./repro",
                "hooks repro tags.case --format kselftest > tools/testing/selftests/mm/tags.c",
                "hooks lab repro tags.case --image unfixed610   compiled, and run in the lab",
            ],
            ExitCodes =
            [
                "0  printed",
                "2  bad usage or input, or user space cannot do it: the message says which operation",
            ],
        };
        command.Arguments.Add(file);
        foreach (var option in new Option[] { format, output }) command.Options.Add(option);
        command.SetAction(parsed => Run(screen, parsed.GetValue(file)!, parsed.GetValue(format), parsed.GetValue(output)));
        return command;
    }

    private static int Run(Screen screen, string name, ReproFormat format, string? output)
    {
        OutputFile.Write(screen, output, ReproText.Of(CaseFile.ReadScope(name, screen.In, kernelMatters: false, archMatters: true), format));
        return ExitCode.AsExpected;
    }
}
