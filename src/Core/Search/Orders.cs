using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Search.Strategies;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search;

/// <summary>
/// What programs of several tasks break one operation after the other, in any order: what breaks then as well is no race. (An operation that has to wait, as swapoff may, lets others go first.)
/// </summary>
/// <param name="kernel">The kernel.</param>
/// <param name="architecture">The architecture.</param>
internal sealed class Orders(Kernel kernel, IArchitecture architecture)
{
    /// <summary>Orders that are tried of one program at the most; no drawn scene has more than 90.</summary>
    private const int Most = 1000;

    /// <summary>Schedules of so many preemptions that are tried at the most, for a simpler one.</summary>
    private const int MostSimpler = 3000;

    private readonly Machine _machine = new(kernel, architecture);
    private readonly ScheduledRun _run = new(kernel, architecture);
    private readonly PreemptionBounded _orders = new(0);

    /// <summary>Moves of the longest order of those tried last.</summary>
    public int Longest { get; private set; }

    /// <summary>What any order breaks.</summary>
    /// <param name="programs">The programs.</param>
    /// <param name="watch">The invariants to check.</param>
    /// <exception cref="CapacityException">They need more than the modelled machine has.</exception>
    public InvariantSet Broken(FixedPrograms programs, InvariantSet watch)
    {
        var broken = InvariantSet.None;
        Longest = 0;
        _orders.Take(0);
        for (var i = 0; i < Most && broken != watch && _orders.Begin(); i++)
        {
            broken |= _run.Run(programs, _orders, watch, InvariantSet.None);
            Longest = Math.Max(Longest, _run.Moves.Count);
        }

        return broken;
    }

    /// <summary>The first order, as a program, that breaks an invariant.</summary>
    public Workload? Breaking(FixedPrograms programs, InvariantId id)
    {
        _orders.Take(0);
        for (var i = 0; i < Most && _orders.Begin(); i++)
        {
            if (_run.Run(programs, _orders, _machine.Checked, InvariantSet.Of(id)).Contains(id)) return _run.AsText(programs);
        }

        return null;
    }

    /// <summary>Whether a program, which says itself who moves when, breaks an invariant only because of that: none of the orders of its operations does.</summary>
    public bool IsRace(Workload workload, InvariantId id)
    {
        try
        {
            return Taken(workload, id) is { } programs && !Broken(programs, _machine.Checked).Contains(id);
        }
        catch (CapacityException)
        {
            return false;
        }
    }

    /// <summary>The same operations with a schedule of fewer lines or preemptions that breaks an invariant.</summary>
    /// <param name="workload">A program that breaks it and <see cref="IsRace"/>.</param>
    /// <param name="id">The invariant.</param>
    /// <returns>The smallest of the fewest preemptions; null if none was found.</returns>
    public Workload? Simpler(Workload workload, InvariantId id)
    {
        var size = WorkloadSize.Of(workload);
        if (Taken(workload, id) is not { } programs) return null;
        for (var most = 1; most <= Math.Min(size.Untils, 2); most++)
        {
            var strategy = new PreemptionBounded(most);
            Workload? best = null;
            for (var i = 0; i < MostSimpler && strategy.Begin(); i++)
            {
                if (!_run.Run(programs, strategy, _machine.Checked, InvariantSet.Of(id)).Contains(id)) continue;
                var text = WithoutLastGo(_run.AsText(programs));
                if (WorkloadSize.Of(text) >= size || !Shrinking.Breaks(_machine, text, id)) continue;
                (best, size) = (text, WorkloadSize.Of(text));
            }

            if (best is not null) return best;
        }

        return null;
    }

    /// <summary>What still stands at the end goes on anyway.</summary>
    private static Workload WithoutLastGo(Workload workload) =>
        workload.Operations is [.., { Verb: Verb.Go, Until: null }] ? new Workload(workload.Swaps, workload.Operations[..^1]) : workload;

    /// <summary>What comes before the first operation that is left standing, and what is done from there on; null if there is no such operation, or the invariant is broken before.</summary>
    public FixedPrograms? Taken(Workload workload, InvariantId id)
    {
        var first = 0;
        while (first < workload.Operations.Length && workload.Operations[first].Until is null) first++;
        if (first == workload.Operations.Length) return null;
        var before = new Workload(workload.Swaps, workload.Operations[..first]);
        if (_machine.RunUnfinished(before, InvariantSet.Of(id), out var start).Count > 0) return null;
        Operation[] together = [.. workload.Operations[first..].Where(op => op.Verb != Verb.Go).Select(op => op with { Until = null })];
        return together.GroupBy(op => op.Task).All(task => task.Count() <= FixedPrograms.MostOfOne) ? new FixedPrograms(before, in start, [.. together]) : null;
    }
}
