using System.Collections.Immutable;
using Hooks.Cli.Checking;
using Hooks.Cli.Replaying;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Paths;
using Hooks.Report.Mails;

namespace Hooks.Cli.Reproducing;

/// <summary>A case on all kernels of the catalogue: who has the bug, and which commit brought or took it, as far as the catalogue knows.</summary>
internal sealed class Survey
{
    private const int CommitLetters = 12;

    private readonly CaseFile _file;
    private readonly IArchitecture _architecture;
    private readonly InvariantId _invariant;
    private readonly List<(Kernel Kernel, ImmutableArray<InvariantId> Broken)> _runs;

    /// <summary>Runs the case on every kernel.</summary>
    /// <param name="file">The case.</param>
    /// <param name="kernel">Its kernel, which need not be in the catalogue.</param>
    /// <param name="architecture">The architecture.</param>
    /// <param name="invariant">What it is about.</param>
    public Survey(CaseFile file, Kernel kernel, IArchitecture architecture, InvariantId invariant)
    {
        (_file, _architecture, _invariant) = (file, architecture, invariant);
        _runs = [.. KernelCatalogue.All.Append(kernel).DistinctBy(k => k.Name).Select(k => (k, Broken(k)))];
    }

    /// <summary>The kernels that break it like this.</summary>
    public ImmutableArray<string> Affected => Ranges(run => run.Contains(_invariant));

    /// <summary>The kernels on which nothing breaks.</summary>
    public ImmutableArray<string> Unaffected => Ranges(run => run.IsEmpty);

    /// <summary>The kernels on which something else breaks, and what.</summary>
    public ImmutableArray<string> Otherwise =>
        [.. _runs.Where(run => !run.Broken.IsEmpty && !run.Broken.Contains(_invariant)).Select(run => $"{run.Kernel.Name} ({string.Join(", ", run.Broken.Select(id => InvariantCatalogue.Of(id).Name))})")];

    /// <summary>Where releases that follow one another differ.</summary>
    public ImmutableArray<Origin> Origins()
    {
        var releases = _runs.Where(run => IsRelease(run.Kernel)).Select(run => (run.Kernel, Has: run.Broken.Contains(_invariant))).ToList();
        return [.. releases.Zip(releases.Skip(1)).Where(pair => pair.First.Has != pair.Second.Has).Select(pair => Between(pair.First.Kernel, pair.Second.Kernel, pair.Second.Has))];
    }

    private static bool IsRelease(Kernel kernel) => kernel.Name == $"v{kernel.Version}";

    private ImmutableArray<InvariantId> Broken(Kernel kernel) => [.. Replay.Of(_file, kernel, _architecture, steps: false).Trace.Violations.Select(v => v.Breach.Invariant).Distinct()];

    /// <summary>Which path alone makes the difference, and which commits the steps that are new in it are known by.</summary>
    private Origin Between(Kernel before, Kernel after, bool breaks)
    {
        var decisive = after.Paths.Where(path => IsAnother(before, path) && DoesIt(before, path, breaks)).ToList();
        var eras = decisive.SelectMany(path => path.Steps.Except(before[path.Id].Steps)).Select(step => step.Era).Where(era => era.First is { } first && first > before.Version && first <= after.Version).ToList();
        var commits = eras.SelectMany(era => era.Commits).Distinct().ToList();
        return new Origin(
            before.Name,
            after.Name,
            breaks,
            [.. decisive.Select(path => path.KernelFunction)],
            [.. commits.Where(IsCommit)],
            [.. commits.Where(commit => !IsCommit(commit)), .. eras.Where(era => era.Commits.Count == 0 && era.Note.Length > 0).Select(era => era.Note).Distinct()]);
    }

    private static bool IsAnother(Kernel kernel, KernelPath path) => kernel.Paths.FirstOrDefault(p => p.Id == path.Id) is { } old && !ReferenceEquals(old, path);

    /// <summary>Whether one path, put into a kernel, makes it break the case or not.</summary>
    private bool DoesIt(Kernel kernel, KernelPath path, bool breaks)
    {
        try
        {
            return Broken(kernel.With(kernel.Name, kernel.Commit, kernel.Description, path)).Contains(_invariant) == breaks;
        }
        catch (ArgumentException)
        {
            // It does not go with the other paths of that kernel.
            return false;
        }
    }

    private static bool IsCommit(string commit) => commit.Length == CommitLetters && commit.All(char.IsAsciiHexDigitLower);

    /// <summary>Releases in a row as ranges; what follows no other (series, distributions' kernels) by name.</summary>
    private ImmutableArray<string> Ranges(Func<ImmutableArray<InvariantId>, bool> which)
    {
        var found = _runs.Index().Where(run => which(run.Item.Broken)).ToList();
        return
        [
            .. KernelRange.Of([.. found.Where(run => IsRelease(run.Item.Kernel)).Select(run => (run.Index, run.Item.Kernel.Name))]),
            .. found.Where(run => !IsRelease(run.Item.Kernel)).Select(run => run.Item.Kernel.Name),
        ];
    }
}
