using System.Runtime.InteropServices;
using Hooks.Core.Arch;

namespace Hooks.Core.Mm;

/// <summary>What a page table entry is.</summary>
public enum PteKind : byte
{
    /// <summary><c>pte_none()</c>: nothing there.</summary>
    None,

    /// <summary><c>pte_present()</c>: maps a page.</summary>
    Present,

    /// <summary>A swap entry.</summary>
    Swap,

    /// <summary><c>is_migration_entry()</c>: the page is being moved.</summary>
    Migration,

    /// <summary><c>is_pte_marker()</c>: neither page nor entry, but something to be known; here the poison marker (<c>make_swapin_error_entry()</c>, 5.19 on): the page could not be read back, an access is SIGBUS.</summary>
    Marker,
}

/// <summary>Bits of a page table entry, beside what it is.</summary>
[Flags]
public enum PteFlags : ushort
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><c>pte_write()</c>.</summary>
    Write = 1,

    /// <summary><c>pte_dirty()</c>.</summary>
    Dirty = 2,

    /// <summary>The mapping gives access to tags: arm64 <c>pte_tagged()</c>, sparc <c>_PAGE_MCD_4V</c>.</summary>
    Tagged = 4,

    /// <summary><c>pte_swp_exclusive()</c>: the page was exclusive when it was unmapped (5.19, 1493a1913e34).</summary>
    SwpExclusive = 8,

    /// <summary><c>pte_soft_dirty()</c>, <c>pte_swp_soft_dirty()</c>: written since the program last asked.</summary>
    SoftDirty = 16,

    /// <summary><c>pte_uffd_wp()</c>, <c>pte_swp_uffd_wp()</c>: write-protected by userfaultfd.</summary>
    UffdWp = 32,

    /// <summary><c>PAGE_NONE</c>: present, but no access is allowed (<c>pte_access_permitted()</c> is false); arm64 <c>PTE_PRESENT_INVALID</c>.</summary>
    NoAccess = 64,

    /// <summary>Nothing of the program's own, but the shared zero page is mapped (<c>is_zero_pfn()</c>). Kept only where pages may come in large folios, as it is in the way of one; elsewhere it is an empty entry.</summary>
    ZeroPage = 128,
}

