using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hooks.Core.Mm;

namespace Hooks.Core.Search;

/// <summary>How much of the machine a search may use: part of the search, not of the type.</summary>
/// <param name="Mms">Address spaces.</param>
/// <param name="Pages">Pages of each.</param>
/// <param name="Operations">Operations at the most; each uses up one slot at the most, if there are no large folios.</param>
/// <param name="Large">Whether pages may come in large folios, and slots are given out by the neighbouring ones that are free.</param>
internal readonly record struct SearchScope(int Mms, int Pages, int Operations, bool Large = false)
{
    /// <summary>Tasks that never do anything: nobody need look.</summary>
    public BitSet<TaskId> Idle { get; init; }

    /// <summary>The pages that may be in use.</summary>
    public BitSet<PageAt> AllPages
    {
        get
        {
            var row = (1UL << Pages) - 1;
            var all = 0UL;
            for (var mm = 0; mm < Mms; mm++) all |= row << (mm * Capacity.Pages);
            return new(all);
        }
    }

    /// <summary>The most slots that can be in use at once: each is referred to by a page table entry, or only held by the swap cache; and no more than one comes with an operation.</summary>
    public int MostSlots => Math.Min(Operations, (Mms * Pages) + Capacity.Frames);

    /// <summary>Whether swap areas of so many slots are never more than half full.</summary>
    public bool LeavesHalfOf(int slots) => 2 * MostSlots <= slots;
}

