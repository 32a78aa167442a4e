using System.Collections.Immutable;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Bench.Peers;

/// <summary>
/// The words of a workload, for the peers to draw from as their users would: every operation with a weight, two processes, two pages,
/// and the swap areas that the project's own generator draws. None knows what exists at that point of the program.
/// </summary>
internal static class Vocabulary
{
    /// <summary>The longest program.</summary>
    public const int MaxOperations = Generator.MaxOperations;

    /// <summary>How many numbers make an operation: process, page, and three more.</summary>
    public const int Processes = 2;

    /// <summary>How many pages.</summary>
    public const int Pages = 2;

    /// <summary>Values of a detail: 0 … this − 1.</summary>
    public const int Details = 60;

    /// <summary>Sizes of a swap area.</summary>
    public static ImmutableArray<int> Slots { get; } = [SwapConfig.PlainSlots, SwapConfig.PlainSlots, 1, 2, 3, 4, 255, 400, 8191];

    /// <summary>How often each operation is drawn.</summary>
    public static ImmutableArray<(int Weight, Verb Verb)> Verbs { get; } =
    [
        (4, Verb.Map), (7, Verb.Write), (7, Verb.Read), (6, Verb.Tag), (1, Verb.ReadTag), (4, Verb.Fork), (1, Verb.Exit), (2, Verb.Unmap), (1, Verb.Mlock), (10, Verb.Pageout),
        (8, Verb.Reclaim), (3, Verb.EndIo), (2, Verb.Mprotect), (2, Verb.Mremap), (1, Verb.ClearRefs), (1, Verb.UffdWp), (1, Verb.UffdUnwp), (3, Verb.Pin), (1, Verb.Unpin),
        (1, Verb.Dma), (2, Verb.SwapOff), (1, Verb.SwapOn), (1, Verb.DrainSlots), (2, Verb.Fail),
    ];

    /// <summary>An operation of these numbers.</summary>
    /// <param name="verb">Which.</param>
    /// <param name="process">Whose.</param>
    /// <param name="page">Of which page.</param>
    /// <param name="detail">Whatever the verb needs, 0 … <see cref="Details"/> − 1.</param>
    public static Operation Operation(Verb verb, int process, int page, int detail)
    {
        var mm = new MmId((byte)process);
        var op = new Operation(mm, verb, new Vpn((byte)page));
        return verb switch
        {
            Verb.Map => op with { Value = (byte)(detail % 4 == 3 ? 0 : 1) },
            Verb.Write or Verb.Dma => op with { Value = (byte)(1 + (detail % 7)) },
            Verb.Tag => op with { Value = (byte)(detail % 15), Granule = (byte)(detail / 15 == 3 ? 1 + (detail % PageTags.Granules) : 0) },
            Verb.Fork => new Operation(mm, verb, Child: new MmId((byte)(detail % Processes))),
            Verb.Exit or Verb.ClearRefs or Verb.DrainSlots => new Operation(mm, verb),
            Verb.SwapOff or Verb.SwapOn => new Operation(mm, verb),
            Verb.Pageout or Verb.Reclaim => op with { End = (SwapOutEnd)(detail % 3) },
            Verb.Mremap => op with { To = new Vpn((byte)(detail % Pages)) },
            Verb.Pin => op with { Pin = (PinFlags)(detail % 4) },
            Verb.Fail => new Operation(mm, verb, Value: (byte)(1 + (detail % 3)), Fault: (FaultKind)(detail % FaultCounters.Kinds)),
            _ => op,
        };
    }

    /// <summary>A swap area of these numbers.</summary>
    public static SwapConfig Swap(int kind, int slots) => new(kind % 2 == 0, slots, (SlotCacheMode)(kind / 2 % 3), kind / 6 == 0);

    /// <summary>A workload on one area.</summary>
    public static Workload Workload(SwapConfig swap, IEnumerable<Operation> operations) => new([swap], [.. operations]);
}
