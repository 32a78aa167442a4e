using System.Runtime.InteropServices;
using Hooks.Core.Arch;

namespace Hooks.Core.Mm;

/// <summary>Bits of a page table entry.</summary>
[Flags]
public enum PteFlags : ushort
{
    /// <summary><c>pte_none()</c>: nothing there.</summary>
    None = 0,

    /// <summary><c>pte_present()</c>: maps the page in <see cref="Pte.Pfn"/>.</summary>
    Present = 1,

    /// <summary><c>pte_write()</c>.</summary>
    Write = 2,

    /// <summary><c>pte_dirty()</c>.</summary>
    Dirty = 4,

    /// <summary>The mapping gives access to tags: arm64 <c>pte_tagged()</c>, sparc <c>_PAGE_MCD_4V</c>.</summary>
    Tagged = 8,

    /// <summary><c>is_swap_pte()</c>: holds the swap entry in <see cref="Pte.Entry"/>.</summary>
    Swap = 16,

    /// <summary><c>pte_swp_exclusive()</c>: the page was exclusive when it was unmapped (5.19, 1493a1913e34).</summary>
    SwpExclusive = 32,

    /// <summary><c>pte_soft_dirty()</c>, <c>pte_swp_soft_dirty()</c>: written since the program last asked.</summary>
    SoftDirty = 64,

    /// <summary><c>pte_uffd_wp()</c>, <c>pte_swp_uffd_wp()</c>: write-protected by userfaultfd.</summary>
    UffdWp = 128,

    /// <summary>A poison marker (<c>make_swapin_error_entry()</c>, 5.19 on): the page could not be read back; an access is SIGBUS.</summary>
    Poisoned = 256,
}

/// <summary>A page table entry: none, a present page, or a swap entry. Equality is <c>pte_same()</c>.</summary>
/// <param name="Flags">What kind of entry, and its bits.</param>
/// <param name="Target">The page frame, or the swap entry.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly record struct Pte(PteFlags Flags, byte Target)
{
    /// <summary>The empty entry.</summary>
    public static Pte None => default;

    /// <summary><c>pte_none()</c>.</summary>
    public bool IsNone => Flags == PteFlags.None;

    /// <summary><c>pte_present()</c>.</summary>
    public bool IsPresent => (Flags & PteFlags.Present) != 0;

    /// <summary><c>is_swap_pte()</c>; the model has no other non-present entries.</summary>
    public bool IsSwap => (Flags & PteFlags.Swap) != 0;

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

    /// <summary>Whether an access is SIGBUS.</summary>
    public bool IsPoisoned => (Flags & PteFlags.Poisoned) != 0;

    /// <summary><c>pte_pfn()</c>; only of a present entry.</summary>
    public Pfn Pfn => new(Target);

    /// <summary><c>pte_to_swp_entry()</c>; only of a swap entry.</summary>
    public SwapEntry Entry => new(Target);

    /// <summary><c>mk_pte()</c>: a clean read-only entry with the protection of the VMA.</summary>
    public static Pte MkPte(Pfn page, VmaFlags vma) =>
        new(PteFlags.Present | ((vma & VmaFlags.Tagged) != 0 ? PteFlags.Tagged : PteFlags.None), page.Value);

    /// <summary><c>pte_mkwrite(pte_mkdirty())</c>: a dirty entry is soft-dirty too, where there is such a bit.</summary>
    public Pte MkWriteDirty(IArchHooks arch) =>
        With(PteFlags.Write | PteFlags.Dirty | (arch.HasSoftDirty ? PteFlags.SoftDirty : PteFlags.None));

    /// <summary>The bits that survive in a swap PTE, and come back from it: soft-dirty and uffd-wp.</summary>
    public PteFlags Tracking => Flags & (PteFlags.SoftDirty | PteFlags.UffdWp);

    /// <summary>The poison marker.</summary>
    public static Pte MakePoisoned => new(PteFlags.Poisoned, 0);

    /// <summary><c>swp_entry_to_pte()</c>.</summary>
    public static Pte OfEntry(SwapEntry entry) => new(PteFlags.Swap, entry.Value);

    /// <summary>This entry with some bits set.</summary>
    public Pte With(PteFlags bits) => this with { Flags = Flags | bits };

    /// <summary>This entry with some bits clear.</summary>
    public Pte Without(PteFlags bits) => this with { Flags = Flags & ~bits };

    /// <inheritdoc/>
    public override string ToString()
    {
        if (IsPresent)
        {
            var bits = (IsWritable ? " write" : " read-only") + (IsDirty ? " dirty" : "") + (IsTagged ? " tagged" : "");
            return Pfn + bits + Marks;
        }

        if (IsSwap) return Entry + (IsSwpExclusive ? " exclusive" : "") + Marks;
        return IsPoisoned ? "poisoned" : "none";
    }

    private string Marks => (IsSoftDirty ? " soft-dirty" : "") + (IsUffdWp ? " uffd-wp" : "");
}
