using System.CommandLine;
using Hooks.Cli.Catalogues;
using Hooks.Cli.FromSource;
using Hooks.Cli.Replaying;
using Hooks.Cli.Terminal;
using Hooks.Core;
using Hooks.Core.Kernels;
using Hooks.Report.Mails;
using Hooks.Report.Repro;

namespace Hooks.Cli.Reproducing;

/// <summary><c>hooks report FILE</c>: a finding as a mail to a list.</summary>
internal static class ReportCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var file = new Argument<string>("FILE") { Description = "A case that breaks something; - for standard input." };
        var inline = new Option<bool>("--inline") { Description = "The program behind the text, not as an attachment." };
        var output = new Option<string?>("--out") { Description = "Write the mail there.", HelpName = "MAIL" };
        var command = new DocumentedCommand("report", "Print a finding as a mail to a list: what happens, the case, the decisive steps, which kernels, which commit, and the C program.")
        {
            Examples =
            [
                "hooks report docs/lab/swapoff-none.case --out finding.mail",
                "mutt -H finding.mail                    look at it, say to whom, send it",
                "hooks report tags.case --inline         all of it as text",
                "hooks run tags.case --trace             what the mail rests on",
                "hooks report tags.case --source ~/linux --patch 0001-mm.patch   a case of a tree, or of a patch",
            ],
            ExitCodes =
            [
                "0  printed",
                "2  bad usage or input, or the case breaks nothing",
                "3  with --source: no verdict, as something in the source is not known",
            ],
        };
        var source = new SourceOptions();
        command.Arguments.Add(file);
        foreach (var option in new Option[] { inline, output }) command.Options.Add(option);
        source.AddTo(command);
        command.SetAction(parsed => Run(screen, parsed.GetValue(file)!, source.Read(parsed)?.Kernel, parsed.GetValue(inline), parsed.GetValue(output)));
        return command;
    }

    private static int Run(Screen screen, string name, Kernel? kernel, bool inline, string? output)
    {
        var file = CaseFile.Read(name, screen.In, kernelMatters: kernel is null, archMatters: true);
        OutputFile.Write(screen, output, MailFile.Print(MailOf(file, kernel ?? Names.Kernel(file.Case.Kernel)), inline));
        return ExitCode.AsExpected;
    }

    private static FindingMail MailOf(CaseFile file, Kernel kernel)
    {
        var replay = Replay.Of(file, kernel, Names.Architecture(file.Case.Arch), steps: true);
        var violation = ToReport(replay);
        var survey = new Survey(file, replay.Kernel, replay.Architecture, violation.Breach.Invariant);
        var (program, refusal) = ReproText.TryOf(file with { Name = Path.GetFileName(file.Name) }, ReproFormat.C);
        return new FindingMail(file.Case, replay.Trace, violation, file.Name == CaseFile.StandardInput ? "finding.case" : Path.GetFileName(file.Name))
        {
            Affected = survey.Affected,
            Unaffected = survey.Unaffected,
            Otherwise = survey.Otherwise,
            Origins = survey.Origins(),
            Program = program,
            Refusal = refusal,
        };
    }

    /// <summary>The violation that the file names; if it names none, the first.</summary>
    private static Violation ToReport(Replay replay)
    {
        var (shown, on) = (replay.File.Shown, $"{replay.Kernel.Name} ({replay.Architecture.Name})");
        if (replay.Trace.Violations.IsEmpty) throw new InputException($"{shown}: breaks nothing on {on}, so there is nothing to report; 'hooks check {replay.Kernel.Name} {replay.Architecture.Name}' looks for cases that do, 'hooks run {Shell.Quote(replay.File.Name)} --kernel NAME' tries another kernel");
        if (replay.File.Case.Fails.Length > 0 && !replay.AsExpected) throw new InputException($"{shown}: does not break on {on} as it says; 'hooks run {Shell.Quote(replay.File.Name)}' says what happens, then put its 'fails' line right");
        return replay.File.Case.Fails.IsEmpty ? replay.Trace.Violations[0] : replay.Trace.Violations.First(replay.Names);
    }
}
