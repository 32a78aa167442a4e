using Hooks.Core.Mm;

namespace Hooks.Core.Workloads;

/// <summary>
/// A real kernel's large folio of anonymous memory has four pages at least (THP_ORDERS_ALL_ANON, include/linux/huge_mm.h), where two stand for any number in the model. A program that maps two or three of them can be run on one with all
/// four mapped, if it has nothing else at the others.
/// </summary>
internal static class LargeRange
{
    /// <summary>All pages, side by side.</summary>
    public static (Vpn First, Vpn Last) All => (Vpn.First, new Vpn(Capacity.Pages - 1));

    /// <summary>The workload with all pages mapped where it maps some that may come in large folios.</summary>
    /// <param name="workload">The workload.</param>
    /// <param name="widened">The mapping that was made larger; null if none was.</param>
    /// <param name="inTheWay">A page that the workload uses in another way; null if there is none, and the workload can be run.</param>
    public static Workload Widen(Workload workload, out Operation? widened, out Vpn? inTheWay)
    {
        (widened, inTheWay) = (null, null);
        var operations = workload.Operations;
        foreach (var op in operations)
        {
            if (!op.IsLarge || (op.Page, op.To) == All) continue;
            widened = op;
            foreach (var used in operations.Where(other => other != op).SelectMany(Targets))
            {
                if (used.Value < op.Page.Value || used.Value > op.To.Value) inTheWay = used;
            }

            operations = [.. operations.Select(other => other == op ? op with { Page = All.First, To = All.Last } : other)];
        }

        return widened is null ? workload : new Workload(workload.Swaps, operations);
    }

    /// <summary>Slots of two clusters (SWAPFILE_CLUSTER).</summary>
    public const int LeastSlots = 1024;

    /// <summary>An area in which a real kernel's large folio finds its slots: they come from a whole cluster, and the first is not whole.</summary>
    public static SwapConfig WithClusters(SwapConfig swap) => swap.Slots >= LeastSlots ? swap : swap with { Slots = LeastSlots };

    private static IEnumerable<Vpn> Targets(Operation op) => op.Verb switch
    {
        Verb.Map => op.IsLarge ? [op.Page, op.To] : [op.Page],
        Verb.Mremap or Verb.UffdMove => [op.To],
        _ => Array.Empty<Vpn>(),
    };
}
