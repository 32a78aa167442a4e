using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
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
    private readonly Shrinking _shrinking;
    private readonly OwnBreaches _own;
    private readonly Choices _choices = new(0UL);

    /// <summary>A campaign against a kernel on an architecture.</summary>
    public RandomCampaign(Kernel kernel, IArchitecture architecture)
    {
        _machine = new Machine(kernel, architecture);
        _shrinking = new Shrinking(new Machine(kernel, architecture));
        _own = new OwnBreaches(kernel, architecture);
    }

    /// <summary>Runs it.</summary>
    /// <param name="seed">Where the workloads come from.</param>
    /// <param name="workloads">How many.</param>
    /// <param name="progress">Told now and then how many have been run and what has been found; null for nobody.</param>
    /// <param name="only">Look for these only, and end once all are found; null: look for everything, and run to the end.</param>
    /// <param name="kept">Workloads known to break an invariant, to be shrunk and reported before any is drawn.</param>
    /// <param name="first">The number of the first workload.</param>
    /// <param name="cancel">Ends the campaign early; what was found is kept.</param>
    /// <exception cref="NondeterminismException">A failing workload did not fail the same way twice.</exception>
    public PairResult Run(ulong seed, long workloads, Action<long, InvariantSet>? progress = null, InvariantSet? only = null, IReadOnlyList<KeptFailure>? kept = null, long first = 0, CancellationToken cancel = default)
    {
        const int Often = 256;
        var findings = new List<Finding>();
        var left = _machine.Checked & (only ?? _machine.Checked);
        var exercised = InvariantSet.None;
        var complete = true;
        foreach (var failure in kept ?? [])
        {
            if (!left.Contains(failure.Invariant) || !Fails(failure.Workload, failure.Invariant)) continue;
            findings.Add(_shrinking.Shrink(failure.Invariant, failure.Workload, Finding.Kept, candidate => Fails(candidate, failure.Invariant)));
            left = left.Without(failure.Invariant);
        }

        _machine.Coverage.Clear();
        for (long ran = 0; ran < workloads; ran++)
        {
            if (ran % Often == 0)
            {
                if (cancel.IsCancellationRequested)
                {
                    complete = false;
                    break;
                }

                progress?.Invoke(ran, _machine.Checked.Except(left));
            }

            var i = first + ran;
            _choices.Reset(Choices.SeedOf(seed, i));
            var workload = Generator.Draw(_choices);
            var broken = Shrinking.Try(_machine, workload, left);
            exercised |= InvariantCatalogue.ExercisedBy(_machine.Seen) & _machine.Checked;
            broken = _own.Of(workload, broken);
            for (; broken.Count > 0; broken &= left)
            {
                var id = broken.Members().First();
                var slips = new Dictionary<InvariantId, Workload>();
                findings.Add(_own.IsAsked ? _shrinking.Shrink(id, workload, i, candidate => Fails(candidate, id)) : _shrinking.Shrink(id, workload, i, left, slips));
                left = left.Without(id);

                // What broke on the way to the minimal case is a bug too, whether the campaign meets it again or not.
                foreach (var (other, slipped) in slips.OrderBy(s => s.Key))
                {
                    if (!left.Contains(other) || broken.Contains(other)) continue;
                    findings.Add(_shrinking.Shrink(other, slipped, i, InvariantSet.Of(other)) with { Slipped = true });
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
            complete)
        { Reached = [.. _machine.Reached] };

        bool Fails(Workload candidate, InvariantId id) => Shrinking.Try(_machine, candidate, InvariantSet.Of(id)).Contains(id) && _own.Has(candidate, id);
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
