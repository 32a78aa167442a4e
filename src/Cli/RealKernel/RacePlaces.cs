using Hooks.Cli.Catalogues;
using Hooks.Cli.Terminal;
using Hooks.Lab;
using Hooks.Lab.Races;

namespace Hooks.Cli.RealKernel;

/// <summary>Where in a kernel each step begins.</summary>
internal static class RacePlaces
{
    /// <summary>Prints the table of an image.</summary>
    public static int Print(Screen screen, string imageName, string? model, bool json)
    {
        var image = LabCommand.Image(LabFolder.OfUser(), imageName, model);
        var steps = StepAddresses.Of(image, Names.Kernel(image.Model));
        if (json)
        {
            screen.Verbatim(JsonText.Of(new RacePlacesJson(image.Name, image.Model, steps.Count, steps.Addressable, [.. steps.Steps.Select(RacePlaceJson.Of)]), JsonTypes.Default.RacePlacesJson));
            return ExitCode.AsExpected;
        }

        var table = Listing.Of("step", "address", "where, or why not");
        foreach (var step in steps.Steps) table.Row(step.Step, string.Join(' ', step.Addresses.Select(RacePlaceJson.Hex)), step.Note);
        screen.Write(table);
        screen.Line($"{steps.Addressable} of {steps.Count} steps of {image.Model} have an address in {image.Name}.");
        return ExitCode.AsExpected;
    }
}
