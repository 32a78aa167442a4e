using System.CommandLine;
using System.Globalization;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Terminal;
using Hooks.Lab;

namespace Hooks.Cli.RealKernel;

/// <summary><c>hooks lab doctor</c>: is everything there, and fit for use? Boots each kernel and tests it.</summary>
internal static class LabDoctorCommand
{
    /// <summary>What the doctor found of a kernel.</summary>
    /// <param name="Image">The kernel.</param>
    /// <param name="Release">As uname says it; null if it did not come up.</param>
    /// <param name="BootedIn">From the start of QEMU to the agent's first word.</param>
    /// <param name="SelfTest">What the self-test said.</param>
    /// <param name="Wrong">What is wrong; null if nothing.</param>
    private sealed record Finding(LabImage Image, string? Release, TimeSpan BootedIn, string SelfTest, string? Wrong);

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

        var findings = new List<Finding>();
        using (var run = RunFolder.Create(lab))
        {
            foreach (var image in images)
            {
                var finding = Look(lab, image, run, screen.Interrupted);
                findings.Add(finding);
                if (!json) Print(screen, finding);
            }
        }

        if (json) screen.Line(Json(lab, version, findings));
        return findings.All(f => f.Wrong is null) ? ExitCode.AsExpected : ExitCode.BadInput;
    }

    private static Finding Look(LabFolder lab, LabImage image, RunFolder run, CancellationToken cancel)
    {
        using var session = new GuestSession(lab, image, run, 0, Lane.Small) { Cancel = cancel };
        try
        {
            _ = Names.Kernel(image.Model);
            session.Boot();
            var release = session.Hello.Split(' ').FirstOrDefault(w => w.StartsWith("kernel=", StringComparison.Ordinal))?["kernel=".Length..];
            return new Finding(image, release, session.BootedIn, session.SelfTest, null);
        }
        catch (Exception e) when (e is LabException or InputException)
        {
            return new Finding(image, null, default, session.SelfTest, e.Message);
        }
    }

    private static void Print(Screen screen, Finding finding)
    {
        if (finding.Wrong is not null)
        {
            screen.Line($"{finding.Image.Name}: {finding.Wrong}", new Spectre.Console.Style(Spectre.Console.Color.Red));
            return;
        }

        var back = finding.SelfTest.Split(' ').FirstOrDefault(w => w.StartsWith("back=", StringComparison.Ordinal))?["back=".Length..] ?? "?";
        var seconds = finding.BootedIn.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        screen.Line($"{finding.Image.Name}: Linux {finding.Release}, ready in {seconds} s, 256 tags a page, of which {back} come back from swap");
    }

    private static string Json(LabFolder lab, string version, List<Finding> findings) => JsonText.Of(json =>
    {
        json.WriteStartObject();
        json.WriteString("lab", lab.Path);
        json.WriteString("qemu", version);
        json.WriteStartArray("images");
        foreach (var finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("image", finding.Image.Name);
            json.WriteBoolean("fit", finding.Wrong is null);
            if (finding.Wrong is not null) json.WriteString("wrong", finding.Wrong);
            else
            {
                json.WriteString("kernel", finding.Release);
                json.WriteNumber("bootSeconds", Math.Round(finding.BootedIn.TotalSeconds, 3));
                json.WriteString("selfTest", finding.SelfTest);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}
