using Hooks.Arch.Arm64;
using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Zoo;

/// <summary>arm64's hooks with one bug each.</summary>
public static class Arm64Mutants
{
    /// <summary>a8e5e5146ad0 undone: every page that is mapped is flagged as tagged, whether its tags were set or not.</summary>
    public static IArchitecture OverTagging { get; } = new ArchVariant("arm64-over-tagging", "flags every page it maps as tagged", era => new OverTags(new Mte(era)));

    /// <summary>69e3b846d8a7 undone: nothing is done for a mapping that is not tagged itself.</summary>
    public static IArchitecture UntaggedNotSynced { get; } = new ArchVariant("arm64-untagged-not-synced", "restores nothing through an untagged mapping", era => new UntaggedSkipped(new Mte(era)));

    /// <summary>Restoring does not ask whether the page's tags are newer than the saved ones.</summary>
    public static IArchitecture RestoreOverwrites { get; } = new ArchVariant("arm64-restore-overwrites", "restores over tags that the page has already", era => new Overwrites(new Mte(era)));

    /// <summary>Saving stores the tags first, and gives up afterwards.</summary>
    public static IArchitecture PrepareFails { get; } = new ArchVariant("arm64-prepare-fails", "leaves saved tags behind when arch_prepare_to_swap() fails", era => new HalfSaved(new Mte(era)));

    /// <summary>The design that the thread discarded: saved tags go when they are restored, and only then.</summary>
    public static IArchitecture FreedInSetPte { get; } = new ArchVariant("arm64-freed-in-set-pte", "drops saved tags in set_pte_at() only", era => new DropsInSetPte(new Mte(era)));

    private sealed class OverTags(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void SetPteAt(ref MachineState s, MmId mm, Vpn address, Pte pte)
        {
            base.SetPteAt(ref s, mm, address, pte);
            if (pte.IsPresent) s.Folio(pte.Pfn).Set(FolioFlags.ArchTagged);
        }
    }

    private sealed class UntaggedSkipped(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void SetPteAt(ref MachineState s, MmId mm, Vpn address, Pte pte)
        {
            if (pte.IsPresent && !pte.IsTagged) s.Pte(mm, address) = pte;
            else base.SetPteAt(ref s, mm, address, pte);
        }
    }

    private sealed class Overwrites(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void ArchSwapRestore(ref MachineState s, SwapEntry entry, Pfn folio)
        {
            s.Folio(folio).Clear(FolioFlags.ArchTagged);
            base.ArchSwapRestore(ref s, entry, folio);
        }
    }

    private sealed class HalfSaved(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override bool ArchPrepareToSwap(ref MachineState s, Pfn folio)
        {
            ref var page = ref s.Folio(folio);
            if (page.Test(FolioFlags.ArchTagged)) s.Metadata.Save(page.Entry, page.Tags);
            return base.ArchPrepareToSwap(ref s, folio);
        }
    }

    private sealed class DropsInSetPte(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void ArchSwapInvalidatePage(ref MachineState s, SwapEntry entry)
        {
        }

        public override void SetPteAt(ref MachineState s, MmId mm, Vpn address, Pte pte)
        {
            var old = s.Pte(mm, address);
            if (pte.IsPresent && old.IsSwap) Inner.ArchSwapRestore(ref s, old.Entry, pte.Pfn);
            base.SetPteAt(ref s, mm, address, pte);
            if (!pte.IsPresent || !old.IsSwap) return;
            s.Metadata.Erase(old.Entry);
            s.Metadata.Owed &= ~old.Entry.Bit;
        }
    }
}
