using System.CommandLine;
using System.Text;
using Hooks.Cli.Catalogues;
using Hooks.Core.Kernels;
using Hooks.KernelSource;
using Hooks.KernelSource.Patches;
using Hooks.KernelSource.Paths;

namespace Hooks.Cli.FromSource;

/// <summary>The options with which a command is given a kernel's source in place of a kernel of the catalogue.</summary>
internal sealed class SourceOptions
{
    /// <summary>The longest table of helpers that is read, in bytes.</summary>
    private const int MaxHelpers = 1 << 20;

    private readonly Option<string?> _source = new("--source")
    {
        Description = "Read the kernel from this tree; DIR@REVISION: through git.",
        HelpName = "DIR[@REV]",
    };

    private readonly Option<string[]> _patches = new("--patch")
    {
        Description = "Apply these to the tree first, in memory and in this order: diffs, mails, mboxes.",
        HelpName = "FILE…",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _like = new("--like")
    {
        Description = "The kernel of the catalogue that stands for what is not read. [default: by the tree's Makefile]",
        HelpName = "KERNEL",
    };

    private readonly Option<string?> _helpers = new("--helpers")
    {
        Description = "Says what functions are that Hooks does not know, a line each: 'swap_prefetch_hint ignore'.",
        HelpName = "FILE",
    };

    /// <summary>What the exit code 3 means, for the help.</summary>
    public const string NoVerdict = "3    with --source: no verdict, as something in the source is not known, or the patch changes nothing that is read";

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _source, _patches, _like, _helpers }) command.Options.Add(option);
    }

    /// <summary>Reads what they name; null without <c>--source</c>.</summary>
    /// <exception cref="InputException">An option makes no sense without another.</exception>
    /// <exception cref="SourceException">Something cannot be read.</exception>
    public SourceInput? Read(ParseResult parsed)
    {
        var (source, patches, like, helpers) = (parsed.GetValue(_source), parsed.GetValue(_patches) ?? [], parsed.GetValue(_like), parsed.GetValue(_helpers));
        if (source is null)
        {
            if (patches.Length > 0 || like is not null || helpers is not null) throw new InputException($"{(patches.Length > 0 ? "--patch" : like is not null ? "--like" : "--helpers")} needs --source DIR, the kernel tree that it is about");
            return null;
        }

        return SourceInput.Read(source, patches, like, helpers);
    }

    /// <summary>A user's table of helpers.</summary>
    internal static string ReadHelpers(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) throw new InputException($"--helpers {path}: there is no such file");
            if (file.Length > MaxHelpers) throw new InputException($"--helpers {path}: {file.Length} bytes long; expected some lines like 'swap_prefetch_hint ignore'");
            return File.ReadAllText(path, Encoding.UTF8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"--helpers {path}: cannot be read: {e.Message}");
        }
    }
}

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
    private IReadOnlyList<Change>? _changes;

    /// <summary>What is looked at in the end.</summary>
    public SourceKernel Last => Patched ?? Base;

    /// <summary>What the patches change, function by function.</summary>
    public IReadOnlyList<Change> Changes => _changes ??= Patched is null || Files is null ? [] : Change.Between(Base, Patched, Files.Changed);

    /// <summary>What is not known, in either.</summary>
    public IReadOnlyList<Unknown> Unknowns => [.. Base.Unknowns.Concat(Patched?.Unknowns ?? []).Distinct()];

    /// <summary>Whether there is a patch, and the model sees nothing of it.</summary>
    public bool PatchIsUnseen => Patched is not null && Unknowns.Count == 0 && Patched.MeansTheSameAs(Base);

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
        return new SourceInput(
            SourceKernel.Of(tree, known, table, label),
            files is null ? null : SourceKernel.Of(new SourceTree(files), known, table, label + "-patched"),
            files,
            patches,
            table,
            string.Join(' ', words.Select(Shell.Quote)),
            ofBase);
    }

    private static (Kernel Like, string Name) Likeness(SourceTree tree, string? like)
    {
        if (like is not null && tree.Files.Read("Makefile") is null) return (Names.Kernel(like), "linux");
        var (version, sublevel) = tree.Release;
        return (like is null ? SourceKernel.LikeOf(version, sublevel) : Names.Kernel(like), $"linux-{version}.{sublevel}");
    }
}

/// <summary>There can be no verdict: something in live code is not known.</summary>
internal sealed class NoVerdictException(IReadOnlyList<Unknown> unknowns) : Exception("no verdict")
{
    /// <summary>What is not known.</summary>
    public IReadOnlyList<Unknown> Unknowns => unknowns;
}
