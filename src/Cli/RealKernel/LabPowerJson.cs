using Hooks.Lab;

namespace Hooks.Cli.RealKernel;

/// <summary>What the comparison with a real kernel notices, as JSON.</summary>
/// <param name="Image">The lab's kernel.</param>
/// <param name="Model">The model's kernel.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Workloads">Workloads recorded, on all areas together.</param>
/// <param name="RightModelDiffers">Workloads in which the right model differs.</param>
/// <param name="WrongModels">Model by model.</param>
internal sealed record LabPowerJson(string Image, string Model, ulong Seed, int Workloads, int RightModelDiffers, IReadOnlyList<WrongModelJson> WrongModels)
{
    /// <summary>The object.</summary>
    public static string Print(LabImage image, ulong seed, int workloads, WrongVerdict right, IReadOnlyList<WrongVerdict> verdicts) => JsonText.Of(
        new LabPowerJson(image.Name, image.Model, seed, workloads, right.All.CaughtBy, [.. verdicts.Select(WrongModelJson.Of)]),
        JsonTypes.Default.LabPowerJson);
}

/// <summary>A wrong model.</summary>
/// <param name="Path">A mutant's path; left out if it is none.</param>
/// <param name="Name">What is wrong.</param>
/// <param name="CaughtBy">Workloads in which the kernel answered otherwise.</param>
/// <param name="Smallest">The fewest operations that show it; left out if none do.</param>
/// <param name="At">The operation that shows it, in that workload; left out with it, or if the model itself fell over.</param>
/// <param name="Kernel">What the kernel answered to it.</param>
/// <param name="Wrong">What the wrong model would have answered.</param>
/// <param name="Before">CaughtBy without frames, flags, faults and slots.</param>
/// <param name="SmallestBefore">Smallest without them.</param>
/// <param name="Why">Why it can not be caught, where <c>hooks mutate</c> knows.</param>
internal sealed record WrongModelJson(string? Path, string Name, int CaughtBy, int? Smallest, string? At, string? Kernel, string? Wrong, int Before, int? SmallestBefore, string? Why)
{
    /// <summary>Of a verdict.</summary>
    public static WrongModelJson Of(WrongVerdict verdict)
    {
        var shown = verdict.All.Comparison is { FirstDifference: >= 0 } c ? c.Operations[c.FirstDifference] : null;
        return new WrongModelJson(
            verdict.Model.Path,
            verdict.Model.Name,
            verdict.All.CaughtBy,
            verdict.All.Caught ? verdict.All.Operations : null,
            shown is null ? null : ComparisonTable.Operation(shown.Op),
            shown?.Kernel.ToString(),
            shown is null ? null : string.Join(" or ", shown.Model.Allowed),
            verdict.Less.CaughtBy,
            verdict.Less.Caught ? verdict.Less.Operations : null,
            verdict.All.Caught ? null : verdict.Model.Why);
    }
}
