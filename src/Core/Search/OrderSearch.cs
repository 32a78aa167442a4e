using System.Collections.Immutable;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search;

/// <summary>A step that has to stand before another.</summary>
/// <param name="First">The step.</param>
/// <param name="Second">The other.</param>
/// <param name="Finding">What breaks in an order that has them the other way round; null where the second reads what the first sets, so that there is no such order.</param>
/// <param name="Order">That order.</param>
/// <param name="When">Null: always. Else only in orders that have the first of these before the second.</param>
internal sealed record NecessaryOrder(Movable First, Movable Second, Finding? Finding, ImmutableArray<Movable> Order, (Movable First, Movable Second)? When = null);

/// <summary>What came of trying all orders.</summary>
/// <param name="Steps">The movable steps, as the kernel has them.</param>
/// <param name="Commuting">Pairs of steps that commute: an order with them exchanged is not tried again.</param>
/// <param name="Pairs">All pairs.</param>
/// <param name="Tried">Orders that differ in more than steps that commute.</param>
/// <param name="Safe">Those of them that break nothing that the kernel does not.</param>
/// <param name="Allowed">Those of them that have all necessary pairs in order: as many as <paramref name="Safe"/>, if the pairs say all.</param>
/// <param name="Necessary">The pairs that are in the same order in all safe ones; then those that are so in all safe ones which have another pair in order.</param>
/// <param name="Complete">Whether it was not interrupted.</param>
/// <param name="Unasked">What was not asked of any order, by architecture: the kernel breaks it in its own.</param>
internal sealed record OrderResult(ImmutableArray<Movable> Steps, int Commuting, int Pairs, int Tried, int Safe, int Allowed, ImmutableArray<NecessaryOrder> Necessary, bool Complete, ImmutableArray<(string Arch, InvariantSet Broken)> Unasked)
{
    /// <summary>How many orders there are of so many steps, whether they commute or not.</summary>
    public double Orders => Enumerable.Range(1, Steps.Length).Aggregate(1.0, (n, i) => n * i);
}

/// <summary>
/// Tries all orders of the steps of do_swap_page() between its last check and the unlocking of the folio, and finds which steps must stand before which. Orders that differ
/// only in steps that commute (of which neither touches what the other writes: footprints, locals, flags) are tried once.
/// </summary>
internal sealed class OrderSearch
{
    private const int FootprintWorkloads = 400;

    /// <summary>Workloads, at the least, that say what the kernel breaks in its own order.</summary>
    private const int BaseWorkloads = 4000;

    private readonly MovableTail _tail;
    private readonly Kernel _kernel;
    private readonly IReadOnlyList<Movable> _parts;
    private readonly IArchitecture[] _archs;
    private readonly ulong _seed;
    private readonly int _workloads;
    private readonly bool[,] _conflict;
    private readonly bool[,] _mustPrecede;
    private readonly InvariantSet[] _base;
    private readonly List<(int Arch, InvariantId Invariant, Workload Workload)> _known = [];

    /// <summary>A search over the orders of a kernel's tail.</summary>
    /// <param name="tail">The kernel, and what of it may move.</param>
    /// <param name="archs">The architectures on which an order must be safe.</param>
    /// <param name="seed">Where the workloads come from.</param>
    /// <param name="workloads">How many an order is given on each architecture before it counts as safe.</param>
    public OrderSearch(MovableTail tail, IReadOnlyList<IArchitecture> archs, ulong seed, int workloads)
    {
        _tail = tail;
        _kernel = tail.InOrder(Enumerable.Range(0, tail.Parts.Count));
        _parts = tail.Parts;
        _archs = [.. archs];
        _seed = seed;
        _workloads = workloads;
        _mustPrecede = DefinedBefore();
        _conflict = Conflicts();
        _base = Array.ConvertAll(_archs, arch => new RandomCampaign(_kernel, arch).Run(seed, Math.Max(workloads, BaseWorkloads)).Broken);
    }

