using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Arch.Native;

/// <summary>sparc's adi_save_tags() and adi_restore_tags() themselves, in place of the hand-written ones; who calls them (asm/pgtable_64.h, arch_unmap_one() and arch_do_swap_page()) stands here.</summary>
/// <param name="written">The hand-written hooks.</param>
/// <param name="function">C/adi.c, hooks_adi().</param>
internal sealed unsafe class NativeAdi(IArchHooks written, nint function) : DelegatingHooks(written)
{
    private const int Save = 0;
    private const int Restore = 1;

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
            m.Observe(Observation.RestoredAt(new PageAt(mm, last ? new Vpn(before.First) : address), new PageAt(mm, last ? new Vpn(before.Last) : address)));
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
            if (Range.Of(in m.ReadRange(RangeId.Of(mm, i))) is { Users: 0, Kept: 0 }) continue;
            m.WriteRange(RangeId.Of(mm, i)) = default;
        }
    }

    private static Call Given(in Memory m, MmId mm, Vpn address, Pfn page)
    {
        var call = new Call { Page = address.Value, Frame = TagBytes.Of(m.ReadFrame(page).Tags) };
        for (var i = 0; i < Capacity.RangesPerMm; i++) call.Ranges[i] = Range.Of(in m.ReadRange(RangeId.Of(mm, i)));
        return call;
    }

    private static void Take(in Memory m, MmId mm, in Call given, in Call call)
    {
        if (call.Beyond != 0) throw new CapacityException($"sparc's tag store has more descriptors in use than the {Capacity.RangesPerMm} of the modelled machine");
        for (var i = 0; i < Capacity.RangesPerMm; i++)
        {
            if (call.Ranges[i] != given.Ranges[i]) m.WriteRange(RangeId.Of(mm, i)) = call.Ranges[i].ToState();
        }
    }

    /// <summary>A descriptor (C/adi.c, struct range).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Range : IEquatable<Range>
    {
        public byte Users, First, Last, Kept;
        public PageBytes Tags;

        public static bool operator ==(Range left, Range right) => left.Equals(right);

        public static bool operator !=(Range left, Range right) => !left.Equals(right);

        /// <summary>In the state the beginning of a range without users says what its pointer is.</summary>
        public static Range Of(in AddressRange range)
        {
            var made = new Range { Users = range.Users, First = range.Start, Last = range.End };
            if (range.Users == 0) return new Range { Kept = range.Start };
            for (var page = 0; page < Capacity.Pages; page++) made.Tags[page] = TagBytes.Of(range.Tags[page]);
            return made;
        }

        public readonly AddressRange ToState()
        {
            if (Users == 0) return new AddressRange { Start = Kept };
            var range = new AddressRange { Users = Users, Start = First, End = Last };
            for (var page = 0; page < Capacity.Pages; page++) range.Tags[page] = Tags[page].Tags();
            return range;
        }

        public readonly bool Equals(Range other) => MemoryMarshal.AsBytes(new ReadOnlySpan<Range>(in this)).SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<Range>(in other)));

        public override readonly bool Equals(object? obj) => obj is Range other && Equals(other);

        public override readonly int GetHashCode() => HashCode.Combine(Users, First, Last, Kept);
    }

    /// <summary>C/adi.c, struct adi_call.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Call
    {
        public Outcome Outcome;
        public byte Page, Fail;
        public short Padding;
        public TagBytes Frame;
        public RangeArray Ranges;
        public int Beyond;
    }

    [InlineArray(Capacity.Pages)]
    private struct PageBytes
    {
        private TagBytes _element;
    }

    [InlineArray(Capacity.RangesPerMm)]
    private struct RangeArray
    {
        private Range _element;
    }
}
