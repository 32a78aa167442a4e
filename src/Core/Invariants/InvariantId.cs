namespace Hooks.Core.Invariants;

/// <summary>The invariants, in the order in which they are checked and listed.</summary>
public enum InvariantId : byte
{
    /// <summary><c>data-preservation</c>.</summary>
    DataPreservation,

    /// <summary><c>tag-preservation</c>.</summary>
    TagPreservation,

    /// <summary><c>no-stale-tags</c>.</summary>
    NoStaleTags,

    /// <summary><c>exclusivity</c>.</summary>
    Exclusivity,

    /// <summary><c>exclusive-detected</c>.</summary>
    ExclusiveDetected,

    /// <summary><c>pin-stability</c>.</summary>
    PinStability,

    /// <summary><c>bit-preservation</c>.</summary>
    BitPreservation,

    /// <summary><c>device-stability</c>.</summary>
    DeviceStability,

    /// <summary><c>refcount</c>.</summary>
    Refcount,

    /// <summary><c>swap-count</c>.</summary>
    SwapCount,

    /// <summary><c>metadata-lifetime</c>.</summary>
    MetadataLifetime,

    /// <summary><c>progress</c>.</summary>
    Progress,

    /// <summary><c>hook-memory</c>.</summary>
    HookMemory,
}

/// <summary>A set of invariants.</summary>
/// <param name="Bits">Bit i for the invariant with number i.</param>
public readonly record struct InvariantSet(ushort Bits)
{
    /// <summary>None.</summary>
    public static InvariantSet None => default;

    /// <summary>How many are in it.</summary>
    public int Count => System.Numerics.BitOperations.PopCount(Bits);

    /// <summary>Those in either set.</summary>
    public static InvariantSet operator |(InvariantSet a, InvariantSet b) => new((ushort)(a.Bits | b.Bits));

    /// <summary>Those in both sets.</summary>
    public static InvariantSet operator &(InvariantSet a, InvariantSet b) => new((ushort)(a.Bits & b.Bits));

    /// <summary>A set of these.</summary>
    public static InvariantSet Of(params ReadOnlySpan<InvariantId> ids)
    {
        var bits = 0;
        foreach (var id in ids) bits |= 1 << (int)id;
        return new InvariantSet((ushort)bits);
    }

    /// <summary>Whether it holds an invariant.</summary>
    public bool Contains(InvariantId id) => (Bits & (1 << (int)id)) != 0;

    /// <summary>The set with one more.</summary>
    public InvariantSet With(InvariantId id) => new((ushort)(Bits | (1 << (int)id)));

    /// <summary>The set with one fewer.</summary>
    public InvariantSet Without(InvariantId id) => new((ushort)(Bits & ~(1 << (int)id)));

    /// <summary>The set without those of another.</summary>
    public InvariantSet Except(InvariantSet other) => new((ushort)(Bits & ~other.Bits));

    /// <summary>The members, in order.</summary>
    public IEnumerable<InvariantId> Members()
    {
        foreach (var id in Enum.GetValues<InvariantId>())
        {
            if (Contains(id)) yield return id;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Members().Select(id => InvariantCatalogue.Of(id).Name));
}
