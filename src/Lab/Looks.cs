using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Lab;

/// <summary>
/// What the agent remembers from look to look, as it would stand beside a state of the model: in which page frame each page was when it was last looked at. A value.
/// </summary>
/// <remarks>
/// Which frame an allocation gets is the environment's choice, so two frames are told apart only as far as the model knows: the same folio all the time is the same
/// frame; another one, while the first was mapped all the time, is another frame; and what was free meanwhile may have come back.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Looks : IEquatable<Looks>
{
    /// <summary>The frame is the same.</summary>
    public const char Same = '=';

    /// <summary>The frame is another.</summary>
    public const char Another = '!';

    /// <summary>The first frame was free meanwhile: it may be either.</summary>
    public const char Either = '?';

    private Frames _last;
    private ushort _unmapped;
    private ushort _freed;

    /// <summary>Whether two are the same.</summary>
    public static bool operator ==(Looks left, Looks right) => left.Equals(right);

    /// <summary>Whether two differ.</summary>
    public static bool operator !=(Looks left, Looks right) => !left.Equals(right);

    /// <inheritdoc/>
    public readonly bool Equals(Looks other) => ((ReadOnlySpan<Pfn>)_last).SequenceEqual(other._last) && _unmapped == other._unmapped && _freed == other._freed;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is Looks other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var pfn in _last) hash.Add(pfn.Value);
        hash.Add(_unmapped);
        hash.Add(_freed);
        return hash.ToHashCode();
    }

    /// <summary>Something has happened: which of the frames seen last are no longer where they were?</summary>
    public void Follow(in MachineState s)
    {
        for (var i = 0; i < PageAt.Total; i++)
        {
            if (_last[i].IsNone) continue;

            // Swap cache and LRU batch let go of a page when they like.
            if (s.Frame(_last[i]).MapCount == 0) _unmapped |= (ushort)(1 << i);
            if (s.Folio(s.FolioOf(_last[i])).RefCount == 0) _freed |= (ushort)(1 << i);
        }
    }

    /// <summary>The look after an operation: what it says of the frame of the operation's page (NUL: nothing).</summary>
    /// <param name="s">After the operation.</param>
    /// <param name="op">The operation.</param>
    /// <param name="applied">Whether it applied.</param>
    public char See(in MachineState s, Operation op, bool applied)
    {
        if (applied && op.Verb == Verb.Fork)
        {
            for (byte page = 0; page < Capacity.Pages; page++) Copy(new PageAt(op.Mm, new Vpn(page)), new PageAt(op.Child, new Vpn(page)));
        }

        var at = new PageAt(op.Mm, op.Page);
        if (applied && op.Verb == Verb.Mremap)
        {
            Copy(at, new PageAt(op.Mm, op.To));
            Forget(at.Number);
        }

        if (!Prediction.HasPage(op.Verb) || op.Verb == Verb.Reclaim || !s.Mm(op.Mm).IsAlive) return '\0';
        if (!s.Vma(at).IsMapped) Forget(at.Number);
        if (!s.Pte(at).IsPresent) return '\0';
        var (frame, i) = (s.Pte(at).Pfn, at.Number);
        var seen = _last[i].IsNone ? '\0'
            : _last[i] == frame && !Has(_freed, i) ? Same
            : _last[i] != frame && !Has(_unmapped, i) ? Another
            : Either;
        Forget(i);
        _last[i] = frame;
        return seen;
    }

    private static bool Has(ushort bits, int i) => (bits & (1 << i)) != 0;

    private void Forget(int i)
    {
        _last[i] = Pfn.None;
        _unmapped &= (ushort)~(1 << i);
        _freed &= (ushort)~(1 << i);
    }

    private void Copy(PageAt from, PageAt to)
    {
        Forget(to.Number);
        _last[to.Number] = _last[from.Number];
        if (Has(_unmapped, from.Number)) _unmapped |= (ushort)(1 << to.Number);
        if (Has(_freed, from.Number)) _freed |= (ushort)(1 << to.Number);
    }

    [InlineArray(PageAt.Total)]
    private struct Frames
    {
        private Pfn _element;
    }
}
