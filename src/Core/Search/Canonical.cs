using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using Hooks.Core.Mm;

namespace Hooks.Core.Search;

/// <summary>How much of the machine a search may use: part of the search, not of the type.</summary>
/// <param name="Mms">Address spaces.</param>
/// <param name="Pages">Pages of each.</param>
/// <param name="Operations">Operations at the most; each uses up one slot at the most.</param>
internal readonly record struct SearchScope(int Mms, int Pages, int Operations)
{
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
    public const int MostBytes = 4096;

    private readonly ref readonly World _w;
    private readonly Span<byte> _out;
    private readonly bool _renamesSlots;
    private readonly SearchScope _scope;
    private Numbers _frames;
    private Numbers _slots;
    private int _length;

    private Canonical(ref readonly World world, Span<byte> output, SearchScope scope)
    {
        _w = ref world;
        _out = output;
        _scope = scope;
        _renamesSlots = MayRenameSlots(in world, scope);
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
        var form = new Canonical(in world, output, scope);
        form.Number();
        form.WriteAll();
        return form._length;
    }

    /// <summary>
    /// The kernel takes the lowest free slot, so a slot's number is of no consequence, but in two places: with swap more than half full it takes slots from the
    /// swap cache on its way there, and swapoff goes by them. Where neither can happen, slots are names. A kernel that gives them out in turn goes by their numbers.
    /// </summary>
    private static bool MayRenameSlots(in World w, SearchScope scope)
    {
        var total = 0;
        for (var i = 0; i < Capacity.Areas; i++)
        {
            ref readonly var area = ref w.State.Area(i);
            if (area.Is(AreaFlags.Off | AreaFlags.Unusing) || area.Next != 0) return false;
            total += area.Pages;
        }

        return 2 * scope.MostSlots <= total;
    }

    /// <summary>Goes through all that mentions a frame or a slot, always in the same order.</summary>
    private void Number()
    {
        ref readonly var s = ref _w.State;
        if (!_renamesSlots) MentionSlotsAsTheyAre();
        for (var pages = _scope.AllPages; pages.Any; pages = pages.Rest)
        {
            Mention(s.Pte(pages.First));
            _frames.Mention(s.Pin(pages.First).Pfn.Value);
        }

        for (var i = 0; i < Capacity.Tasks; i++)
        {
            ref readonly var t = ref _w.Tasks[i];
            if (!t.IsUnderWay) continue;
            for (var slot = 0; slot < 4; slot++) _frames.Mention((int)t.Slot(slot));
            for (var slot = 4; slot < 6; slot++) MentionEntry((int)t.Slot(slot));
            for (var slot = 6; slot < 10; slot++) Mention(Unsafe.BitCast<uint, Pte>(t.Slot(slot)));
            for (var held = t.Held.Folios; held.Any; held = held.Rest) _frames.Mention(held.First.Value);
            for (var claimed = t.Claimed; claimed.Any; claimed = claimed.Rest) MentionEntry(claimed.First.Value);
        }

        // What is in the swap cache under a slot that was mentioned, and the slots of folios that were, until there is nothing new.
        for (int frames = 0, slots = 0; frames < _frames.Count || slots < _slots.Count;)
        {
            for (; slots < _slots.Count; slots++) _frames.Mention(s.Slot(new SwapEntry((byte)_slots[slots])).Folio.Value);
            for (; frames < _frames.Count; frames++) MentionEntry(s.Folio(new Pfn((byte)_frames[frames])).Entry.Value);
        }

        // What nobody mentions, and is not free.
        for (var type = 0; type < Capacity.Areas; type++)
        {
            for (var offset = 1; offset <= s.Area(type).HighWater; offset++)
            {
                var entry = SwapEntry.Of(type, offset);
                if (!s.Slot(entry).IsFree || s.Metadata.Saved.Contains(entry) || _w.Ghost.Owed.Contains(entry)) MentionEntry(entry.Value);
                _frames.Mention(s.Slot(entry).Folio.Value);
            }
        }

        for (var i = 1; i <= Capacity.Frames; i++)
        {
            var pfn = new Pfn((byte)i);
            if (s.Folio(pfn).RefCount != 0 || !s.FolioLock(pfn).IsFree || s.Globals.LruBatch.Contains(pfn)) _frames.Mention(i);
        }
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
        if (pte.Kind is PteKind.Present or PteKind.Migration) _frames.Mention(pte.Target);
        else if (pte.IsSwap) MentionEntry(pte.Target);
    }

    private void MentionEntry(int entry)
    {
        if (entry != 0) _slots.Mention(entry);
    }

    private void WriteAll()
    {
        ref readonly var s = ref _w.State;
        Put(s.Globals.SlotCacheActive);
        Put(s.Globals.SlotCacheDisabled);
        Put(s.Globals.AreaTurn);
        Put(s.Globals.SwapMax);
        for (var i = 0; i < FaultCounters.Kinds; i++) Put(s.Globals.Faults[i]);
        for (var i = 0; i < Capacity.Areas; i++) WriteArea(in s.Area(i));
        for (byte i = 0; i < _scope.Mms; i++) WriteMm(new MmId(i));
        for (var i = 0; i < _frames.Count; i++) WriteFrame(new Pfn((byte)_frames[i]));
        for (var i = 0; i < _slots.Count; i++) WriteSlot(new SwapEntry((byte)_slots[i]));
        for (var i = 0; i < _scope.Mms * Capacity.RangesPerMm; i++) WriteRange(i);
        for (byte i = 0; i < Capacity.Tasks; i++) WriteTask(new TaskId(i));
    }

    private void WriteArea(in SwapArea area)
    {
        Put((byte)area.Flags);
        PutShort(area.Pages);
        PutShort(area.InUse);
        PutShort(area.Priority);
        if (!_renamesSlots) Put(area.HighWater);
        Put(area.Next);
    }

    private void WriteMm(MmId id)
    {
        ref readonly var s = ref _w.State;
        Put((byte)s.Mm(id).Flags);
        Put(s.Mm(id).Users);
        Put(s.Counters(id).AnonPages);
        Put(s.Counters(id).SwapEnts);
        Put(s.MmapLock(id).Readers);
        Put(s.MmapLock(id).Writer.Value);
        Put(s.PageTableLock(id).Value);
        for (var pages = PageAt.AllOf(id) & _scope.AllPages; pages.Any; pages = pages.Rest) WritePage(pages.First);
    }

    private void WritePage(PageAt at)
    {
        ref readonly var s = ref _w.State;
        Put((byte)s.Vma(at).Kind);
        Put((byte)s.Vma(at).Flags);
        PutPte(s.Pte(at));
        Put((byte)(_w.Ghost.Lost.Contains(at) ? 1 : 0));
        Put((byte)(_w.Ghost.SavedAt.Contains(at) ? 1 : 0));
        var expected = _w.Oracle.Of(at);
        PutValue(in expected);
        Put(_frames.Of(s.Pin(at).Pfn.Value));
        if (s.Pin(at).Pfn.IsNone) return;
        Put((byte)s.Pin(at).Flags);
        var pin = _w.Oracle.PinOf(at);
        PutValue(in pin);
    }

    private void WriteFrame(Pfn pfn)
    {
        ref readonly var s = ref _w.State;
        ref readonly var folio = ref s.Folio(pfn);
        Put((byte)folio.Flags);
        Put(folio.Order);
        Put(folio.RefCount);
        Put(folio.Pins);
        Put(_slots.Of(folio.Entry.Value));
        Put(s.FolioLock(pfn).Value);
        Put((byte)(s.Globals.LruBatch.Contains(pfn) ? 1 : 0));
        PutValue(in s.Frame(pfn));
    }

    private void WriteSlot(SwapEntry entry)
    {
        ref readonly var slot = ref _w.State.Slot(entry);
        Put((byte)entry.Type);
        Put(slot.Count);
        Put((byte)slot.Flags);
        Put(_frames.Of(slot.Folio.Value));

        // What a free slot's device holds nobody reads: it is written before it is read.
        Put(slot.IsFree ? (byte)0 : slot.Data);
        Put((byte)((_w.Ghost.Owed.Contains(entry) ? 1 : 0) | (_w.Ghost.ReadFailed.Contains(entry) ? 2 : 0)));
        if (!_w.State.Metadata.TryLoad(entry, out var tags)) return;
        Put(1);
        PutShort(tags.Bits);
    }

    private void WriteRange(int range)
    {
        ref readonly var saved = ref _w.State.Metadata.RangeOf(Arch.RangeId.At(range));
        Put(saved.Users);
        if (saved.Users != 0) PutValue(in saved);
    }

    private void WriteTask(TaskId id)
    {
        ref readonly var t = ref _w.Tasks[id.Value];
        Put((byte)(t.IsUnderWay ? 1 : 0));
        if (!t.IsUnderWay) return;
        var named = t;
        for (var slot = 0; slot < 4; slot++) named.SetSlot(slot, _frames.Of((int)t.Slot(slot)));
        for (var slot = 4; slot < 6; slot++) named.SetSlot(slot, _slots.Of((int)t.Slot(slot)));
        for (var slot = 6; slot < 10; slot++) named.SetSlot(slot, Unsafe.BitCast<Pte, uint>(Named(Unsafe.BitCast<uint, Pte>(t.Slot(slot)))));
        named.Held = default;
        named.Claimed = default;
        PutValue(in named);
        for (var i = 0; i < _frames.Count; i++) Put((byte)t.Held[new Pfn((byte)_frames[i])]);
        for (var i = 0; i < _slots.Count; i++) Put((byte)(t.Claimed.Contains(new SwapEntry((byte)_slots[i])) ? 1 : 0));
        var seen = _w.Ghost.SeenBy(id);
        PutValue(in seen);
    }

    private readonly Pte Named(Pte pte) => pte.Kind switch
    {
        PteKind.Present or PteKind.Migration => pte with { Target = _frames.Of(pte.Target) },
        PteKind.Swap => pte with { Target = _slots.Of(pte.Target) },
        _ => pte,
    };

    private void PutPte(Pte pte)
    {
        var named = Named(pte);
        PutValue(in named);
    }

    private void Put(byte value) => _out[_length++] = value;

    private void PutShort(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_out[_length..], value);
        _length += sizeof(ushort);
    }

    private void PutValue<T>(in T value)
        where T : unmanaged
    {
        var bytes = ValueBytes.Of(in value);
        bytes.CopyTo(_out[_length..]);
        _length += bytes.Length;
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

        [InlineArray(byte.MaxValue + 1)]
        private struct Bytes
        {
            private byte _element;
        }
    }
}
