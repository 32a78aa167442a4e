using System.CommandLine;
using Hooks.Cli.Terminal;
using Hooks.Lab;

namespace Hooks.Cli.RealKernel;

/// <summary><c>hooks lab list</c>: the kernels that can be booted.</summary>
internal static class LabListCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var json = CommonOptions.Json();
        var command = new DocumentedCommand("list", "List the kernels that can be booted.")
        {
            Examples = ["hooks lab list", "hooks lab list --json"],
            ExitCodes = ["0  there are some", "2  there is none, or bad usage"],
        };
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            var lab = LabFolder.OfUser();
            var images = lab.Images();
            if (images.Count == 0) throw new InputException($"no lab kernel in {lab.Path}; {LabFolder.Remedy}");
            if (parsed.GetValue(json)) screen.Verbatim(LabImageJson.Print(images));
            else Print(screen, images);
            return ExitCode.AsExpected;
        });
        return command;
    }

    private static void Print(Screen screen, IReadOnlyList<LabImage> images)
    {
        var table = Listing.Of("image", "beside the model's", "what it is");
        foreach (var image in images) table.Row(image.Name, image.Model, image.About);
        screen.Write(table);
    }
}
