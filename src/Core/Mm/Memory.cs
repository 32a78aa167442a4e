using System.Runtime.CompilerServices;
using Hooks.Core.Arch;
using Hooks.Core.Paths;

namespace Hooks.Core.Mm;

/// <summary>
/// The machine as code that runs in it sees it: what a step of a kernel, or a hook of an architecture, can read and write. Each object
/// has a way to read it and one to write it, and both are taken down in the step's footprint. A step also says here what it has done
/// (<see cref="Observe"/>, <see cref="Count"/>) and what the kernel would complain of (<see cref="Complain"/>).
/// </summary>
public readonly ref struct Memory
{
    private readonly ref MachineState _s;
    private readonly ref StepReport _r;
    private readonly ref readonly TaskTable _tasks;

    /// <summary>A machine, and where to take down what is touched.</summary>
    /// <param name="state">The machine.</param>
    /// <param name="report">Takes what the step touches and says.</param>
    /// <param name="arch">The architecture's hooks.</param>
    /// <param name="rules">How the kernel gives slots out.</param>
    internal Memory(ref MachineState state, ref StepReport report, IArchHooks arch, MmRules rules)
        : this(ref state, ref report, arch, rules, in Unsafe.NullRef<TaskTable>())
    {
    }

    /// <summary>A machine in which tasks are under way.</summary>
    /// <param name="state">The machine.</param>
    /// <param name="report">Takes what the step touches and says.</param>
    /// <param name="arch">The architecture's hooks.</param>
    /// <param name="rules">How the kernel gives slots out.</param>
    /// <param name="tasks">The tasks.</param>
    internal Memory(ref MachineState state, ref StepReport report, IArchHooks arch, MmRules rules, ref readonly TaskTable tasks)
    {
        _tasks = ref tasks;
        Rules = rules;
        _s = ref state;
        _r = ref report;
        Arch = arch;
    }

    /// <summary>The architecture's hooks.</summary>
    public IArchHooks Arch { get; }

    /// <summary>How the kernel gives slots out, and takes them back.</summary>
    internal MmRules Rules { get; }

    /// <summary>A page table entry.</summary>
    public Pte ReadPte(MmId mm, Vpn page) => ReadPte(new PageAt(mm, page));

    /// <inheritdoc cref="ReadPte(MmId, Vpn)"/>
    public Pte ReadPte(PageAt at)
    {
        _r.Read.Ptes = _r.Read.Ptes.With(at);
        return _s._ptes[at.Number];
    }

    /// <summary>Stores a page table entry, and nothing else: what <c>set_pte()</c> does, not <c>set_pte_at()</c>.</summary>
    public void WritePte(MmId mm, Vpn page, Pte pte) => WritePte(new PageAt(mm, page), pte);

    /// <inheritdoc cref="WritePte(MmId, Vpn, Pte)"/>
    public void WritePte(PageAt at, Pte pte)
    {
        _r.Written.Ptes = _r.Written.Ptes.With(at);
        _s._ptes[at.Number] = pte;
    }

    /// <summary>The VMA at a page.</summary>
    public Vma ReadVma(MmId mm, Vpn page)
    {
        var at = new PageAt(mm, page);
        _r.Read.Vmas = _r.Read.Vmas.With(at);
        return _s._vmas[at.Number];
    }

    /// <summary>Changes the VMA at a page.</summary>
    public void WriteVma(MmId mm, Vpn page, Vma vma)
    {
        var at = new PageAt(mm, page);
        _r.Written.Vmas = _r.Written.Vmas.With(at);
        var old = _s._vmas[at.Number];
        _s._vmas[at.Number] = vma;
        if (old.Is(VmaFlags.Large) && old.Without(VmaFlags.SoftDirty) != vma.Without(VmaFlags.SoftDirty)) WriteMm(mm).Flags |= MmFlags.WalkedLast;
    }

    /// <summary>The pin taken at a page.</summary>
    public Pin ReadPin(MmId mm, Vpn page)
    {
        var at = new PageAt(mm, page);
        _r.Read.Pins = _r.Read.Pins.With(at);
        return _s._pins[at.Number];
    }

    /// <summary>Changes the pin taken at a page.</summary>
    public void WritePin(MmId mm, Vpn page, Pin pin)
    {
        var at = new PageAt(mm, page);
        _r.Written.Pins = _r.Written.Pins.With(at);
        _s._pins[at.Number] = pin;
    }

    /// <summary>An address space.</summary>
    public ref readonly MmStruct ReadMm(MmId mm)
    {
        _r.Read.Mms = _r.Read.Mms.With(mm);
        return ref _s._mms[mm.Value];
    }

    /// <summary>An address space, to be changed.</summary>
    public ref MmStruct WriteMm(MmId mm)
    {
        _r.Written.Mms = _r.Written.Mms.With(mm);
        return ref _s._mms[mm.Value];
    }

    /// <summary>Counters of an address space, to be changed.</summary>
    public ref MmCounters WriteCounters(MmId mm)
    {
        _r.Written.Counters = _r.Written.Counters.With(mm);
        return ref _s._counters[mm.Value];
    }

    /// <summary>An <c>mmap_lock</c>.</summary>
    public ref readonly MmapLock ReadMmapLock(MmId mm)
    {
        _r.Read.MmapLocks = _r.Read.MmapLocks.With(mm);
        return ref _s._mmapLocks[mm.Value];
    }

    /// <summary>An <c>mmap_lock</c>, to be changed; <see cref="Locks"/> does.</summary>
    internal ref MmapLock WriteMmapLock(MmId mm)
    {
        _r.Written.MmapLocks = _r.Written.MmapLocks.With(mm);
        return ref _s._mmapLocks[mm.Value];
    }

    /// <summary>Who has a page table lock.</summary>
    public LockOwner ReadPageTableLock(MmId mm)
    {
        _r.Read.PageTableLocks = _r.Read.PageTableLocks.With(mm);
        return _s._pageTableLocks[mm.Value];
    }

    /// <summary>Gives a page table lock to somebody; <see cref="Locks"/> does.</summary>
    internal void WritePageTableLock(MmId mm, LockOwner owner)
    {
        _r.Written.PageTableLocks = _r.Written.PageTableLocks.With(mm);
        _s._pageTableLocks[mm.Value] = owner;
    }

    /// <summary>A swap area.</summary>
    public ref readonly SwapArea ReadArea(int type)
    {
        _r.Read.Areas = _r.Read.Areas.With(new AreaId((byte)type));
        return ref _s._areas[type];
    }

    /// <summary>A swap area, to be changed.</summary>
    public ref SwapArea WriteArea(int type)
    {
        _r.Written.Areas = _r.Written.Areas.With(new AreaId((byte)type));
        return ref _s._areas[type];
    }

    /// <summary>A folio, by its first page.</summary>
    public ref readonly Folio ReadFolio(Pfn folio)
    {
        _r.Read.Folios = _r.Read.Folios.With(folio);
        return ref _s._folios[folio.Value];
    }

    /// <summary>A folio, to be changed.</summary>
    public ref Folio WriteFolio(Pfn folio)
    {
        _r.Written.Folios = _r.Written.Folios.With(folio);
        return ref _s._folios[folio.Value];
    }

    /// <summary>A page frame.</summary>
    public ref readonly PageFrame ReadFrame(Pfn page)
    {
        _r.Read.Frames = _r.Read.Frames.With(page);
        return ref _s._frames[page.Value];
    }

    /// <summary>A page frame, to be changed.</summary>
    public ref PageFrame WriteFrame(Pfn page)
    {
        _r.Written.Frames = _r.Written.Frames.With(page);
        return ref _s._frames[page.Value];
    }

    /// <summary><c>page_folio()</c>: the folio that a page belongs to, by its first page.</summary>
    public Pfn FolioOf(Pfn page)
    {
        // Of a page that is its folio's first nothing was read: it stays that, whatever becomes of the folio.
        var folio = _s.FolioOf(page);
        if (folio != page) _r.Read.Frames = _r.Read.Frames.With(page);
        return folio;
    }

    /// <summary>Who has a folio's lock.</summary>
    public LockOwner ReadFolioLock(Pfn folio)
    {
        _r.Read.FolioLocks = _r.Read.FolioLocks.With(folio);
        return _s._folioLocks[folio.Value];
    }

    /// <summary>Gives a folio's lock to somebody; <see cref="Locks"/> does.</summary>
    internal void WriteFolioLock(Pfn folio, LockOwner owner)
    {
        _r.Written.FolioLocks = _r.Written.FolioLocks.With(folio);
        _s._folioLocks[folio.Value] = owner;
    }

    /// <summary>The slot of an entry.</summary>
    public ref readonly Slot ReadSlot(SwapEntry entry)
    {
        _r.Read.Slots = _r.Read.Slots.With(entry);
        return ref _s._slots[entry.Index];
    }

    /// <summary>The slot of an entry, to be changed.</summary>
    public ref Slot WriteSlot(SwapEntry entry)
    {
        _r.Written.Slots = _r.Written.Slots.With(entry);
        return ref _s._slots[entry.Index];
    }

    /// <summary>What there is one of.</summary>
    internal ref readonly GlobalState ReadGlobals(GlobalParts parts)
    {
        _r.Read.Globals |= parts;
        return ref _s._globals;
    }

    /// <summary>What there is one of, to be changed.</summary>
    internal ref GlobalState WriteGlobals(GlobalParts parts)
    {
        _r.Written.Globals |= parts;
        return ref _s._globals;
    }

    /// <summary>Looks metadata up by entry.</summary>
    public bool TryLoad(SwapEntry entry, out PageTags tags)
    {
        _r.Read.SavedByEntry = _r.Read.SavedByEntry.With(entry);
        return _s._metadata.TryLoad(entry, out tags);
    }

    /// <summary>Saves metadata under an entry, replacing what was there.</summary>
    public void Save(SwapEntry entry, PageTags tags)
    {
        _r.Written.SavedByEntry = _r.Written.SavedByEntry.With(entry);
        _s._metadata.Save(entry, tags);
    }

    /// <summary>Throws away what was saved under an entry, if anything was.</summary>
    public void Erase(SwapEntry entry)
    {
        if (!TryLoad(entry, out _)) return;
        _r.Written.SavedByEntry = _r.Written.SavedByEntry.With(entry);
        _s._metadata.Erase(entry);
    }

    /// <summary>Throws away what was saved under the entries of an area.</summary>
    /// <param name="type">The area.</param>
    public void EraseArea(int type)
    {
        for (var offset = 1; offset <= Capacity.SlotsPerArea; offset++) Erase(SwapEntry.Of(type, offset));
    }

    /// <summary>A range of addresses with metadata.</summary>
    public ref readonly AddressRange ReadRange(RangeId range)
    {
        _r.Read.SavedByAddress = _r.Read.SavedByAddress.With(range);
        return ref _s._metadata.Range(range);
    }

    /// <summary>A range of addresses with metadata, to be changed.</summary>
    public ref AddressRange WriteRange(RangeId range)
    {
        _r.Written.SavedByAddress = _r.Written.SavedByAddress.With(range);
        return ref _s._metadata.Range(range);
    }

    /// <summary>
    /// Whether somebody else is about to map a page that comes back from swap: in do_swap_page(), with the page read and its folio locked. In the model it waits for the address space's one page table lock; with a page table
    /// of its own it may be anywhere behind that, in its hook too.
    /// </summary>
    /// <param name="mm">Whose page.</param>
    /// <param name="page">Which.</param>
    /// <param name="into">The page frame that it will be in.</param>
    public bool IsAboutToBeMapped(MmId mm, Vpn page, out Pfn into)
    {
        into = Pfn.None;
        if (Unsafe.IsNullRef(in _tasks) || ReadPte(mm, page) is not { IsSwap: true } pte) return false;
        for (var i = 0; i < Capacity.Tasks; i++)
        {
            ref readonly var task = ref _tasks[i];
            if (task.Path != PathId.DoSwapPage || task.Mm != mm || task.Page != page || i == _r.Task.Value) continue;
            for (var pfn = 1; pfn <= Capacity.Frames; pfn++)
            {
                var folio = Pfn.At(pfn);
                if (ReadFolioLock(folio) != LockOwner.Of(task.Id) || ReadFolio(folio) is var f && (!f.Test(FolioFlags.Uptodate) || f.IsLarge || (f.Test(FolioFlags.SwapCache) && f.Entry != pte.Entry))) continue;
                into = folio;
                return true;
            }
        }

        return false;
    }

    /// <summary>Counts a call that may have been made to fail.</summary>
    /// <returns>Whether this is the one to fail.</returns>
    public bool Strikes(FaultKind kind)
    {
        _r.Read.Globals |= GlobalParts.Faults;
        ref var left = ref _s._globals.Faults[(int)kind];
        if (left == 0) return false;
        _r.Written.Globals |= GlobalParts.Faults;
        if (--left != 0) return false;
        Count(Mark.FaultInjected);
        return true;
    }

    /// <summary>Says what was done, to whoever keeps track of what programs may expect.</summary>
    public void Observe(Observation observation) => _r.Observations.Add(observation);

    /// <summary>Says that something worth counting has happened.</summary>
    public void Count(Mark mark) => _r.Marks |= mark;

    /// <summary>Says what a <c>BUG_ON()</c> or a <c>VM_WARN_ON()</c> would.</summary>
    public void Complain(Oops oops) => _r.Oops |= oops;

    /// <summary>Something has happened to an entry that no other list has room for: it was really returned.</summary>
    internal void SlotReturned(SwapEntry entry)
    {
        Count(Mark.SlotFreed);
        _r.SlotsReturned = _r.SlotsReturned.With(entry);
    }

    /// <summary>The first mapping of any page of a folio at or after the given place, in the order of mm and page; <c>rmap_walk()</c>.</summary>
    /// <returns>Whether there is one.</returns>
    internal bool NextMapping(Pfn folio, ref PageAt at)
    {
        var pages = (uint)_s._folios[folio.Value].Pages;
        _r.Read.Ptes = BitSet<PageAt>.UpTo(PageAt.Total);
        for (var i = at.Number; i < PageAt.Total; i++)
        {
            var pte = _s._ptes[i];
            if (!pte.IsPresent || (uint)(pte.Target - folio.Value) >= pages) continue;
            at = PageAt.At(i);
            return true;
        }

        return false;
    }

    /// <summary>
    /// The mapping that <c>rmap_walk()</c> comes to next, where all that it has come to before are gone: as <see cref="NextMapping"/>, or, where a process's mapping was split, those of others first.
    /// </summary>
    internal bool NextInWalk(Pfn folio, ref PageAt at)
    {
        if (!HasLargeVma()) return NextMapping(folio, ref at);
        var (all, last) = (MappingsOf(folio), LastInWalk());
        if (!all.Any) return false;
        var left = all;
        while (left.Any && last.Contains(left.First.Mm)) left = left.Rest;
        at = left.Any ? left.First : all.First;
        return true;
    }

    private bool HasLargeVma()
    {
        _r.Read.Vmas = BitSet<PageAt>.UpTo(PageAt.Total);
        for (var i = 0; i < PageAt.Total; i++)
        {
            if (_s._vmas[i].Is(VmaFlags.Large)) return true;
        }

        return false;
    }

    private BitSet<MmId> LastInWalk()
    {
        _r.Read.Mms = BitSet<MmId>.UpTo(Capacity.Mms);
        var last = BitSet<MmId>.Empty;
        for (byte mm = 0; mm < Capacity.Mms; mm++)
        {
            if ((_s._mms[mm].Flags & MmFlags.WalkedLast) != 0) last = last.With(new MmId(mm));
        }

        return last;
    }

    /// <summary>All mappings of a folio's pages.</summary>
    internal BitSet<PageAt> MappingsOf(Pfn folio)
    {
        var all = BitSet<PageAt>.Empty;
        PageAt at = default;
        while (at.Number < PageAt.Total && NextMapping(folio, ref at))
        {
            all = all.With(at);
            at = PageAt.At(at.Number + 1);
        }

        return all;
    }

    /// <summary>The first of so many neighbouring page frames that nobody uses, from the one after the last given out.</summary>
    internal Pfn NextFree(int pages)
    {
        _r.Read.Globals |= GlobalParts.PageAllocator;
        for (var i = 0; i < Capacity.Frames; i++)
        {
            var pfn = ((_s._globals.LastPfn + i) % Capacity.Frames) + 1;
            if (AreFree(pfn, pages)) return new Pfn((byte)pfn);
        }

        return Pfn.None;
    }

    private bool AreFree(int pfn, int pages)
    {
        if (pfn + pages > Capacity.Frames + 1) return false;
        for (var end = pfn + pages; pfn < end; pfn++)
        {
            if (_s._folios[pfn].RefCount != 0 || _s._frames[pfn].Index != 0) return false;
        }

        return true;
    }
}
