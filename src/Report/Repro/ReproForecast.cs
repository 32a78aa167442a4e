using System.Collections.Immutable;
using Hooks.Core;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Report.Repro;

/// <summary>What a program would say.</summary>
/// <param name="Verdict"><c>ok</c>, <c>not ok</c>, <c>skip</c>.</param>
/// <param name="NotOk">Where something else is found than was stored, in the case's words.</param>
public sealed record Foretold(string Verdict, ImmutableArray<string> NotOk);

/// <summary>What a case's program would say on a kernel of the model: its operations one after the other, and the same looks at what is found.</summary>
public static class ReproForecast
{
    /// <summary>Its verdict; null: operations race, which nobody can foretell.</summary>
    /// <param name="case">The case, which a program can do.</param>
    /// <param name="reference">As for <see cref="ReproProgram.Print"/>.</param>
    /// <param name="machine">The kernel to run on, with the same architecture.</param>
    /// <exception cref="CapacityException">It needs more than the modelled machine has.</exception>
    public static Foretold? Of(Case @case, Machine reference, Machine machine)
    {
        ArgumentNullException.ThrowIfNull(@case);
        ArgumentNullException.ThrowIfNull(machine);
        var traits = new Traits(@case);
        if (traits.Race >= 0) return null;
        var workload = LargeRange.Widen(@case.Workload, out _, out _);
        if (traits.HasLarge)
        {
            // mTHP; a PMD's worth is another program.
            if (machine.Kernel.Version < new KernelVersion(6, 8)) return new Foretold("skip", []);
            (reference, machine) = (reference.WithClusters, machine.WithClusters);
        }

        var expectations = new Expectations(reference, workload);
        machine.Begin(workload, out var world);
        var wrong = ImmutableArray.CreateBuilder<string>();
        foreach (var op in workload.Operations)
        {
            var expected = expectations.Follow(op);
            var result = machine.Apply(ref world, op);
            var at = new PageAt(op.Mm, op.Page);

            // A kernel without the system call.
            if (op.Verb is Verb.UffdWp or Verb.UffdMove && result == OpResult.NotApplicable && expected.Result == OpResult.Applied) return new Foretold("skip", []);
            if (op.Verb == Verb.Write && expected.IsMapped && traits.Traps && (result is OpResult.Userfault or OpResult.SigBus) != expected.MayTrap) wrong.Add($"{op.Task} {op}");
            if (result != OpResult.Applied || expected.Result != OpResult.Applied) continue;
            if (op.Verb == Verb.Read && !Finds(in world, at, expected.Held, expected.IsTagged)) wrong.Add($"{op.Task} {op}");
            if (op.Verb is Verb.ReadTag or Verb.Write && expected.IsTagged && !expected.Held.Any(h => h.Tags == TagsOf(in world, at))) wrong.Add($"{op.Task} {op}");
        }

        foreach (var (at, held, tagged, isProtected) in expectations.InTheEnd())
        {
            machine.Apply(ref world, new Operation(at.Mm, Verb.Read, at.Page));
            if (!Finds(in world, at, held, tagged) || (isProtected && !world.State.Pte(at.Mm, at.Page).IsUffdWp)) wrong.Add($"{at} in the end");
        }

        return new Foretold(wrong.Count == 0 ? "ok" : "not ok", wrong.ToImmutable());
    }

    private static bool Finds(in World world, PageAt at, ImmutableArray<Held> held, bool isTagged)
    {
        var pte = world.State.Pte(at.Mm, at.Page);
        var data = pte.IsPresent ? world.State.Frame(pte.Pfn).Data : (byte)0;
        var tags = TagsOf(in world, at);
        return held.Any(h => h.Data == data) && (!isTagged || held.Any(h => h.Tags == tags));
    }

    private static PageTags TagsOf(in World world, PageAt at)
    {
        var pte = world.State.Pte(at.Mm, at.Page);
        return pte.IsPresent ? world.State.Frame(pte.Pfn).Tags : default;
    }
}
