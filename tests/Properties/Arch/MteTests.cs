using Hooks.Arch.Arm64;
using Hooks.Core.Arch;
using Hooks.Core.Mm;
using Xunit;

namespace Hooks.Properties.Arch;

/// <summary>arm64's hooks one by one, called as the kernel calls them: what each does to page and store, and what it leaves alone.</summary>
public class MteTests
{
    private static readonly MmId P0 = new(0);
    private static readonly Vpn A = new(0);
    private static readonly Pfn One = new(1);
    private static readonly Pfn Two = new(2);
    private static readonly SwapEntry Entry = SwapEntry.Of(0, 1);
    private static readonly PageTags Old = PageTags.All(5);
    private static readonly PageTags New = PageTags.All(6);

    [Theory]
    [InlineData(HookEra.Linux5_16, false, true)]
    [InlineData(HookEra.Linux5_19, true, true)]
    [InlineData(HookEra.Linux6_4, true, true)]
    [InlineData(HookEra.SeriesV1Part2, true, true)]
    [InlineData(HookEra.Linux6_5, true, false)]
    [InlineData(HookEra.Linux6_10, true, false)]
    public void Each_era_has_its_own(HookEra era, bool exclusiveBit, bool restoresInSetPteAt)
    {
        var hooks = Hooks(era);
        Assert.Equal("arm64", hooks.Name);
        Assert.Equal(exclusiveBit, hooks.HasPteSwpExclusive);
        Assert.Equal(exclusiveBit ? 2 : -1, hooks.SwapPte?.Exclusive);
        var s = SwappedOut();
        hooks.SetPteAt(ref s, P0, A, Pte.MkPte(One, VmaFlags.Tagged));
        Assert.Equal(restoresInSetPteAt ? Old : default, s.Folio(One).Tags);
        Assert.Equal(restoresInSetPteAt, (s.Events & Event.MetadataRestored) != 0);
        Assert.Equal(Pte.MkPte(One, VmaFlags.Tagged), s.Pte(P0, A));
    }

    [Fact]
    public void The_layout_is_that_of_6_12_from_6_10_on_and_has_a_bit_for_userfaultfd()
    {
        Assert.Equal(new SwapPteLayout(6, 5, 12, 50, 2, -1, 3, 0x803), Hooks(HookEra.Linux6_10).SwapPte);
        Assert.True(Hooks(HookEra.Linux6_10).HasUffdWp);
        Assert.False(Hooks(HookEra.Linux6_5).HasUffdWp);
    }

    [Fact]
    public void The_layout_is_that_of_6_1_until_6_9() =>
        Assert.Equal(new SwapPteLayout(3, 5, 8, 50, 2, -1, -1, 0x0400_0000_0000_0003), Hooks(HookEra.Linux6_5).SwapPte);

    [Fact]
    public void Set_pte_at_clears_what_nobody_has_initialised_but_only_through_a_tagged_mapping()
    {
        foreach (var vma in new[] { VmaFlags.None, VmaFlags.Tagged })
        {
            var s = new MachineState();
            s.Folio(One).Tags = PageTags.PreviousOwner;
            Hooks(HookEra.Linux5_19).SetPteAt(ref s, P0, A, Pte.MkPte(One, vma));
            Assert.Equal(vma == VmaFlags.Tagged ? default : PageTags.PreviousOwner, s.Folio(One).Tags);
            Assert.Equal(vma == VmaFlags.Tagged, s.Folio(One).Test(FolioFlags.ArchTagged));
        }
    }

    [Fact]
    public void A_page_whose_tags_were_never_initialised_has_nothing_to_save_and_that_cannot_fail()
    {
        var s = new MachineState();
        s.Folio(One).Entry = Entry;
        s.Faults[(int)FaultKind.Save] = 1;
        Assert.True(Hooks(HookEra.Linux6_5).ArchPrepareToSwap(ref s, One));
        Assert.Equal(0UL, s.Metadata.Saved);
        Assert.Equal(Event.None, s.Events);
        Assert.Equal(1, s.Faults[(int)FaultKind.Save]);
    }

    [Fact]
    public void Saving_keeps_the_tags_under_the_pages_entry_and_says_so()
    {
        var s = new MachineState { Events = Event.CacheHit };
        s.Folio(One) = new Folio { Entry = Entry, Tags = Old, Flags = FolioFlags.ArchTagged };
        Assert.True(Hooks(HookEra.Linux6_5).ArchPrepareToSwap(ref s, One));
        Assert.True(Hooks(HookEra.Linux6_5).ArchPrepareToSwap(ref s, One));
        Assert.Equal(Event.CacheHit | Event.MetadataSaved, s.Events);
        Assert.True(s.Metadata.TryLoad(Entry, out var tags));
        Assert.Equal(Old, tags);
    }

