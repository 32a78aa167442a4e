using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;

namespace Hooks.Properties.Workloads;

/// <summary>
/// Programs that are interleaved: the generator's, or one about a page or two only, given to several threads and to kswapd, left standing in
/// front of steps that they come to when run one operation after the other, and let go on.
/// </summary>
internal static class Schedules
{
    [ThreadStatic]
    private static Machine? _machine;

    /// <summary>Draws one. It may be longer than its program: a go for what stands.</summary>
    public static Workload Draw(Choices choices, int maxOperations = Generator.MaxOperations)
    {
        return Interleave(choices, choices.Next(2) == 0 ? Generator.Draw(choices, maxOperations) : DrawClose(choices, maxOperations));
    }

    /// <summary>The i-th of a seed.</summary>
    public static Workload Draw(ulong seed, int i) => Draw(new Choices(Choices.SeedOf(seed, i)));

    /// <summary>Draws one about a single page on zram that several threads of a process read, write and page out.</summary>
    public static Workload DrawThreads(Choices choices)
    {
        Verb[] pool = [Verb.Read, Verb.Write, Verb.Pageout];
        Operation[] begin = [new(default, Verb.Map), new(default, Verb.Write, default, 1), new(default, Verb.Pageout)];
        var rest = Enumerable.Range(0, 3 + choices.Next(6)).Select(_ => pool[choices.Next(pool.Length)])
            .Select(verb => new Operation(default, verb, default, verb == Verb.Write ? (byte)(1 + choices.Next(7)) : (byte)0));
        return Interleave(choices, new Workload([new SwapConfig(true)], [.. begin, .. rest]));
    }

    private static Workload Interleave(Choices choices, Workload workload)
    {
        var steps = StepsOf(workload);
        var lines = ImmutableArray.CreateBuilder<Operation>();
        var standing = new List<(Operation Op, int Index)>();
        for (var i = 0; i < workload.Operations.Length; i++)
        {
            var op = workload.Operations[i] with { Actor = ActorOf(workload.Operations[i], choices) };
            if (steps[i].Count > 0 && choices.OneIn(3)) op = op with { Until = DrawUntil(steps[i], choices) };
            lines.Add(op);
            if (op.Until is not null) standing.Add((op, i));
            if (standing.Count == 0 || !choices.OneIn(4)) continue;
            var at = choices.Next(standing.Count);
            var stands = standing[at].Op;
            var go = new Operation(stands.Actor == Actor.Kswapd ? default : stands.Mm, Verb.Go, Actor: stands.Actor);
            lines.Add(choices.OneIn(3) ? go with { Until = DrawUntil(steps[standing[at].Index], choices) } : go);
            if (lines[^1].Until is null) standing.RemoveAt(at);
        }

        return new Workload(workload.Swaps, lines.ToImmutable());
    }

    /// <summary>A page or two, out in swap, and a process or two that want them.</summary>
    private static Workload DrawClose(Choices choices, int maxOperations)
    {
        Verb[] pool = [Verb.Read, Verb.Read, Verb.Write, Verb.Write, Verb.Write, Verb.Pageout, Verb.Pageout, Verb.Reclaim, Verb.Fork, Verb.Unmap, Verb.Map, Verb.Exit, Verb.SwapOff, Verb.SwapOn];
        var pages = 1 + choices.Next(2);
        var processes = 1 + choices.Next(2);
        var operations = ImmutableArray.CreateBuilder<Operation>();
        for (byte p = 0; p < pages; p++)
        {
            operations.Add(new Operation(default, Verb.Map, new Vpn(p)));
            operations.Add(new Operation(default, Verb.Write, new Vpn(p), (byte)(1 + choices.Next(7))));
            operations.Add(new Operation(default, Verb.Pageout, new Vpn(p)));
        }

        for (var left = Math.Min(3 + choices.Next(8), maxOperations); left > 0; left--)
        {
            var verb = pool[choices.Next(pool.Length)];
            MmId mm = new((byte)choices.Next(processes));
            Vpn page = new((byte)choices.Next(pages));
            operations.Add(verb switch
            {
                Verb.Write => new Operation(mm, verb, page, (byte)(1 + choices.Next(7))),
                Verb.Fork => new Operation(default, verb, Child: new MmId(1)),
                Verb.Exit or Verb.SwapOff or Verb.SwapOn => new Operation(mm, verb),
                _ => new Operation(mm, verb, page),
            });
        }

        return new Workload([new SwapConfig(choices.Next(2) == 0)], operations.ToImmutable());
    }

    private static Actor ActorOf(Operation op, Choices choices) => op.Verb switch
    {
        Verb.Reclaim when choices.Next(2) == 0 => Actor.Kswapd,
        _ => choices.Next(2) == 0 ? Actor.First : Operation.Thread(choices.Next(Capacity.Threads)),
    };

    private static Until DrawUntil(List<(PathId Path, string Step)> steps, Choices choices)
    {
        var (path, step) = steps[choices.Next(steps.Count)];
        return new Until(step, choices.Next(2) == 0 ? PathId.None : path, choices.OneIn(6) ? 1 + choices.Next(3) : 1);
    }

    /// <summary>For each operation the steps that it takes if all run one after the other.</summary>
    private static List<(PathId Path, string Step)>[] StepsOf(Workload workload)
    {
        var recorder = new Recorder(workload.Operations.Length);
        (_machine ??= Machines.Machine("v6.8", Machines.None)).Run(workload, InvariantSet.None, observer: recorder);
        return recorder.Steps;
    }

    private sealed class Recorder(int operations) : IStepObserver
    {
        public List<(PathId Path, string Step)>[] Steps { get; } = [.. Enumerable.Range(0, operations).Select(_ => new List<(PathId, string)>())];

        public void OnOperation(int index, Operation op)
        {
        }

        public void OnStep(in StepPlace place, in World before, in World after) => Steps[place.Operation].Add((place.Path, place.Step.Name));

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

/// <summary>Them for FsCheck: <c>[Property(Arbitrary = [typeof(ScheduleArbitrary)])]</c>.</summary>
public static class ScheduleArbitrary
{
    public static Arbitrary<Workload> Workload() =>
        Arb.From(
            from size in Gen.Sized(Gen.Constant)
            from high in Gen.Choose(0, int.MaxValue)
            from low in Gen.Choose(0, int.MaxValue)
            select Schedules.Draw(new Choices(((ulong)high << 32) | (uint)low), 4 + Math.Min(size, Generator.MaxOperations - 4)),
            Shrinker.Candidates);
}
