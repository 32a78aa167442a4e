using Hooks.Arch.Native;
using Hooks.KernelSource;
using Hooks.KernelSource.Patches;

namespace Hooks.Cli.Plugins;

/// <summary><c>--arch-source FILE</c>: architectures whose hooks are their own C, without and with patches.</summary>
internal static class ArchSources
{
    /// <summary>Reads and compiles files.</summary>
    /// <param name="files">The files.</param>
    /// <param name="patchFiles">Patches to them.</param>
    /// <returns>Each file's, and if there are patches the patched one's, which stands beside it.</returns>
    /// <exception cref="InputException">One cannot be used, or a patch changes none of them.</exception>
    public static IReadOnlyList<NativeArchitecture> Read(IReadOnlyList<string> files, IReadOnlyList<string> patchFiles)
    {
        var patches = patchFiles.SelectMany(PatchReader.Read).ToList();
        var made = new List<NativeArchitecture>();
        try
        {
            foreach (var file in files)
            {
                var basis = NativeArchitecture.Read(file);
                made.Add(basis);
                if (Only(file, patches) is { Count: > 0 } own) made.Add(Patched(file, basis, own));
            }
        }
        catch (NativeSourceException e)
        {
            throw new InputException(e.Message);
        }

        if (patches.Count > 0 && made.Count == files.Count) throw new InputException($"--patch: changes {string.Join(", ", patches.SelectMany(p => p.Files).Select(f => f.Path).Distinct())}, and nothing in {string.Join(", ", files)}: hooks cannot see it. For what is in mm/, see --source");
        return made;
    }

    private static NativeArchitecture Patched(string file, NativeArchitecture basis, List<Patch> patches)
    {
        var files = PatchedFiles.Apply(new OneFile(file, basis.Text), patches);
        return NativeArchitecture.Compile(file, files.Read(patches[0].Files[0].Path) ?? throw new InputException($"--patch: deletes {file}"), patched: true);
    }

    /// <summary>What patches do to one file: a path in a patch is one from the tree's root.</summary>
    private static List<Patch> Only(string file, List<Patch> patches) =>
        [.. patches.Select(p => p with { Files = [.. p.Files.Where(f => OneFile.Is(file, f.Path))] }).Where(p => p.Files.Count > 0)];

    /// <summary>A tree of which only one file is there.</summary>
    private sealed class OneFile(string file, string text) : IKernelFiles
    {
        public string Name => file;

        public static bool Is(string file, string path) => ("/" + Path.GetFullPath(file).Replace('\\', '/')).EndsWith("/" + path, StringComparison.Ordinal);

        public string? Read(string path) => Is(file, path) ? text : null;
    }
}
