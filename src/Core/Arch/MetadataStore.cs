using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hooks.Core.Mm;

namespace Hooks.Core.Arch;

/// <summary>Tags by swap slot.</summary>
[InlineArray(Capacity.Areas * Capacity.SlotsPerArea)]
public struct EntryTagArray
{
    private PageTags _element;
}

/// <summary>Tags by page of an address space.</summary>
[InlineArray(Capacity.Pages)]
public struct PageTagArray
{
    private PageTags _element;
}

/// <summary>
/// Saved tags of a range of addresses of one mm, with a count of users: what sparc's <c>tag_storage_desc_t</c> is.
/// Empty when <see cref="Users"/> is 0.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct AddressRange
{
    /// <summary>Saves not yet restored.</summary>
    public byte Users;

    /// <summary>First page of the range.</summary>
    public byte Start;

    /// <summary>Last page of the range.</summary>
    public byte End;

    /// <summary>Pages whose tags were saved and not yet restored, one bit a page. The kernel keeps no such record; only the invariant uses it.</summary>
    public byte Saved;

    /// <summary>The saved tags, by page.</summary>
    public PageTagArray Tags;
}

/// <summary>The ranges of all address spaces, flat: <see cref="Capacity.RangesPerMm"/> each.</summary>
[InlineArray(Capacity.Mms * Capacity.RangesPerMm)]
public struct RangeArray
{
    private AddressRange _element;
}

/// <summary>
/// What an architecture keeps aside while pages are swapped out. It lives in the state, so that states copy and hash
/// whole. Two keys are offered: by swap entry (arm64's <c>mte_pages</c>), and by mm and address (sparc's tag store).
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct MetadataStore
{
    /// <summary>Which entries have saved tags, a set of <see cref="SwapEntry.Bit"/>.</summary>
    public ulong Saved;

    /// <summary>
    /// Which entries should have them: arch_prepare_to_swap() saved tags and succeeded, and the slot has not been returned
    /// since. Kept by the model, not by the architecture; the two sets must be equal after every step (metadata-lifetime).
    /// </summary>
    public ulong Owed;

    /// <summary>The saved tags by entry.</summary>
    public EntryTagArray ByEntry;

    /// <summary>The saved tags by mm and address.</summary>
    public RangeArray ByAddress;

    /// <summary>Saves tags under an entry, replacing older ones.</summary>
    public void Save(SwapEntry entry, PageTags tags)
    {
        Saved |= entry.Bit;
        ByEntry[entry.Index] = tags;
    }

    /// <summary>Looks tags up by entry.</summary>
    public readonly bool TryLoad(SwapEntry entry, out PageTags tags)
    {
        var found = (Saved & entry.Bit) != 0;
        tags = found ? ByEntry[entry.Index] : default;
        return found;
    }

    /// <summary>Throws an entry's saved tags away.</summary>
    public void Erase(SwapEntry entry)
    {
        Saved &= ~entry.Bit;
        ByEntry[entry.Index] = default;
    }

    /// <summary>A range of an address space, <paramref name="index"/> 0 … <see cref="Capacity.RangesPerMm"/> − 1.</summary>
    [UnscopedRef]
    public ref AddressRange Range(MmId mm, int index) => ref ByAddress[(mm.Value * Capacity.RangesPerMm) + index];
}
