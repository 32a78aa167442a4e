using System.Collections.Immutable;
using Hooks.Core.Workloads;
using Hooks.Lab;
using Hooks.Lab.Races;

namespace Hooks.Cli.RealKernel;

/// <summary>Generated races on a real kernel, as JSON.</summary>
/// <param name="Image">The lab's kernel.</param>
/// <param name="Model">The model's kernel.</param>
/// <param name="Seed">Where the programs come from.</param>
/// <param name="Races">How many were played.</param>
/// <param name="Agree">On how many kernel and model agree.</param>
/// <param name="PassedBy">In how many the kernel never came to the step that a task should have stood in front of.</param>
/// <param name="BeganAgain">In how many a fault that had waited for a folio's lock began again, and had to wait for another.</param>
/// <param name="Held">In how many a task stood in front of a step.</param>
/// <param name="Waited">In how many a task had to wait for another.</param>
/// <param name="Turns">Turns, all together.</param>
/// <param name="Lost">In how many data or tags were lost.</param>
/// <param name="RacesPerSecond">Of one guest.</param>
/// <param name="Divergences">Those on which they differ, as cases.</param>
internal sealed record LabRaceDiffJson(string Image, string Model, ulong Seed, int Races, int Agree, int PassedBy, int BeganAgain, int Held, int Waited, int Turns, int Lost, double RacesPerSecond, IReadOnlyList<string> Divergences)
{
    /// <summary>The object.</summary>
    public static string Print(LabImage image, ulong seed, RaceResult result, ImmutableArray<(string Name, Case Case)> cases) => JsonText.Of(
        new LabRaceDiffJson(image.Name, image.Model, seed, result.Played, result.Agreed, result.PassedBy, result.Retried, result.Stood, result.Waited, result.Turns, result.Lost, Math.Round(result.Played / Math.Max(result.Running.TotalSeconds, 0.001), 2), [.. cases.Select(c => c.Case.ToString())]),
        JsonTypes.Default.LabRaceDiffJson);
}
