using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Search.Strategies;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search;

/// <summary>
/// Runs drawn scenes on one kernel and one architecture, each with several schedules; the i-th scene depends on the seed and i only. A scene's operations are first run one after the other, in all orders: what breaks then is no
/// race, and is not watched for in that scene. A race is shrunk as long as it is one, program and schedule together; then that invariant is no longer watched, so that one race does not hide another.
/// </summary>
internal sealed class InterleavedCampaign
{
    /// <summary>Apart from the workloads of the same seed.</summary>
    private const ulong Stream = 0x7363_656E_6573_0002;

    private const ulong LargeStream = 0x7363_656E_6573_0003;

    private readonly Kernel _kernel;
    private readonly LargeCampaign? _large;
    private readonly OtherKernel? _other;
    private readonly IArchitecture _architecture;
    private readonly Scheduling _scheduling;
    private readonly Machine _machine;
    private readonly Shrinking _shrinking;
    private readonly Orders _orders;
    private readonly OwnBreaches _own;
    private readonly Met _met;
    private readonly ScheduledRun _run;
    private readonly Choices _lots = new(0UL);
    private readonly IStrategy _strategy;
    private readonly List<Finding> _races = [];
    private readonly List<Finding> _others = [];
    private InvariantSet _left;
    private InvariantSet _known;

    /// <summary>A campaign against a kernel on an architecture.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="architecture">The architecture.</param>
    /// <param name="scheduling">How many interleaved runs, and how.</param>
    /// <param name="large">Pages may come in large folios, and only what takes them is looked for; null: they do not.</param>
    /// <param name="other">Only races are looked for that this kernel does not have; null: all.</param>
    public InterleavedCampaign(Kernel kernel, IArchitecture architecture, Scheduling scheduling, LargeCampaign? large = null, OtherKernel? other = null)
    {
        (_large, _other) = (large, other);
        (_kernel, _architecture, _scheduling) = (kernel, architecture, scheduling);
        _machine = new Machine(kernel, architecture);
        _shrinking = new Shrinking(new Machine(kernel, architecture));
        _orders = new Orders(kernel, architecture);
        _own = new OwnBreaches(kernel, architecture);
        _met = new Met(kernel);
        _run = new ScheduledRun(kernel, architecture, _met);
        _strategy = scheduling.Create(_lots);
    }

    /// <summary>Whether a failure kept from an earlier campaign is a race: for this one to shrink and report.</summary>
    public bool IsRace(KeptFailure failure) =>
        Shrinking.Breaks(_machine, failure.Workload, failure.Invariant) && _orders.IsRace(failure.Workload, failure.Invariant);

    /// <summary>Runs it, beside what was found of the same pair without interleaving.</summary>
    /// <param name="seed">Where the scenes and schedules come from.</param>
    /// <param name="beside">What was found without.</param>
    /// <param name="only">Look for races of these only, and end once all are found; null: look for all, and run to the end.</param>
    /// <param name="kept">Races known from earlier campaigns, to be shrunk and reported before any is drawn.</param>
    /// <param name="progress">Told now and then how many schedules have been run and what was broken; null for nobody.</param>
    /// <param name="first">The number of the first scene. A scene counts for one schedule at least: so many scenes on as schedules are run, another campaign runs none of this one's.</param>
    /// <param name="cancel">Ends it early; what was found is kept.</param>
    /// <returns>Both together.</returns>
    /// <exception cref="NondeterminismException">A schedule did not fail as a program, or not twice the same way.</exception>
    public PairResult Run(ulong seed, PairResult beside, InvariantSet? only = null, IReadOnlyList<KeptFailure>? kept = null, Action<long, InvariantSet>? progress = null, long first = 0, CancellationToken cancel = default)
    {
        _races.Clear();
        _others.Clear();
        _left = (_large is null ? _machine.Checked : LargeCampaign.LookedFor(beside).Except(InvariantSet.Of([.. beside.FoundLarge.Select(f => f.Invariant)]))) & (only ?? _machine.Checked);
        _known = _large is null ? beside.Broken | beside.Expected : _machine.Checked;
        var stream = seed ^ (_large is null ? Stream : LargeStream);
        foreach (var failure in kept ?? [])
        {
            if (_left.Contains(failure.Invariant)) Found(failure.Invariant, failure.Workload, Finding.Kept, null);
        }

        var complete = beside.Complete;
        var choices = new Choices(0UL);
        var scenes = first;
        for (var ran = 0L; ran < _scheduling.Schedules && (_left.Count > 0 || only is null); scenes++)
        {
            if (cancel.IsCancellationRequested)
            {
                complete = false;
                break;
            }

            progress?.Invoke(ran, beside.Broken | InvariantSet.Of([.. _races.Concat(_others).Select(f => f.Invariant)]));
            choices.Reset(Choices.SeedOf(stream, scenes));
            _lots.Reset(Choices.SeedOf(~stream, scenes));
            try
            {
                // A scene in which there is nothing to look for counts too: or it might go on for ever.
                ran += Math.Max(1, Run(SceneGenerator.Draw(choices, _large is not null, byAddress: _own.IsAsked), ran, first));
            }
            catch (CapacityException)
            {
                ran++;
            }
        }

        if (_large is not null) return beside with { FoundLarge = [.. beside.FoundLarge.Concat(_races).OrderBy(f => f.Invariant)], Complete = complete };
        return beside with
        {
            Findings = [.. beside.Findings.Concat(_others).OrderBy(f => f.Invariant)],
            Races = [.. _races.OrderBy(f => f.Invariant)],
            ExpectedRaces = _kernel.RacesOn(_architecture),
            Met = _met,
            Complete = complete,
        };
    }

