using System.Collections.Immutable;

namespace Hooks.Core.Workloads;

/// <summary>What a case says will happen: which invariant breaks, and at which step.</summary>
/// <param name="Invariant">The invariant's name.</param>
/// <param name="At">Task, operation, path and step, as <c>P0#4 do_swap_page.SetPteAt</c> (or, as it was said until the second edition, <c>P0:read:SetPteAt</c>); null: anywhere.</param>
public sealed record Expectation(string Invariant, string? At)
{
    /// <summary>Whether a place is the one that is meant.</summary>
    public bool IsAt(in StepPlace place) => At is null || At == place.ToString() || At == place.OldName;

    /// <summary>As on a case's <c>fails</c> line.</summary>
    public override string ToString() => At is null ? Invariant : $"{Invariant} at {At}";
}

/// <summary>A comment of the text, and where it stood.</summary>
/// <param name="Line">The statement it belongs to, counted from 0: it stands above it, or at its end.</param>
/// <param name="Trailing">At the end of the statement's line.</param>
/// <param name="Text">The comment with its #; empty for an empty line.</param>
public sealed record Comment(int Line, bool Trailing, string Text);

/// <summary>A case: a workload, the kernel and architecture to run it on, and what happens then. Its text form is a file that can be mailed.</summary>
/// <param name="Kernel">The kernel's name.</param>
/// <param name="Arch">The architecture's name.</param>
/// <param name="Workload">Swap areas and program.</param>
/// <param name="Fails">What breaks; empty: nothing does.</param>
/// <param name="Comments">The comments, in order.</param>
public sealed record Case(
    string Kernel,
    string Arch,
    Workload Workload,
    ImmutableArray<Expectation> Fails,
    ImmutableArray<Comment> Comments)
{
    /// <summary>
    /// How many of the operations run one after the other; those behind the word <c>together</c> run beside each other, each task's in its order, in all ways there are. Such a case is a scope for a search. Null: a
    /// case as any, that says who moves when.
    /// </summary>
    public int? Together { get; init; }

    /// <summary>What <c>read</c> operations shall read (<c>P1 read a expect 9</c>), by their place in the program.</summary>
    public ImmutableSortedDictionary<int, byte> Expects { get; init; } = ImmutableSortedDictionary<int, byte>.Empty;

    /// <inheritdoc/>
    public bool Equals(Case? other) =>
        other is not null && Together == other.Together && Kernel == other.Kernel && Arch == other.Arch && Workload.Equals(other.Workload)
        && Fails.SequenceEqual(other.Fails) && Expects.SequenceEqual(other.Expects) && Comments.SequenceEqual(other.Comments);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kernel, Arch, Workload);

    /// <summary>The text form.</summary>
    public override string ToString() => CaseText.Print(this);
}
