using Hooks.Core.Arch;
using Hooks.Core.Mm;
using Xunit;

namespace Hooks.Properties.Mm;

/// <summary>Slots, the slot cache's rule and the half-full rule, against mm/swap_slots.c and include/linux/swap.h.</summary>
public class SwapFileTests
{
    private static readonly NoArch Arch = new();

    [Theory]
    [InlineData(320, false)]
    [InlineData(321, true)]
    public void The_slot_cache_starts_when_more_than_320_slots_are_free(int size, bool heldBack)
    {
        var s = Area(size);
        var entry = AllocateAndFree(s);
        Assert.Equal(heldBack, s.State.Slot(entry).IsHeldBack);
        Assert.Equal(heldBack ? 1 : 0, s.State._areas[0].InUse);
    }

    [Fact]
    public void It_goes_on_until_fewer_than_128_are_free_and_then_gives_everything_back_at_the_next_allocation()
    {
        var s = Area(321);
        var heldBack = AllocateAndFree(s);
        s.State._areas[0].InUse = 321 - 128;
        SwapFile.FolioAllocSwap(s.On(Arch));
        Assert.True(s.State.Slot(heldBack).IsHeldBack);
        s.State._areas[0].InUse = 321 - 127;
        SwapFile.FolioAllocSwap(s.On(Arch));
        Assert.False(s.State.Slot(heldBack).IsHeldBack);
        Assert.Equal(0, s.State.Globals.SlotCacheActive);
    }

    [Theory]
    [InlineData(1, 1, true)]
    [InlineData(2, 1, false)]
    [InlineData(4, 2, false)]
    [InlineData(4, 3, true)]
    [InlineData(5, 3, true)]
    public void Swap_is_full_when_more_than_half_of_it_is_in_use(int size, int used, bool full)
    {
        var s = Area(size);
        for (var i = 0; i < used; i++) Assert.False(SwapFile.FolioAllocSwap(s.On(Arch)).IsNone);
        Assert.Equal(full, SwapFile.VmSwapFull(s.On(Arch)));
    }

    [Fact]
    public void A_full_area_gives_nothing_and_the_next_one_is_used()
    {
        var s = Area(1);
        s.State._areas[1].Flags = AreaFlags.Used;
        s.State._areas[1].Pages = 1;
        Assert.Equal(SwapEntry.Of(0, 1), SwapFile.FolioAllocSwap(s.On(Arch)));
        Assert.Equal(SwapEntry.Of(1, 1), SwapFile.FolioAllocSwap(s.On(Arch)));
        Assert.True(SwapFile.FolioAllocSwap(s.On(Arch)).IsNone);
    }

    [Fact]
    public void More_slots_in_use_than_the_state_holds_is_a_clear_error()
    {
        var s = Area(8191);
        for (var i = 0; i < Capacity.SlotsPerArea; i++) SwapFile.FolioAllocSwap(s.On(Arch));
        var error = Assert.Throws<CapacityException>(() => SwapFile.FolioAllocSwap(s.On(Arch)));
        Assert.Contains(Sizes.In("more than {SLOTS} slots in use at once"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_slot_that_the_swap_cache_has_is_not_freed_by_its_last_swap_pte()
    {
        var s = Area(8);
        var entry = SwapFile.FolioAllocSwap(s.On(Arch));
        SwapFile.SwapDuplicate(s.On(Arch), entry);
        SwapFile.SwapFree(s.On(Arch), entry);
        Assert.False(s.State.Slot(entry).IsFree);
        SwapFile.PutHasCache(s.On(Arch), entry);
        Assert.True(s.State.Slot(entry).IsFree);
    }

    [Fact]
    public void Freeing_a_free_slot_is_noticed()
    {
        var s = Area(8);
        SwapFile.SwapFree(s.On(Arch), SwapEntry.Of(0, 1));
        Assert.Equal(Oops.BadSlotUse, s.Report.Oops);
        Assert.Equal(Mark.None, s.Said());
    }

    [Fact]
    public void With_swap_more_than_half_full_a_slot_that_only_the_swap_cache_has_is_taken_from_it()
    {
        var s = Area(3);
        var task = new KTask();
        var cached = SwapFile.FolioAllocSwap(s.On(Arch));
        var pfn = PageAlloc.Alloc(s.On(Arch), ref task);
        SwapFile.AddToSwapCache(s.On(Arch), pfn, cached);
        var other = SwapFile.FolioAllocSwap(s.On(Arch));
        Assert.Equal(cached, SwapFile.FolioAllocSwap(s.On(Arch)));
        Assert.False(s.State.Folio(pfn).Test(FolioFlags.SwapCache));
        Assert.False(s.State.Slot(other).IsFree);
    }

    [Fact]
    public void Only_a_slot_in_use_without_cache_can_be_claimed()
    {
        var s = Area(8);
        var entry = SwapEntry.Of(0, 1);
        Assert.False(SwapFile.SwapcachePrepare(s.On(Arch), entry));
        SwapFile.SwapDuplicate(s.On(Arch), entry);
        Assert.True(SwapFile.SwapcachePrepare(s.On(Arch), entry));
        Assert.False(SwapFile.SwapcachePrepare(s.On(Arch), entry));
    }

    private static BareMachine Area(int size)
    {
        var s = new BareMachine();
        s.State._areas[0].Flags = AreaFlags.Used;
        s.State._areas[0].Pages = (ushort)size;
        return s;
    }

    private static SwapEntry AllocateAndFree(BareMachine s)
    {
        var entry = SwapFile.FolioAllocSwap(s.On(Arch));
        SwapFile.SwapDuplicate(s.On(Arch), entry);
        SwapFile.PutHasCache(s.On(Arch), entry);
        SwapFile.SwapFree(s.On(Arch), entry);
        return entry;
    }
}
