using System.Numerics;
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
    private uint _left = v.Scope.Contents;
    private int _at;

    /// <summary>Whose mapping.</summary>
    public readonly MmId Mm => new((byte)(_at / Capacity.Pages));

    /// <summary>Of which page.</summary>
    public readonly Vpn Page => new((byte)(_at % Capacity.Pages));

    /// <summary>The physical page behind it.</summary>
    public Pfn Pfn { get; private set; }

    /// <summary>The tags seen.</summary>
    public PageTags Seen { get; private set; }

    /// <summary>What the program expects.</summary>
    public OraclePage Expected { get; private set; }

    /// <summary>Goes to the next mapping that shows other tags than those last stored.</summary>
    public bool MoveNext()
    {
        for (; _left != 0; _left &= _left - 1)
        {
            _at = BitOperations.TrailingZeroCount(_left);
            ref readonly var mm = ref _view.State.Mms[_at / Capacity.Pages];
            if (!mm.IsRunning) continue;
            var pte = mm.Ptes[_at % Capacity.Pages];
            if (!pte.IsPresent || !pte.IsTagged) continue;
            Expected = _view.Oracle.Of(Mm, Page);
            Pfn = pte.Pfn;
            Seen = _view.State.Folios[Pfn.Value].Tags;
            if (!Expected.Mapped || Seen == Expected.Tags) continue;
            _left &= _left - 1;
            return true;
        }

        return false;
    }
}
