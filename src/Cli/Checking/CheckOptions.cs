using Hooks.Cli.Sharing;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Search.Strategies;

namespace Hooks.Cli.Checking;

/// <summary>What <c>check</c> was asked to do.</summary>
/// <param name="Kernels">The kernels, in the order of the catalogue.</param>
/// <param name="Architectures">The architectures, in the order of the catalogue.</param>
/// <param name="Workloads">How many workloads each pair is given.</param>
/// <param name="Large">How many with large folios, beside them.</param>
/// <param name="Seed">Where they come from.</param>
/// <param name="Jobs">How many pairs are checked at a time.</param>
/// <param name="Json">Print JSON only.</param>
/// <param name="Out">The folder for the cases.</param>
/// <param name="Progress">Show the live table if there is a terminal.</param>
/// <param name="Scheduling">How many interleaved runs each pair is given beside the workloads, and how they are scheduled.</param>
/// <param name="Details">Show what was covered, and all violations in full.</param>
/// <param name="Kept">Replay cases of earlier runs first.</param>
/// <param name="Save">Save cases, and move those that no longer fail.</param>
internal sealed record CheckOptions(
    IReadOnlyList<Kernel> Kernels,
    IReadOnlyList<IArchitecture> Architectures,
    long Workloads,
    long Large,
    ulong Seed,
    int Jobs,
    bool Json,
    string Out,
    bool Progress,
    Scheduling Scheduling,
    bool Details = false,
    bool Kept = true,
    bool Save = true)
{
    /// <summary>Go on for so long, as many rounds as fit; null: so many workloads.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>Run this part only; null: all.</summary>
    public Shard? Shard { get; init; }

    /// <summary>The file that a part is written to; null: the usual one.</summary>
    public string? Part { get; init; }

    /// <summary>How the outcome is printed, without <see cref="Json"/>.</summary>
    public CheckFormat Format { get; init; }

    /// <summary>The folder for pages that show it; null: none are wanted.</summary>
    public string? Html { get; init; }
}
