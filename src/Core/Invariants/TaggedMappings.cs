using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>
/// The mappings through which a running program can see tags now, where they are not what it last stored. Visible is what
/// is mapped, whatever locks are held: the hardware does not ask for locks.
/// </summary>
/// <param name="v">What is looked at.</param>
internal ref struct TaggedMappings(View v)
{
    private readonly View _view = v;
    private BitSet<PageAt> _left = v.Scope.Contents;

    /// <summary>Which mapping.</summary>
    public PageAt At { get; private set; }

    /// <summary>The physical page behind it.</summary>
    public Pfn Pfn { get; private set; }

    /// <summary>The tags seen.</summary>
    public PageTags Seen { get; private set; }

    /// <summary>What the program expects.</summary>
    public OraclePage Expected { get; private set; }

    /// <summary>Goes to the next mapping that shows other tags than those last stored.</summary>
    public bool MoveNext()
    {
        for (; _left.Any; _left = _left.Rest)
        {
            At = _left.First;
            if (!_view.State.Mm(At.Mm).IsComplete) continue;
            var pte = _view.State.Pte(At);
            var zero = pte.IsZeroPage && _view.State.Vma(At) is { IsTagged: true } vma && vma.Is(VmaFlags.Read);
            if (!zero && (!pte.IsAccessible || !pte.IsTagged)) continue;
            Expected = _view.Oracle.Of(At);
            Pfn = pte.Pfn;
            Seen = zero ? default : new PageTags((ushort)(_view.State.Frame(Pfn).Tags.Bits & _view.TagMask));
            if (!Expected.Mapped || Expected.Dropped || Seen == Expected.Tags) continue;
            _left = _left.Rest;
            return true;
        }

        return false;
    }
}
