using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search;

/// <summary>Makes a finding of a failing workload: the smallest case that still breaks the same invariant, replayed twice.</summary>
/// <param name="machine">A machine of the kernel and architecture on which it fails.</param>
internal sealed class Shrinking(Machine machine)
{
    /// <summary>Shrinks a failing workload.</summary>
    /// <param name="id">The invariant.</param>
    /// <param name="workload">The workload.</param>
    /// <param name="index">Its number.</param>
    /// <param name="watch">The invariants to watch on the way.</param>
    /// <param name="slips">Takes, for each other invariant that a candidate broke, the first such candidate; null: nobody wants to know.</param>
    /// <exception cref="NondeterminismException">It did not fail the same way twice.</exception>
    public Finding Shrink(InvariantId id, Workload workload, long index, InvariantSet watch, Dictionary<InvariantId, Workload>? slips = null)
    {
        return Shrink(id, workload, index, Fails);

        bool Fails(Workload candidate)
        {
            var broken = Try(machine, candidate, watch);
            if (broken.Contains(id)) return true;
            foreach (var other in broken.Members()) slips?.TryAdd(other, candidate);
            return false;
        }
    }

    /// <summary>Shrinks a failing workload as long as it fails in a certain way.</summary>
    /// <param name="id">The invariant.</param>
    /// <param name="workload">The workload.</param>
    /// <param name="index">Its number.</param>
    /// <param name="fails">Whether a candidate does; one that does breaks the invariant on the machine.</param>
    /// <exception cref="NondeterminismException">It did not fail the same way twice.</exception>
    public Finding Shrink(InvariantId id, Workload workload, long index, Func<Workload, bool> fails)
    {
        var minimal = Shrinker.Shrink(workload, fails, out var runs);
        var violation = Confirm(id, minimal);
        var invariant = InvariantCatalogue.Of(id);
        var @case = new Case(
            machine.Kernel.Name,
            machine.Architecture.Name,
            minimal,
            [new Expectation(invariant.Name, violation.Place.ToString())],
            [new Comment(0, Trailing: false, "# " + invariant.Describe(violation.Breach))]);
        return new Finding(id, @case, violation, index, runs);
    }

    /// <summary>Runs a workload. A kernel that is broken badly enough uses more slots than the program could; what broke before counts.</summary>
    public static InvariantSet Try(Machine machine, Workload workload, InvariantSet watch)
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

    /// <summary>Whether a workload breaks an invariant, where what breaks first may leave a machine on which the kernel can go no further.</summary>
    public static bool Breaks(Machine machine, Workload workload, InvariantId id)
    {
        try
        {
            return Try(machine, workload, machine.Checked).Contains(id);
        }
        catch (Exception e) when (machine.Broken.Count > 0 && IsDamage(e))
        {
            return machine.Broken.Contains(id);
        }
    }

    /// <summary>Whether an exception says that what the kernel works on is not there. (Where nothing was broken before, that is a bug of Hooks.)</summary>
    public static bool IsDamage(Exception e) => e is IndexOutOfRangeException or InvalidOperationException or OverflowException;

    /// <summary>A failure is reported only if it fails the same way again, to the last byte of the state.</summary>
    private Violation Confirm(InvariantId id, Workload minimal)
    {
        var watch = InvariantSet.Of(id);
        machine.Run(minimal, watch);
        var first = machine.ViolationOf(id);
        var hash = machine.State.Hash();
        if (!machine.Run(minimal, watch).Contains(id) || machine.ViolationOf(id) != first || machine.State.Hash() != hash)
        {
            throw new NondeterminismException($"{machine.Kernel.Name} on {machine.Architecture.Name}: a case does not fail the same way twice:\n{minimal}");
        }

        return first;
    }
}