    /// <summary>How many orders have been tried.</summary>
    public int Tried { get; private set; }

    /// <summary>Searches.</summary>
    /// <param name="cancel">Ends it early.</param>
    public OrderResult Run(CancellationToken cancel)
    {
        var (safe, unsafeOrders) = (new List<int[]>(), new List<int[]>());
        foreach (var order in Orders())
        {
            if (cancel.IsCancellationRequested) break;
            Tried++;
            if (IsSafe(order)) safe.Add(order);
            else unsafeOrders.Add(order);
        }

        var n = _parts.Count;
        var rules = safe.Count == 0 ? [] : Rules(safe, unsafeOrders);
        var told = cancel.IsCancellationRequested ? [] : rules.Select(rule => Tell(rule, rules, unsafeOrders)).ToImmutableArray();
        var allowed = safe.Concat(unsafeOrders).Count(o => rules.TrueForAll(rule => rule.IsKept(o)));
        var commuting = Enumerable.Range(0, n).Sum(a => Enumerable.Range(0, a).Count(b => !_conflict[a, b]));
        return new OrderResult([.. _parts], commuting, n * (n - 1) / 2, Tried, safe.Count, allowed, told, !cancel.IsCancellationRequested, [.. _archs.Zip(_base, (arch, broken) => (arch.Name, broken)).Where(u => u.broken.Count > 0)]);
    }

    /// <summary>
    /// What all safe orders keep, and unsafe ones do not: pairs; and where pairs do not say all, pairs that hold when another does, those first that rule out the most
    /// of the orders that are left.
    /// </summary>
    private List<Rule> Rules(List<int[]> safe, List<int[]> unsafeOrders)
    {
        var pairs = (from a in Enumerable.Range(0, _parts.Count) from b in Enumerable.Range(0, _parts.Count) where a != b && _conflict[a, b] select (First: a, Second: b)).ToList();
        var rules = pairs.Select(pair => new Rule(pair, null)).Where(rule => safe.TrueForAll(rule.IsKept)).ToList();
        var left = unsafeOrders.Where(order => rules.TrueForAll(rule => rule.IsKept(order))).ToList();
        var conditional = left.Count == 0 ? [] : (from when in pairs from pair in pairs select new Rule(pair, when)).Where(rule => safe.TrueForAll(rule.IsKept)).ToList();
        while (left.Count > 0 && conditional.MaxBy(rule => left.Count(order => !rule.IsKept(order))) is { } best && left.RemoveAll(order => !best.IsKept(order)) > 0) rules.Add(best);
        return rules;
    }

    /// <summary>A step that sets a local which nothing before has set must stand before those that read it.</summary>
    private bool[,] DefinedBefore()
    {
        var must = new bool[_parts.Count, _parts.Count];
        for (var a = 0; a < _parts.Count; a++)
        {
            for (var b = 0; b < _parts.Count; b++) must[a, b] = a != b && (_parts[a].Sets & ~_parts[a].Reads & ~_tail.SetBefore & _parts[b].Reads) != 0;
        }

        return must;
    }

    /// <summary>
    /// Which steps do not commute: in some run one writes what the other reads or writes. What a step reads of the task's flags is not written down anywhere: it is
    /// taken with each flag turned over, and whether that makes a difference is looked at.
    /// </summary>
    private bool[,] Conflicts()
    {
        var n = _parts.Count;
        var conflict = new bool[n, n];
        var (flagsRead, flagsSet, says) = (_parts.Select(p => p.FlagsRead).ToArray(), _parts.Select(p => p.FlagsSet).ToArray(), new bool[n]);
        foreach (var arch in _archs) Watch(arch, conflict, flagsRead, flagsSet, says);
        for (var a = 0; a < n; a++)
        {
            for (var b = 0; b < n; b++)
            {
                if (a == b) continue;
                var touches = (_parts[a].Sets & (_parts[b].Reads | _parts[b].Sets)) != 0 || (flagsSet[a] & (flagsRead[b] | flagsSet[b])) != 0 || (says[a] && says[b]);
                if (touches || _mustPrecede[a, b]) conflict[a, b] = conflict[b, a] = true;
            }
        }

        return conflict;
    }