/// <summary>A page table entry: its kind, its bits, and what it points at. Equality is <c>pte_same()</c>.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Target">The page frame, or the swap entry.</param>
/// <param name="Flags">Its bits.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly record struct Pte(PteKind Kind, byte Target, PteFlags Flags)
{
    /// <summary>The empty entry.</summary>
    public static Pte None => default;

    /// <summary>The shared zero page: nothing of the program's own.</summary>
    public static Pte ZeroPage => new(PteKind.None, 0, PteFlags.ZeroPage);

    /// <summary>The poison marker.</summary>
    public static Pte Poison => new(PteKind.Marker, 0, PteFlags.None);

    /// <summary><c>pte_none()</c>, or the zero page: there is nothing of the program's own.</summary>
    public bool IsNone => Kind == PteKind.None;

    /// <summary>Whether the zero page is mapped.</summary>
    public bool IsZeroPage => (Flags & PteFlags.ZeroPage) != 0;

    /// <summary><c>pte_present()</c>.</summary>
    public bool IsPresent => Kind == PteKind.Present;

    /// <summary>Whether it holds a swap entry.</summary>
    public bool IsSwap => Kind == PteKind.Swap;

    /// <summary>Whether an access is SIGBUS.</summary>
    public bool IsPoisoned => Kind == PteKind.Marker;

    /// <summary>Whether loads can go through: <c>pte_access_permitted(pte, false)</c>.</summary>
    public bool IsAccessible => IsPresent && (Flags & PteFlags.NoAccess) == 0;

    /// <summary><c>pte_write()</c>.</summary>
    public bool IsWritable => (Flags & PteFlags.Write) != 0;

    /// <summary><c>pte_dirty()</c>.</summary>
    public bool IsDirty => (Flags & PteFlags.Dirty) != 0;

    /// <summary>Whether tags can be seen and set through this mapping.</summary>
    public bool IsTagged => (Flags & PteFlags.Tagged) != 0;

    /// <summary><c>pte_swp_exclusive()</c>.</summary>
    public bool IsSwpExclusive => (Flags & PteFlags.SwpExclusive) != 0;

    /// <summary><c>pte_soft_dirty()</c> or <c>pte_swp_soft_dirty()</c>.</summary>
    public bool IsSoftDirty => (Flags & PteFlags.SoftDirty) != 0;

    /// <summary><c>pte_uffd_wp()</c> or <c>pte_swp_uffd_wp()</c>.</summary>
    public bool IsUffdWp => (Flags & PteFlags.UffdWp) != 0;

    /// <summary><c>pte_pfn()</c>; none if no page is mapped.</summary>
    public Pfn Pfn => IsPresent ? new Pfn(Target) : Pfn.None;

    /// <summary><c>pte_to_swp_entry()</c>; none if it is no swap entry.</summary>
    public SwapEntry Entry => IsSwap ? new SwapEntry(Target) : SwapEntry.None;

    /// <summary>The bits that survive in a swap PTE, and come back from it: soft-dirty and uffd-wp.</summary>
    public PteFlags Tracking => Flags & (PteFlags.SoftDirty | PteFlags.UffdWp);

    /// <summary><c>mk_pte()</c>: a clean read-only entry with the protection of the VMA.</summary>
    public static Pte MkPte(Pfn page, Vma vma) => new Pte(PteKind.Present, page.Value, PteFlags.None).Modify(vma);

    /// <summary><c>pte_modify()</c>: the same page with the protection of the VMA, read-only, as private mappings are. (sparc too keeps the tagged bit when there is no access.)</summary>
    public Pte Modify(Vma vma) =>
        Without(PteFlags.Write | PteFlags.Tagged | PteFlags.NoAccess).With((vma.IsTagged ? PteFlags.Tagged : PteFlags.None) | (vma.Is(VmaFlags.Read) ? PteFlags.None : PteFlags.NoAccess));

    /// <summary><c>swp_entry_to_pte()</c>.</summary>
    public static Pte OfEntry(SwapEntry entry) => new(PteKind.Swap, entry.Value, PteFlags.None);

    /// <summary><c>maybe_mkwrite(pte_mkdirty())</c>: a dirty entry is soft-dirty too, where there is such a bit.</summary>
    public Pte MkWriteDirty(IArchHooks arch) =>
        With(PteFlags.Write | PteFlags.Dirty | (arch.HasSoftDirty ? PteFlags.SoftDirty : PteFlags.None));

    /// <summary><c>maybe_mkwrite(pte_mkdirty())</c>, of a VMA that may deny writing.</summary>
    public Pte MaybeMkWriteDirty(IArchHooks arch, Vma vma) => vma.Is(VmaFlags.Write) ? MkWriteDirty(arch) : MkWriteDirty(arch).Without(PteFlags.Write);

    /// <summary><c>pte_mkwrite()</c>.</summary>
    public Pte MkWrite(IArchHooks arch) => With(PteFlags.Write | (arch.MkwriteDirties ? PteFlags.Dirty : PteFlags.None));

    /// <summary><c>pte_advance_pfn()</c>, <c>pte_move_swp_offset()</c>: the same entry for the page, or slot, so many further on.</summary>
    public Pte Plus(int pages) => this with { Target = (byte)(Target + pages) };

    /// <summary>This entry with some bits set.</summary>
    public Pte With(PteFlags bits) => this with { Flags = Flags | bits };

    /// <summary>This entry with some bits clear.</summary>
    public Pte Without(PteFlags bits) => this with { Flags = Flags & ~bits };

    /// <inheritdoc/>
    public override string ToString()
    {
        switch (Kind)
        {
            case PteKind.Present:
                return Pfn + (IsWritable ? " write" : " read-only") + (IsDirty ? " dirty" : "") + (IsTagged ? " tagged" : "") + (IsAccessible ? "" : " no-access") + Marks;
            case PteKind.Swap:
                return Entry + (IsSwpExclusive ? " exclusive" : "") + Marks;
            case PteKind.Migration:
                return $"migrating pfn {Target}" + Marks;
            case PteKind.Marker:
                return "poisoned";
            default:
                return IsZeroPage ? "zero page" + Marks : Flags == PteFlags.None ? "none" : $"none {Flags}";
        }
    }

    private string Marks => (IsSoftDirty ? " soft-dirty" : "") + (IsUffdWp ? " uffd-wp" : "");
}
