using Hooks.Arch.Arm64;
using Hooks.Arch.Sparc;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Search;
using Hooks.KernelSource;
using Hooks.KernelSource.Patches;
using Hooks.KernelSource.Paths;
using Xunit;

namespace Hooks.Source;

/// <summary>Files that are in memory only.</summary>
internal sealed class TextFiles(params (string Path, string Text)[] files) : IKernelFiles
{
    public string Name => "text";

    public string? Read(string path) => files.FirstOrDefault(f => f.Path == path).Text;
}

/// <summary>The small kernel of the tests, with patches on it, and the trees of Debian's kernels where they can be had.</summary>
internal static class Trees
{
    public static IArchitecture[] Architectures { get; } = [new NoArchitecture(), new Arm64Architecture(), new SparcArchitecture()];

    public static IKernelFiles Small { get; } = new FolderFiles(Path.Combine(AppContext.BaseDirectory, "small"));

    /// <summary>A small 5.17: pages, where later kernels have folios.</summary>
    public static IKernelFiles Older { get; } = new FolderFiles(Path.Combine(AppContext.BaseDirectory, "older"));

    /// <summary>The files of both.</summary>
    public static string[] Paths { get; } = ["Makefile", "mm/memory.c", "mm/swapfile.c", "mm/swap_state.c", "mm/rmap.c"];

    public static string PatchFile(string name) => Path.Combine(AppContext.BaseDirectory, "patches", name + ".patch");

    public static PatchedFiles Patched(string name) => PatchedFiles.Apply(Small, PatchReader.Read(PatchFile(name)));

    /// <summary>The small kernel with some text in it replaced.</summary>
    public static IKernelFiles Edited(string path, string from, string to)
    {
        var text = Small.Read(path)!;
        Assert.Contains(from, text, StringComparison.Ordinal);
        return new TextFiles([.. Paths.Select(p => (p, p == path ? text.Replace(from, to, StringComparison.Ordinal) : Small.Read(p)!))]);
    }

    /// <summary>The small kernel with something behind one of its files, or with a file more.</summary>
    public static TextFiles With(string path, string more) =>
        new([.. Paths.Append(path).Distinct().Select(p => (p, (Small.Read(p) ?? "") + (p == path ? more : "")))]);

    public static SourceKernel Read(IKernelFiles files, HelperTable? helpers = null)
    {
        var tree = new SourceTree(files);
        var (version, sublevel) = tree.Release;
        return SourceKernel.Of(tree, SourceKernel.LikeOf(version, sublevel), helpers ?? HelperTable.Own);
    }

    public static InvariantSet Broken(Kernel kernel, IArchitecture arch, int workloads = 4000)
    {
        var result = new RandomCampaign(kernel, arch).Run(1, workloads);
        return result.Broken;
    }

    /// <summary>What a changed source breaks, on an architecture, and the whole one does not.</summary>
    public static InvariantSet MoreBroken(IKernelFiles whole, IKernelFiles changed, IArchitecture on, HelperTable? helpers = null) =>
        Broken(Read(changed, helpers).Kernel!, on).Except(Broken(Read(whole, helpers).Kernel!, on));

    /// <summary>A folder of trees that somebody wants compared; null if there is none.</summary>
    public static string? Own => Environment.GetEnvironmentVariable("HOOKS_TREES") is { Length: > 0 } folder ? folder : null;

    /// <summary>Where lab/setup unpacks a kernel's source; null if it has not.</summary>
    public static string? Debian(string package)
    {
        var lab = Environment.GetEnvironmentVariable("HOOKS_LAB") is { Length: > 0 } named
            ? named
            : Path.Combine(Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg ? xdg : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "hooks-lab");
        var tree = Path.Combine(lab, "src", package);
        return File.Exists(Path.Combine(tree, ".hooks-unpacked")) ? tree : null;
    }
}

/// <summary>A test of a kernel that lab/setup has to have unpacked; skipped, by name, where it has not.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DebianFactAttribute : FactAttribute
{
    public DebianFactAttribute(string package)
    {
        if (Trees.Debian(package) is null) Skip = $"{package} is not there: lab/setup gets it";
    }
}

/// <summary>A test of trees that somebody has named; skipped where nobody has.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OwnTreesFactAttribute : FactAttribute
{
    public OwnTreesFactAttribute()
    {
        if (Trees.Own is null) Skip = "HOOKS_TREES names no folder of kernel trees";
    }
}
