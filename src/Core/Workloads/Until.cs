using Hooks.Core.Paths;

namespace Hooks.Core.Workloads;

/// <summary>Where an operation shall be left standing: in front of a step, the n-th time it comes there. Part of the program, so that what was interleaved can be read, written and shrunk.</summary>
/// <param name="Step">The step's name.</param>
/// <param name="Path">The path it stands in; <see cref="PathId.None"/>: any.</param>
/// <param name="Occurrence">Which time, counted from 1.</param>
public sealed record Until(string Step, PathId Path = PathId.None, int Occurrence = 1)
{
    /// <summary>Whether a step of a path is the one.</summary>
    public bool Matches(PathId path, Step step) => step.Name == Step && (Path == PathId.None || Path == path);

    /// <summary>As in cases: <c>PteOffsetMapLock</c>, <c>do_wp_page.PteOffsetMapLock#2</c>.</summary>
    public override string ToString() => (Path == PathId.None ? "" : Path.KernelName() + ".") + Step + (Occurrence == 1 ? "" : $"#{Occurrence}");
}
