using System.Collections.Concurrent;
using System.Globalization;
using Hooks.Core.Kernels;
using Hooks.KernelSource.C;
using Hooks.KernelSource.Patches;

namespace Hooks.KernelSource;

/// <summary>The kernel's files, wherever they come from.</summary>
public interface IKernelFiles
{
    /// <summary>What a report calls them.</summary>
    string Name { get; }

    /// <summary>The text of a file, named from the tree's root with slashes; null if there is none.</summary>
    /// <exception cref="SourceException">It is there and cannot be read.</exception>
    string? Read(string path);
}

/// <summary>
/// A kernel's source: its files, parsed as far as asked for. Nothing is written; a patched tree is the same with other files in front
/// (Patches/).
/// </summary>
public sealed class SourceTree
{
    /// <summary>The longest file that is read, in characters: several times the longest of mm/.</summary>
    public const int MaxFile = 4 << 20;

    private readonly ConcurrentDictionary<string, Lazy<SourceFile?>> _files = new(StringComparer.Ordinal);
    private readonly SourceTree? _before;
    private readonly HashSet<string> _changed = [];
    private readonly Function? _instead;

    /// <summary>A tree of these files.</summary>
    public SourceTree(IKernelFiles files) => Files = files;

    private SourceTree(SourceTree tree, PatchedFiles patched)
        : this(patched)
    {
        _before = tree;
        _changed = patched.Changed.ToHashSet(StringComparer.Ordinal);
    }

    private SourceTree(SourceTree tree, Function instead)
        : this(tree.Files)
    {
        _files = tree._files;
        _before = tree._before;
        _changed = tree._changed;
        _instead = instead;
    }

    /// <summary>The files.</summary>
    public IKernelFiles Files { get; }

    /// <summary>What a report calls it.</summary>
    public string Name => Files.Name;

    /// <summary>The release that the tree's Makefile names, with its sublevel.</summary>
    /// <exception cref="SourceException">There is no Makefile, or it names none.</exception>
    public (KernelVersion Version, int Sublevel) Release
    {
        get
        {
            var text = Files.Read("Makefile") ?? throw new SourceException($"{Name}: there is no Makefile, so this is not the root of a kernel tree; give its root, or say with --like which kernel it is most like");
            return (new KernelVersion(Field("VERSION"), Field("PATCHLEVEL")), Field("SUBLEVEL"));

            int Field(string name)
            {
                foreach (var line in text.Split('\n').Take(20))
                {
                    var parts = line.Split('=', 2, StringSplitOptions.TrimEntries);
                    if (parts.Length == 2 && parts[0] == name && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var value)) return value;
                }

                throw new SourceException($"{Name}/Makefile: there is no line '{name} = number' among the first 20; this is not a kernel's Makefile. Say with --like which kernel the tree is most like");
            }
        }
    }

    /// <summary>A function of a file; null if the file or the function is not there.</summary>
    /// <exception cref="SourceException">It is there, and its body cannot be parsed.</exception>
    internal Function? Find(string file, string function)
    {
        if (_instead?.Name == function && _instead.File == file) return _instead;
        if (File(file)?.Functions.GetValueOrDefault(function) is not { } lazy) return null;
        try
        {
            return lazy.Value;
        }
        catch (ParseException e)
        {
            throw new SourceException($"{e.Message}, in {function}(); expected a function as the kernel's style has it", e);
        }
    }

    /// <summary>This tree with a function in the place of the one of the same name.</summary>
    internal SourceTree With(Function function) => new(this, function);

    /// <summary>This tree with patches applied; what they leave alone is not read again.</summary>
    public SourceTree With(PatchedFiles patched) => new(this, patched);

    /// <summary>A file; null if it is not there.</summary>
    internal SourceFile? File(string path)
    {
        if (_before is not null && !_changed.Contains(path)) return _before.File(path);
        return _files.GetOrAdd(path, p => new Lazy<SourceFile?>(() => Files.Read(p) is { } text ? SourceFile.Of(Name, p, text) : null)).Value;
    }

    /// <summary>Reads files on another thread, in this order, while what is read first is looked at; what is wrong with one is said when it is asked for.</summary>
    internal void ReadAhead(IEnumerable<string> paths) => _ = Task.Run(() =>
    {
        foreach (var path in paths)
        {
            try
            {
                File(path);
            }
            catch (SourceException)
            {
                // Kept, and thrown again to whoever asks.
            }
        }
    });
}
