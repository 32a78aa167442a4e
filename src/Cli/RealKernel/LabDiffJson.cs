using System.Text.Json.Serialization;
using Hooks.Core.Workloads;
using Hooks.Lab;

namespace Hooks.Cli.RealKernel;

/// <summary>A campaign on a real kernel, as JSON.</summary>
/// <param name="Image">The lab's kernel.</param>
/// <param name="Model">The model's kernel.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Workloads">How many workloads were to be run on each area.</param>
/// <param name="Complete">False if it was interrupted, or stopped.</param>
/// <param name="Stopped">Why it could not go on; left out if it could.</param>
/// <param name="Boots">How often a guest was booted.</param>
/// <param name="Areas">Area by area.</param>
/// <param name="Differences">In the order of areas and workloads.</param>
internal sealed record LabDiffJson(
    string Image,
    string Model,
    ulong Seed,
    int Workloads,
    bool Complete,
    string? Stopped,
    int Boots,
    IReadOnlyList<AreaJson> Areas,
    IReadOnlyList<DifferenceJson> Differences)
{
    /// <summary>The object.</summary>
    public static string Print(LabImage image, ulong seed, int workloads, LabResult result) => JsonText.Of(
        new LabDiffJson(
            image.Name,
            image.Model,
            seed,
            workloads,
            result.Complete,
            result.Stopped,
            result.Boots,
            [.. result.Lanes.Select(AreaJson.Of)],
            [.. result.Divergences.Select(DifferenceJson.Of)]),
        JsonTypes.Default.LabDiffJson);
}

/// <summary>What generated workloads said on one swap area.</summary>
/// <param name="Swap">zram, disk, or both: one when the other is full (,) or in turn (+).</param>
/// <param name="Slots">Its size in pages.</param>
/// <param name="SwapMax">memory.swap.max, in slots; left out if there was none.</param>
/// <param name="Threads">Whether all threads of a process worked, one after the other.</param>
/// <param name="LargeFolios">True if pages came in large folios; left out if not.</param>
/// <param name="Compared">Workloads run to their end, and followed by the model.</param>
/// <param name="Agreed">Of these, those in which model and kernel agree.</param>
/// <param name="Vacuous">Those in which no page went to swap and came back.</param>
/// <param name="Unfollowed">Workloads that the model could not follow.</param>
/// <param name="Operations">Operations compared.</param>
/// <param name="AnswersAllowed">Answers that the model allows, over all operations.</param>
/// <param name="DataLost">Workloads in which data was lost on the real kernel.</param>
/// <param name="TagsLost">Workloads in which tags were lost on the real kernel.</param>
internal sealed record AreaJson(
    string Swap,
    int Slots,
    int? SwapMax,
    bool Threads,
    bool? LargeFolios,
    int Compared,
    int Agreed,
    int Vacuous,
    int Unfollowed,
    long Operations,
    long AnswersAllowed,
    int DataLost,
    int TagsLost)
{
    /// <summary>Of a lane.</summary>
    public static AreaJson Of(LaneResult result) => new(
        result.Lane.Devices,
        result.Lane.Slots,
        MaxOf(result.Lane),
        result.Lane.Threads,
        result.Lane.Folios ? true : null,
        result.Compared,
        result.Agreed,
        result.Vacuous,
        result.Unfollowed,
        result.Operations,
        result.Allowed,
        result.DataLost,
        result.TagsLost);

    /// <summary>A lane's limit, if it has one.</summary>
    public static int? MaxOf(Lane lane) => lane.SwapMax == Operation.NoSwapMax ? null : lane.SwapMax;
}

/// <summary>Model and kernel differ, or the guest did not survive.</summary>
/// <param name="Swap">zram, disk, or both: one when the other is full (,) or in turn (+).</param>
/// <param name="Slots">Each area's size in pages.</param>
/// <param name="SwapMax">memory.swap.max, in slots; left out if there was none.</param>
/// <param name="Threads">Whether all threads of a process worked, one after the other.</param>
/// <param name="Workload">Which generated workload it was.</param>
/// <param name="Again">How often it did it again by itself.</param>
/// <param name="Runs">Of how many runs.</param>
/// <param name="Case">The smallest workload found that does it, as text.</param>
/// <param name="Failure">What became of the guest; left out, as the console, if it survived.</param>
/// <param name="Console">The last lines of its console.</param>
/// <param name="Comparison">Kernel beside model; null if the guest did not survive.</param>
internal sealed record DifferenceJson(
    string Swap,
    int Slots,
    int? SwapMax,
    bool Threads,
    long Workload,
    int Again,
    [property: JsonPropertyName("of")] int Runs,
    string Case,
    string? Failure,
    IReadOnlyList<string>? Console,
    Comparison? Comparison) : ComparedJson(Comparison)
{
    /// <summary>Of a divergence.</summary>
    public static DifferenceJson Of(Divergence divergence) => new(
        divergence.Lane.Devices,
        divergence.Lane.Slots,
        AreaJson.MaxOf(divergence.Lane),
        divergence.Lane.Threads,
        divergence.Workload,
        divergence.Again,
        LabCampaign.Repeats,
        CaseText.Print(divergence.Minimal),
        divergence.Failure?.Message,
        divergence.Failure?.Console,
        divergence.Comparison);
}
