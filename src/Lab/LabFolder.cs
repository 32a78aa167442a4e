using Hooks.Core.Workloads;

namespace Hooks.Lab;

/// <summary>A kernel that can be booted, as <c>lab/setup</c> left it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Folder">Where its <c>Image</c> and <c>initrd.cpio</c> are.</param>
/// <param name="Model">The kernel of the catalogue that it is compared with.</param>
/// <param name="About">What it is, in a line.</param>
public sealed record LabImage(string Name, string Folder, string Model, string About)
{
    /// <summary>The kernel.</summary>
    public string Kernel => Path.Combine(Folder, "Image");

    /// <summary>The initial RAM disk: the agent, and the modules it needs.</summary>
    public string Initrd => Path.Combine(Folder, "initrd.cpio");

    /// <summary>The kernel with symbols, and the line tables of mm/; Debian's has none.</summary>
    public string Vmlinux => Path.Combine(Folder, "vmlinux");

    /// <summary>Looks whether all of it is there.</summary>
    /// <exception cref="LabException">It is not.</exception>
    public void Check()
    {
        var missing = new[] { Kernel, Initrd }.FirstOrDefault(f => !File.Exists(f));
        if (missing is not null) throw new LabException($"{missing} is missing; {LabFolder.Remedy}");
    }
}

/// <summary>The folder in which <c>lab/setup</c> has put QEMU and the kernels: <c>HOOKS_LAB</c>, or <c>hooks-lab</c> in the user's cache folder.</summary>
/// <param name="Path">The folder.</param>
public sealed record LabFolder(string Path)
{
    /// <summary>What to do when something is missing.</summary>
    public const string Remedy = "run lab/setup (or lab/setup --quick) in a checkout of Hooks";

    /// <summary>The folder of this user.</summary>
    public static LabFolder OfUser()
    {
        if (Environment.GetEnvironmentVariable("HOOKS_LAB") is { Length: > 0 } lab) return new LabFolder(lab);
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg
            ? xdg
            : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return new LabFolder(System.IO.Path.Combine(cache, "hooks-lab"));
    }

    /// <summary>What starts QEMU.</summary>
    public string Qemu => System.IO.Path.Combine(Path, "qemu", "run");

    /// <summary>The kernels, in the order of their names.</summary>
    /// <exception cref="LabException">A kernel's description cannot be read.</exception>
    public IReadOnlyList<LabImage> Images()
    {
        var images = System.IO.Path.Combine(Path, "images");
        if (!Directory.Exists(images)) return [];
        return [.. Directory.EnumerateDirectories(images).Order(StringComparer.Ordinal).Where(f => File.Exists(System.IO.Path.Combine(f, "about"))).Select(Read)];
    }

    /// <summary>The kernel with a name.</summary>
    /// <exception cref="LabException">There is none.</exception>
    public LabImage Image(string name)
    {
        var images = Images();
        var image = images.FirstOrDefault(i => i.Name == name);
        if (image is not null) return image;
        var there = images.Count == 0 ? $"there is none in {Path}" : $"there are: {string.Join(", ", images.Select(i => i.Name))}";
        throw new LabException($"no lab kernel '{Quoted.In(name)}'; {there}. To build it, {Remedy}");
    }

    private static LabImage Read(string folder)
    {
        var name = System.IO.Path.GetFileName(folder);
        var about = System.IO.Path.Combine(folder, "about");
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            foreach (var line in File.ReadAllLines(about))
            {
                var blank = line.IndexOf(' ', StringComparison.Ordinal);
                if (blank > 0) fields[line[..blank]] = line[(blank + 1)..];
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"{about}: cannot be read: {e.Message}", e);
        }

        if (!fields.TryGetValue("model", out var model)) throw new LabException($"{about}: expected a line 'model KERNEL'; {Remedy}");
        return new LabImage(name, folder, model, fields.GetValueOrDefault("about", ""));
    }
}
