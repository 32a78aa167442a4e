using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Arch.Native;

/// <summary>sparc's adi_save_tags() and adi_restore_tags() themselves, in place of the hand-written ones; who calls them (asm/pgtable_64.h, arch_unmap_one() and arch_do_swap_page()) stands here.</summary>
/// <param name="written">The hand-written hooks.</param>
/// <param name="function">C/adi.c, hooks_adi().</param>
/// <param name="addresses">Where pages lie; null: next to each other, far from the ends of the address space, all in one page table.</param>
internal sealed unsafe class NativeAdi(IArchHooks written, nint function, PageAddresses? addresses) : DelegatingHooks(written)
{
    private const int Save = 0;
    private const int Restore = 1;
    private const uint PageSize = 8192;
    private const ulong UsualBase = 0x8000_0000;
    private const ulong RangeBytes = 1024 * PageSize;

    private readonly delegate* unmanaged<Call*, int, void> _call = (delegate* unmanaged<Call*, int, void>)function;

    /// <inheritdoc/>
    public override bool CountsMemory => true;

    /// <inheritdoc/>
    public override bool HasLargeFolios => false;

    /// <inheritdoc/>
    public override bool ArchUnmapOne(in Memory m, MmId mm, Vpn address, Pte oldPte)
    {
        if (!oldPte.IsTagged) return true;
        var given = Given(in m, mm, address, oldPte.Pfn);
        RunBeside(in m, mm, address, in given, Save);
        var call = given;
        _call(&call, Save);
        if (call.Outcome.Asked > 0 && m.Strikes(FaultKind.Unmap))
        {
            // The same again, and this time the last of its allocations fails.
            given.Fail = (byte)call.Outcome.Asked;
            call = given;
            _call(&call, Save);
        }

        if (!call.Outcome.Tell(in m)) return false;
        Take(in m, mm, in given, in call);
        if (call.Outcome.Result != 0) return false;
        m.Observe(Observation.SavedAt(new PageAt(mm, address)));
        m.Count(Mark.MetadataSaved);
        return true;
    }

    /// <inheritdoc/>
    public override void ArchDoSwapPage(in Memory m, MmId mm, Vpn address, Pte pte, Pte oldPte)
    {
        if (oldPte.IsNone || !pte.IsTagged) return;
        var given = Given(in m, mm, address, pte.Pfn);
        RunBeside(in m, mm, address, in given, Restore);
        var call = given;
        _call(&call, Restore);
        if (!call.Outcome.Tell(in m)) return;
        var tags = call.Frame.Tags();
        if (tags != given.Frame.Tags()) m.WriteFrame(pte.Pfn).Tags = tags;
        for (var i = 0; i < Capacity.RangesPerMm; i++)
        {
            ref readonly var before = ref given.Ranges[i];
            if (call.Ranges[i].Users >= before.Users) continue;
            if (before.Tags[address.Value].Tags() != default) m.Count(Mark.MetadataRestored);
            m.WriteFrame(pte.Pfn);
            var last = call.Ranges[i].Users == 0;
            ref readonly var range = ref m.ReadRange(RangeId.Of(mm, i));
            m.Observe(Observation.RestoredAt(new PageAt(mm, last ? new Vpn(range.Start) : address), new PageAt(mm, last ? new Vpn(range.End) : address)));
        }

        Take(in m, mm, in given, in call);
    }

    /// <inheritdoc/>
    public override void InitNewContext(in Memory m, MmId mm) => DestroyContext(in m, mm);

    /// <inheritdoc/>
    public override void DestroyContext(in Memory m, MmId mm)
    {
        for (var i = 0; i < Capacity.RangesPerMm; i++)
        {
            if (Of(in m.ReadRange(RangeId.Of(mm, i))) is { Users: 0, Kept: 0 }) continue;
            m.WriteRange(RangeId.Of(mm, i)) = default;
        }
    }

    /// <summary>
    /// Another task is about to map a page of another page table: it has that table's lock, or may get it, and its hook can come to any point of this one where the tag store's lock is free. Each is tried, by itself; what is saved is not
    /// changed by it, but what no kernel code may do is said.
    /// </summary>
    private void RunBeside(in Memory m, MmId mm, Vpn address, in Call given, int what)
    {
        if (addresses is null) return;
        for (byte p = 0; p < Capacity.Pages; p++)
        {
            var page = new Vpn(p);
            if (page == address || addresses.ShareAPageTable(page, address) || !m.ReadVma(mm, page).IsTagged || !m.IsAboutToBeMapped(mm, page, out var into)) continue;
            for (byte at = 1, most = 1; at <= most; at++)
            {
                var call = given;
                (call.BesidePage, call.BesideAt, call.BesideFrame) = (p, at, TagBytes.Of(m.ReadFrame(into).Tags));
                _call(&call, what);
                call.Outcome.TellOfMemory(in m);
                most = (byte)Math.Max(most, call.Outcome.Unlocks);
                if (call.Outcome.Wrong != 0) return;
            }
        }
    }

