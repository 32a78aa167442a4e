using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search;

/// <summary>What became of a mutant on an architecture.</summary>
/// <param name="Mutant">The mutant.</param>
/// <param name="Arch">The architecture's name.</param>
/// <param name="CaughtBy">The invariant that noticed; null if none did.</param>
/// <param name="Oops">Whether the model itself fell over, as the kernel would have: a null pointer followed, a label missing.</param>
/// <param name="Minimal">The smallest workload that shows it.</param>
/// <param name="Workloads">How many workloads it took; if it survived, the budget.</param>
internal sealed record MutantResult(PathMutant Mutant, string Arch, InvariantId? CaughtBy, bool Oops, Workload? Minimal, long Workloads)
{
    /// <summary>Whether anything noticed.</summary>
    public bool Caught => CaughtBy is not null || Oops;
}

/// <summary>
/// Runs mutants of paths: a measure of what the invariants and workloads together can see. What the kernel the mutants are made
/// of breaks anyway does not count.
/// </summary>
internal static class MutationRun
{
    /// <summary>Runs one mutant on one architecture, until something notices.</summary>
    /// <param name="mutant">The mutant.</param>
    /// <param name="arch">The architecture.</param>
    /// <param name="expected">What does not count.</param>
    /// <param name="seed">Where the workloads come from.</param>
    /// <param name="workloads">How many at most.</param>
    public static MutantResult Run(PathMutant mutant, IArchitecture arch, InvariantSet expected, ulong seed, long workloads)
    {
        var machine = new Machine(mutant.Kernel, arch);
        var watch = machine.Checked.Except(expected);
        var choices = new Choices(0UL);
        for (long i = 0; i < workloads; i++)
        {
            choices.Reset(Choices.SeedOf(seed, i));
            var workload = Generator.Draw(choices);
            var seen = See(machine, workload, watch);
            if (seen is not { } what) continue;
            var minimal = Shrinker.Shrink(workload, w => See(machine, w, what.Watch) == what, out _);
            return new MutantResult(mutant, arch.Name, what.Oops ? null : what.Watch.Members().First(), what.Oops, minimal, i + 1);
        }

        return new MutantResult(mutant, arch.Name, null, Oops: false, null, workloads);
    }

    /// <summary>What a workload breaks first.</summary>
    private static Seen? See(Machine machine, Workload workload, InvariantSet watch)
    {
        try
        {
            var broken = machine.Run(workload, watch);
            return broken.Count == 0 ? null : new Seen(InvariantSet.Of(broken.Members().First()), Oops: false);
        }
        catch (CapacityException)
        {
            return null;
        }
        catch (Exception e) when (e is IndexOutOfRangeException or InvalidOperationException or OverflowException)
        {
            return new Seen(watch, Oops: true);
        }
    }

    private readonly record struct Seen(InvariantSet Watch, bool Oops);
}
