using System.Diagnostics;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Workloads;
using Hooks.Zoo;

namespace Hooks.Bench.Peers;

/// <summary>What is searched: one bug on its kernel, and the book-keeping of one search for it.</summary>
/// <param name="habitat">The kernel and architecture.</param>
/// <param name="invariant">What the bug breaks.</param>
internal sealed class Target(Habitat habitat, InvariantId invariant)
{
    private readonly Machine _machine = new(habitat.Kernel, habitat.Arch);
    private readonly InvariantSet _watch = InvariantSet.Of(invariant);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private Workload? _smallest;
    private TimeSpan _foundAfter;
    private long _foundAt;

    /// <summary>Workloads tried so far.</summary>
    public long Tried { get; private set; }

    /// <summary>Steps taken.</summary>
    public long Steps => _machine.Coverage.Steps;

    /// <summary>Begins a workload that is given piece by piece.</summary>
    public void Begin() => Tried++;

    /// <summary>Whether a workload shows the bug. Every peer takes a smaller failing workload at once, so the last one that failed is where it ends.</summary>
    public bool Fails(Workload workload)
    {
        Begin();
        return FailsSoFar(workload);
    }

    /// <summary>As <see cref="Fails"/>, of a part of the workload begun last.</summary>
    public bool FailsSoFar(Workload workload)
    {
        if (_machine.Run(workload, _watch).Count == 0) return false;
        if (_smallest is null) (_foundAt, _foundAfter) = (Tried, _clock.Elapsed);
        _smallest = workload;
        return true;
    }

    /// <summary>How the search went.</summary>
    public Trial Result() => new(_smallest?.Operations.Length, _foundAt, _foundAfter, Tried - _foundAt, _clock.Elapsed - _foundAfter);
}

/// <summary>One search.</summary>
/// <param name="Size">Operations of the smallest workload; null if the bug was not found.</param>
/// <param name="FoundAt">Workloads until it was found.</param>
/// <param name="FoundAfter">Time until then.</param>
/// <param name="ShrinkTries">Workloads tried after that.</param>
/// <param name="ShrinkTime">Time after that.</param>
internal sealed record Trial(int? Size, long FoundAt, TimeSpan FoundAfter, long ShrinkTries, TimeSpan ShrinkTime);

/// <summary>A way to search.</summary>
internal interface IPeer
{
    /// <summary>Its name.</summary>
    string Name { get; }

    /// <summary>Searches, and shrinks what it finds.</summary>
    /// <param name="target">What for.</param>
    /// <param name="seed">Where the choices come from.</param>
    /// <param name="budget">How many workloads at most until it is found.</param>
    void Search(Target target, ulong seed, int budget);
}
