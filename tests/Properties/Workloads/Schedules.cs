using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;

namespace Hooks.Properties.Workloads;

/// <summary>Programs that are interleaved: the generator's, given to several threads and to kswapd, left standing in front of steps that they come to, and let go on.</summary>
internal static class Schedules
{
    private static readonly Kernel Kernel = KernelCatalogue.Get("v6.8");

    /// <summary>For each operation the steps that it may come to, with their paths.</summary>
    private static readonly ImmutableArray<(PathId Path, string Step)>[] Steps = [.. Enum.GetValues<Verb>().Select(verb => verb == Verb.Go ? [] : StepsOf(VerbPaths.Of(verb)))];

    /// <summary>Draws one. It may be longer than its program: a go for what stands.</summary>
    public static Workload Draw(Choices choices, int maxOperations = Generator.MaxOperations)
    {
        var workload = Generator.Draw(choices, maxOperations);
        var lines = ImmutableArray.CreateBuilder<Operation>();
        var standing = new List<Operation>();
        foreach (var drawn in workload.Operations)
        {
            var op = drawn with { Actor = ActorOf(drawn, choices) };
            if (choices.OneIn(3)) op = op with { Until = DrawUntil(op.Verb, choices) };
            lines.Add(op);
            if (op.Until is not null) standing.Add(op);
            if (standing.Count == 0 || !choices.OneIn(4)) continue;
            var at = choices.Next(standing.Count);
            var go = new Operation(standing[at].Actor == Actor.Kswapd ? default : standing[at].Mm, Verb.Go, Actor: standing[at].Actor);
            lines.Add(choices.OneIn(3) ? go with { Until = DrawUntil(standing[at].Verb, choices) } : go);
            if (lines[^1].Until is null) standing.RemoveAt(at);
        }

        return new Workload(workload.Swaps, lines.ToImmutable());
    }

    /// <summary>The i-th of a seed.</summary>
    public static Workload Draw(ulong seed, int i) => Draw(new Choices(Choices.SeedOf(seed, i)));

    private static Actor ActorOf(Operation op, Choices choices) => op.Verb switch
    {
        Verb.Reclaim when choices.Next(2) == 0 => Actor.Kswapd,
        _ => choices.Next(2) == 0 ? Actor.First : Operation.Thread(choices.Next(Capacity.Threads)),
    };

    private static Until DrawUntil(Verb verb, Choices choices)
    {
        var steps = Steps[(int)verb];
        var (path, step) = steps[choices.Next(steps.Length)];
        return new Until(step, choices.Next(2) == 0 ? PathId.None : path, choices.OneIn(4) ? 1 + choices.Next(3) : 1);
    }

    private static ImmutableArray<(PathId Path, string Step)> StepsOf(PathId first)
    {
        var paths = new List<PathId> { first };
        for (var i = 0; i < paths.Count; i++)
        {
            foreach (var called in Kernel[paths[i]].Items.Select(item => item.Instruction).Where(code => code?.Code == OpCode.Call))
            {
                if (!paths.Contains(called!.Callee)) paths.Add(called.Callee);
            }
        }

        return [.. paths.SelectMany(path => Kernel[path].Steps.Select(step => (path, step.Name)).Distinct())];
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
