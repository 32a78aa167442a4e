using Hooks.Arch.Sparc;
using Hooks.Core.Arch;
using Hooks.Core.Mm;
using Xunit;

namespace Hooks.Properties.Arch;

/// <summary>sparc's hooks one by one, called as the kernel calls them: ranges, their users, and what they leave alone.</summary>
public class AdiTests
{
    private static readonly MmId P0 = new(0);
    private static readonly MmId P1 = new(1);
    private static readonly Pfn One = new(1);
    private static readonly Pfn Two = new(2);
    private static readonly PageTags Five = PageTags.All(5);
    private static readonly Pte Tagged = Pte.MkPte(One, VmaFlags.Tagged);
    private static readonly Pte Swapped = Pte.OfEntry(SwapEntry.Of(0, 1));
    private static readonly IArchHooks Hooks = new SparcArchitecture().Hooks(HookEra.Linux6_5);

    [Theory]
    [InlineData(HookEra.Linux5_16, false)]
    [InlineData(HookEra.Linux5_19, false)]
    [InlineData(HookEra.Linux6_4, true)]
    [InlineData(HookEra.Linux6_5, true)]
    public void The_exclusive_bit_was_taken_from_the_type_in_6_3(HookEra era, bool exclusiveBit)
    {
        var hooks = new SparcArchitecture().Hooks(era);
        Assert.Equal("sparc", hooks.Name);
        Assert.Equal(exclusiveBit, hooks.HasPteSwpExclusive);
        Assert.Equal(new SwapPteLayout(13, exclusiveBit ? 7 : 8, 21, 42, exclusiveBit ? 20 : -1, -1, -1, 0x8000_0000_0000_1fff), hooks.SwapPte);
    }

