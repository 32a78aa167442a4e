using Hooks.Arch.Sparc;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Xunit;

namespace Hooks.Properties.Arch;

/// <summary>sparc's hooks one by one, called as the kernel calls them: ranges, their users, and what they leave alone.</summary>
public class AdiTests
{
    private const byte Last = Capacity.Pages - 1;

    private static readonly MmId P0 = new(0);
    private static readonly MmId P1 = new(1);
    private static readonly Pfn One = new(1);
    private static readonly Pfn Two = new(2);
    private static readonly PageTags Five = PageTags.All(5);
    private static readonly Vma TaggedVma = Vma.Anonymous.With(VmaFlags.Tagged);
    private static readonly Pte Tagged = Pte.MkPte(One, TaggedVma);
    private static readonly Pte Swapped = Pte.OfEntry(SwapEntry.Of(0, 1));
    private static readonly IArchHooks Hooks = new SparcArchitecture().Hooks(KernelCatalogue.Get("v6.5"));

    [Theory]
    [InlineData("v5.16", false)]
    [InlineData("v5.19", false)]
    [InlineData("debian-6.1.192", false)]
    [InlineData("series-v1-1", true)]
    [InlineData("v6.5", true)]
    public void The_exclusive_bit_was_taken_from_the_type_in_6_3(string kernel, bool exclusiveBit)
    {
        var hooks = new SparcArchitecture().Hooks(KernelCatalogue.Get(kernel));
        Assert.Equal("sparc", hooks.Name);
        Assert.Equal(exclusiveBit, hooks.HasPteSwpExclusive);
        Assert.Equal(new SwapPteLayout(13, exclusiveBit ? 7 : 8, 21, 42, exclusiveBit ? 20 : -1, -1, -1, 0x8000_0000_0000_1fff), hooks.SwapPte);
    }