    /// <summary>Runs a scene with several schedules.</summary>
    /// <returns>How many.</returns>
    private int Run(Scene scene, long ran, long first)
    {
        var broken = _machine.RunUnfinished(scene.Before, _machine.Checked, out var start);
        foreach (var id in _own.Of(scene.Before, broken.Except(_known)).Members()) Broke(id, scene.Before, first + ran);
        if (broken.Count > 0) return 0;
        var programs = new FixedPrograms(scene.Before, in start, scene.Together);
        var sequential = _orders.Broken(programs, _machine.Checked);
        foreach (var id in sequential.Except(_known).Members())
        {
            var order = _orders.Breaking(programs, id)!;
            if (_own.Has(order, id)) Broke(id, order, first + ran);
        }

        _strategy.Take(_orders.Longest);
        var schedules = 0;
        while (schedules < _scheduling.OfEachScene && ran + schedules < _scheduling.Schedules && _strategy.Begin())
        {

            // What follows from something broken is of no interest.
            broken = _run.Run(programs, _strategy, _machine.Checked, _machine.Checked.Except(sequential));
            foreach (var id in (broken & _left).Except(sequential).Members())
            {
                var text = _run.AsText(programs);
                if (!Shrinking.Breaks(_machine, text, id)) throw new NondeterminismException($"{_kernel.Name} on {_architecture.Name}: a schedule breaks {InvariantCatalogue.Of(id).Name}, and as a program it does not:\n{text}");
                if (IsLookedFor(text, id)) Found(id, text, first + ran + schedules, $"{scene.Knobs}; {_strategy.Name}");
            }

            schedules++;
        }

        return schedules;
    }

    /// <summary>A race: the smallest program and schedule, and where that is as small as taking away can make it, the simplest schedule of its operations.</summary>
    private void Found(InvariantId id, Workload workload, long at, string? drawnWith)
    {
        var finding = _shrinking.Shrink(id, workload, at, Fails);
        while (_orders.Simpler(finding.Minimal.Workload, id) is { } simpler) finding = _shrinking.Shrink(id, simpler, at, Fails);
        _races.Add(finding with { IsRace = true, DrawnWith = drawnWith });
        _left = _left.Without(id);

        bool Fails(Workload candidate) => Shrinking.Breaks(_machine, candidate, id) && IsLookedFor(candidate, id);
    }

    /// <summary>Of a program that breaks an invariant: whether it takes the interleaving, and where large folios are asked for, those; and where another kernel must not have it, whether it has not.</summary>
    private bool IsLookedFor(Workload workload, InvariantId id) => _orders.IsRace(workload, id) && _large?.TakesLarge(workload, id) != false && _own.Has(workload, id) && _other?.MayBreak(workload, id) != true;

    /// <summary>No race, but nobody knows of it.</summary>
    private void Broke(InvariantId id, Workload workload, long at)
    {
        _others.Add(_own.IsAsked ? _shrinking.Shrink(id, workload, at, candidate => Shrinking.Breaks(_machine, candidate, id) && _own.Has(candidate, id)) : _shrinking.Shrink(id, workload, at, InvariantSet.Of(id)));
        _known = _known.With(id);
    }
}
