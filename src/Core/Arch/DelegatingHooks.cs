using Hooks.Core.Mm;

namespace Hooks.Core.Arch;

/// <summary>The hooks of another architecture, to be overridden one by one: how a variant of an architecture, or a mutant of one, is made.</summary>
/// <param name="inner">The hooks that are not overridden.</param>
public abstract class DelegatingHooks(IArchHooks inner) : IArchHooks
{
    /// <inheritdoc/>
    public virtual string Name => Inner.Name;

    /// <inheritdoc/>
    public virtual bool HasTags => Inner.HasTags;

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
    public virtual bool ArchPrepareToSwap(ref MachineState s, Pfn folio) => Inner.ArchPrepareToSwap(ref s, folio);

    /// <inheritdoc/>
    public virtual void ArchSwapInvalidatePage(ref MachineState s, SwapEntry entry) => Inner.ArchSwapInvalidatePage(ref s, entry);

    /// <inheritdoc/>
    public virtual void ArchSwapInvalidateArea(ref MachineState s, int type) => Inner.ArchSwapInvalidateArea(ref s, type);

    /// <inheritdoc/>
    public virtual void ArchSwapRestore(ref MachineState s, SwapEntry entry, Pfn folio) => Inner.ArchSwapRestore(ref s, entry, folio);

    /// <inheritdoc/>
    public virtual bool ArchUnmapOne(ref MachineState s, MmId mm, Vpn address, Pte oldPte) => Inner.ArchUnmapOne(ref s, mm, address, oldPte);

    /// <inheritdoc/>
    public virtual void ArchDoSwapPage(ref MachineState s, MmId mm, Vpn address, Pte pte, Pte oldPte) => Inner.ArchDoSwapPage(ref s, mm, address, pte, oldPte);

    /// <inheritdoc/>
    public virtual void SetPteAt(ref MachineState s, MmId mm, Vpn address, Pte pte) => Inner.SetPteAt(ref s, mm, address, pte);

    /// <inheritdoc/>
    public virtual void CopyHighpage(ref MachineState s, Pfn to, Pfn from, VmaFlags vma) => Inner.CopyHighpage(ref s, to, from, vma);

    /// <inheritdoc/>
    public virtual void ClearHighpage(ref MachineState s, Pfn page, VmaFlags vma) => Inner.ClearHighpage(ref s, page, vma);

    /// <inheritdoc/>
    public virtual void InitNewContext(ref MachineState s, MmId mm) => Inner.InitNewContext(ref s, mm);

    /// <inheritdoc/>
    public virtual void DestroyContext(ref MachineState s, MmId mm) => Inner.DestroyContext(ref s, mm);
}
