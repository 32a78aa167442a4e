using Hooks.Cli.Catalogues;
using Hooks.Cli.Checking;

namespace Hooks.Cli.FromSource;

/// <summary>The outcome of <c>check --source</c> as one JSON object.</summary>
/// <param name="Source">The tree.</param>
/// <param name="Like">The kernel that stands for what is not read.</param>
/// <param name="Read">The functions that were read.</param>
/// <param name="Helpers">What the user has said of helpers.</param>
/// <param name="Patches">The subjects of the patches.</param>
/// <param name="Hunks">Where their hunks were put.</param>
/// <param name="Changes">The functions that they change, and how the model sees each.</param>
/// <param name="Unknowns">What is not known; with any there is no verdict.</param>
/// <param name="PatchSeen">Whether the model sees anything of the patches; left out without any.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Interrupted">True if something is missing, else left out.</param>
/// <param name="Results">The architectures.</param>
internal sealed record SourceCheckJson(
    string Source,
    string Like,
    IReadOnlyList<string> Read,
    IReadOnlyList<string> Helpers,
    IReadOnlyList<string> Patches,
    IReadOnlyList<HunkJson> Hunks,
    IReadOnlyList<ChangeJson> Changes,
    IReadOnlyList<string> Unknowns,
    bool? PatchSeen,
    ulong Seed,
    bool? Interrupted,
    IReadOnlyList<ArchResultJson> Results)
{
    /// <summary>The object.</summary>
    public static string Print(SourceInput input, ulong seed, IReadOnlyList<ArchResult> results, bool interrupted) => JsonText.Of(
        new SourceCheckJson(
            input.Base.Tree.Name,
            input.Base.Like.Name,
            [.. input.Last.Read.SelectMany(r => r.Read).Distinct()],
            [.. input.Helpers.UserRows.Select(r => r.ToString())],
            [.. input.Patches.Select(p => p.Subject)],
            [.. input.Files?.Applied.Select(h => new HunkJson(h.Path, h.Line, h.Offset, h.Fuzz)) ?? []],
            [.. input.Changes.Select(c => new ChangeJson(c.File, c.Function, c.Lines, c.Sight.ToString().ToLowerInvariant()))],
            [.. input.Unknowns.Select(u => u.ToString())],
            input.Patched is null ? null : !input.PatchIsUnseen,
            seed,
            interrupted ? true : null,
            [.. results.Select(ArchResultJson.Of)]),
        JsonTypes.Default.SourceCheckJson);
}

/// <summary>A hunk.</summary>
internal sealed record HunkJson(string File, int Line, int Offset, int Fuzz);

/// <summary>A changed function.</summary>
internal sealed record ChangeJson(string File, string Function, int Lines, string Sight);

/// <summary>An architecture.</summary>
/// <param name="Arch">Its name.</param>
/// <param name="Breaks">What the patches break; left out without any.</param>
/// <param name="Fixes">What they fix; left out without any.</param>
/// <param name="Stays">What is broken before and after; left out without any.</param>
/// <param name="BreaksCases">Of what stays broken: cases that break it with them only; left out without any.</param>
/// <param name="FixesCases">Of what stays broken: cases that break it without them only; left out without any.</param>
/// <param name="BreaksRaces">Races that are there with them only; left out without any patch.</param>
/// <param name="FixesRaces">Races that are there without them only; left out without any patch.</param>
/// <param name="Base">The tree without them.</param>
/// <param name="Patched">The tree with them; left out without any.</param>
internal sealed record ArchResultJson(string Arch, IReadOnlyList<string>? Breaks, IReadOnlyList<string>? Fixes, IReadOnlyList<string>? Stays, IReadOnlyList<FindingJson>? BreaksCases, IReadOnlyList<FindingJson>? FixesCases, IReadOnlyList<FindingJson>? BreaksRaces, IReadOnlyList<FindingJson>? FixesRaces, PairJson Base, PairJson? Patched)
{
    /// <summary>Of a result.</summary>
    public static ArchResultJson Of(ArchResult r) => new(
        r.Architecture.Name,
        r.Patched is null ? null : Names.Of(r.Breaks),
        r.Patched is null ? null : Names.Of(r.Fixes),
        r.Patched is null ? null : Names.Of(r.Stays),
        r.Patched is null ? null : [.. r.BreaksCases.Select(FindingJson.Of)],
        r.Patched is null ? null : [.. r.FixesCases.Select(FindingJson.Of)],
        r.Patched is null ? null : [.. r.BreaksRaces.Select(FindingJson.Of)],
        r.Patched is null ? null : [.. r.FixesRaces.Select(FindingJson.Of)],
        PairJson.Of(r.Base),
        r.Patched is null ? null : PairJson.Of(r.Patched));
}