    private void Watch(IArchitecture arch, bool[,] conflict, TaskFlags[] flagsRead, TaskFlags[] flagsSet, bool[] says)
    {
        var executor = new Executor(_kernel, arch) { RecordsReads = true };
        var partOf = _parts.SelectMany((part, at) => part.Items.Where(i => i.Step is not null).Select(i => (Step: i.Step!, At: at))).ToDictionary(p => p.Step, p => p.At);
        var touched = new List<(int Part, Footprint Read, Footprint Written)>();
        var report = default(StepReport);
        foreach (var workload in Drawn(FootprintWorkloads))
        {
            Executor.Boot(workload.Swaps, out var world);
            foreach (var op in workload.Operations)
            {
                var task = TaskId.Of(op.Mm, 0);
                if (op.Verb == Verb.Go || !Executor.Begin(ref world, task, op)) continue;
                touched.Clear();
                for (var steps = 0; steps < Machine.StepLimit && world.Tasks[task.Value].IsUnderWay; steps++)
                {
                    ref var t = ref world.Tasks[task.Value];
                    var at = t.Path == PathId.DoSwapPage ? partOf.GetValueOrDefault(executor.NextStep(in t), -1) : -1;
                    var (before, flags) = (at >= 0 ? world : default, t.Flags);
                    executor.Step(ref world, task, ref report);
                    if (report.Outcome == StepOutcome.Blocked) break;
                    if (at < 0) continue;
                    flagsSet[at] |= flags ^ world.Tasks[task.Value].Flags;
                    says[at] |= report.Observations.Count > 0;
                    var (read, written) = (report.Read, report.Written);
                    foreach (var (other, itsReads, itsWrites) in touched)
                    {
                        if (other != at && (written.Overlaps(in itsReads) || written.Overlaps(in itsWrites) || read.Overlaps(in itsWrites))) conflict[at, other] = conflict[other, at] = true;
                    }

                    touched.Add((at, read, written));
                    foreach (var flag in Enum.GetValues<TaskFlags>())
                    {
                        if (flag != TaskFlags.None && (flagsRead[at] & flag) == 0 && Depends(executor, before, task, flag, in world)) flagsRead[at] |= flag;
                    }
                }

                if (world.Tasks[task.Value].IsUnderWay) break;
                Executor.Forget(ref world, task);
            }
        }
    }

    private static bool Depends(Executor executor, World before, TaskId task, TaskFlags flag, in World after)
    {
        before.Tasks[task.Value].Flags ^= flag;
        var report = default(StepReport);
        executor.Step(ref before, task, ref report);
        before.Tasks[task.Value].Flags = (before.Tasks[task.Value].Flags & ~flag) | (after.Tasks[task.Value].Flags & flag);
        return before != after;
    }

    /// <summary>
    /// Each order once of those that differ only in steps that commute: the first of them by number. A step is put behind a sequence unless it could as well have been put further
    /// in front, before a step of a higher number (lexicographic normal forms of a trace monoid; Anisimov and Knuth, 1979).
    /// </summary>
    private IEnumerable<int[]> Orders()
    {
        var n = _parts.Count;
        var order = new List<int>(n);
        var used = new bool[n];
        return Extend();

        IEnumerable<int[]> Extend()
        {
            if (order.Count == n)
            {
                yield return [.. order];
                yield break;
            }

            for (var a = 0; a < n; a++)
            {
                if (used[a] || !MayFollow(a)) continue;
                used[a] = true;
                order.Add(a);
                foreach (var whole in Extend()) yield return whole;
                order.RemoveAt(order.Count - 1);
                used[a] = false;
            }
        }

        bool MayFollow(int a)
        {
            for (var b = 0; b < n; b++)
            {
                if (_mustPrecede[b, a] && !used[b]) return false;
            }

            for (var i = order.Count - 1; i >= 0 && !_conflict[order[i], a]; i--)
            {
                if (order[i] > a) return false;
            }

            return true;
        }
    }