    [Theory]
    [InlineData(0, 0, Last)]
    [InlineData(1, 1, Last)]
    [InlineData(Last, Last, Last)]
    public void A_first_range_goes_from_the_address_upwards(byte at, byte start, byte end)
    {
        var s = new BareMachine();
        Assert.True(Save(s, P0, at));
        Assert.Equal((1, start, end), Range(s, P0, 0));
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(1, 0, 1)]
    public void Below_another_range_it_takes_the_whole_hole(byte at, byte start, byte end)
    {
        var s = new BareMachine();
        s.State._metadata.Range(RangeId.Of(P0, 0)) = new AddressRange { Users = 1, Start = 2, End = 3 };
        Assert.True(Save(s, P0, at));
        Assert.Equal((1, start, end), Range(s, P0, 1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Between_two_ranges_too(byte at)
    {
        var s = new BareMachine();
        s.State._metadata.Range(RangeId.Of(P0, 0)) = new AddressRange { Users = 1, Start = 3, End = 3 };
        s.State._metadata.Range(RangeId.Of(P0, 2)) = new AddressRange { Users = 1, Start = 0, End = 0 };
        Assert.True(Save(s, P0, at));
        Assert.Equal((1, 1, 2), Range(s, P0, 1));
    }

    [Fact]
    public void Above_another_range_it_begins_at_the_address()
    {
        var s = new BareMachine();
        s.State._metadata.Range(RangeId.Of(P0, 0)) = new AddressRange { Users = 1, Start = 0, End = 1 };
        Assert.True(Save(s, P0, 3));
        Assert.Equal((1, 3, Last), Range(s, P0, 1));
    }

    [Fact]
    public void The_ranges_of_the_next_process_are_not_looked_at()
    {
        var s = new BareMachine();
        s.State._metadata.Range(RangeId.Of(P1, 0)) = new AddressRange { Users = 1, Start = 1, End = 3 };
        s.State._metadata.Range(RangeId.Of(P1, 1)) = new AddressRange { Users = 1, Start = 0, End = 0 };
        s.State._metadata.Range(RangeId.Of(P1, 0)).Tags[2] = Five;
        Hooks.ArchDoSwapPage(s.On(Hooks), P0, new Vpn(2), Tagged, Swapped);
        Assert.Equal(default, s.State._frames[One.Value].Tags);
        Assert.True(Save(s, P0, 0));
        Assert.Equal((1, 0, Last), Range(s, P0, 0));
        Assert.Equal((1, 1, 3), Range(s, P1, 0));
    }

    [Fact]
    public void The_first_free_descriptor_is_taken_and_without_one_the_page_stays()
    {
        var s = new BareMachine();
        for (byte at = 0; at < Capacity.RangesPerMm; at++)
        {
            s.State._metadata.Range(RangeId.Of(P0, at)) = new AddressRange { Users = 1, Start = 3, End = 3 };
            s.State._metadata.Range(RangeId.Of(P1, at)) = new AddressRange { Users = 1, Start = 3, End = 3 };
        }

        s.State._globals.Faults[(int)FaultKind.Unmap] = 5;
        var before = s.State;
        Assert.False(Save(s, P0, 1));
        s.State._frames[One.Value].Tags = before._frames[One.Value].Tags;
        Assert.True(s.State == before);
        s.State._metadata.Range(RangeId.Of(P0, 2)) = default;
        s.State._metadata.Range(RangeId.Of(P0, 0)) = default;
        Assert.True(Save(s, P0, 1));
        Assert.Equal((1, 0, 2), Range(s, P0, 0));
        Assert.Equal((0, 0, 0), Range(s, P0, 2));
        Assert.Equal(4, s.State._globals.Faults[(int)FaultKind.Unmap]);
    }

    [Fact]
    public void Memory_is_asked_for_when_a_range_is_made_and_not_when_it_is_there()
    {
        var s = new BareMachine();
        s.State._globals.Faults[(int)FaultKind.Unmap] = 1;
        Assert.False(Save(s, P0, 0));
        Assert.Equal((0, 0, 0), Range(s, P0, 0));
        Assert.Equal(Mark.FaultInjected, s.Report.Marks);
        Assert.True(Save(s, P0, 0));
        s.State._globals.Faults[(int)FaultKind.Unmap] = 1;
        Assert.True(Save(s, P0, 0));
        Assert.Equal((2, 0, Last), Range(s, P0, 0));
        Assert.Equal(1, s.State._globals.Faults[(int)FaultKind.Unmap]);
        Assert.Equal(Mark.FaultInjected | Mark.MetadataSaved, s.Said());
        Assert.Equal(BitSet<PageAt>.Of(new PageAt(P0, new Vpn(0))), s.Ghost.SavedAt);
    }

    [Fact]
    public void A_mapping_without_tags_saves_nothing()
    {
        var s = new BareMachine();
        Assert.True(Hooks.ArchUnmapOne(s.On(Hooks), P0, new Vpn(0), Pte.MkPte(One, Vma.Anonymous)));
        Assert.True(s.State == default);
        Assert.Equal(0, s.Report.Observations.Count);
        Assert.Equal(Mark.None, s.Said());
    }

    [Fact]
    public void Restoring_zeroes_what_it_reads_and_the_last_user_gives_the_range_up()
    {
        var s = new BareMachine();
        Save(s, P0, 0);
        Save(s, P0, 1);
        s.Said();
        Assert.Equal(BitSet<PageAt>.Of(new PageAt(P0, new Vpn(0))).With(new PageAt(P0, new Vpn(1))), s.Ghost.SavedAt);
        s.Report.Marks = Mark.CacheHit;
        Restore(s, P0, 1, Tagged, Swapped);
        Assert.Equal(Five, s.State._frames[One.Value].Tags);
        Assert.Equal(Mark.CacheHit | Mark.MetadataRestored | Mark.MetadataDropped, s.Said());
        Assert.Equal((1, 0, Last), Range(s, P0, 0));
        Assert.Equal(BitSet<PageAt>.Of(new PageAt(P0, new Vpn(0))), s.Ghost.SavedAt);
        Assert.Equal(default, s.State._metadata.Range(RangeId.Of(P0, 0)).Tags[1]);

        // A page that was never saved gets zeroes, and takes the last user away.
        s.Report.Marks = Mark.MetadataDropped;
        Restore(s, P0, 2, Tagged, Swapped);
        Assert.Equal(default, s.State._frames[One.Value].Tags);
        Assert.Equal(Mark.MetadataDropped, s.Said());
        Assert.True(s.State._metadata.Range(RangeId.Of(P0, 0)) is { Users: 0, Start: 0, End: 0 });
        Assert.False(s.Ghost.SavedAt.Any);
        Assert.Equal(default, s.State._metadata.Range(RangeId.Of(P0, 0)).Tags[0]);
    }

    [Fact]
    public void Nothing_is_restored_without_an_old_entry_tags_or_a_range()
    {
        var s = new BareMachine();
        Save(s, P0, 2);
        foreach (var (mm, at, pte, old) in new[] { (P0, (byte)2, Tagged, Pte.None), (P0, (byte)2, Pte.MkPte(One, Vma.Anonymous), Swapped), (P0, (byte)1, Tagged, Swapped), (P1, (byte)2, Tagged, Swapped) })
        {
            var before = s.State;
            s.Said();
            Hooks.ArchDoSwapPage(s.On(Hooks), mm, new Vpn(at), pte, old);
            Assert.True(before == s.State);
            Assert.Equal(0, s.Report.Observations.Count);
        }

        Restore(s, P0, 2, Tagged, Swapped);
        Assert.Equal(0, Range(s, P0, 0).Users);
    }

    [Fact]
    public void A_copy_has_the_tags_in_a_tagged_mapping_and_none_in_another()
    {
        var s = new BareMachine();
        s.State._frames[One.Value].Tags = Five;
        s.State._frames[Two.Value].Tags = PageTags.PreviousOwner;
        Hooks.CopyHighpage(s.On(Hooks), Two, One, Vma.Anonymous);
        Assert.Equal(default, s.State._frames[Two.Value].Tags);
        Hooks.CopyHighpage(s.On(Hooks), Two, One, TaggedVma);
        Assert.Equal(Five, s.State._frames[Two.Value].Tags);
        Hooks.ClearHighpage(s.On(Hooks), Two, Vma.Anonymous);
        Assert.Equal(default, s.State._frames[Two.Value].Tags);
    }

    [Fact]
    public void A_processs_store_is_its_own_and_goes_with_it()
    {
        foreach (var ends in new[] { true, false })
        {
            var s = new BareMachine();
            for (byte i = 0; i < Capacity.RangesPerMm; i++)
            {
                s.State._metadata.Range(RangeId.Of(P0, i)) = new AddressRange { Users = 1, Start = i, End = i };
                s.State._metadata.Range(RangeId.Of(P1, i)) = s.State._metadata.Range(RangeId.Of(P0, i));
            }

            if (ends) Hooks.DestroyContext(s.On(Hooks), P0);
            else Hooks.InitNewContext(s.On(Hooks), P0);
            for (byte i = 0; i < Capacity.RangesPerMm; i++)
            {
                Assert.Equal((0, 0, 0), Range(s, P0, i));
                Assert.Equal((1, i, i), Range(s, P1, i));
            }
        }
    }

    private static bool Save(BareMachine s, MmId mm, byte page)
    {
        s.State._frames[One.Value].Tags = Five;
        return Hooks.ArchUnmapOne(s.On(Hooks), mm, new Vpn(page), Tagged);
    }

    private static void Restore(BareMachine s, MmId mm, byte page, Pte pte, Pte old)
    {
        s.State._frames[One.Value].Tags = PageTags.PreviousOwner;
        Hooks.ArchDoSwapPage(s.On(Hooks), mm, new Vpn(page), pte, old);
    }

    private static (int Users, byte Start, byte End) Range(BareMachine s, MmId mm, int index)
    {
        ref readonly var range = ref s.State._metadata.Range(RangeId.Of(mm, index));
        return (range.Users, range.Start, range.End);
    }
}
