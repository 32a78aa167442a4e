using Hooks.Arch.Sparc;
using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Zoo;

/// <summary>sparc as it is, in kinder surroundings.</summary>
public static class SparcVariants
{
    /// <summary>A page that comes back from swap has its own tags already, as when it gets the frame that it had: what the window behind set_pte_at() shows is right, and what is stored into it is lost all the same.</summary>
    public static IArchitecture OwnPageAgain { get; } = new ArchVariant("sparc-own-page-again", "a page that comes back from swap happens to have its tags already", kernel => new Lucky(new Adi(kernel)));

    private sealed class Lucky(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void SetPteAt(in Memory m, MmId mm, Vpn address, Pte pte)
        {
            for (var i = 0; i < Capacity.RangesPerMm && pte.IsPresent && m.ReadPte(mm, address).IsSwap; i++)
            {
                ref readonly var store = ref m.ReadRange(RangeId.Of(mm, i));
                if (store.Users != 0 && address.Value >= store.Start && address.Value <= store.End) m.WriteFrame(pte.Pfn).Tags = store.Tags[address.Value];
            }

            base.SetPteAt(in m, mm, address, pte);
        }
    }
}
