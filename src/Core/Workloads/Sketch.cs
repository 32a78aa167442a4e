using System.Runtime.CompilerServices;
using Hooks.Core.Mm;

namespace Hooks.Core.Workloads;

/// <summary>
/// The generator's rough picture of a program's pages: enough to draw operations that mostly apply, and nothing that the
/// model rests on. Which kernel will run the program is not known when it is drawn.
/// </summary>
internal struct Sketch
{
    private PageArray _pages;
    private ushort _pinned;
    private ushort _protected;
    private ushort _locked;
    private ushort _denied;
    private ushort _large;
    private byte _alive;

    private readonly bool _disk;

    /// <summary>A program of so many processes, of which P0 exists, and so many pages, with a disk to swap to or not.</summary>
    public Sketch(int processes, int pages, bool disk)
    {
        _disk = disk;
        Processes = processes;
        Pages = pages;
        _alive = 1;
    }

    private enum Guess : byte
    {
        Unmapped,
        Untouched,
        Present,
        Swapped,
        Writing,
    }

    /// <summary>How many processes the program may have at once.</summary>
    public int Processes { get; }

    /// <summary>How many pages each may use.</summary>
    public int Pages { get; }

    /// <summary>Whether any process is left to do something.</summary>
    public readonly bool AnyAlive => _alive != 0;

    /// <summary>A process that exists, from the given one on; the given one if there is none.</summary>
    public readonly MmId Alive(int from)
    {
        for (var i = 0; i < Processes; i++)
        {
            var mm = (from + i) % Processes;
            if ((_alive & (1 << mm)) != 0) return new MmId((byte)mm);
        }

        return new MmId((byte)from);
    }

    /// <summary>Looks for a process and page, from the given ones on, where an operation is likely to apply.</summary>
    public readonly bool TryPlace(Verb verb, ref MmId mm, ref Vpn page)
    {
        int m = mm.Value, p = page.Value;
        for (var left = Processes * Pages; left > 0; left--)
        {
            if ((_alive & (1 << m)) != 0 && Fits(verb, (m * Capacity.Pages) + p))
            {
                mm = new MmId((byte)m);
                page = new Vpn((byte)p);
                return true;
            }

            if (++p < Pages) continue;
            p = 0;
            if (++m == Processes) m = 0;
        }

        return false;
    }

    /// <summary>The process a fork would make: the first that does not exist, from the given one on.</summary>
    public readonly MmId Child(int from)
    {
        for (var i = 0; i < Processes; i++)
        {
            var child = (from + i) % Processes;
            if ((_alive & (1 << child)) == 0) return new MmId((byte)child);
        }

        return new MmId((byte)from);
    }

    /// <summary>A page at which nothing is mapped, from the given one on.</summary>
    public readonly Vpn Unmapped(MmId mm, int from)
    {
        TryFind(Guess.Unmapped, mm, from, out var page);
        return page;
    }

    /// <summary>Whether a page's mapping denies all access.</summary>
    public readonly bool IsDenied(MmId mm, Vpn page) => IsDenied(Index(mm, page));

    /// <summary>A page at which something is mapped and nothing is there yet, from the given one on.</summary>
    public readonly bool TryUntouched(MmId mm, int from, out Vpn page) => TryFind(Guess.Untouched, mm, from, out page);

