using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search;

/// <summary>
/// Runs generated workloads on one kernel and one architecture. The i-th workload depends on the seed and i only, so every
/// kernel and architecture is given the same ones. An invariant found broken is shrunk, then no longer watched, so that one
/// bug does not hide another.
/// </summary>
public sealed class RandomCampaign
{
    private readonly Machine _machine;
    private readonly Machine _shrinking;
    private readonly Choices _choices = new(0UL);

    /// <summary>A campaign against a kernel on an architecture.</summary>
    public RandomCampaign(Kernel kernel, IArchitecture architecture)
    {
        _machine = new Machine(kernel, architecture);
        _shrinking = new Machine(kernel, architecture);
    }

    /// <summary>Runs it.</summary>
    /// <param name="seed">Where the workloads come from.</param>
    /// <param name="workloads">How many.</param>
    /// <param name="progress">Told now and then how many have been run and what has been found; null for nobody.</param>
    /// <param name="only">Look for these only, and end once all are found; null: look for everything, and run to the end.</param>
    /// <param name="kept">Workloads known to break an invariant, to be shrunk and reported before any is drawn.</param>
    /// <param name="cancel">Ends the campaign early; what was found is kept.</param>
    /// <exception cref="NondeterminismException">A failing workload did not fail the same way twice.</exception>
    public PairResult Run(ulong seed, long workloads, Action<long, InvariantSet>? progress = null, InvariantSet? only = null, IReadOnlyList<KeptFailure>? kept = null, CancellationToken cancel = default)
    {
        const int Often = 256;
        var findings = new List<Finding>();
        var left = _machine.Checked & (only ?? _machine.Checked);
        var exercised = InvariantSet.None;
        var complete = true;
        foreach (var failure in kept ?? [])
        {
            if (!left.Contains(failure.Invariant) || !Try(_machine, failure.Workload, InvariantSet.Of(failure.Invariant)).Contains(failure.Invariant)) continue;
            findings.Add(Shrink(failure.Invariant, failure.Workload, Finding.Kept, InvariantSet.Of(failure.Invariant), []));
            left = left.Without(failure.Invariant);
        }

        _machine.Coverage.Clear();
        for (long i = 0; i < workloads; i++)
        {
            if (i % Often == 0)
            {
                if (cancel.IsCancellationRequested)
                {
                    complete = false;
                    break;
                }

                progress?.Invoke(i, _machine.Checked.Except(left));
            }

            _choices.Reset(Choices.SeedOf(seed, i));
            var workload = Generator.Draw(_choices);
            var broken = Try(_machine, workload, left);
            exercised |= ExercisedBy(_machine);
            for (; broken.Count > 0; broken &= left)
            {
                var id = broken.Members().First();
                var slips = new Dictionary<InvariantId, Workload>();
                findings.Add(Shrink(id, workload, i, left, slips));
                left = left.Without(id);

                // What broke on the way to the minimal case is a bug too, whether the campaign meets it again or not.
                foreach (var (other, slipped) in slips.OrderBy(s => s.Key))
                {
                    if (!left.Contains(other) || broken.Contains(other)) continue;
                    findings.Add(Shrink(other, slipped, i, InvariantSet.Of(other), []) with { Slipped = true });
                    left = left.Without(other);
                }
            }

            if (left.Count == 0 && only is not null) break;
        }

        var coverage = new Coverage();
        coverage.Add(_machine.Coverage);
        return new PairResult(
            _machine.Kernel.Name,
            _machine.Architecture.Name,
            _machine.Kernel.ExpectedOn(_machine.Architecture),
            _machine.Checked,
            exercised,
            [.. findings.OrderBy(f => f.Invariant)],
            coverage,
            complete);
    }

    /// <summary>Shrinks a failing workload to the smallest that still breaks the same invariant.</summary>
    /// <param name="id">The invariant.</param>
    /// <param name="workload">The workload.</param>
    /// <param name="index">Its number.</param>
    /// <param name="watch">The invariants to watch on the way.</param>
    /// <param name="slips">Takes, for each other invariant that a candidate broke, the first such candidate.</param>
    private Finding Shrink(InvariantId id, Workload workload, long index, InvariantSet watch, Dictionary<InvariantId, Workload> slips)
    {
        var minimal = Shrinker.Shrink(workload, Fails, out var runs);
        var violation = Confirm(id, minimal);
        var invariant = InvariantCatalogue.Of(id);
        var @case = new Case(
            _machine.Kernel.Name,
            _machine.Architecture.Name,
            minimal,
            [new Expectation(invariant.Name, violation.Place.ToString())],
            [new Comment(0, Trailing: false, "# " + invariant.Describe(violation.Breach))]);
        return new Finding(id, @case, violation, index, runs);

        bool Fails(Workload candidate)
        {
            var broken = Try(_shrinking, candidate, watch);
            if (broken.Contains(id)) return true;
            foreach (var other in broken.Members()) slips.TryAdd(other, candidate);
            return false;
        }
    }

    /// <summary>A failure is reported only if it fails the same way again, to the last byte of the state.</summary>
    private Violation Confirm(InvariantId id, Workload minimal)
    {
        var watch = InvariantSet.Of(id);
        _shrinking.Run(minimal, watch);
        var first = _shrinking.ViolationOf(id);
        var hash = _shrinking.State.Hash();
        if (!_shrinking.Run(minimal, watch).Contains(id) || _shrinking.ViolationOf(id) != first || _shrinking.State.Hash() != hash)
        {
            throw new NondeterminismException($"{_machine.Kernel.Name} on {_machine.Architecture.Name}: a case does not fail the same way twice:\n{minimal}");
        }

        return first;
    }

    /// <summary>Runs a workload. A kernel that is broken badly enough uses more slots than the program could; what broke before counts.</summary>
    private static InvariantSet Try(Machine machine, Workload workload, InvariantSet watch)
    {
        try
        {
            return machine.Run(workload, watch, stopAtFirst: false);
        }
        catch (CapacityException)
        {
            return machine.Broken;
        }
    }

    private static InvariantSet ExercisedBy(Machine machine)
    {
        var set = InvariantSet.None;
        foreach (var invariant in InvariantCatalogue.All)
        {
            if ((machine.Seen & invariant.ExercisedBy) != 0) set = set.With(invariant.Id);
        }

        return set & machine.Checked;
    }
}

/// <summary>The same choices gave two different runs. This is a bug of Hooks, never of a kernel.</summary>
public sealed class NondeterminismException : Exception
{
    /// <summary>What differed.</summary>
    public NondeterminismException(string message)
        : base(message)
    {
    }

    /// <inheritdoc/>
    public NondeterminismException()
    {
    }

    /// <inheritdoc/>
    public NondeterminismException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
