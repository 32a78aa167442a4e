using Hooks.Cli.Catalogues;
using Hooks.Cli.Replaying;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;
using Hooks.KernelSource;
using Hooks.KernelSource.Patches;
using Hooks.KernelSource.Paths;

namespace Hooks.Cli.FromSource;

/// <summary>A kernel's source as a command was given it, without and with the patches.</summary>
/// <param name="Base">Without.</param>
/// <param name="Patched">With them; null without any.</param>
/// <param name="Files">The files with them; null without any.</param>
/// <param name="Patches">The patches.</param>
/// <param name="Helpers">What the user has said of helpers.</param>
/// <param name="Arguments">The options, for a command that does the same again.</param>
/// <param name="ArgumentsOfBase">The same without the patches.</param>
internal sealed record SourceInput(SourceKernel Base, SourceKernel? Patched, PatchedFiles? Files, IReadOnlyList<Patch> Patches, HelperTable Helpers, string Arguments, string ArgumentsOfBase)
{
    private const string Origin = "# replay: hooks run FILE ";

    private IReadOnlyList<Change>? _changes;

    /// <summary>The files that the patches came in.</summary>
    public IReadOnlyList<string> PatchFiles { get; init; } = [];

    /// <summary>What is looked at in the end.</summary>
    public SourceKernel Last => Patched ?? Base;

    /// <summary>What the patches change, function by function.</summary>
    public IReadOnlyList<Change> Changes => _changes ??= Patched is null || Files is null ? [] : Change.Between(Base, Patched, Files.Changed);

    /// <summary>What is not known, in either.</summary>
    public IReadOnlyList<Unknown> Unknowns => [.. Base.Unknowns.Concat(Patched?.Unknowns ?? []).Distinct()];

    /// <summary>Whether there is a patch, and the model sees nothing of it.</summary>
    public bool PatchIsUnseen => Patched is not null && Unknowns.Count == 0 && Patched.MeansTheSameAs(Base);

    /// <summary>The options that read one of the two again, for a command that replays a case.</summary>
    public string ArgumentsOf(bool patched) => patched ? Arguments : ArgumentsOfBase;

    /// <summary>The command that replays a case that says which source it is of; null: it says none.</summary>
    public static string? ReplayOf(CaseFile file) =>
        file.Case.Comments.FirstOrDefault(c => c.Text.StartsWith(Origin, StringComparison.Ordinal)) is { } comment ? $"hooks run {Shell.Quote(file.Name)} {comment.Text[Origin.Length..]}" : null;

    /// <summary>A case that says of itself which source it is of: its kernel's name alone would say nothing.</summary>
    public Case WithOrigin(Case minimal)
    {
        var patched = Patched is not null && minimal.Kernel == Patched.Kernel!.Name;
        return minimal with { Comments = [.. minimal.Comments, new Comment(0, Trailing: false, Origin + ArgumentsOf(patched))] };
    }

    /// <summary>The kernel to be run.</summary>
    /// <exception cref="NoVerdictException">Something in it is not known.</exception>
    public Kernel Kernel => Last.Kernel ?? throw new NoVerdictException(Last.Unknowns);

    /// <summary>Reads a tree and patches.</summary>
    public static SourceInput Read(string source, IReadOnlyList<string> patchFiles, string? like, string? helpers)
    {
        var table = helpers is null ? HelperTable.Own : HelperTable.Read(helpers, SourceOptions.ReadHelpers(helpers));
        var tree = new SourceTree(GitFiles.Of(source));
        var (known, label) = Likeness(tree, like);
        var patches = patchFiles.SelectMany(PatchReader.Read).ToList();
        var words = new List<string> { "--source", source };
        if (like is not null) words.AddRange(["--like", like]);
        if (helpers is not null) words.AddRange(["--helpers", helpers]);
        var ofBase = string.Join(' ', words.Select(Shell.Quote));
        foreach (var file in patchFiles) words.AddRange(["--patch", file]);
        var files = patches.Count == 0 ? null : PatchedFiles.Apply(tree.Files, patches);
        var basis = SourceKernel.Of(tree, known, table, label);
        return new SourceInput(
            basis,
            files is null ? null : SourceKernel.Of(tree.With(files), known, table, label + "-patched", basis),
            files,
            patches,
            table,
            string.Join(' ', words.Select(Shell.Quote)),
            ofBase)
        {
            PatchFiles = patchFiles,
        };
    }

    private static (Kernel Like, string Name) Likeness(SourceTree tree, string? like)
    {
        if (like is not null && tree.Files.Read("Makefile") is null) return (Names.Kernel(like), "linux");
        var (version, sublevel) = tree.Release;
        return (like is null ? SourceKernel.LikeOf(version, sublevel) : Names.Kernel(like), $"linux-{version}.{sublevel}");
    }
}