    private Call Given(in Memory m, MmId mm, Vpn address, Pfn page)
    {
        var call = new Call { Page = address.Value, Frame = TagBytes.Of(m.ReadFrame(page).Tags) };
        for (byte p = 0; p < Capacity.Pages; p++) call.Addresses[p] = AddressOf(p);
        for (var i = 0; i < Capacity.RangesPerMm; i++) call.Ranges[i] = Of(in m.ReadRange(RangeId.Of(mm, i)));
        return call;
    }

    private void Take(in Memory m, MmId mm, in Call given, in Call call)
    {
        if (call.Beyond != 0) throw new CapacityException($"sparc's tag store has more descriptors in use than the {Capacity.RangesPerMm} of the modelled machine");
        for (var i = 0; i < Capacity.RangesPerMm; i++)
        {
            if (call.Ranges[i] != given.Ranges[i]) m.WriteRange(RangeId.Of(mm, i)) = ToState(in call.Ranges[i]);
        }
    }

    private ulong AddressOf(byte page) => addresses is null ? UsualBase + ((ulong)page * PageSize) : (ulong)addresses[new Vpn(page)] * PageSize;

    /// <summary>In the state the beginning of a range without users says what its pointer is.</summary>
    private Range Of(in AddressRange range)
    {
        if (range.Users == 0) return new Range { Kept = range.Start };
        var made = new Range { Users = range.Users, Start = range.FirstByte, End = range.LastByte };
        if (addresses is null)
        {
            // A range that ends where another begins takes as much of the hole below it as a range has; one that does not, as much above it.
            var cut = range.End < Capacity.Pages - 1;
            var after = AddressOf(0) + (((ulong)range.End + 1) * PageSize);
            made.Start = cut && range.Start == 0 ? after - RangeBytes : AddressOf(range.Start);
            made.End = cut ? after - 1 : made.Start + RangeBytes - 1;
        }

        for (var page = 0; page < Capacity.Pages; page++) made.Tags[page] = TagBytes.Of(range.Tags[page]);
        return made;
    }

    private AddressRange ToState(in Range made)
    {
        if (made.Users == 0) return new AddressRange { Start = made.Kept };
        var range = new AddressRange { Users = made.Users, Start = Capacity.Pages };
        if (addresses is not null) (range.FirstByte, range.LastByte) = ((uint)made.Start, (uint)made.End);
        for (byte page = 0; page < Capacity.Pages; page++)
        {
            range.Tags[page] = made.Tags[page].Tags();
            if (AddressOf(page) < made.Start || AddressOf(page) + PageSize - 1 > made.End) continue;
            range.Start = Math.Min(range.Start, page);
            range.End = page;
        }

        return range;
    }

    /// <summary>A descriptor (C/adi.c, struct range).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Range : IEquatable<Range>
    {
        public ulong Start, End;
        public byte Users, Kept;
        public short Padding;
        public int MorePadding;
        public PageBytes Tags;

        public static bool operator ==(Range left, Range right) => left.Equals(right);

        public static bool operator !=(Range left, Range right) => !left.Equals(right);

        public readonly bool Equals(Range other) => MemoryMarshal.AsBytes(new ReadOnlySpan<Range>(in this)).SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<Range>(in other)));

        public override readonly bool Equals(object? obj) => obj is Range other && Equals(other);

        public override readonly int GetHashCode() => HashCode.Combine(Users, Start, End, Kept);
    }

    /// <summary>C/adi.c, struct adi_call.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Call
    {
        public Outcome Outcome;
        public byte Page, Fail;
        public short Padding;
        public TagBytes Frame;
        public byte BesidePage, BesideAt;
        public TagBytes BesideFrame;
        public int Beyond;
        public AddressArray Addresses;
        public RangeArray Ranges;
    }

    [InlineArray(Capacity.Pages)]
    private struct PageBytes
    {
        private TagBytes _element;
    }

    [InlineArray(Capacity.Pages)]
    private struct AddressArray
    {
        private ulong _element;
    }

    [InlineArray(Capacity.RangesPerMm)]
    private struct RangeArray
    {
        private Range _element;
    }
}
