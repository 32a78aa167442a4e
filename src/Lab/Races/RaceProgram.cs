using System.Collections.Immutable;
using Hooks.Core;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Lab.Races;

/// <summary>A program of several tasks as it is put to a real kernel: its turns, and the swap area arranged so that who pages out gets the slot that the model says.</summary>
/// <param name="Plan">What is played.</param>
/// <param name="Changes">Where the lab differs from what the program asked for, in words.</param>
public sealed record RaceProgram(RacePlan Plan, ImmutableArray<string> Changes)
{
    /// <summary>Prepares a program.</summary>
    /// <param name="workload">The program.</param>
    /// <param name="machine">The model of the kernel that it is played on.</param>
    /// <param name="steps">Where that kernel's steps are.</param>
    /// <param name="whyNot">Why it cannot be played; null if it can.</param>
    /// <returns>Null: it cannot be played.</returns>
    /// <exception cref="CapacityException">It needs more than the modelled machine has.</exception>
    /// <exception cref="LabException">It maps pages that may come in large folios of fewer pages than a real kernel's have, and there is no room for the others.</exception>
    public static RaceProgram? Of(Workload workload, Machine machine, StepAddresses steps, out string? whyNot)
    {
        ArgumentNullException.ThrowIfNull(workload);
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(steps);
        var changes = new List<string>();
        workload = LabProgram.Widened(workload, changes);
        whyNot = workload.Operations.Select(WhyNot).Concat(workload.Swaps.Select(WhyNot)).OfType<string>().FirstOrDefault();
        if (whyNot is not null) return null;
        if (LabProgram.HasLarge(workload))
        {
            machine = machine.WithClusters;
            workload = new Workload([.. workload.Swaps.Select(s => WithClusters(s, changes))], workload.Operations);
        }

        var real = new Workload([.. workload.Swaps.Select(s => s with { StableWrites = s.Synchronous, SlotCache = SlotCacheMode.Auto })], workload.Operations);
        var plan = RacePlan.Of(machine, real, HasAddress);
        whyNot = WhyNot(plan, steps);
        if (whyNot is not null) return null;
        var arranged = Arranged(machine, real, plan, HasAddress);
        if (arranged.Workload.Swaps[0].Slots is var slots && slots != workload.Swaps[0].Slots) changes.Add($"the area has {Number(slots, "slot")}, not {workload.Swaps[0].Slots}: as many as are in use at a time, so that who pages out gets the one that is free");
        return new RaceProgram(arranged, [.. changes]);

        bool HasAddress(string step) => step == StepAddresses.Access || !steps[step].Addresses.IsEmpty;
    }

    /// <summary>
    /// An area of as few slots as will do: the kernel takes slots in an order of its own, and only the last one that is free is the one that the model takes. The model must break the same, in the same turns. (Of a large
    /// folio nothing is arranged: it needs neighbouring slots.)
    /// </summary>
    private static RacePlan Arranged(Machine machine, Workload workload, RacePlan plan, Func<string, bool> hasAddress)
    {
        if (workload.Swaps.Length > 1 || LabProgram.HasLarge(workload)) return plan;
        for (var slots = Math.Max(plan.Slots, 1); slots < workload.Swaps[0].Slots; slots++)
        {
            var small = RacePlan.Of(machine, new Workload([workload.Swaps[0] with { Slots = slots }], workload.Operations), hasAddress);
            if (small.Broken == plan.Broken && small.Turns.AsSpan().SequenceEqual(plan.Turns.AsSpan()) && small.Operations.Select(o => o.Model).SequenceEqual(plan.Operations.Select(o => o.Model))) return small;
        }

        return plan;
    }

    private static SwapConfig WithClusters(SwapConfig swap, List<string> changes)
    {
        var real = LargeRange.WithClusters(swap);
        if (real != swap) changes.Add($"the area has {Number(real.Slots, "slot")}, not {swap.Slots}: a large folio's come from a whole cluster of them");
        return real;
    }

    private static string? WhyNot(RacePlan plan, StepAddresses steps)
    {
        var atSomething = new HashSet<TaskId>();
        foreach (var turn in plan.Turns)
        {
            var op = plan.Workload.Operations[turn.Operation];
            if (turn is { End: TurnEnd.Stands, Asked: true } && turn.Step != StepAddresses.Access && steps[turn.Step] is { Addresses.IsEmpty: true } step) return $"'{op.Task} {op}': nobody can be held in front of {turn.Step}: {step.Note}";
            if (turn.Begins && !RacePlayer.IsRacers(op.Verb) && (turn.End != TurnEnd.Ended || atSomething.Count > 0)) return $"'{op.Task} {op}': what the agent does itself can neither stand nor be done while another stands";
            if (turn.End == TurnEnd.Ended) atSomething.Remove(turn.Task);
            else atSomething.Add(turn.Task);
            if (atSomething.Count >= RaceSession.Cpus) return $"more than {RaceSession.Cpus - 1} tasks are at something at a time: the lab's kernels have {RaceSession.Cpus} CPUs, and the first is the agent's";
        }

        return null;
    }

    private static string? WhyNot(Operation op) => op.Verb switch
    {
        Verb.Fail or Verb.EndIo or Verb.ClearRefs or Verb.UffdWp or Verb.UffdUnwp or Verb.UffdMove or Verb.DrainSlots => $"'{op.Task} {op}': not in a race, in the lab",
        Verb.Pin when ((op.Pin & PinFlags.Write) != 0) == ((op.Pin & PinFlags.Get) != 0) => $"'{op.Task} {op}': no system call does that for longer than it takes",
        _ when op.Actor == Actor.Kswapd => $"'{op.Task} {op}': kswapd cannot be told what to take",
        _ => null,
    };

    private static string? WhyNot(SwapConfig swap) => swap.Synchronous ? null : "swap disk: races are played on zram; on a disk a page that is paged out stays in the swap cache until memory is short";

    private static string Number(int count, string what) => count == 1 ? $"one {what}" : $"{count} {what}s";
}
