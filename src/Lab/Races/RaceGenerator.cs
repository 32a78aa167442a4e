using System.Collections.Immutable;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;

namespace Hooks.Lab.Races;

/// <summary>
/// Draws programs of two tasks for a real kernel: a page or two, swapped out more often than not; then one task is left standing in front of a step of its operation, and the other works
/// beside it, or is left standing too. Where they stand is drawn from the steps that the operation takes in the model, and that have an address. Not munmap(): who it waits for, and who for it, is not the kernel's in
/// the model, which has no locks of single VMAs, and holds the mmap lock for writing to the end (docs/fidelity.md).
/// </summary>
/// <param name="machine">The model of the kernel.</param>
/// <param name="hasAddress">Whether a task can be held in front of a step.</param>
internal sealed class RaceGenerator(Machine machine, Func<string, bool> hasAddress)
{
    private static readonly (Verb Verb, int Weight)[] Verbs = [(Verb.Read, 5), (Verb.Write, 6), (Verb.Pageout, 5), (Verb.Dontneed, 2), (Verb.ReadTag, 1), (Verb.Tag, 2)];

    private static readonly int[] Weights = [.. Verbs.Select(v => v.Weight)];

    /// <summary>A program.</summary>
    public Workload Draw(Choices choices)
    {
        var tagged = choices.OneIn(3);
        var pages = choices.OneIn(4) ? 2 : 1;
        var child = choices.OneIn(4);
        var operations = ImmutableArray<Operation>.Empty;
        for (byte page = 0; page < pages; page++)
        {
            operations = operations.Add(new Operation(default, Verb.Map, new Vpn(page), Value: (byte)(tagged ? MapFlags.Tagged : MapFlags.None)));
            operations = operations.Add(new Operation(default, Verb.Write, new Vpn(page), Value: 1));
        }

        if (tagged) operations = operations.Add(new Operation(default, Verb.Tag, default, Value: 5));
        if (child && choices.OneIn(2)) operations = operations.Add(new Operation(default, Verb.Fork, Child: new MmId(1)));
        for (byte page = 0; page < pages; page++)
        {
            if (!choices.OneIn(4)) operations = operations.Add(new Operation(default, Verb.Pageout, new Vpn(page)));
        }

        if (child && operations.All(op => op.Verb != Verb.Fork)) operations = operations.Add(new Operation(default, Verb.Fork, Child: new MmId(1)));
        Actor second = child ? Actor.First : Operation.Thread(1);
        var other = new MmId((byte)(child ? 1 : 0));
        operations = Standing(choices, operations, One(choices, default, Actor.First, pages, 2));
        for (var more = 1 + choices.Next(3); more > 0; more--)
        {
            var op = One(choices, other, second, pages, 3);
            operations = more == 1 && choices.OneIn(3) ? Standing(choices, operations, op) : operations.Add(op);
        }

        if (!choices.OneIn(3)) return Of(operations);
        operations = operations.Add(new Operation(default, Verb.Go));
        if (choices.OneIn(2)) operations = operations.Add(One(choices, default, Actor.First, pages, 4));
        return Of(operations);
    }

    private static Workload Of(ImmutableArray<Operation> operations) => new([new SwapConfig(Synchronous: true, SwapConfig.PlainSlots, StableWrites: true)], operations);

    private static Operation One(Choices choices, MmId mm, Actor actor, int pages, byte value)
    {
        var verb = Verbs[choices.Weighted(Weights)].Verb;
        return new Operation(mm, verb, new Vpn((byte)choices.Next(pages)), Value: verb is Verb.Write or Verb.Tag ? value : (byte)0, Actor: actor);
    }

    /// <summary>An operation that is left standing, if it takes a step that has an address.</summary>
    private ImmutableArray<Operation> Standing(Choices choices, ImmutableArray<Operation> before, Operation op)
    {
        var steps = new Steps(before.Length);
        machine.Run(Of(before.Add(op)), InvariantSet.None, observer: steps);

        // The model comes by once more when no mapping is left; the kernel's walk has ended then.
        var last = steps.Taken.FindLastIndex(s => s.Step == nameof(ShrinkFolioList.TryToUnmapOne));
        if (last >= 0) steps.Taken.RemoveAt(last);
        var candidates = steps.Taken.Where(s => hasAddress(s.Name)).ToList();
        if (candidates.Count == 0) return before.Add(op);
        var (path, step, name, occurrence) = candidates[choices.Next(candidates.Count)];
        return before.Add(op with { Until = new Until(step, name == StepAddresses.Access ? PathId.None : path, occurrence) });
    }

    /// <summary>The steps that an operation takes, each with the how manieth time it is.</summary>
    private sealed class Steps(int operation) : IStepObserver
    {
        public List<(PathId Path, string Step, string Name, int Occurrence)> Taken { get; } = [];

        public void OnOperation(int index, Operation op)
        {
        }

        public void OnStep(in StepPlace place, in World before, in World after)
        {
            if (place.Operation == operation) Taken.Add((place.Path, place.Step.Name, $"{place.Path.KernelName()}.{place.Step.Name}", place.Occurrence));
        }

        public void OnBlocked(in StepPlace place, Waiting waiting, TaskId? holder)
        {
        }

        public void OnViolation(in Violation violation)
        {
        }

        public void OnOperationEnded(int index, Operation op, OpResult result)
        {
        }
    }
}