    [Theory]
    [InlineData(0, 0, 3)]
    [InlineData(1, 1, 3)]
    [InlineData(3, 3, 3)]
    public void A_first_range_goes_from_the_address_upwards(byte at, byte start, byte end)
    {
        var s = new MachineState();
        Assert.True(Save(ref s, P0, at));
        Assert.Equal((1, start, end), Range(ref s, P0, 0));
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(1, 0, 1)]
    public void Below_another_range_it_takes_the_whole_hole(byte at, byte start, byte end)
    {
        var s = new MachineState();
        s.Metadata.Range(P0, 0) = new AddressRange { Users = 1, Start = 2, End = 3 };
        Assert.True(Save(ref s, P0, at));
        Assert.Equal((1, start, end), Range(ref s, P0, 1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Between_two_ranges_too(byte at)
    {
        var s = new MachineState();
        s.Metadata.Range(P0, 0) = new AddressRange { Users = 1, Start = 3, End = 3 };
        s.Metadata.Range(P0, 2) = new AddressRange { Users = 1, Start = 0, End = 0 };
        Assert.True(Save(ref s, P0, at));
        Assert.Equal((1, 1, 2), Range(ref s, P0, 1));
    }

    [Fact]
    public void Above_another_range_it_begins_at_the_address()
    {
        var s = new MachineState();
        s.Metadata.Range(P0, 0) = new AddressRange { Users = 1, Start = 0, End = 1 };
        Assert.True(Save(ref s, P0, 3));
        Assert.Equal((1, 3, 3), Range(ref s, P0, 1));
    }

    [Fact]
    public void The_ranges_of_the_next_process_are_not_looked_at()
    {
        var s = new MachineState();
        s.Metadata.Range(P1, 0) = new AddressRange { Users = 1, Start = 1, End = 3 };
        s.Metadata.Range(P1, 1) = new AddressRange { Users = 1, Start = 0, End = 0 };
        s.Metadata.Range(P1, 0).Tags[2] = Five;
        Hooks.ArchDoSwapPage(ref s, P0, new Vpn(2), Tagged, Swapped);
        Assert.Equal(default, s.Folio(One).Tags);
        Assert.True(Save(ref s, P0, 0));
        Assert.Equal((1, 0, 3), Range(ref s, P0, 0));
        Assert.Equal((1, 1, 3), Range(ref s, P1, 0));
    }

    [Fact]
    public void The_first_free_descriptor_is_taken_and_without_one_the_page_stays()
    {
        var s = new MachineState();
        for (byte at = 0; at < Capacity.RangesPerMm; at++)
        {
            s.Metadata.Range(P0, at) = new AddressRange { Users = 1, Start = 3, End = 3 };
            s.Metadata.Range(P1, at) = new AddressRange { Users = 1, Start = 3, End = 3 };
        }

        s.Faults[(int)FaultKind.Unmap] = 5;
        var before = s;
        Assert.False(Save(ref s, P0, 1));
        s.Folio(One).Tags = before.Folio(One).Tags;
        Assert.True(s == before);
        s.Metadata.Range(P0, 2) = default;
        s.Metadata.Range(P0, 0) = default;
        Assert.True(Save(ref s, P0, 1));
        Assert.Equal((1, 0, 2), Range(ref s, P0, 0));
        Assert.Equal((0, 0, 0), Range(ref s, P0, 2));
        Assert.Equal(4, s.Faults[(int)FaultKind.Unmap]);
    }

    [Fact]
    public void Memory_is_asked_for_when_a_range_is_made_and_not_when_it_is_there()
    {
        var s = new MachineState();
        s.Faults[(int)FaultKind.Unmap] = 1;
        Assert.False(Save(ref s, P0, 0));
        Assert.Equal((0, 0, 0), Range(ref s, P0, 0));
        Assert.Equal(Event.FaultInjected, s.Events);
        Assert.True(Save(ref s, P0, 0));
        s.Faults[(int)FaultKind.Unmap] = 1;
        Assert.True(Save(ref s, P0, 0));
        Assert.Equal((2, 0, 3), Range(ref s, P0, 0));
        Assert.Equal(1, s.Faults[(int)FaultKind.Unmap]);
        Assert.Equal(1, s.Metadata.Range(P0, 0).Saved);
        Assert.Equal(Event.FaultInjected | Event.MetadataSaved, s.Events);
    }

    [Fact]
    public void A_mapping_without_tags_saves_nothing()
    {
        var s = new MachineState();
        Assert.True(Hooks.ArchUnmapOne(ref s, P0, new Vpn(0), Pte.MkPte(One, VmaFlags.Mapped)));
        Assert.True(s == default);
    }

    [Fact]
    public void Restoring_zeroes_what_it_reads_and_the_last_user_gives_the_range_up()
    {
        var s = new MachineState();
        Save(ref s, P0, 0);
        Save(ref s, P0, 1);
        s.Events = Event.CacheHit;
        Restore(ref s, P0, 1, Tagged, Swapped);
        Assert.Equal(Five, s.Folio(One).Tags);
        Assert.Equal(Event.CacheHit | Event.MetadataRestored | Event.MetadataDropped, s.Events);
        Assert.Equal((1, 0, 3), Range(ref s, P0, 0));
        Assert.Equal(1, s.Metadata.Range(P0, 0).Saved);
        Assert.Equal(default, s.Metadata.Range(P0, 0).Tags[1]);

        // A page that was never saved gets zeroes, and takes the last user away.
        s.Events = Event.MetadataDropped;
        Restore(ref s, P0, 2, Tagged, Swapped);
        Assert.Equal(default, s.Folio(One).Tags);
        Assert.Equal(Event.MetadataDropped, s.Events);
        Assert.True(s.Metadata.Range(P0, 0) is { Users: 0, Start: 0, End: 0, Saved: 0 });
        Assert.Equal(default, s.Metadata.Range(P0, 0).Tags[0]);
    }

    [Fact]
    public void Nothing_is_restored_without_an_old_entry_tags_or_a_range()
    {
        var s = new MachineState();
        Save(ref s, P0, 2);
        foreach (var (mm, at, pte, old) in new[] { (P0, (byte)2, Tagged, Pte.None), (P0, (byte)2, Pte.MkPte(One, VmaFlags.Mapped), Swapped), (P0, (byte)1, Tagged, Swapped), (P1, (byte)2, Tagged, Swapped) })
        {
            var copy = s;
            Hooks.ArchDoSwapPage(ref copy, mm, new Vpn(at), pte, old);
            Assert.True(copy == s);
        }

        Restore(ref s, P0, 2, Tagged, Swapped);
        Assert.Equal(0, Range(ref s, P0, 0).Users);
    }

    [Fact]
    public void A_copy_has_the_tags_in_a_tagged_mapping_and_none_in_another()
    {
        var s = new MachineState();
        s.Folio(One).Tags = Five;
        s.Folio(Two).Tags = PageTags.PreviousOwner;
        Hooks.CopyHighpage(ref s, Two, One, VmaFlags.Mapped);
        Assert.Equal(default, s.Folio(Two).Tags);
        Hooks.CopyHighpage(ref s, Two, One, VmaFlags.Mapped | VmaFlags.Tagged);
        Assert.Equal(Five, s.Folio(Two).Tags);
        Hooks.ClearHighpage(ref s, Two, VmaFlags.Mapped);
        Assert.Equal(default, s.Folio(Two).Tags);
    }

    [Fact]
    public void A_processs_store_is_its_own_and_goes_with_it()
    {
        foreach (var ends in new[] { true, false })
        {
            var s = new MachineState();
            for (byte i = 0; i < Capacity.RangesPerMm; i++)
            {
                s.Metadata.Range(P0, i) = new AddressRange { Users = 1, Start = i, End = i, Saved = 1 };
                s.Metadata.Range(P1, i) = s.Metadata.Range(P0, i);
            }

            if (ends) Hooks.DestroyContext(ref s, P0);
            else Hooks.InitNewContext(ref s, P0);
            for (byte i = 0; i < Capacity.RangesPerMm; i++)
            {
                Assert.Equal((0, 0, 0), Range(ref s, P0, i));
                Assert.Equal((1, i, i), Range(ref s, P1, i));
            }
        }
    }

    private static bool Save(ref MachineState s, MmId mm, byte page)
    {
        s.Folio(One).Tags = Five;
        return Hooks.ArchUnmapOne(ref s, mm, new Vpn(page), Tagged);
    }

    private static void Restore(ref MachineState s, MmId mm, byte page, Pte pte, Pte old)
    {
        s.Folio(One).Tags = PageTags.PreviousOwner;
        Hooks.ArchDoSwapPage(ref s, mm, new Vpn(page), pte, old);
    }

    private static (int Users, byte Start, byte End) Range(ref MachineState s, MmId mm, int index)
    {
        ref var range = ref s.Metadata.Range(mm, index);
        return (range.Users, range.Start, range.End);
    }
}
