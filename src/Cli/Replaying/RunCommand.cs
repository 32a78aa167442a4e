using System.CommandLine;
using Hooks.Cli.Catalogues;
using Hooks.Cli.FromSource;
using Hooks.Cli.Terminal;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;

namespace Hooks.Cli.Replaying;

/// <summary><c>hooks run FILE…</c>: replays cases.</summary>
internal static class RunCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var files = new Argument<string[]>("FILE") { Description = "Case files; '-' is standard input.", Arity = ArgumentArity.OneOrMore };
        CommonOptions.RefuseOptions(files);
        var trace = new Option<bool>("--trace") { Description = "Show each step and what it changed." };
        var kernel = new Option<string?>("--kernel") { Description = "Run on this kernel, not the file's.", HelpName = "NAME" };
        var arch = new Option<string?>("--arch") { Description = "Run on this architecture, not the file's.", HelpName = "NAME" };
        var json = CommonOptions.Json();
        var html = new Option<string?>("--html") { Description = "Write a page that shows the run: a lane a task, locks, and the machine after each step. Opens offline.", HelpName = "PAGE" };
        var svg = new Option<string?>("--svg") { Description = "Write a picture of the decisive moment.", HelpName = "PICTURE" };
        var source = new SourceOptions();
        var command = new DocumentedCommand("run", "Replay cases: say what fails, and whether that is what the file says.")
        {
            Examples =
            [
                "hooks run .hooks/cases/v5.18-arm64-tag-preservation.case",
                "hooks run --trace tags.case                   each step and what it changed",
                "hooks run --kernel v6.5 tags.case             does the fix fix it?",
                "hooks run tags.case --html tags.html          look at it in a browser",
                "hooks run .hooks/cases/*.case --json          one object; of several files an array",
                "hooks run tags.case --trace --source ~/linux  on the kernel of this tree, with the lines of its source",
            ],
            ExitCodes =
            [
                "0  for every file what its 'fails' line says happens; without one, nothing fails",
                "1  for some file it does not",
                "2  bad usage or input",
                "3  with --source: no verdict, as something in the source is not known",
            ],
        };
        command.Arguments.Add(files);
        foreach (var option in new Option[] { trace, kernel, arch, html, svg, json }) command.Options.Add(option);
        source.AddTo(command);
        command.SetAction(parsed => Run(
            screen,
            parsed.GetValue(files)!,
            Kernel(parsed.GetValue(kernel), source.Read(parsed)),
            parsed.GetValue(arch) is { } a ? Names.Architecture(a) : null,
            parsed.GetValue(trace),
            parsed.GetValue(json),
            new Pictures(parsed.GetValue(html), parsed.GetValue(svg))));
        return command;
    }

    private static Kernel? Kernel(string? name, SourceInput? source)
    {
        if (name is not null && source is not null) throw new InputException("--kernel and --source cannot be given together: the kernel is the source");
        return name is not null ? Names.Kernel(name) : source?.Kernel;
    }

    private static int Run(Screen screen, string[] names, Kernel? kernel, IArchitecture? arch, bool trace, bool json, Pictures pictures)
    {
        if (pictures.Any && names.Length > 1) throw new InputException("--html and --svg show one case: give one file");
        if (names.Count(n => n == CaseFile.StandardInput) > 1) throw new InputException("'-' is given twice; standard input can be read once");

        // All are read before any is run, so that a mistake in the last file is not found below pages of traces.
        if (!TryRead(screen, names, kernel is null, arch is null, out var files)) return ExitCode.BadInput;

        // JSON is printed at the end, as a whole or not at all.
        var replays = new List<Replay>();
        int asExpected = 0, failed = 0;
        foreach (var file in files)
        {
            if (screen.Interrupted.IsCancellationRequested) return ExitCode.Interrupted;
            try
            {
                var replay = Replay.Of(file, kernel ?? Names.Kernel(file.Case.Kernel), arch ?? Names.Architecture(file.Case.Arch), steps: trace);
                if (replay.AsExpected) asExpected++;
                if (pictures.Any) pictures.Write(replay);
                if (json) replays.Add(replay);
                else ReplayReport.Print(screen, replay, trace);
                if (!json && files.Count > 1) screen.Line();
            }
            catch (InputException e)
            {
                failed++;
                screen.ErrorLine($"hooks: {e.Message}");
            }
        }

        if (!json && files.Count > 1)
        {
            var cannot = failed == 0 ? "" : $", {failed} cannot be run";
            screen.Line($"{files.Count} files: {asExpected} as expected, {files.Count - asExpected - failed} not{cannot}.");
        }

        if (failed > 0) return ExitCode.BadInput;
        if (json) screen.Verbatim(ReplayJson.Print(replays, trace));
        return asExpected == files.Count ? ExitCode.AsExpected : ExitCode.NotAsExpected;
    }

    private static bool TryRead(Screen screen, string[] names, bool kernelMatters, bool archMatters, out List<CaseFile> files)
    {
        files = [];
        foreach (var name in names)
        {
            try
            {
                files.Add(CaseFile.Read(name, screen.In, kernelMatters, archMatters));
            }
            catch (CaseSyntaxException e)
            {
                // File, line and column first, as editors know it from compilers.
                screen.ErrorLine(e.Message);
            }
            catch (InputException e)
            {
                screen.ErrorLine($"hooks: {e.Message}");
            }
        }

        return files.Count == names.Length;
    }
}
