namespace Hooks.Core.Kernels;

/// <summary>
/// The kernels that have a step in some form: from a release (and the commit that brought it) to a release, or those that carry a patch. As a
/// value, so that each kernel of the catalogue can be held to steps of its own era.
/// </summary>
public sealed record Era
{
    private Era()
    {
    }

    /// <summary>All kernels.</summary>
    public static Era All { get; } = new();

    /// <summary>No kernel: what somebody has broken on purpose.</summary>
    public static Era Never { get; } = new() { IsNever = true };

    /// <summary>The kernel that it was read from, and no other.</summary>
    public static Era AsRead { get; } = new() { Note = "as read from source" };

    /// <summary>The first release that has it.</summary>
    public KernelVersion? First { get; private init; }

    /// <summary>The last release that has it.</summary>
    public KernelVersion? Last { get; private init; }

    /// <summary>The commits that brought it; a kernel that carries one of them has it whatever its release is.</summary>
    public IReadOnlyList<string> Commits { get; private init; } = [];

    /// <summary>What else there is to say.</summary>
    public string Note { get; private init; } = "";

    private bool IsNever { get; init; }

    /// <summary>From a release on.</summary>
    public static Era Since(string release, params IReadOnlyList<string> commits) => new() { First = KernelVersion.Parse(release), Commits = commits };

    /// <summary>Up to a release, which has it.</summary>
    public static Era Until(string release) => new() { Last = KernelVersion.Parse(release) };

    /// <summary>The same, up to a release, which has it.</summary>
    public Era To(string release) => this with { Last = KernelVersion.Parse(release) };

    /// <summary>The same, and the kernels that carry a patch or a series.</summary>
    public Era OrWith(string commit) => this with { Commits = [.. Commits, commit] };

    /// <summary>The same, with something else to say.</summary>
    public Era With(string note) => this with { Note = note };

    /// <summary>Whether a kernel has it.</summary>
    public bool Includes(Kernel kernel)
    {
        if (IsNever) return false;
        if (Commits.Any(kernel.Carried.Contains)) return true;
        if (First is not null && Commits.Any(kernel.Lacking.Contains)) return false;
        return (First is not { } first || kernel.Version >= first) && (Last is not { } last || kernel.Version <= last);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        if (IsNever) return Note.Length > 0 ? Note : "never";
        if (ReferenceEquals(this, AsRead)) return Note;
        var releases = (First, Last) switch
        {
            (null, null) => Commits.Count > 0 ? "never released" : "all kernels",
            ({ } first, null) => $"{first} on",
            (null, { } last) => $"until {last}",
            ({ } first, { } last) => first == last ? $"{first}" : $"{first} to {last}",
        };
        return releases + (Commits.Count > 0 ? $" ({string.Join(", ", Commits)})" : "") + (Note.Length > 0 ? $", {Note}" : "");
    }
}
