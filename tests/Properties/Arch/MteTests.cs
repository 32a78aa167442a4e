using Hooks.Arch.Arm64;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
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
    private static readonly Vma TaggedVma = Vma.Anonymous.With(VmaFlags.Tagged);
    private static readonly PageTags Old = PageTags.All(5);
    private static readonly PageTags New = PageTags.All(6);

    [Theory]
    [InlineData("v5.16", false, true)]
    [InlineData("v5.19", true, true)]
    [InlineData("debian-6.1.192", true, true)]
    [InlineData("series-v1-1", true, true)]
    [InlineData("series-v1-2", true, true)]
    [InlineData("v6.5", true, false)]
    [InlineData("v6.11", true, false)]
    public void Each_era_has_its_own(string kernel, bool exclusiveBit, bool restoresInSetPteAt)
    {
        var hooks = Hooks(kernel);
        Assert.Equal("arm64", hooks.Name);
        Assert.Equal(exclusiveBit, hooks.HasPteSwpExclusive);
        Assert.Equal(exclusiveBit ? 2 : -1, hooks.SwapPte.Exclusive);
        var s = SwappedOut();
        hooks.SetPteAt(s.On(hooks), P0, A, Pte.MkPte(One, TaggedVma));
        Assert.Equal(restoresInSetPteAt ? Old : default, s.State._frames[One.Value].Tags);
        Assert.Equal(restoresInSetPteAt, (s.Said() & Mark.MetadataRestored) != 0);
        Assert.Equal(Pte.MkPte(One, TaggedVma), s.State.Pte(P0, A));
    }

    [Fact]
    public void The_layout_is_that_of_6_12_from_6_10_on_and_has_a_bit_for_userfaultfd()
    {
        Assert.Equal(new SwapPteLayout(6, 5, 12, 50, 2, -1, 3, 0x803), Hooks("v6.11").SwapPte);
        Assert.True(Hooks("v6.11").HasUffdWp);
        Assert.False(Hooks("v6.5").HasUffdWp);
    }

    [Fact]
    public void The_layout_is_that_of_6_1_until_6_9() =>
        Assert.Equal(new SwapPteLayout(3, 5, 8, 50, 2, -1, -1, 0x0400_0000_0000_0003), Hooks("v6.5").SwapPte);

    [Fact]
    public void Set_pte_at_clears_what_nobody_has_initialised_but_only_through_a_tagged_mapping()
    {
        foreach (var vma in new[] { Vma.None, TaggedVma })
        {
            var s = new BareMachine();
            s.State._frames[One.Value].Tags = PageTags.PreviousOwner;
            Hooks("v5.19").SetPteAt(s.On(Hooks("v5.19")), P0, A, Pte.MkPte(One, vma));
            Assert.Equal(vma.IsTagged ? default : PageTags.PreviousOwner, s.State._frames[One.Value].Tags);
            Assert.Equal(vma.IsTagged, s.State._frames[One.Value].Test(PageFlags.ArchTagged));
        }
    }

    [Fact]
    public void A_page_whose_tags_were_never_initialised_has_nothing_to_save_and_that_cannot_fail()
    {
        var s = new BareMachine();
        s.State._folios[One.Value].Entry = Entry;
        s.State._globals.Faults[(int)FaultKind.Save] = 1;
        Assert.True(Hooks("v6.5").ArchPrepareToSwap(s.On(Hooks("v6.5")), One));
        Assert.False(s.State.Metadata.Saved.Any);
        Assert.False(s.Report.Written.SavedByEntry.Any);
        Assert.Equal(Mark.None, s.Said());
        Assert.Equal(1, s.State._globals.Faults[(int)FaultKind.Save]);
    }

    [Fact]
    public void Saving_keeps_the_tags_under_the_pages_entry_and_says_so()
    {
        var s = new BareMachine();
        s.Report.Marks = Mark.CacheHit;
        s.State._folios[One.Value].Entry = Entry;
        s.State._frames[One.Value] = new PageFrame { Tags = Old, Flags = PageFlags.ArchTagged };
        Assert.True(Hooks("v6.5").ArchPrepareToSwap(s.On(Hooks("v6.5")), One));
        Assert.True(Hooks("v6.5").ArchPrepareToSwap(s.On(Hooks("v6.5")), One));
        Assert.Equal(Mark.CacheHit | Mark.MetadataSaved, s.Said());
        Assert.True(s.State._metadata.TryLoad(Entry, out var tags));
        Assert.Equal(Old, tags);
    }

    [Fact]
    public void Restoring_keeps_the_copy_leaves_newer_tags_alone_and_says_when_there_was_something()
    {
        var hooks = Hooks("v6.5");
        var s = SwappedOut();
        s.Report.Marks = Mark.CacheHit;
        hooks.ArchSwapRestore(s.On(hooks), Entry, One);
        hooks.ArchSwapRestore(s.On(hooks), Entry, Two);
        Assert.Equal((Old, Old), (s.State._frames[One.Value].Tags, s.State._frames[Two.Value].Tags));
        Assert.Equal(Mark.CacheHit | Mark.MetadataRestored, s.Said());
        s.State._frames[One.Value].Tags = New;
        hooks.ArchSwapRestore(s.On(hooks), Entry, One);
        Assert.Equal(New, s.State._frames[One.Value].Tags);

        s.State._metadata.Save(Entry, default);
        s.State._frames[Two.Value] = default;
        s.Said();
        hooks.ArchSwapRestore(s.On(hooks), Entry, Two);
        Assert.True(s.State._frames[Two.Value].Test(PageFlags.ArchTagged));
        Assert.Equal(Mark.None, s.Said());
    }

    [Fact]
    public void Newer_tags_of_a_page_with_an_older_saved_copy_are_not_cleared_by_mapping_it()
    {
        var s = SwappedOut();
        s.State._frames[One.Value].Tags = New;
        s.State._frames[One.Value].Set(PageFlags.ArchTagged);
        Hooks("v5.19").SetPteAt(s.On(Hooks("v5.19")), P0, A, Pte.MkPte(One, TaggedVma));
        Assert.Equal(New, s.State._frames[One.Value].Tags);
    }

    [Fact]
    public void Invalidating_an_area_takes_every_slot_of_it_and_none_of_another()
    {
        var s = new BareMachine();
        for (var type = 0; type < Capacity.Areas; type++)
        {
            for (var offset = 1; offset <= Capacity.SlotsPerArea; offset++) s.State._metadata.Save(SwapEntry.Of(type, offset), Old);
        }

        Hooks("v6.5").ArchSwapInvalidateArea(s.On(Hooks("v6.5")), 0);
        var others = BitSet<SwapEntry>.UpTo(SwapEntry.Total).Except(BitSet<SwapEntry>.UpTo(Capacity.SlotsPerArea));
        Assert.Equal(others, s.State.Metadata.Saved);
        Hooks("v6.5").ArchSwapInvalidatePage(s.On(Hooks("v6.5")), SwapEntry.Of(1, 1));
        Assert.Equal(others.Without(SwapEntry.Of(1, 1)), s.State.Metadata.Saved);
    }

    [Fact]
    public void A_new_page_is_cleared_of_tags_in_a_tagged_mapping_only()
    {
        foreach (var vma in new[] { Vma.Anonymous, TaggedVma })
        {
            var s = new BareMachine();
            s.State._frames[One.Value].Tags = PageTags.PreviousOwner;
            Hooks("v6.5").ClearHighpage(s.On(Hooks("v6.5")), One, vma);
            var cleared = vma.IsTagged;
            Assert.Equal(cleared ? default : PageTags.PreviousOwner, s.State._frames[One.Value].Tags);
            Assert.Equal(cleared, s.State._frames[One.Value].Test(PageFlags.ArchTagged));
        }
    }

    [Fact]
    public void Only_series_v1_restores_in_the_generic_hook_and_only_from_a_swap_entry()
    {
        foreach (var kernel in KernelCatalogue.All.Select(k => k.Name))
        {
            foreach (var old in new[] { Pte.OfEntry(Entry), Pte.MkPte(new Pfn(Entry.Value), TaggedVma) })
            {
                var s = SwappedOut();
                Hooks(kernel).ArchDoSwapPage(s.On(Hooks(kernel)), P0, A, Pte.MkPte(Two, TaggedVma), old);
                Assert.Equal(kernel == "series-v1-2" && old.IsSwap ? Old : default, s.State._frames[Two.Value].Tags);
            }
        }
    }

    [Fact]
    public void Tags_are_copied_with_a_page_if_they_are_initialised()
    {
        var s = new BareMachine();
        s.State._frames[One.Value] = new PageFrame { Tags = Old };
        Hooks("v6.5").CopyHighpage(s.On(Hooks("v6.5")), Two, One, TaggedVma);
        Assert.False(s.State._frames[Two.Value].Test(PageFlags.ArchTagged));
        s.State._frames[One.Value].Set(PageFlags.ArchTagged);
        Hooks("v6.5").CopyHighpage(s.On(Hooks("v6.5")), Two, One, Vma.None);
        Assert.Equal(Old, s.State._frames[Two.Value].Tags);
        Assert.True(s.State._frames[Two.Value].Test(PageFlags.ArchTagged));
    }

    /// <summary>Page a of P0 is in swap, its tags saved; pfn 1 and 2 are new pages.</summary>
    private static BareMachine SwappedOut()
    {
        var s = new BareMachine();
        s.State._ptes[new PageAt(P0, A).Number] = Pte.OfEntry(Entry);
        s.State._metadata.Save(Entry, Old);
        return s;
    }

    private static IArchHooks Hooks(string kernel) => new Arm64Architecture().Hooks(KernelCatalogue.Get(kernel));
}
