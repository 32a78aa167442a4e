using System.Collections.Immutable;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Report.Repro;

/// <summary>Operations beside each other: what each may find, and what may be there in the end, whoever moves when.</summary>
internal sealed class Race
{
    private const int MostOrders = 4096;

    private static readonly Verb[] Alone = [Verb.Fork, Verb.Exit, Verb.Map, Verb.Mremap, Verb.UffdWp, Verb.UffdUnwp, Verb.UffdMove, Verb.Pin, Verb.Unpin, Verb.Dma, Verb.SwapMax, Verb.DrainSlots];

    private readonly Dictionary<PageAt, PageAtEnd> _ends = [];
    private readonly Expected?[] _expected;
    private int _orders;

    /// <summary>A race.</summary>
    /// <param name="before">What is so before it.</param>
    /// <param name="operations">The operations, without <c>go</c>.</param>
    /// <exception cref="CannotReproduceException">What cannot be done beside others, or too many orders.</exception>
    public Race(Expectations before, ImmutableArray<Operation> operations)
    {
        foreach (var op in operations.Where(op => Alone.Contains(op.Verb))) throw new CannotReproduceException($"'{op.Task} {op}' beside other operations: these programs do only loads, stores, madvise(), mprotect(), mlock(), munmap() and swapoff() there");
        Tasks = [.. operations.Select(o => o.Task).Distinct().OrderBy(t => t.Value)];
        Operations = operations;
        _expected = new Expected?[operations.Length];
        Go(before, [.. Tasks.Select(task => Next(task, 0))]);
    }

    /// <summary>Who races.</summary>
    public ImmutableArray<TaskId> Tasks { get; }

    /// <summary>The operations.</summary>
    public ImmutableArray<Operation> Operations { get; }

    /// <summary>What an operation may find, by its index.</summary>
    public Expected this[int index] => _expected[index]!;

    /// <summary>What may be there when all is done.</summary>
    public IEnumerable<PageAtEnd> InTheEnd() => _ends.Values.OrderBy(e => e.At.Number);

    private int Next(TaskId task, int from)
    {
        while (from < Operations.Length && Operations[from].Task != task) from++;
        return from;
    }

    /// <summary>All orders in which the tasks' operations can follow each other.</summary>
    private void Go(Expectations now, ImmutableArray<int> next)
    {
        if (next.All(n => n == Operations.Length))
        {
            if (++_orders > MostOrders) throw new CannotReproduceException($"operations that run beside each other in more than {MostOrders} orders");
            foreach (var end in now.InTheEnd()) _ends[end.At] = _ends.TryGetValue(end.At, out var known) ? known with { Held = [.. known.Held.Concat(end.Held).Distinct()] } : end;

            return;
        }

        for (var task = 0; task < next.Length; task++)
        {
            var index = next[task];
            if (index == Operations.Length) continue;
            var then = new Expectations(now);
            var one = then.Follow(Operations[index]);
            if (_expected[index] is { } known)
            {
                var result = known.Result == Core.Mm.OpResult.Applied ? known.Result : one.Result;
                one = one with { Held = [.. known.Held.Concat(one.Held).Distinct()], Result = result, IsMapped = known.IsMapped || one.IsMapped, IsPresent = known.IsPresent || one.IsPresent };
            }

            _expected[index] = one;
            Go(then, next.SetItem(task, Next(Tasks[task], index + 1)));
        }
    }
}
