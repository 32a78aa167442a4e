using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Search;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Workloads;

namespace Hooks.Zoo;

/// <summary>A real bug that takes two tasks, and its fix: a search of the scope must find it in the one, and take the other whole without a violation.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Fix">The commit that fixed it, or where it was pointed out.</param>
/// <param name="What">What went wrong, one sentence.</param>
/// <param name="Bug">The kernel and architecture that have it.</param>
/// <param name="Fixed">Those that have not.</param>
/// <param name="CaughtBy">The invariant that it breaks.</param>
/// <param name="Lines">Lines of the smallest case in its scope.</param>
/// <param name="Scope">What is done first, and what then runs together, in the words of a case.</param>
public sealed record Race(string Id, string Fix, string What, Habitat Bug, Habitat Fixed, InvariantId CaughtBy, int Lines, string Scope)
{
    /// <summary>The scope as a case of the kernel that has the bug: a file for <c>hooks explore</c>.</summary>
    public Case ToCase()
    {
        var text = $"kernel {Bug.Kernel.Name}\narch {Bug.Arch.Name}\n{Scope}";
        return CaseParser.Parse(text, Id) with { Comments = [new Comment(0, Trailing: false, $"# {Id}: {What}")] };
    }

    /// <summary>What the tasks of the scope do, where what comes first has run.</summary>
    /// <exception cref="InvalidOperationException">What comes first breaks something.</exception>
    internal FixedPrograms Programs(Habitat habitat)
    {
        var @case = ToCase();
        var before = new Workload(@case.Workload.Swaps, [.. @case.Workload.Operations.Take(@case.Together!.Value)]);
        var machine = new Machine(habitat.Kernel, habitat.Arch);
        if (machine.RunUnfinished(before, out var start).Count > 0) throw new InvalidOperationException($"{Id}: what comes first breaks {machine.Broken} already");
        return new FixedPrograms(before, in start, [.. @case.Workload.Operations.Skip(@case.Together.Value)]);
    }
}

/// <summary>What came of searching the scope of a race.</summary>
/// <param name="Race">The race.</param>
/// <param name="Finding">The smallest case; null: it was not caught.</param>
/// <param name="IsMinimal">Whether no case of the scope has fewer lines.</param>
/// <param name="States">States met where it has the bug.</param>
/// <param name="FixedStates">States met where it has not.</param>
/// <param name="FixPasses">Whether the whole scope breaks nothing there.</param>
public sealed record RaceResult(Race Race, Finding? Finding, bool IsMinimal, long States, long FixedStates, bool FixPasses)
{
    /// <summary>Whether it was caught, at its known size, and the fix fixes it.</summary>
    public bool AsExpected => Finding is not null && IsMinimal && Finding.Minimal.Workload.Operations.Length == Race.Lines && FixPasses;

    /// <summary>Searches the scope in both kernels.</summary>
    public static RaceResult Of(Race race, CancellationToken cancel = default)
    {
        var (search, programs) = Searched(race, race.Bug, cancel);
        var (better, _) = Searched(race, race.Fixed, cancel);
        var way = search.Ways.FirstOrDefault(w => w.Invariant == race.CaughtBy);
        if (way is null) return new RaceResult(race, null, false, search.Progress.States, better.Progress.States, !better.Ways.Any());
        var (finding, isMinimal) = new Minimizing(race.Bug.Kernel, race.Bug.Arch, _ => programs).Run(programs, way, new ExploreOptions(), cancel);
        return new RaceResult(race, finding, isMinimal, search.Progress.States, better.Progress.States, !better.Ways.Any());
    }

    private static (Exploration Search, FixedPrograms Programs) Searched(Race race, Habitat habitat, CancellationToken cancel)
    {
        var programs = race.Programs(habitat);
        var search = new Exploration(habitat.Kernel, habitat.Arch, programs, new Machine(habitat.Kernel, habitat.Arch).Checked, new ExploreOptions());
        if (search.Run(cancel: cancel) != ExploreEnd.Whole) cancel.ThrowIfCancellationRequested();
        return (search, programs);
    }
}
