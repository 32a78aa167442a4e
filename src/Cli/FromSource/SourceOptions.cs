using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using Hooks.Cli.Plugins;
using Hooks.KernelSource;

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
            if (patches.Length > 0 && PluginSet.Current.ArchSources.Length > 0) patches = [];
            if (patches.Length > 0 || like is not null || helpers is not null) throw new InputException($"{(patches.Length > 0 ? "--patch" : like is not null ? "--like" : "--helpers")} needs --source DIR, the kernel tree that it is about");
            return null;
        }

        return SourceInput.Read(source, patches, like, helpers);
    }

    /// <summary>The patches of a command that has no <c>--source</c>: they are then to the files of <c>--arch-source</c>, if there are any.</summary>
    public static string[] PatchesBesideArchSource(ParseResult parsed) =>
        parsed.GetResult("--source") is not OptionResult { Implicit: false } && parsed.GetResult("--patch") is OptionResult { Implicit: false } patches ? patches.GetValueOrDefault<string[]>() ?? [] : [];

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
