using Microsoft.Coyote.Runtime;
using Microsoft.Coyote.Specifications;

namespace Hooks.Bench.Coyote;

/// <summary>
/// The race of 13ddaf26be32 as one would write it for Coyote: one page in zram, what v6.5 does when a thread reads it and another writes it and pages it out, with a scheduling point in front of each step that Hooks
/// has on these paths, and a wait where that has one. What no such step can see is left out.
/// </summary>
internal sealed class Page : IDisposable
{
    private readonly SemaphoreSlim _pageTable = new(1, 1);
    private readonly SemaphoreSlim[] _locks = [new(1, 1), new(1, 1), new(1, 1), new(1, 1), new(1, 1), new(1, 1), new(1, 1), new(1, 1)];
    private readonly int[] _references = new int[8];
    private readonly int[] _data = new int[8];
    private Entry _pte = new(Kind.Swap, 0, false);
    private int _cached;
    private int _count = 1;
    private int _device = 1;
    private int _lastFrame;
    private int _expected = 1;

    private enum Kind
    {
        None,
        Present,
        Swap,
    }

    /// <summary>A load, or a store: it faults until it may.</summary>
    public void Access(int? store)
    {
        while (true)
        {
            Step();
            if (_pte.Kind == Kind.Present && (store is null || _pte.Writable))
            {
                if (store is { } value) _data[_pte.Frame] = _expected = value;
                Specification.Assert(_data[_pte.Frame] == _expected, "data-preservation");
                return;
            }

            Steps(2);
            var orig = _pte;
            if (orig.Kind == Kind.Present)
            {
                if (store is not null && !orig.Writable) Reuse();
            }
            else if (orig.Kind == Kind.Swap)
            {
                DoSwapPage(orig, store is not null);
            }

            Step();
        }
    }

    /// <summary>MADV_PAGEOUT.</summary>
    public void Pageout()
    {
        Step();
        Lock(_pageTable);
        Step();
        if (_pte.Kind != Kind.Present)
        {
            Unlock(_pageTable);
            Step();
            return;
        }

        var frame = _pte.Frame;
        _references[frame]++;
        Unlock(_pageTable);

        // shrink_folio_list(): add_to_swap(), try_to_unmap().
        Lock(_locks[frame]);
        Step();
        (_cached, _count) = (frame, 0);
        Lock(_pageTable);
        Step();
        _pte = default;
        Steps(2);
        _count++;
        Steps(3);
        _pte = new Entry(Kind.Swap, 0, false);
        Step();
        _references[frame]--;
        Unlock(_pageTable);

        // pageout(), __remove_mapping().
        Steps(5);
        _device = _data[frame];
        Unlock(_locks[frame]);
        Step();
        Lock(_locks[frame]);
        Steps(2);
        if (_references[frame] == 1) _cached = 0;
        Unlock(_locks[frame]);
        Steps(2);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pageTable.Dispose();
        foreach (var folio in _locks) folio.Dispose();
    }

    private static void Step() => SchedulingPoint.Interleave();

    private static void Steps(int count)
    {
        for (; count > 0; count--) Step();
    }

    private static void Lock(SemaphoreSlim what)
    {
        Step();
        what.Wait();
    }

    private static void Unlock(SemaphoreSlim what)
    {
        Step();
        what.Release();
    }

    private void Reuse()
    {
        Lock(_pageTable);
        if (_pte.Kind == Kind.Present)
        {
            Steps(4);
            _pte = _pte with { Writable = true };
        }

        Unlock(_pageTable);
    }

    private void DoSwapPage(Entry orig, bool isWrite)
    {
        Step();
        var frame = _cached;
        var fresh = frame == 0;
        if (!fresh) _references[frame]++;
        if (fresh)
        {
            // SWP_SYNCHRONOUS_IO and a count of one: around the swap cache.
            Step();
            if (_count != 1) return;
            Step();
            frame = Interlocked.Increment(ref _lastFrame);
            _references[frame] = 1;
            Step();
            _data[frame] = _device;
        }

        Lock(_locks[frame]);
        Lock(_pageTable);
        Step();
        if (_pte != orig)
        {
            Unlock(_pageTable);
            Unlock(_locks[frame]);
            Step();
            _references[frame]--;
            return;
        }

        Steps(4);
        _count--;
        if (!fresh && _count == 0) _cached = 0;
        Steps(6);
        _pte = new Entry(Kind.Present, frame, isWrite);
        Specification.Assert(_data[frame] == _expected, "data-preservation");
        Step();
        Unlock(_locks[frame]);
        Step();
        Unlock(_pageTable);
    }

    private readonly record struct Entry(Kind Kind, int Frame, bool Writable);
}
