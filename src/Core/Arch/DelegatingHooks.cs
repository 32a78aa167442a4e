using Hooks.Core.Mm;

namespace Hooks.Core.Arch;

/// <summary>The hooks of another architecture, to be overridden one by one: how a variant of an architecture, or a mutant of one, is made.</summary>
/// <param name="inner">The hooks that are not overridden.</param>
public abstract class DelegatingHooks(IArchHooks inner) : IArchHooks
{
    /// <inheritdoc/>
    public virtual string Name => Inner.Name;

    /// <inheritdoc/>
    public virtual MetadataShape Metadata => Inner.Metadata;

    /// <inheritdoc/>
    public virtual bool HasLargeFolios => Inner.HasLargeFolios;

    /// <inheritdoc/>
    public virtual bool CountsMemory => Inner.CountsMemory;

    /// <inheritdoc/>
    public virtual bool MkwriteDirties => Inner.MkwriteDirties;

    /// <inheritdoc/>
    public virtual bool HasPteSwpExclusive => Inner.HasPteSwpExclusive;

    /// <inheritdoc/>
    public virtual bool HasSoftDirty => Inner.HasSoftDirty;

    /// <inheritdoc/>
    public virtual bool HasUffdWp => Inner.HasUffdWp;

    /// <inheritdoc/>
    public virtual SwapPteLayout SwapPte => Inner.SwapPte;

    /// <summary>The hooks that are not overridden.</summary>
    protected IArchHooks Inner { get; } = inner;

    /// <inheritdoc/>
    public virtual bool ArchPrepareToSwap(in Memory m, Pfn folio) => Inner.ArchPrepareToSwap(in m, folio);

    /// <inheritdoc/>
    public virtual void ArchSwapInvalidatePage(in Memory m, SwapEntry entry) => Inner.ArchSwapInvalidatePage(in m, entry);

    /// <inheritdoc/>
    public virtual void ArchSwapInvalidateArea(in Memory m, int type) => Inner.ArchSwapInvalidateArea(in m, type);

    /// <inheritdoc/>
    public virtual void ArchSwapRestore(in Memory m, SwapEntry entry, Pfn folio) => Inner.ArchSwapRestore(in m, entry, folio);

    /// <inheritdoc/>
    public virtual bool ArchUnmapOne(in Memory m, MmId mm, Vpn address, Pte oldPte) => Inner.ArchUnmapOne(in m, mm, address, oldPte);

    /// <inheritdoc/>
    public virtual void ArchDoSwapPage(in Memory m, MmId mm, Vpn address, Pte pte, Pte oldPte) => Inner.ArchDoSwapPage(in m, mm, address, pte, oldPte);

    /// <inheritdoc/>
    public virtual void SetPteAt(in Memory m, MmId mm, Vpn address, Pte pte) => Inner.SetPteAt(in m, mm, address, pte);

    /// <inheritdoc/>
    public virtual void CopyHighpage(in Memory m, Pfn to, Pfn from, Vma vma) => Inner.CopyHighpage(in m, to, from, vma);

    /// <inheritdoc/>
    public virtual void ClearHighpage(in Memory m, Pfn page, Vma vma) => Inner.ClearHighpage(in m, page, vma);

    /// <inheritdoc/>
    public virtual void OnStore(in Memory m, Pfn page, int granule) => Inner.OnStore(in m, page, granule);

    /// <inheritdoc/>
    public virtual PageTags AfterStore(PageTags expected, int granule) => Inner.AfterStore(expected, granule);

    /// <inheritdoc/>
    public virtual void InitNewContext(in Memory m, MmId mm) => Inner.InitNewContext(in m, mm);

    /// <inheritdoc/>
    public virtual void DestroyContext(in Memory m, MmId mm) => Inner.DestroyContext(in m, mm);
}
