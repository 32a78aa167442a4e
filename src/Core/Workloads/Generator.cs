using System.Collections.Immutable;
using Hooks.Core.Mm;

namespace Hooks.Core.Workloads;

/// <summary>
/// Draws workloads. Every probability is here. Each workload first draws what it is about (how many processes and pages,
/// which operations at all: swarm testing, Groce et al. 2012), then a program. A rough picture of what exists
/// (<see cref="Sketch"/>) lets most operations apply; one in eight is drawn without looking.
/// </summary>
public static class Generator
{
    /// <summary>The longest program drawn. Below <see cref="Capacity.SlotsPerArea"/>, as an operation uses up one slot at most.</summary>
    public const int MaxOperations = 28;

    private static readonly int[] SlotSizes = [SwapConfig.PlainSlots, 1, 2, 3, 4, 255, 400, 8191];
    private static readonly int[] SlotWeights = [8, 3, 3, 1, 3, 1, 2, 2];
    private static readonly int[] SlotCacheWeights = [8, 3, 1];
    private static readonly int[] ProcessWeights = [5, 5, 2];
    private static readonly int[] PageWeights = [6, 4, 2];
    private static readonly int[] EndWeights = [5, 3, 2];

    // In the order of Verb: map, write, read, tag, readtag, fork, exit, unmap, mlock, pageout, reclaim, endio.
    private static readonly int[] VerbWeights = [2, 7, 7, 6, 1, 4, 3, 2, 1, 10, 8, 3];

    /// <summary>Draws a workload.</summary>
    /// <param name="choices">Where the choices come from.</param>
    /// <param name="maxOperations">The longest program, 4 … <see cref="MaxOperations"/>.</param>
    public static Workload Draw(Choices choices, int maxOperations = MaxOperations)
    {
        var swaps = ImmutableArray.CreateBuilder<SwapConfig>(Capacity.Areas);
        swaps.Add(DrawSwap(choices));
        if (choices.OneIn(8)) swaps.Add(DrawSwap(choices));
        var disk = swaps.Any(swap => !swap.Synchronous);
        return new Workload(swaps.DrainToImmutable(), DrawProgram(choices, Math.Clamp(maxOperations, 4, MaxOperations), disk));
    }

    private static SwapConfig DrawSwap(Choices choices) => new(
        choices.Next(2) == 0,
        SlotSizes[choices.Weighted(SlotWeights)],
        (SlotCacheMode)choices.Weighted(SlotCacheWeights),
        choices.OneIn(5));

    private static ImmutableArray<Operation> DrawProgram(Choices choices, int maxOperations, bool disk)
    {
        var sketch = new Sketch(1 + choices.Weighted(ProcessWeights), 1 + choices.Weighted(PageWeights), disk);
        var tagged = !choices.OneIn(4);
        Span<int> weights = stackalloc int[VerbWeights.Length];
        for (var v = 0; v < weights.Length; v++)
        {
            // Any operation but paging out may be left out altogether.
            weights[v] = v != (int)Verb.Pageout && choices.OneIn(4) ? 0 : VerbWeights[v];
        }

        if (sketch.Processes == 1) weights[(int)Verb.Fork] = 0;
        if (!tagged) weights[(int)Verb.Tag] = weights[(int)Verb.ReadTag] = 0;

        var operations = ImmutableArray.CreateBuilder<Operation>(maxOperations);
        var length = 4 + choices.Next(maxOperations - 3);
        for (byte p = 0; p < sketch.Pages && operations.Count < length; p++)
        {
            operations.Add(Map(choices, default, new Vpn(p), tagged));
            sketch.Follow(operations[^1]);
        }

        for (var draws = 0; operations.Count < length && draws < 4 * length && sketch.AnyAlive; draws++)
        {
            var verb = (Verb)choices.Weighted(weights);
            var mm = new MmId((byte)choices.Next(sketch.Processes));
            var page = new Vpn((byte)choices.Next(sketch.Pages));
            if (!choices.OneIn(8) && !sketch.TryPlace(verb, ref mm, ref page)) continue;
            operations.Add(DrawOperation(choices, verb, mm, page, tagged, in sketch));
            sketch.Follow(operations[^1]);
        }

        return operations.DrainToImmutable();
    }

    private static Operation DrawOperation(Choices choices, Verb verb, MmId mm, Vpn page, bool tagged, in Sketch sketch) => verb switch
    {
        Verb.Map => Map(choices, mm, page, tagged),
        Verb.Write => new Operation(mm, verb, page, (byte)(1 + choices.Next(7))),
        // 15 is left to whoever had the page before (PageTags.PreviousOwner).
        Verb.Tag => new Operation(mm, verb, page, (byte)choices.Next(15), choices.OneIn(3) ? (byte)(1 + choices.Next(PageTags.Granules)) : (byte)0),
        Verb.Fork => new Operation(mm, verb, Child: sketch.Child(choices.Next(sketch.Processes))),
        Verb.Exit => new Operation(mm, verb),
        Verb.Pageout or Verb.Reclaim => new Operation(mm, verb, page, End: (SwapOutEnd)choices.Weighted(EndWeights)),
        _ => new Operation(mm, verb, page),
    };

    private static Operation Map(Choices choices, MmId mm, Vpn page, bool tagged) =>
        new(mm, Verb.Map, page, Value: tagged && !choices.OneIn(8) ? (byte)1 : (byte)0);
}
