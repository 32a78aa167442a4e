using System.CommandLine;
using System.Globalization;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Terminal;
using Hooks.Lab;
using Hooks.Lab.Races;

namespace Hooks.Cli.RealKernel;

/// <summary><c>hooks lab doctor</c>: is everything there, and fit for use? Boots each kernel and tests it.</summary>
internal static class LabDoctorCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var json = CommonOptions.Json();
        var command = new DocumentedCommand("doctor", "Look whether the lab can be used: boot each kernel, test its tags and its swap.")
        {
            Examples = ["hooks lab doctor", "hooks lab doctor --json"],
            ExitCodes = ["0    every kernel is fit for use", "2    something is missing or wrong; it says what, and what to do", "130  interrupted"],
        };
        command.Options.Add(json);
        command.SetAction(parsed => Run(screen, parsed.GetValue(json)));
        return command;
    }

    private static int Run(Screen screen, bool json)
    {
        var lab = LabFolder.OfUser();
        if (!Directory.Exists(lab.Path)) throw new InputException($"there is no lab in {lab.Path}: {LabFolder.Remedy}");
        var version = Guest.QemuVersion(lab);
        var images = lab.Images();
        if (images.Count == 0) throw new InputException($"no lab kernel in {lab.Path}; {LabFolder.Remedy}");
        if (!json)
        {
            screen.Line($"lab   {lab.Path}");
            screen.Line($"qemu  {version}");
        }

        var diagnoses = new List<Diagnosis>();
        using (var run = RunFolder.Create(lab))
        {
            foreach (var image in images)
            {
                var diagnosis = Look(lab, image, run, screen.Interrupted);
                diagnoses.Add(diagnosis);
                if (!json) Print(screen, diagnosis);
            }
        }

        if (json) screen.Verbatim(LabDoctorJson.Print(lab, version, diagnoses));
        return diagnoses.All(f => f.Wrong is null) ? ExitCode.AsExpected : ExitCode.BadInput;
    }

    private static Diagnosis Look(LabFolder lab, LabImage image, RunFolder run, CancellationToken cancel)
    {
        using var session = new GuestSession(lab, image, run, 0, Lane.Small) { Cancel = cancel };
        try
        {
            _ = Names.Kernel(image.Model);
            session.Boot();
            var release = session.Hello.Split(' ').FirstOrDefault(w => w.StartsWith("kernel=", StringComparison.Ordinal))?["kernel=".Length..];
            var places = File.Exists(image.Vmlinux) ? StepAddresses.Of(image, Names.Kernel(image.Model)) : null;
            if (places is { Addressable: <= 1 }) throw new LabException($"in {image.Vmlinux} no step has an address: it was built without line tables of mm/. {LabFolder.Remedy}");
            return new Diagnosis(image, release, session.BootedIn, session.SelfTest, null, places?.Count, places?.Addressable);
        }
        catch (Exception e) when (e is LabException or InputException)
        {
            return new Diagnosis(image, null, default, session.SelfTest, e.Message);
        }
    }

    private static string Held(Diagnosis diagnosis) => diagnosis.Steps is null ? "" : $"; a task can be held in front of {diagnosis.Addressable} of {diagnosis.Steps} steps";

    private static void Print(Screen screen, Diagnosis diagnosis)
    {
        if (diagnosis.Wrong is not null)
        {
            screen.Line($"{diagnosis.Image.Name}: {diagnosis.Wrong}", new Spectre.Console.Style(Spectre.Console.Color.Red));
            return;
        }

        var back = diagnosis.SelfTest.Split(' ').FirstOrDefault(w => w.StartsWith("back=", StringComparison.Ordinal))?["back=".Length..] ?? "?";
        var seconds = diagnosis.BootedIn.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        screen.Line($"{diagnosis.Image.Name}: Linux {diagnosis.Release}, ready in {seconds} s, 256 tags a page, of which {back} come back from swap{Held(diagnosis)}");
    }
}
