using System.CommandLine;
using Hooks.Cli.Terminal;

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
                "hooks lab diff --image debian --workloads 300",
            ],
        };
        command.Subcommands.Add(LabListCommand.Create(screen));
        command.Subcommands.Add(LabDoctorCommand.Create(screen));
        command.Subcommands.Add(LabRunCommand.Create(screen));
        command.Subcommands.Add(LabDiffCommand.Create(screen));
        command.SetAction(parsed => HooksCommand.UsageErrors(parsed, screen));
        return command;
    }

    /// <summary><c>--image</c>.</summary>
    public static Option<string> ImageOption() => new("--image")
    {
        Description = "The kernel to boot; see 'hooks lab list'.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "debian",
    };
}
