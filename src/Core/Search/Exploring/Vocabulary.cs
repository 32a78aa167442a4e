using System.Collections.Immutable;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Core.Search.Exploring;

/// <summary>
/// The operations of some kinds on some pages, each kind in the few forms that matter. Two values are enough to see data that is not what was last stored: nothing in the kernel looks at data, so if any
/// stale store can be seen, it can where the last one differs from all before (Wolper, POPL 1986). The same goes for tags.
/// </summary>
/// <param name="Verbs">The kinds.</param>
/// <param name="Pages">Pages of each process.</param>
/// <param name="Areas">Swap areas.</param>
/// <param name="Processes">Processes.</param>
/// <param name="Tagged">Whether mappings are tagged: the architecture has metadata.</param>
/// <param name="Disk">Whether a page that is paged out may stay in the swap cache, or be written for some time: there is an area that is not synchronous.</param>
/// <param name="Large">Whether two pages side by side may also be mapped so that they come in a large folio.</param>
internal sealed record Vocabulary(ImmutableArray<Verb> Verbs, int Pages, int Areas, int Processes, bool Tagged, bool Disk, bool Large = false)
{
    /// <summary>The kinds of a scope for which none were asked for.</summary>
    /// <param name="tagged">Whether the architecture has metadata.</param>
    public static ImmutableArray<Verb> Usual(bool tagged) => tagged ? [Verb.Map, Verb.Write, Verb.Tag, Verb.Read, Verb.Pageout] : [Verb.Map, Verb.Write, Verb.Read, Verb.Pageout];

    /// <summary>What a task may begin. kswapd reclaims anybody's pages, and nothing else.</summary>
    public ImmutableArray<Operation> Of(TaskId task)
    {
        if (task.IsKswapd) return [.. from mm in Enumerable.Range(0, Processes) from page in All(Pages) from op in Forms(new Operation(new MmId((byte)mm), Verb.Reclaim, new Vpn((byte)page), Actor: Actor.Kswapd)) select op];
        return [.. from verb in Verbs from page in All(Shrinker.HasPage(verb) ? Pages : 1) from op in Forms(new Operation(task.Mm, verb, new Vpn((byte)page), Actor: Operation.Thread(task.Thread))) select op];
    }

    private static IEnumerable<int> All(int count) => Enumerable.Range(0, count);

    private Operation OfMap(Operation op) => op with { Value = (byte)(Tagged ? MapFlags.Tagged : MapFlags.None) };

    private IEnumerable<Operation> Forms(Operation op) => op.Verb switch
    {
        Verb.Go => [],
        Verb.Map when Large && op.Page.Value % 2 == 0 && op.Page.Value + 1 < Pages => [OfMap(op), OfMap(op) with { Value = (byte)((MapFlags)OfMap(op).Value | MapFlags.Large), To = op.Page.Next }],
        Verb.Map => [OfMap(op)],
        Verb.Write or Verb.Dma or Verb.Tag => [op with { Value = 1 }, op with { Value = 2 }],
        Verb.Fork => from child in All(Processes) where child != op.Mm.Value && child != 0 select op with { Child = new MmId((byte)child) },
        Verb.Mremap or Verb.UffdMove => from to in All(Pages) where to != op.Page.Value select op with { To = new Vpn((byte)to) },
        Verb.SwapOff or Verb.SwapOn => from area in All(Areas) select op with { Value = (byte)area },
        Verb.Pin => [op, op with { Pin = PinFlags.Write }],
        Verb.Unpin => [op, op with { Pin = PinFlags.Dirty }],
        Verb.Mprotect => Tagged ? [op] : [op with { Value = (byte)Protection.None }, op with { Value = (byte)Protection.ReadWrite }],
        Verb.Fail => from kind in All(FaultCounters.Kinds) select op with { Value = 1, Fault = (FaultKind)kind },
        Verb.Reclaim or Verb.Pageout when Disk => [op, op with { End = SwapOutEnd.Cached }, op with { End = SwapOutEnd.Writeback }],
        _ => [op],
    };
}