    private IEnumerable<Workload> Drawn(int count)
    {
        var choices = new Choices(0);
        for (var i = 0; i < count; i++)
        {
            choices.Reset(Choices.SeedOf(_seed, i));
            yield return Generator.Draw(choices);
        }
    }

    private bool IsSafe(int[] order)
    {
        // One kernel for all architectures: its path is compiled once.
        var kernel = _tail.InOrder(order);
        var machines = Array.ConvertAll(_archs, arch => new Machine(kernel, arch));

        // What has found something lately finds something again.
        for (var i = _known.Count - 1; i >= 0; i--)
        {
            var known = _known[i];
            if (machines[known.Arch].Run(known.Workload, InvariantSet.Of(known.Invariant)).Count == 0) continue;
            _known.RemoveAt(i);
            _known.Add(known);
            return false;
        }

        for (var a = 0; a < machines.Length; a++)
        {
            foreach (var workload in Drawn(_workloads))
            {
                var broken = machines[a].Run(workload, machines[a].Checked.Except(_base[a]));
                if (broken.Count == 0) continue;
                _known.Add((a, broken.Members().First(), workload));
                return false;
            }
        }

        return true;
    }

    /// <summary>The minimal case of a rule: in the order that breaks it, and of the others as few as can be.</summary>
    private NecessaryOrder Tell(Rule rule, List<Rule> rules, List<int[]> unsafeOrders)
    {
        var pair = rule.Pair;
        (Movable, Movable)? when = rule.When is { } w ? (_parts[w.First], _parts[w.Second]) : null;
        var order = unsafeOrders.Where(o => !rule.IsKept(o)).MinBy(o => (rules.Count(r => !r.IsKept(o)), Inversions(o)));
        if (order is null) return new NecessaryOrder(_parts[pair.First], _parts[pair.Second], null, [], when);
        var kernel = _tail.InOrder(order);
        Finding? finding = null;
        for (var a = 0; a < _archs.Length && finding is null; a++)
        {
            var watch = InvariantSet.None;
            var machine = new Machine(kernel, _archs[a]);
            var failing = _known.Where(k => k.Arch == a).Select(k => k.Workload)
                .Concat(Drawn(_workloads))
                .FirstOrDefault(w => (watch = machine.Run(w, machine.Checked.Except(_base[a]))).Count > 0);
            if (failing is null) continue;
            var invariant = watch.Members().First();
            finding = new RandomCampaign(kernel, _archs[a]).Run(_seed, 0, only: InvariantSet.Of(invariant), kept: [new KeptFailure(invariant, failing)]).Findings.FirstOrDefault();
        }

        return new NecessaryOrder(_parts[pair.First], _parts[pair.Second], finding, [.. order.Select(i => _parts[i])], when);
    }

    private static bool IsBefore(int[] order, int first, int second) => Array.IndexOf(order, first) < Array.IndexOf(order, second);

    /// <summary>A pair that stands in this order; if there is a condition, in orders that have that pair in order.</summary>
    private sealed record Rule((int First, int Second) Pair, (int First, int Second)? When)
    {
        public bool IsKept(int[] order) => IsBefore(order, Pair.First, Pair.Second) || (When is { } when && !IsBefore(order, when.First, when.Second));
    }

    private static int Inversions(int[] order) => Enumerable.Range(0, order.Length).Sum(i => Enumerable.Range(0, i).Count(j => order[j] > order[i]));
}
