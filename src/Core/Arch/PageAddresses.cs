using System.Collections.Immutable;
using System.Globalization;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core.Arch;

/// <summary>
/// Where the pages of an address space lie, a … d, for an architecture whose hooks go by address. Without one they lie next to each other, far from the ends of the address space.
/// In words <c>385,513,514,642</c>: numbers of pages, ascending.
/// </summary>
public sealed class PageAddresses
{
    /// <summary>The pages that one page table has, of eight bytes an entry in a page of 8 KiB: other pages have another page table, and another lock (<c>split page table lock</c>).</summary>
    public const uint PerPageTable = 1024;

    /// <summary>The largest page number, with some room above it.</summary>
    public const uint Most = 1 << 18;

    private const uint Up = 128 * PerPageTable;

    /// <summary>Distances at which hooks that go by address may do otherwise: next to each other, as far as the shortest range reaches that is ever set up, and as far as the usual one does.</summary>
    private static readonly uint[] Distances = [1, 1, 128, PerPageTable - 1];

    private readonly ImmutableArray<uint> _pages;

    private PageAddresses(ImmutableArray<uint> pages) => _pages = pages;

    /// <summary>The number of a page's address: its address divided by the size of a page.</summary>
    public uint this[Vpn page] => _pages[page.Value];

    /// <summary>Each far from the others and from the ends of the address space: none shares anything that goes by address with another.</summary>
    public static PageAddresses Apart { get; } = new([.. Enumerable.Range(1, Capacity.Pages).Select(i => (uint)i * 16 * PerPageTable)]);

    /// <summary>Whether any lie in the lowest 8 MiB, as those of programs that are not position-independent may: a range of the usual size that ended there would begin below 0.</summary>
    public bool AreLow => _pages[0] < PerPageTable;

    /// <summary>The same distances, and the same page tables, 1 GiB higher up.</summary>
    public PageAddresses Raised => new([.. _pages.Select(p => p + Up)]);

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <returns>Null if it is anything else.</returns>
    public static PageAddresses? TryParse(string text)
    {
        var pages = ImmutableArray.CreateBuilder<uint>(Capacity.Pages);
        foreach (var word in (text ?? "").Split(','))
        {
            if (!uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var page) || page > Most || (pages.Count > 0 && page <= pages[^1])) return null;
            pages.Add(page);
        }

        return pages.Count == Capacity.Pages ? new PageAddresses(pages.ToImmutable()) : null;
    }

    /// <summary>Draws some: the first within the lowest 8 MiB of an address space or the next, the others at distances at which something may happen.</summary>
    public static PageAddresses Draw(Choices choices)
    {
        ArgumentNullException.ThrowIfNull(choices);
        var pages = ImmutableArray.CreateBuilder<uint>(Capacity.Pages);
        pages.Add(1 + (uint)choices.Next((int)(2 * PerPageTable) - 1));
        while (pages.Count < Capacity.Pages) pages.Add(pages[^1] + Distances[choices.Next(Distances.Length)]);
        return new PageAddresses(pages.ToImmutable());
    }

    /// <summary>Whether two pages have one page table, and so one lock.</summary>
    public bool ShareAPageTable(Vpn a, Vpn b) => this[a] / PerPageTable == this[b] / PerPageTable;

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', _pages.Select(p => p.ToString(CultureInfo.InvariantCulture)));
}
