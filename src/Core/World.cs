using System.Runtime.InteropServices;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;

namespace Hooks.Core;

/// <summary>
/// All that determines the future of a run, and nothing else: the machine, where each task stands, what the programs may expect, and what only
/// checkers need to know. A value without padding. Counters, coverage and what the last step did are outside it.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct World : IEquatable<World>
{
    /// <summary>The machine.</summary>
    public MachineState State;

    /// <summary>The tasks.</summary>
    public TaskTable Tasks;

    /// <summary>What the programs may expect.</summary>
    public Oracle Oracle;

    /// <summary>What only checkers need.</summary>
    internal Ghost Ghost;

    /// <summary>Whether two worlds are the same, byte for byte.</summary>
    public static bool operator ==(in World left, in World right) => ValueBytes.Same(in left, in right);

    /// <summary>Whether two worlds differ.</summary>
    public static bool operator !=(in World left, in World right) => !(left == right);

    /// <summary>The 128-bit hash (XXH128) of the whole world; the same on every machine of the same byte order.</summary>
    public readonly UInt128 Hash() => ValueBytes.Hash(in this);

    /// <inheritdoc/>
    public readonly bool Equals(World other) => this == other;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is World other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => (int)(uint)Hash();
}
