using Hooks.Arch.Arm64;
using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Zoo;

/// <summary>arm64's hooks with one bug each.</summary>
public static class Arm64Mutants
{
    /// <summary>a8e5e5146ad0 undone: every page that is mapped is flagged as tagged, whether its tags were set or not.</summary>
    public static IArchitecture OverTagging { get; } = new ArchVariant("arm64-over-tagging", "flags every page it maps as tagged", kernel => new OverTags(new Mte(kernel)));

    /// <summary>69e3b846d8a7 undone: nothing is done for a mapping that is not tagged itself.</summary>
    public static IArchitecture UntaggedNotSynced { get; } = new ArchVariant("arm64-untagged-not-synced", "restores nothing through an untagged mapping", kernel => new UntaggedSkipped(new Mte(kernel)));

    /// <summary>Restoring does not ask whether the page's tags are newer than the saved ones.</summary>
    public static IArchitecture RestoreOverwrites { get; } = new ArchVariant("arm64-restore-overwrites", "restores over tags that the page has already", kernel => new Overwrites(new Mte(kernel)));

    /// <summary>Saving stores the tags first, and gives up afterwards.</summary>
    public static IArchitecture PrepareFails { get; } = new ArchVariant("arm64-prepare-fails", "leaves saved tags behind when arch_prepare_to_swap() fails", kernel => new HalfSaved(new Mte(kernel)));

    /// <summary>The design that the thread discarded: saved tags go when they are restored, and only then.</summary>
    public static IArchitecture FreedInSetPte { get; } = new ArchVariant("arm64-freed-in-set-pte", "drops saved tags in set_pte_at() only", kernel => new DropsInSetPte(new Mte(kernel)));

    /// <summary>Restoring gives the first three granules their tags; the fourth keeps what the memory had.</summary>
    public static IArchitecture RestoresThree { get; } = new ArchVariant("arm64-restores-three", "restores the tags of 3 of 4 granules", kernel => new ThreeOfFour(new Mte(kernel)));

    private sealed class ThreeOfFour(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void ArchSwapRestore(in Memory m, SwapEntry entry, Pfn folio)
        {
            var before = m.ReadFrame(folio).Tags;
            base.ArchSwapRestore(in m, entry, folio);
            ref var page = ref m.WriteFrame(folio);
            page.Tags = page.Tags.With(PageTags.Granules - 1, before[PageTags.Granules - 1]);
        }
    }

    private sealed class OverTags(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void SetPteAt(in Memory m, MmId mm, Vpn address, Pte pte)
        {
            base.SetPteAt(in m, mm, address, pte);
            if (pte.IsPresent) m.WriteFrame(pte.Pfn).Set(PageFlags.ArchTagged);
        }
    }

    private sealed class UntaggedSkipped(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void SetPteAt(in Memory m, MmId mm, Vpn address, Pte pte)
        {
            if (pte.IsPresent && !pte.IsTagged) m.WritePte(mm, address, pte);
            else base.SetPteAt(in m, mm, address, pte);
        }
    }

    private sealed class Overwrites(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void ArchSwapRestore(in Memory m, SwapEntry entry, Pfn folio)
        {
            m.WriteFrame(folio).Clear(PageFlags.ArchTagged);
            base.ArchSwapRestore(in m, entry, folio);
        }
    }

    private sealed class HalfSaved(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override bool ArchPrepareToSwap(in Memory m, Pfn folio)
        {
            ref readonly var page = ref m.ReadFrame(folio);
            if (page.Test(PageFlags.ArchTagged)) m.Save(m.ReadFolio(folio).Entry, page.Tags);
            return base.ArchPrepareToSwap(in m, folio);
        }
    }

    private sealed class DropsInSetPte(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void ArchSwapInvalidatePage(in Memory m, SwapEntry entry)
        {
        }

        public override void SetPteAt(in Memory m, MmId mm, Vpn address, Pte pte)
        {
            var old = m.ReadPte(mm, address);
            if (pte.IsPresent && old.IsSwap) Inner.ArchSwapRestore(in m, old.Entry, pte.Pfn);
            base.SetPteAt(in m, mm, address, pte);
            if (!pte.IsPresent || !old.IsSwap) return;
            m.Erase(old.Entry);
            m.Observe(Observation.SavedGivenUp(old.Entry));
        }
    }
}
