namespace Hooks.Core.Search.Exploring;

/// <summary>How a scope is searched.</summary>
internal sealed record ExploreOptions
{
    /// <summary>Threads. Of no effect on what is found.</summary>
    public int Jobs { get; init; } = 1;

    /// <summary>Memory for states, in bytes; the search ends where it would need more.</summary>
    public long Memory { get; init; } = 1L << 30;

    /// <summary>Whether it ends with the first violation.</summary>
    public bool StopsAtFirst { get; init; }

    /// <summary>What it has least of first.</summary>
    public Bound Bound { get; init; }

    /// <summary>How much of it at the most; of <see cref="Bound.Operations"/> the scope says how many.</summary>
    public int Most { get; init; }

    /// <summary>How many ways to break an invariant are kept: of those with the least first.</summary>
    public int Ways { get; init; } = 1;

    /// <summary>Whether moves are left out that lead where another way leads (<see cref="Commuting"/>). Only where everything is looked at (<see cref="Bound.Operations"/>). Off: to test that nothing is lost by it, and to measure it.</summary>
    public bool Reduces { get; init; } = true;

    /// <summary>Whether worlds that differ in names only are one (<see cref="Search.Canonical"/>). Off: to test and to measure it.</summary>
    public bool Canonical { get; init; } = true;

    /// <summary>Whether invariants are asked about everything after every step, and not only about what it can have changed. Slow, and to be used to test the latter.</summary>
    public bool LooksAtEverything { get; init; }
}
