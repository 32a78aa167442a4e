using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Zoo;

/// <summary>Architectures whose swap PTEs have no room for what is put into them.</summary>
public static class LayoutMutants
{
    /// <summary>The exclusive marker is where the lowest bit of the offset is.</summary>
    public static IArchitecture ExclusiveInOffset { get; } = new ArchVariant("exclusive-in-offset", "keeps the exclusive marker in a bit of the swap offset", _ => new Overlapping(new NoArch()));

    /// <summary>Writes each swap PTE as the hardware would keep it, and reads it again.</summary>
    private sealed class Overlapping(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override string Name => "exclusive-in-offset";

        public override SwapPteLayout SwapPte => base.SwapPte with { Exclusive = base.SwapPte.OffsetShift };

        public override void SetPteAt(in Memory m, MmId mm, Vpn address, Pte pte)
        {
            if (pte.IsSwap)
            {
                var kept = SwapPte.Encode((ulong)pte.Entry.Type, (ulong)pte.Entry.Offset, pte.IsSwpExclusive, pte.IsSoftDirty, pte.IsUffdWp);

                // The marker is in the way of the offset both ways: nothing is cleared before the offset is read.
                var offset = (int)((kept & SwapPte.OffsetMask) >> SwapPte.OffsetShift);
                var read = Pte.OfEntry(SwapEntry.Of((int)SwapPte.TypeOf(kept), offset)).With(pte.Tracking);
                pte = SwapPte.IsExclusive(kept) ? read.With(PteFlags.SwpExclusive) : read;
            }

            base.SetPteAt(in m, mm, address, pte);
        }
    }
}
