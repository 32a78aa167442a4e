using System.Globalization;
using Hooks.Lab.Races;

namespace Hooks.Cli.RealKernel;

/// <summary>Where in a kernel each step begins, as JSON.</summary>
/// <param name="Image">The lab's kernel.</param>
/// <param name="Model">The model's kernel.</param>
/// <param name="Steps">How many steps it has.</param>
/// <param name="Addressable">How many of them somebody can be held in front of.</param>
/// <param name="Places">Each, by its name.</param>
internal sealed record RacePlacesJson(string Image, string Model, int Steps, int Addressable, IReadOnlyList<RacePlaceJson> Places);

/// <summary>Where a step begins.</summary>
/// <param name="Step">The step.</param>
/// <param name="Addresses">Its addresses; none: nobody can be held there.</param>
/// <param name="Note">File, line and function, or why not.</param>
internal sealed record RacePlaceJson(string Step, IReadOnlyList<string> Addresses, string Note)
{
    /// <summary>Of a step.</summary>
    public static RacePlaceJson Of(StepAddress step) => new(step.Step, [.. step.Addresses.Select(Hex)], step.Note);

    /// <summary>An address as people write it.</summary>
    public static string Hex(ulong address) => "0x" + address.ToString("x", CultureInfo.InvariantCulture);
}
