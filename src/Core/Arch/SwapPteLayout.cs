namespace Hooks.Core.Arch;

/// <summary>
/// Where an architecture keeps what a swap PTE holds: the area (<c>__swp_type</c>), the slot (<c>__swp_offset</c>) and the marker bits.
/// The real layout, not the model's: what overlaps here is a bug of the architecture (6f9e98849eda, 20aae9eff5ac).
/// </summary>
/// <param name="TypeShift">Lowest bit of the type.</param>
/// <param name="TypeBits">Bits of the type.</param>
/// <param name="OffsetShift">Lowest bit of the offset.</param>
/// <param name="OffsetBits">Bits of the offset.</param>
/// <param name="Exclusive">The bit of <c>pte_swp_exclusive()</c>; −1: none.</param>
/// <param name="SoftDirty">The bit of <c>pte_swp_soft_dirty()</c>; −1: none.</param>
/// <param name="UffdWp">The bit of <c>pte_swp_uffd_wp()</c>; −1: none.</param>
/// <param name="MustBeZero">Bits that would make the entry look present, or something else than a swap PTE.</param>
public sealed record SwapPteLayout(int TypeShift, int TypeBits, int OffsetShift, int OffsetBits, int Exclusive, int SoftDirty, int UffdWp, ulong MustBeZero)
{
    /// <summary>x86-64 (arch/x86/include/asm/pgtable_64.h); that it keeps the offset inverted (L1TF) makes no difference to what overlaps.</summary>
    public static SwapPteLayout X86 { get; } = new(TypeShift: 59, TypeBits: 5, OffsetShift: 9, OffsetBits: 50, Exclusive: 3, SoftDirty: 1, UffdWp: 2, MustBeZero: (1UL << 0) | (1UL << 8));

    /// <summary>Bits of the type, at their place.</summary>
    public ulong TypeMask => Mask(TypeBits) << TypeShift;

    /// <summary>Bits of the offset, at their place.</summary>
    public ulong OffsetMask => Mask(OffsetBits) << OffsetShift;

    /// <summary>The largest type.</summary>
    public ulong MaxType => Mask(TypeBits);

    /// <summary>The largest offset.</summary>
    public ulong MaxOffset => Mask(OffsetBits);

    /// <summary><c>swp_entry_to_pte(swp_entry(type, offset))</c>, with the marker bits set that are asked for and exist.</summary>
    public ulong Encode(ulong type, ulong offset, bool exclusive, bool softDirty, bool uffdWp) =>
        ((type & MaxType) << TypeShift) | ((offset & MaxOffset) << OffsetShift) | Bit(Exclusive, exclusive) | Bit(SoftDirty, softDirty) | Bit(UffdWp, uffdWp);

    /// <summary><c>__swp_type(pte_to_swp_entry(pte))</c>; the marker bits are cleared first, as <c>pte_to_swp_entry()</c> does.</summary>
    public ulong TypeOf(ulong pte) => ((pte & ~Markers) >> TypeShift) & MaxType;

    /// <summary><c>__swp_offset(pte_to_swp_entry(pte))</c>.</summary>
    public ulong OffsetOf(ulong pte) => ((pte & ~Markers) >> OffsetShift) & MaxOffset;

    /// <summary><c>pte_swp_exclusive()</c>.</summary>
    public bool IsExclusive(ulong pte) => (pte & Bit(Exclusive, true)) != 0;

    /// <summary>Everything that is wrong with the layout, one sentence each; empty if nothing is.</summary>
    public IEnumerable<string> Faults()
    {
        (string Name, ulong Mask)[] fields =
        [
            ("type", TypeMask), ("offset", OffsetMask), ("exclusive bit", Bit(Exclusive, true)), ("soft-dirty bit", Bit(SoftDirty, true)), ("uffd-wp bit", Bit(UffdWp, true)), ("bits that must be zero", MustBeZero),
        ];
        for (var i = 0; i < fields.Length; i++)
        {
            for (var j = i + 1; j < fields.Length; j++)
            {
                var both = fields[i].Mask & fields[j].Mask;
                if (both != 0) yield return $"{fields[i].Name} and {fields[j].Name} overlap in bit {System.Numerics.BitOperations.TrailingZeroCount(both)}";
            }
        }
    }

    private ulong Markers => Bit(Exclusive, true) | Bit(SoftDirty, true) | Bit(UffdWp, true);

    private static ulong Mask(int bits) => (1UL << bits) - 1;

    private static ulong Bit(int position, bool set) => set && position >= 0 ? 1UL << position : 0;
}
