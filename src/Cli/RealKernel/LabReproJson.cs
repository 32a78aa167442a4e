using Hooks.Lab;
using Hooks.Report.Repro;

namespace Hooks.Cli.RealKernel;

/// <summary>A case's program on a real kernel, as JSON.</summary>
/// <param name="Case">The case, or the program.</param>
/// <param name="Image">The lab's kernel.</param>
/// <param name="Linux">Its release.</param>
/// <param name="Model">The model's kernel.</param>
/// <param name="Verdict"><c>ok</c>, <c>not ok</c>, <c>skip</c>, or how it ended.</param>
/// <param name="ModelVerdict">The same of the model; null for a race.</param>
/// <param name="ModelNotOk">Where the model says it.</param>
/// <param name="Output">What the program printed: TAP.</param>
internal sealed record LabReproJson(string Case, string Image, string Linux, string Model, string Verdict, string? ModelVerdict, IReadOnlyList<string> ModelNotOk, IReadOnlyList<string> Output)
{
    /// <summary>The object.</summary>
    public static string Print(string shown, LabImage image, ProgramRun said, string verdict, Foretold? foretold) => JsonText.Of(
        new LabReproJson(shown, image.Name, said.Linux, image.Model, verdict, foretold?.Verdict, foretold?.NotOk ?? [], said.Output), JsonTypes.Default.LabReproJson);
}