    /// <summary>Takes note of an operation.</summary>
    public void Follow(Operation op)
    {
        if ((_alive & (1 << op.Mm.Value)) == 0) return;
        ref var page = ref _pages[Index(op.Mm, op.Page)];
        switch (op.Verb)
        {
            case Verb.Map when page == Guess.Unmapped:
                for (var p = op.Page; p.Value <= (op.IsLarge ? op.To : op.Page).Value; p = p.Next)
                {
                    _pages[Index(op.Mm, p)] = Guess.Untouched;
                    if (op.IsLarge) _large |= (ushort)(1 << Index(op.Mm, p));
                }

                break;
            case Verb.Pin when page != Guess.Unmapped:
                _pinned |= (ushort)(1 << Index(op.Mm, op.Page));
                page = Guess.Present;
                break;
            case Verb.UffdWp when page >= Guess.Present:
                _protected |= (ushort)(1 << Index(op.Mm, op.Page));
                break;
            case Verb.Mlock when page != Guess.Unmapped:
                _locked |= (ushort)(1 << Index(op.Mm, op.Page));
                break;
            case Verb.Munlock:
                _locked &= (ushort)~(1 << Index(op.Mm, op.Page));
                break;
            case Verb.Free when page >= Guess.Swapped && !IsLocked(Index(op.Mm, op.Page)):
            case Verb.Dontneed when page != Guess.Unmapped && !IsLocked(Index(op.Mm, op.Page)):
                page = Guess.Untouched;
                break;
            case Verb.Mprotect when page != Guess.Unmapped:
                _denied &= (ushort)~(1 << Index(op.Mm, op.Page));
                if (op.Value == (byte)Protection.None) _denied |= (ushort)(1 << Index(op.Mm, op.Page));
                break;
            case Verb.Unpin:
                _pinned &= (ushort)~(1 << Index(op.Mm, op.Page));
                break;
            case Verb.Write or Verb.Tag when page == Guess.Untouched && IsLarge(Index(op.Mm, op.Page)):
                for (byte p = 0; p < Pages; p++)
                {
                    if (IsLarge(Index(op.Mm, new Vpn(p))) && _pages[Index(op.Mm, new Vpn(p))] == Guess.Untouched) _pages[Index(op.Mm, new Vpn(p))] = Guess.Present;
                }

                break;
            case Verb.Write or Verb.Tag when page != Guess.Unmapped:
            case Verb.Read or Verb.ReadTag when page >= Guess.Swapped:
                page = Guess.Present;
                break;
            case Verb.Mremap when op.To != op.Page && _pages[Index(op.Mm, op.To)] == Guess.Unmapped:
                _pages[Index(op.Mm, op.To)] = page;
                page = Guess.Unmapped;
                break;
            case Verb.UffdMove when op.To != op.Page && page >= Guess.Present && _pages[Index(op.Mm, op.To)] == Guess.Untouched:
                _pages[Index(op.Mm, op.To)] = page;
                page = Guess.Untouched;
                break;
            case Verb.SwapOff:
                foreach (ref var guess in (Span<Guess>)_pages)
                {
                    if (guess >= Guess.Swapped) guess = Guess.Present;
                }

                break;
            case Verb.Pageout or Verb.Reclaim when page == Guess.Present:
                page = _disk && op.End == SwapOutEnd.Writeback ? Guess.Writing : Guess.Swapped;
                break;
            case Verb.EndIo when page == Guess.Writing:
                page = Guess.Swapped;
                break;
            case Verb.Unmap:
                page = Guess.Unmapped;
                _large &= (ushort)~(1 << Index(op.Mm, op.Page));
                _locked &= (ushort)~(1 << Index(op.Mm, op.Page));
                _denied &= (ushort)~(1 << Index(op.Mm, op.Page));
                break;
            case Verb.Exit:
                _alive &= (byte)~(1 << op.Mm.Value);
                for (byte p = 0; p < Pages; p++) _pages[Index(op.Mm, new Vpn(p))] = Guess.Unmapped;
                break;
            case Verb.Fork when (_alive & (1 << op.Child.Value)) == 0:
                _alive |= (byte)(1 << op.Child.Value);
                for (byte p = 0; p < Pages; p++)
                {
                    _pages[Index(op.Child, new Vpn(p))] = _pages[Index(op.Mm, new Vpn(p))];
                    if (IsLarge(Index(op.Mm, new Vpn(p)))) _large |= (ushort)(1 << Index(op.Child, new Vpn(p)));
                }

                break;
        }
    }

    /// <summary>The first page of a kind, from the given one on; the given one if there is none.</summary>
    private readonly bool TryFind(Guess guess, MmId mm, int from, out Vpn page)
    {
        for (var i = 0; i < Pages; i++)
        {
            page = new Vpn((byte)((from + i) % Pages));
            if (_pages[Index(mm, page)] == guess) return true;
        }

        page = new Vpn((byte)from);
        return false;
    }

    private readonly bool Fits(Verb verb, int at) => verb switch
    {
        Verb.Map => _pages[at] == Guess.Unmapped,
        Verb.Pageout => _pages[at] == Guess.Present,
        Verb.Reclaim or Verb.UffdWp or Verb.UffdMove => _pages[at] >= Guess.Present,
        Verb.Read or Verb.ReadTag => _pages[at] >= Guess.Present && !IsDenied(at),
        Verb.Write or Verb.Tag => _pages[at] != Guess.Unmapped && !IsDenied(at),
        Verb.Munlock => IsLocked(at),
        Verb.Dontneed or Verb.Free => _pages[at] >= Guess.Present && !IsLocked(at),
        Verb.EndIo => _pages[at] == Guess.Writing,
        Verb.Pin => _pages[at] != Guess.Unmapped && !IsPinned(at) && !IsDenied(at),
        Verb.Unpin or Verb.Dma => IsPinned(at),
        Verb.UffdUnwp => (_protected & (1 << at)) != 0,
        Verb.Fork => _alive != (1 << Processes) - 1,
        Verb.Exit => _alive != 1,
        Verb.ClearRefs or Verb.DrainSlots or Verb.SwapOff or Verb.SwapOn or Verb.Fail or Verb.SwapMax => true,
        _ => _pages[at] != Guess.Unmapped,
    };

    private readonly bool IsDenied(int at) => (_denied & (1 << at)) != 0;

    private readonly bool IsLarge(int at) => (_large & (1 << at)) != 0;

    private readonly bool IsLocked(int at) => (_locked & (1 << at)) != 0;

    private readonly bool IsPinned(int at) => (_pinned & (1 << at)) != 0;

    private static int Index(MmId mm, Vpn page) => (mm.Value * Capacity.Pages) + page.Value;

    [InlineArray(Capacity.Mms * Capacity.Pages)]
    private struct PageArray
    {
        private Guess _element;
    }
}