/// <summary>
/// The canonical form of a world: what two worlds have in common that differ in names only, or in what nobody will ever look at. Page frames are numbered in
/// the order in which they are mentioned; so are slots, where the kernel's choice among them cannot depend on which is which; free frames and free slots
/// are left out with what they hold, and so is all that an idle task or a page without a pin has left behind. Only what is in use is written.
/// <para>
/// It is an abstraction, so it is proved (CanonicalTests): worlds with the same form take every step and every operation to the same form again, with the same outcome.
/// </para>
/// </summary>
internal ref struct Canonical
{
    /// <summary>More bytes than any form has.</summary>
    public const int MostBytes = 8192;

    private readonly ref readonly World _w;
    private readonly ref byte _out;
    private readonly bool _renamesSlots;
    private readonly SearchScope _scope;
    private BitSet<TaskId> _underWay;
    private Numbers _frames;
    private Numbers _slots;

    private Canonical(ref readonly World world, ref byte output, SearchScope scope)
    {
        _w = ref world;
        _out = ref output;
        _scope = scope;
        _renamesSlots = MayRenameSlots(in world, scope);
        for (var left = BitSet<TaskId>.UpTo(Capacity.Tasks).Except(scope.Idle); left.Any; left = left.Rest)
        {
            if (world.Tasks[left.First.Value].IsUnderWay) _underWay = _underWay.With(left.First);
        }
    }

    /// <summary>The 128-bit hash (XXH128) of the canonical form.</summary>
    /// <param name="world">A world.</param>
    /// <param name="scope">How much of it the search may use.</param>
    [SkipLocalsInit]
    public static UInt128 Hash(in World world, SearchScope scope)
    {
        Span<byte> form = stackalloc byte[MostBytes];
        return XxHash128.HashToUInt128(form[..Write(in world, scope, form)]);
    }

    /// <summary>The 128-bit hash (XXH128) of the canonical form and of something more that tells worlds apart.</summary>
    /// <param name="world">A world.</param>
    /// <param name="scope">How much of it the search may use.</param>
    /// <param name="more">What more.</param>
    [SkipLocalsInit]
    public static UInt128 Hash(in World world, SearchScope scope, ulong more)
    {
        Span<byte> form = stackalloc byte[MostBytes + sizeof(ulong)];
        var length = Write(in world, scope, form);
        BinaryPrimitives.WriteUInt64LittleEndian(form[length..], more);
        return XxHash128.HashToUInt128(form[..(length + sizeof(ulong))]);
    }

    /// <summary>Writes the canonical form.</summary>
    /// <param name="world">A world.</param>
    /// <param name="scope">How much of it the search may use.</param>
    /// <param name="output">Takes it; <see cref="MostBytes"/> suffice.</param>
    /// <returns>How many bytes it has.</returns>
    public static int Write(in World world, SearchScope scope, Span<byte> output)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(output.Length, MostBytes);
        var form = new Canonical(in world, ref MemoryMarshal.GetReference(output), scope);
        form.Number();
        return form.WriteAll();
    }

    /// <summary>
    /// The kernel takes the lowest free slot, so a slot's number is of no consequence, but in two places: with swap more than half full it takes slots from the
    /// swap cache on its way there, and swapoff goes by them. Where neither can happen, slots are names. A kernel that gives them out in turn goes by their numbers, and so
    /// does one that looks for neighbouring ones.
    /// </summary>
    private static bool MayRenameSlots(in World w, SearchScope scope)
    {
        if (scope.Large) return false;
        var total = 0;
        for (var i = 0; i < Capacity.Areas; i++)
        {
            ref readonly var area = ref w.State.Area(i);
            if (area.Is(AreaFlags.Off | AreaFlags.Unusing) || area.Next != 0) return false;
            total += area.Pages;
        }

        return scope.LeavesHalfOf(total);
    }

    /// <summary>Goes through all that mentions a frame or a slot, always in the same order.</summary>
    private void Number()
    {
        ref readonly var s = ref _w.State;
        if (!_renamesSlots) MentionSlotsAsTheyAre();
        for (var pages = _scope.AllPages; pages.Any; pages = pages.Rest)
        {
            Mention(s.Pte(pages.First));
            MentionFolioOf(s.Pin(pages.First).Pfn);
        }

        for (var left = _underWay; left.Any; left = left.Rest)
        {
            ref readonly var t = ref _w.Tasks[left.First.Value];
            for (var slot = 0; slot < 4; slot++) MentionFolioOf(new Pfn((byte)t.Slot(slot)));
            for (var slot = 4; slot < 6; slot++) MentionEntry((int)t.Slot(slot));
            for (var slot = 6; slot < 10; slot++) Mention(Unsafe.BitCast<uint, Pte>(t.Slot(slot)));
            for (var held = t.Held.Folios; held.Any; held = held.Rest) MentionFolioOf(held.First);
            for (var claimed = t.Claimed; claimed.Any; claimed = claimed.Rest) MentionEntry(claimed.First.Value);
        }

        // What is in the swap cache under a slot that was mentioned, and the slots of folios that were, until there is nothing new.
        for (int frames = 0, slots = 0; frames < _frames.Count || slots < _slots.Count;)
        {
            for (; slots < _slots.Count; slots++) MentionFolioOf(s.Slot(new SwapEntry((byte)_slots[slots])).Folio);
            for (; frames < _frames.Count; frames++) MentionEntry(s.Folio(new Pfn((byte)_frames[frames])).Entry.Value);
        }

        // What nobody mentions, and is not free.
        for (var type = 0; type < Capacity.Areas; type++)
        {
            for (var offset = 1; offset <= s.Area(type).HighWater; offset++)
            {
                var entry = SwapEntry.Of(type, offset);
                if (!s.Slot(entry).IsFree || s.Metadata.Saved.Contains(entry) || _w.Ghost.Owed.Contains(entry)) MentionEntry(entry.Value);
                MentionFolioOf(s.Slot(entry).Folio);
            }
        }

        var taken = s.Globals.LruBatch.Bits;
        for (var i = 1; i <= Capacity.Frames; i++)
        {
            var pfn = new Pfn((byte)i);
            taken |= (s.Folio(pfn).RefCount | s.FolioLock(pfn).Value) != 0 ? 1UL << i : 0;
        }

        for (var left = new BitSet<Pfn>(taken).Without(Pfn.None); left.Any; left = left.Rest) MentionFolioOf(left.First);
    }

    /// <summary>Slots keep their numbers: all that were ever used, in order.</summary>
    private void MentionSlotsAsTheyAre()
    {
        for (var type = 0; type < Capacity.Areas; type++)
        {
            for (var offset = 1; offset <= _w.State.Area(type).HighWater; offset++) MentionEntry(SwapEntry.Of(type, offset).Value);
        }
    }

    private void Mention(Pte pte)
    {
        if (pte.Kind is PteKind.Present or PteKind.Migration) MentionFolioOf(new Pfn(pte.Target));
        else if (pte.IsSwap) MentionEntry(pte.Target);
    }

    private void MentionEntry(int entry) => _slots.Mention(entry);

    /// <summary>A frame; those of a large folio are mentioned together, in order, so that their numbers say that they belong to each other.</summary>
    private void MentionFolioOf(Pfn pfn)
    {
        ref readonly var s = ref _w.State;
        var head = s.FolioOf(pfn);
        ref readonly var folio = ref s.Folio(head);
        if (!folio.IsLarge)
        {
            _frames.Mention(pfn.Value);
            return;
        }

        for (var i = 0; i < folio.Pages; i++) _frames.Mention(head.Value + i);
    }

    /// <summary>Writes all that there is. Whatever writes takes the place where it begins, and returns where it has ended.</summary>
    private readonly int WriteAll()
    {
        ref readonly var s = ref _w.State;
        var at = Put(0, s.Globals.SlotCacheActive);
        at = Put(at, s.Globals.SlotCacheDisabled);
        at = Put(at, s.Globals.AreaTurn);
        at = Put(at, s.Globals.SwapMax);
        for (var i = 0; i < FaultCounters.Kinds; i++) at = Put(at, s.Globals.Faults[i]);
        for (var i = 0; i < Capacity.Areas; i++) at = WriteArea(at, in s.Area(i));
        for (byte i = 0; i < _scope.Mms; i++) at = WriteMm(at, new MmId(i));
        for (var i = 0; i < _frames.Count; i++) at = WriteFrame(at, new Pfn((byte)_frames[i]));
        for (var i = 0; i < _slots.Count; i++) at = WriteSlot(at, new SwapEntry((byte)_slots[i]));
        for (var i = 0; i < _scope.Mms * Capacity.RangesPerMm; i++) at = WriteRange(at, i);
        for (byte i = 0; i < Capacity.Tasks; i++)
        {
            var task = new TaskId(i);
            at = _underWay.Contains(task) ? WriteTask(Put(at, 1), task) : Put(at, 0);
        }

        return at;
    }

    private readonly int WriteArea(int at, in SwapArea area)
    {
        at = Put(at, (byte)area.Flags);
        at = PutShort(at, area.Pages);
        at = PutShort(at, area.InUse);
        at = PutShort(at, area.Priority);
        if (!_renamesSlots) at = Put(at, area.HighWater);
        return Put(at, area.Next);
    }

    private readonly int WriteMm(int at, MmId id)
    {
        ref readonly var s = ref _w.State;
        at = Put(at, (byte)s.Mm(id).Flags);
        at = Put(at, s.Mm(id).Users);
        at = Put(at, s.Counters(id).AnonPages);
        at = Put(at, s.Counters(id).SwapEnts);
        at = Put(at, s.MmapLock(id).Readers);
        at = Put(at, s.MmapLock(id).Writer.Value);
        at = Put(at, s.PageTableLock(id).Value);
        for (var pages = PageAt.AllOf(id) & _scope.AllPages; pages.Any; pages = pages.Rest) at = WritePage(at, pages.First);
        return at;
    }

    private readonly int WritePage(int at, PageAt page)
    {
        ref readonly var s = ref _w.State;
        at = Put(at, (byte)s.Vma(page).Kind);
        at = Put(at, (byte)s.Vma(page).Flags);
        at = PutValue(at, Named(s.Pte(page)));
        at = Put(at, (byte)(_w.Ghost.Lost.Contains(page) ? 1 : 0));
        at = Put(at, (byte)(_w.Ghost.SavedAt.Contains(page) ? 1 : 0));
        at = PutValue(at, _w.Oracle.Of(page));
        at = Put(at, _frames.Of(s.Pin(page).Pfn.Value));
        if (s.Pin(page).Pfn.IsNone) return at;
        at = Put(at, (byte)s.Pin(page).Flags);
        return PutValue(at, _w.Oracle.PinOf(page));
    }

    private readonly int WriteFrame(int at, Pfn pfn)
    {
        ref readonly var s = ref _w.State;
        ref readonly var folio = ref s.Folio(pfn);
        at = Put(at, (byte)folio.Flags);
        at = Put(at, folio.Order);
        at = Put(at, folio.RefCount);
        at = Put(at, folio.Pins);
        at = Put(at, _slots.Of(folio.Entry.Value));
        at = Put(at, s.FolioLock(pfn).Value);
        at = Put(at, (byte)(s.Globals.LruBatch.Contains(pfn) ? 1 : 0));
        return PutValue(at, s.Frame(pfn));
    }

    private readonly int WriteSlot(int at, SwapEntry entry)
    {
        ref readonly var slot = ref _w.State.Slot(entry);
        at = Put(at, (byte)entry.Type);
        at = Put(at, slot.Count);
        at = Put(at, (byte)slot.Flags);
        at = Put(at, _frames.Of(slot.Folio.Value));

        // What a free slot's device holds nobody reads: it is written before it is read.
        at = Put(at, slot.IsFree ? (byte)0 : slot.Data);
        at = Put(at, (byte)((_w.Ghost.Owed.Contains(entry) ? 1 : 0) | (_w.Ghost.ReadFailed.Contains(entry) ? 2 : 0)));
        return _w.State.Metadata.TryLoad(entry, out var tags) ? PutShort(Put(at, 1), tags.Bits) : at;
    }

    private readonly int WriteRange(int at, int range)
    {
        ref readonly var saved = ref _w.State.Metadata.RangeOf(Arch.RangeId.At(range));
        at = Put(at, saved.Users);
        return saved.Users != 0 ? PutValue(at, saved) : at;
    }

    private readonly int WriteTask(int at, TaskId id)
    {
        ref readonly var t = ref _w.Tasks[id.Value];
        ref var named = ref Unsafe.As<byte, KTask>(ref Unsafe.Add(ref _out, at));
        named = t;
        for (var slot = 0; slot < 4; slot++) named.SetSlot(slot, _frames.Of((int)t.Slot(slot)));
        for (var slot = 4; slot < 6; slot++) named.SetSlot(slot, _slots.Of((int)t.Slot(slot)));
        for (var slot = 6; slot < 10; slot++) named.SetSlot(slot, Unsafe.BitCast<Pte, uint>(Named(Unsafe.BitCast<uint, Pte>(t.Slot(slot)))));
        named.Held = default;
        named.Claimed = default;
        at += Unsafe.SizeOf<KTask>();
        for (var i = 0; i < _frames.Count; i++) at = Put(at, (byte)t.Held[new Pfn((byte)_frames[i])]);
        for (var i = 0; i < _slots.Count; i++) at = Put(at, (byte)(t.Claimed.Contains(new SwapEntry((byte)_slots[i])) ? 1 : 0));
        return PutValue(at, _w.Ghost.SeenBy(id));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly Pte Named(Pte pte) => pte.Kind switch
    {
        PteKind.Present or PteKind.Migration => pte with { Target = _frames.Of(pte.Target) },
        PteKind.Swap => pte with { Target = _slots.Of(pte.Target) },
        _ => pte,
    };

    private readonly int Put(int at, byte value)
    {
        Unsafe.Add(ref _out, at) = value;
        return at + 1;
    }

    private readonly int PutShort(int at, ushort value) => PutValue(at, BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value));

    private readonly int PutValue<T>(int at, T value)
        where T : unmanaged
    {
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref _out, at), value);
        return at + Unsafe.SizeOf<T>();
    }

    /// <summary>Things in the order in which they were first mentioned, numbered from 1; 0 is none.</summary>
    private struct Numbers
    {
        private Bytes _numbers;
        private Bytes _order;

        public int Count { get; private set; }

        public readonly int this[int place] => _order[place];

        public void Mention(int name)
        {
            if (name == 0 || _numbers[name] != 0) return;
            _order[Count++] = (byte)name;
            _numbers[name] = (byte)Count;
        }

        public readonly byte Of(int name) => _numbers[name];

        [InlineArray(Most)]
        private struct Bytes
        {
            /// <summary>More than there are numbers of frames and of slots.</summary>
            private const int Most = 80;

            private byte _element;
        }
    }
}
