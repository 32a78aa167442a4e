using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Arch.Sparc;

/// <summary>
/// find_tag_store() and alloc_tag_store() (arch/sparc/kernel/adi_64.c) to the byte, for pages that lie anywhere: their sums, with what they do where they go below 0.
/// A page is 8 KiB there: a range is 1024 pages, and the shortest 128.
/// </summary>
internal static class TagRanges
{
    /// <summary>Bytes of a page.</summary>
    internal const uint PageSize = 8192;

    /// <summary>What TAG_STORAGE_PAGES pages of tags are the tags of, in bytes.</summary>
    private const ulong Usual = 1024 * PageSize;

    /// <summary>What one page of tags is the tags of.</summary>
    private const ulong Shortest = 128 * PageSize;

    /// <summary><c>find_tag_store()</c>: the first descriptor whose range holds all of a page.</summary>
    public static bool TryFind(in Memory m, PageAddresses addresses, MmId mm, Vpn page, out int index)
    {
        for (index = 0; index < Capacity.RangesPerMm; index++)
        {
            ref readonly var range = ref m.ReadRange(RangeId.Of(mm, index));
            if (range.Users != 0 && Holds(in range, addresses, page)) return true;
        }

        return false;
    }

    /// <summary>
    /// The range of a new descriptor: upwards from the page, or, if another begins before its end, as far down as it can be cut to fit. Where that would begin below 0, the shortest; its sum subtracts 1 where the
    /// other adds it (adi_64.c:259, 265), so that it begins two bytes before a page.
    /// </summary>
    public static AddressRange New(in Memory m, PageAddresses addresses, MmId mm, Vpn page)
    {
        ulong address = addresses[page] * PageSize, holeStart = 0, holeEnd = ulong.MaxValue;
        for (var i = 0; i < Capacity.RangesPerMm; i++)
        {
            ref readonly var other = ref m.ReadRange(RangeId.Of(mm, i));
            if (other.Users == 0) continue;
            if (other.FirstByte > address + PageSize - 1) holeEnd = Math.Min(holeEnd, other.FirstByte);
            if (other.LastByte < address) holeStart = Math.Max(holeStart, other.LastByte);
        }

        var (start, end) = (address, address + Usual - 1);
        if (holeEnd < end)
        {
            end = holeEnd - 1;
            start = unchecked(end - Usual + 1);
            if (start > address)
            {
                start = unchecked(end - Shortest - 1);
                if (start > address) start = 0;
            }

            if (start < holeStart) start = holeStart + 1;
        }

        return Of((uint)start, (uint)end, addresses);
    }

    /// <summary>A range with one user: the pages that it holds all of.</summary>
    private static AddressRange Of(uint first, uint last, PageAddresses addresses)
    {
        var range = new AddressRange { Users = 1, FirstByte = first, LastByte = last, Start = Capacity.Pages };
        for (byte p = 0; p < Capacity.Pages; p++)
        {
            if (!Holds(in range, addresses, new Vpn(p))) continue;
            range.Start = Math.Min(range.Start, p);
            range.End = p;
        }

        return range;
    }

    private static bool Holds(in AddressRange range, PageAddresses addresses, Vpn page)
    {
        var address = addresses[page] * PageSize;
        return address >= range.FirstByte && address + PageSize - 1 <= range.LastByte;
    }
}
