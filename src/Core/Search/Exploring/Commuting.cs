using Hooks.Core.Mm;

namespace Hooks.Core.Search.Exploring;

/// <summary>
/// What is known of the moves that tasks can make from one world: what each touches, recorded as it was tried. Two moves commute if neither touches what the other writes; both orders
/// then lead to one world, and one of them is enough.
/// <para>
/// Never taken to commute: what ends an operation, what an invariant asks about by itself (its alarms), what the kernel would complain of, and two steps that both say something to oracle or
/// ghost. An invariant is then asked about such a step in every world in which it can be taken.
/// </para>
/// </summary>
internal struct Commuting
{
    private PerTask _touched;
    private BitSet<TaskId> _stands;

    /// <summary>Nothing is known.</summary>
    public void Clear() => _stands = default;

    /// <summary>A step that a task can take.</summary>
    /// <param name="task">Whose.</param>
    /// <param name="report">What it did when it was tried.</param>
    /// <param name="alone">Whether it commutes with nothing.</param>
    public void Step(TaskId task, in StepReport report, bool alone)
    {
        ref var touched = ref _touched[task.Value];
        touched.Read = report.Read;
        touched.Written = report.Written;
        touched.Says = report.Observations.Count != 0 || report.SlotsReturned.Any;
        touched.Begins = false;
        _stands = alone ? _stands.Without(task) : _stands.With(task);
    }

    /// <summary>Operations that a task can begin: they look at whether these address spaces live, and become users of them.</summary>
    public void Begin(TaskId task, BitSet<MmId> mms)
    {
        _touched[task.Value] = new Touched { Read = new Footprint { Mms = mms }, Written = new Footprint { Mms = mms }, Begins = true };
        _stands = _stands.With(task);
    }

    /// <summary>Those of some tasks whose moves commute with a task's.</summary>
    public BitSet<TaskId> With(TaskId task, BitSet<TaskId> others)
    {
        var commuting = BitSet<TaskId>.Empty;
        if (!_stands.Contains(task)) return commuting;
        ref var one = ref _touched[task.Value];
        for (var left = (others & _stands).Without(task); left.Any; left = left.Rest)
        {
            if (Commute(in one, in _touched[left.First.Value])) commuting = commuting.With(left.First);
        }

        return commuting;
    }

    /// <summary>Which tasks' moves may be left out at all.</summary>
    public readonly bool MayBeLeftOut(TaskId task) => _stands.Contains(task);

    private static bool Commute(in Touched a, in Touched b) =>
        !(a.Says && b.Says) && !(a.Begins && b.Begins)
        && !a.Written.Overlaps(in b.Written) && !a.Written.Overlaps(in b.Read) && !a.Read.Overlaps(in b.Written);

    [System.Runtime.CompilerServices.InlineArray(Capacity.Tasks)]
    private struct PerTask
    {
        private Touched _element;
    }

    private struct Touched
    {
        public Footprint Read;
        public Footprint Written;
        public bool Says;
        public bool Begins;
    }
}