    [Fact]
    public void Restoring_keeps_the_copy_leaves_newer_tags_alone_and_says_when_there_was_something()
    {
        var hooks = Hooks(HookEra.Linux6_5);
        var s = SwappedOut();
        s.Events = Event.CacheHit;
        hooks.ArchSwapRestore(ref s, Entry, One);
        hooks.ArchSwapRestore(ref s, Entry, Two);
        Assert.Equal((Old, Old), (s.Folio(One).Tags, s.Folio(Two).Tags));
        Assert.Equal(Event.CacheHit | Event.MetadataRestored, s.Events);
        s.Folio(One).Tags = New;
        hooks.ArchSwapRestore(ref s, Entry, One);
        Assert.Equal(New, s.Folio(One).Tags);

        s.Metadata.Save(Entry, default);
        s.Folio(Two) = default;
        s.Events = Event.None;
        hooks.ArchSwapRestore(ref s, Entry, Two);
        Assert.True(s.Folio(Two).Test(FolioFlags.ArchTagged));
        Assert.Equal(Event.None, s.Events);
    }

    [Fact]
    public void Newer_tags_of_a_page_with_an_older_saved_copy_are_not_cleared_by_mapping_it()
    {
        var s = SwappedOut();
        s.Folio(One).Tags = New;
        s.Folio(One).Set(FolioFlags.ArchTagged);
        Hooks(HookEra.Linux5_19).SetPteAt(ref s, P0, A, Pte.MkPte(One, VmaFlags.Tagged));
        Assert.Equal(New, s.Folio(One).Tags);
    }

    [Fact]
    public void Invalidating_an_area_takes_every_slot_of_it_and_none_of_another()
    {
        var s = new MachineState();
        for (var type = 0; type < Capacity.Areas; type++)
        {
            for (var offset = 1; offset <= Capacity.SlotsPerArea; offset++) s.Metadata.Save(SwapEntry.Of(type, offset), Old);
        }

        Hooks(HookEra.Linux6_5).ArchSwapInvalidateArea(ref s, 0);
        Assert.Equal(ulong.MaxValue << Capacity.SlotsPerArea, s.Metadata.Saved);
        Hooks(HookEra.Linux6_5).ArchSwapInvalidatePage(ref s, SwapEntry.Of(1, 1));
        Assert.Equal(ulong.MaxValue << (Capacity.SlotsPerArea + 1), s.Metadata.Saved);
    }

    [Fact]
    public void A_new_page_is_cleared_of_tags_in_a_tagged_mapping_only()
    {
        foreach (var vma in new[] { VmaFlags.Mapped, VmaFlags.Mapped | VmaFlags.Tagged })
        {
            var s = new MachineState();
            s.Folio(One).Tags = PageTags.PreviousOwner;
            Hooks(HookEra.Linux6_5).ClearHighpage(ref s, One, vma);
            var cleared = (vma & VmaFlags.Tagged) != 0;
            Assert.Equal(cleared ? default : PageTags.PreviousOwner, s.Folio(One).Tags);
            Assert.Equal(cleared, s.Folio(One).Test(FolioFlags.ArchTagged));
        }
    }

    [Fact]
    public void Only_series_v1_restores_in_the_generic_hook_and_only_from_a_swap_entry()
    {
        foreach (var era in Enum.GetValues<HookEra>())
        {
            foreach (var old in new[] { Pte.OfEntry(Entry), Pte.MkPte(new Pfn(Entry.Value), VmaFlags.Tagged) })
            {
                var s = SwappedOut();
                Hooks(era).ArchDoSwapPage(ref s, P0, A, Pte.MkPte(Two, VmaFlags.Tagged), old);
                Assert.Equal(era == HookEra.SeriesV1Part2 && old.IsSwap ? Old : default, s.Folio(Two).Tags);
            }
        }
    }

    [Fact]
    public void Tags_are_copied_with_a_page_if_they_are_initialised()
    {
        var s = new MachineState();
        s.Folio(One) = new Folio { Tags = Old };
        Hooks(HookEra.Linux6_5).CopyHighpage(ref s, Two, One, VmaFlags.Tagged);
        Assert.False(s.Folio(Two).Test(FolioFlags.ArchTagged));
        s.Folio(One).Set(FolioFlags.ArchTagged);
        Hooks(HookEra.Linux6_5).CopyHighpage(ref s, Two, One, VmaFlags.None);
        Assert.Equal(Old, s.Folio(Two).Tags);
        Assert.True(s.Folio(Two).Test(FolioFlags.ArchTagged));
    }

    /// <summary>Page a of P0 is in swap, its tags saved; pfn 1 and 2 are new pages.</summary>
    private static MachineState SwappedOut()
    {
        var s = new MachineState();
        s.Pte(P0, A) = Pte.OfEntry(Entry);
        s.Metadata.Save(Entry, Old);
        return s;
    }

    private static IArchHooks Hooks(HookEra era) => new Arm64Architecture().Hooks(era);
}
