namespace Hooks.Core.Workloads;

/// <summary>What is done after a fork, done before it by the parent: a program is easier to follow the later a second process begins.</summary>
internal static class Reordering
{
    /// <summary>The longest program that is worth it.</summary>
    private const int MaxOperations = 16;

    /// <summary>All ways to bring one operation forward past a fork, parent and child keeping or exchanging their parts in the rest.</summary>
    public static IEnumerable<Workload> ForkedLater(Workload w)
    {
        var ops = w.Operations;
        if (ops.Length > MaxOperations) yield break;
        for (var i = 0; i < ops.Length; i++)
        {
            var fork = ops[i];
            if (fork.Verb != Verb.Fork) continue;
            for (var j = i + 1; j < ops.Length; j++)
            {
                if (!Shrinker.HasMm(ops[j])) continue;
                if (ops[j].Mm != fork.Mm && ops[j].Mm != fork.Child) continue;
                var moved = ops[j] with { Mm = fork.Mm };
                for (var to = i; to > 0; to--)
                {
                    var reordered = ops.RemoveAt(j).Insert(to, moved);
                    yield return new Workload(w.Swaps, reordered);
                    yield return new Workload(w.Swaps, [.. reordered.Select((op, k) => k > i + 1 ? Shrinker.Exchange(op, fork.Mm, fork.Child) : op)]);
                }
            }
        }
    }
}
