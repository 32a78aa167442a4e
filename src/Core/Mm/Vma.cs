using System.Runtime.InteropServices;

namespace Hooks.Core.Mm;

/// <summary>What a VMA maps.</summary>
public enum VmaKind : byte
{
    /// <summary>Nothing mapped here.</summary>
    None,

    /// <summary>A private anonymous mapping.</summary>
    Anonymous,
}

/// <summary>Rights and flags of a VMA.</summary>
[Flags]
public enum VmaFlags : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><c>VM_READ</c>.</summary>
    Read = 1,

    /// <summary><c>VM_WRITE</c>.</summary>
    Write = 2,

    /// <summary>Tags are on: arm64 <c>VM_MTE</c> (PROT_MTE), sparc <c>VM_SPARC_ADI</c> (PROT_ADI).</summary>
    Tagged = 4,

    /// <summary><c>VM_LOCKED</c>.</summary>
    Locked = 8,

    /// <summary><c>VM_SOFTDIRTY</c>: every page counts as written, as the program has not asked yet.</summary>
    SoftDirty = 16,

    /// <summary><c>VM_UFFD_WP</c>: registered with a userfaultfd for write protection.</summary>
    UffdWp = 32,

    /// <summary><c>VM_HUGEPAGE</c>: its pages may come in folios of several, as far as neighbours allow (MADV_HUGEPAGE; an mTHP size enabled "madvise").</summary>
    Large = 64,

    /// <summary>A VMA of its own beside neighbours with the same flags: it had one more that fork() did not copy, and dup_mmap() merges nothing. Kept only beside <see cref="Large"/>, where it decides what a folio can have.</summary>
    Apart = 128,
}

/// <summary>The (one-page) VMA at a page: in the model every page of an address space is a VMA of its own.</summary>
/// <param name="Kind">What it maps.</param>
/// <param name="Flags">Its rights and flags.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly record struct Vma(VmaKind Kind, VmaFlags Flags)
{
    /// <summary>No VMA.</summary>
    public static Vma None => default;

    /// <summary>A new private anonymous mapping, to be read and written.</summary>
    public static Vma Anonymous => new(VmaKind.Anonymous, VmaFlags.Read | VmaFlags.Write | VmaFlags.SoftDirty);

    /// <summary>Whether anything is mapped here.</summary>
    public bool IsMapped => Kind != VmaKind.None;

    /// <summary>Whether tags are on.</summary>
    public bool IsTagged => Is(VmaFlags.Tagged);

    /// <summary>Whether it is mlocked.</summary>
    public bool IsLocked => Is(VmaFlags.Locked);

    /// <summary>Whether any of these flags is set.</summary>
    public bool Is(VmaFlags flags) => (Flags & flags) != 0;

    /// <summary>This VMA with some flags set.</summary>
    public Vma With(VmaFlags flags) => this with { Flags = Flags | flags };

    /// <summary>This VMA with some flags clear.</summary>
    public Vma Without(VmaFlags flags) => this with { Flags = Flags & ~flags };

    /// <inheritdoc/>
    public override string ToString() => !IsMapped
        ? Flags == VmaFlags.None ? "none" : $"none {Flags}"
        : "mapped" + (Is(VmaFlags.Read) ? "" : " no-read") + (Is(VmaFlags.Write) ? "" : " no-write") + (IsTagged ? " tagged" : "") + (IsLocked ? " locked" : "") + (Is(VmaFlags.Large) ? " large" : "")
            + (Is(VmaFlags.UffdWp) ? " uffd-wp" : "") + (Is(VmaFlags.SoftDirty) ? "" : " soft-dirty tracked");
}
