using System.CommandLine;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Terminal;
using Hooks.Lab;

namespace Hooks.Cli.RealKernel;

/// <summary><c>hooks lab</c>: the same workloads on a real kernel under QEMU.</summary>
internal static class LabCommand
{
    /// <summary>The command, for its subcommands.</summary>
    public static Command Create(Screen screen)
    {
        var command = new DocumentedCommand("lab", "Run workloads on a real arm64 kernel with MTE, under QEMU, beside the model.")
        {
            Examples =
            [
                "lab/setup --quick                                gets QEMU and Debian's kernel; once",
                "hooks lab doctor                                 is everything there, and fit for use?",
                "hooks lab run tags.case --image unfixed610",
                "hooks lab repro tags.case --image unfixed610     as a C program",
                "hooks lab diff --image debian --workloads 300",
                "hooks lab race race.case --image unfixed610      an interleaving, forced",
                "hooks lab power --image fixed73                  would a wrong model be noticed?",
            ],
        };
        command.Subcommands.Add(LabListCommand.Create(screen));
        command.Subcommands.Add(LabDoctorCommand.Create(screen));
        command.Subcommands.Add(LabRunCommand.Create(screen));
        command.Subcommands.Add(LabReproCommand.Create(screen));
        command.Subcommands.Add(LabRaceCommand.Create(screen));
        command.Subcommands.Add(LabDiffCommand.Create(screen));
        command.Subcommands.Add(LabPowerCommand.Create(screen));
        command.SetAction(parsed => HooksCommand.UsageErrors(parsed, screen));
        return command;
    }

    /// <summary><c>--model</c>.</summary>
    public static Option<string?> ModelOption() => new("--model")
    {
        Description = "The model's kernel to put beside it; see 'hooks list kernels'. [default: the one that goes with the image]",
        HelpName = "NAME",
    };

    /// <summary>A kernel of the lab, beside a model's kernel.</summary>
    /// <exception cref="InputException">There is no such kernel of the model.</exception>
    /// <exception cref="LabException">There is no such image.</exception>
    public static LabImage Image(LabFolder lab, string name, string? model)
    {
        var image = lab.Image(name);
        return model is null ? image : image with { Model = Names.Kernel(model).Name };
    }

    /// <summary><c>--image</c>.</summary>
    public static Option<string> ImageOption() => new("--image")
    {
        Description = "The kernel to boot; see 'hooks lab list'.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "debian",
    };
}
