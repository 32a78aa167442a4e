using System.Runtime.InteropServices;

namespace Hooks.Core.Mm;

/// <summary>
/// The references to folios that a task holds, as a count for each (a path may hold two to one folio: get_page(old_page), and the
/// mapping's after page_remove_rmap()).
/// </summary>
/// <param name="Bits">Two bits for each page frame.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct HeldReferences(ulong Bits)
{
    private const ulong Most = 3;

    /// <summary>Whether it holds any.</summary>
    public bool Any => Bits != 0;

    /// <summary>The folios it holds references to.</summary>
    public BitSet<Pfn> Folios
    {
        get
        {
            var set = BitSet<Pfn>.Empty;
            for (var left = Bits; left != 0;)
            {
                var at = System.Numerics.BitOperations.TrailingZeroCount(left) / 2;
                set = set.With(new Pfn((byte)at));
                left &= ~(Most << (2 * at));
            }

            return set;
        }
    }

    /// <summary>How many it holds to a folio.</summary>
    public int this[Pfn folio] => (int)((Bits >> (2 * folio.Value)) & Most);

    /// <summary>With one more; of more than three it loses count, which refcount notices.</summary>
    public HeldReferences Take(Pfn folio) => this[folio] == (int)Most ? this : new(Bits + (1UL << (2 * folio.Value)));

    /// <summary>With one fewer, if it has one.</summary>
    public HeldReferences Give(Pfn folio) => this[folio] == 0 ? this : new(Bits - (1UL << (2 * folio.Value)));

    /// <inheritdoc/>
    public override string ToString()
    {
        var words = new List<string>();
        for (var left = Folios; left.Any; left = left.Rest) words.Add(this[left.First] == 1 ? left.First.ToString() : $"{left.First} ×{this[left.First]}");
        return words.Count == 0 ? "none" : string.Join(", ", words);
    }
}
