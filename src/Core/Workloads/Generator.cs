using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Hooks.Core.Mm;

namespace Hooks.Core.Workloads;

/// <summary>
/// Draws workloads. Every probability is here. Each workload first draws what it is about (how many processes and pages,
/// which themes, which operations at all: swarm testing, Groce et al. 2012), then a program. A rough picture of what exists
/// (<see cref="Sketch"/>) lets most operations apply; one in eight is drawn without looking.
/// </summary>
public static class Generator
{
    /// <summary>The longest program drawn. Below <see cref="Capacity.SlotsPerArea"/>, as an operation uses up one slot at most.</summary>
    public const int MaxOperations = 28;

    /// <summary>Programs have as many processes at the most.</summary>
    internal const int Processes = 4;

    /// <summary>And as many pages of each: three that are mapped at first, and one to move to.</summary>
    internal const int Pages = 4;

    /// <summary>And as many swap areas.</summary>
    internal const int Areas = 2;

    /// <summary>The operations that programs are made of. Go lets one go on; a cgroup's limit is the lab's to set.</summary>
    internal static readonly Verb[] Verbs = [.. Enum.GetValues<Verb>().Where(verb => verb is not (Verb.Go or Verb.SwapMax))];
    private static readonly int[] SlotSizes = [SwapConfig.PlainSlots, 1, 2, 3, 4, 255, 400, 8191];
    private static readonly int[] SlotWeights = [8, 3, 3, 1, 3, 1, 2, 2];
    private static readonly int[] SlotCacheWeights = [8, 3, 1];
    private static readonly int[] ProcessWeights = [4, 6, 2, 1];
    /// <summary>What becomes of a buffer: used, swapped out, used, and lent to a device that stores into it.</summary>
    private static readonly Verb[] BufferCycle = [Verb.Write, Verb.Pageout, Verb.Read, Verb.Pin, Verb.Dma, Verb.Unpin, Verb.Pageout, Verb.Read];

    private static readonly Verb[] BufferCycleTaggedLater = [Verb.Write, Verb.Pageout, Verb.Read, Verb.Mprotect, Verb.Pin, Verb.Dma, Verb.Unpin, Verb.Pageout, Verb.Read];

    /// <summary>A page is read back, inherited, and given up by one of those who share it.</summary>
    private static readonly Verb[] DiscardCycle = [Verb.Write, Verb.Pageout, Verb.Read, Verb.Fork, Verb.Free, Verb.Reclaim];

    private static readonly Verb[] DiscardCycleWatched = [Verb.Write, Verb.UffdWp, Verb.Pageout, Verb.Read, Verb.Fork, Verb.Free, Verb.Reclaim];

    /// <summary>A page without access comes back from swap by itself.</summary>
    private static readonly Verb[] AccessCycle = [Verb.Tag, Verb.Pageout, Verb.Mprotect, Verb.SwapOff, Verb.Mprotect, Verb.SwapOn];

    private static readonly int[] PageWeights = [6, 4, 2];

    /// <summary>Two, three or four pages that may come in large folios.</summary>
    private static readonly int[] RangeWeights = [6, 1, 3];
    private static readonly int[] EndWeights = [5, 3, 2];
    private static readonly int[] PinWeights = [2, 2, 3, 3];
    private static readonly int[] FailWeights = [4, 2, 1];

    /// <summary>What a workload may be about besides swapping: so that the operations of a theme meet each other.</summary>
    [Flags]
    internal enum Themes
    {
        None = 0,
        TagsLater = 1,
        Moves = 2,
        Bits = 4,
        Pins = 8,
        SwapOff = 16,
        Faults = 32,

        /// <summary>One page, that a device stores into while it is swapped out and in.</summary>
        Buffers = 64,

        /// <summary>What pages hold is given up, and the mappings stay.</summary>
        Discards = 128,

        /// <summary>All access is taken away, and given back.</summary>
        Access = 256,

        /// <summary>Of what is given up, or of access, mostly what matters there.</summary>
        Cycle = 512,

        /// <summary>Pages move to where something is mapped already, by a userfaultfd.</summary>
        UffdMoves = 1024,
    }

    /// <summary>Draws a workload.</summary>
    /// <param name="choices">Where the choices come from.</param>
    /// <param name="maxOperations">The longest program, 4 … <see cref="MaxOperations"/>.</param>
    public static Workload Draw(Choices choices, int maxOperations = MaxOperations) => Draw(choices, maxOperations, large: false);

    /// <summary>Draws a workload that begins by mapping pages that may come in large folios. It can run out of slots: an operation may use up as many as a folio has pages.</summary>
    /// <param name="choices">Where the choices come from.</param>
    internal static Workload DrawLarge(Choices choices) => Draw(choices, MaxOperations, large: true);

    private static Workload Draw(Choices choices, int maxOperations, bool large)
    {
        var first = DrawSwap(choices);
        ImmutableArray<SwapConfig> swaps = choices.OneIn(6) ? WithSecond(choices, first, DrawSwap(choices)) : [first];
        var disk = !swaps[0].Synchronous || !swaps[^1].Synchronous;
        return new Workload(swaps, DrawProgram(choices, Math.Clamp(maxOperations, 4, MaxOperations), disk, swaps.Length, large));
    }

    /// <summary>Draws a swap area.</summary>
    internal static SwapConfig DrawSwap(Choices choices) => new(
        choices.Next(2) == 0,
        SlotSizes[choices.Weighted(SlotWeights)],
        (SlotCacheMode)choices.Weighted(SlotCacheWeights),
        choices.OneIn(4));

    private static ImmutableArray<SwapConfig> WithSecond(Choices choices, SwapConfig first, SwapConfig second) => choices.Next(4) switch
    {
        0 => [first with { Priority = 1 }, second with { Priority = 1 }],
        1 => [first, second with { Priority = 0 }],
        _ => [first, second],
    };

    /// <summary>How often an operation is drawn, relative to the others.</summary>
    private static int WeightOf(Verb verb, Themes themes) => (themes & Themes.Buffers) != 0 ? WeightInBuffers(verb, themes) : verb switch
    {
        Verb.Map => 2,
        Verb.Write or Verb.Read => 7,
        Verb.Tag => 6,
        Verb.ReadTag or Verb.Mlock => 1,
        Verb.Munlock => 2,
        Verb.Dontneed => If((themes & (Themes.Discards | Themes.UffdMoves)) != 0, 4),
        Verb.Free => If((themes & Themes.Discards) != 0, 8),
        Verb.Fork => 4 + If((themes & Themes.Pins) != 0, 3),
        Verb.Exit => 3,
        Verb.Unmap => 2 + If((themes & Themes.Pins) != 0, 2),
        Verb.Pageout => 10,
        Verb.Reclaim => 8,
        Verb.EndIo => 4,
        Verb.Mprotect => If((themes & Themes.TagsLater) != 0, 5) + If((themes & Themes.Access) != 0, 7),
        Verb.Mremap => If((themes & Themes.Moves) != 0, 5),
        Verb.UffdMove => If((themes & Themes.UffdMoves) != 0, 9),
        Verb.ClearRefs => If((themes & Themes.Bits) != 0, 3),
        Verb.UffdWp => If((themes & Themes.Bits) != 0, 3),
        Verb.UffdUnwp => If((themes & Themes.Bits) != 0, 4),
        Verb.Pin => If((themes & Themes.Pins) != 0, 9),
        Verb.Unpin => If((themes & Themes.Pins) != 0, 3),
        Verb.Dma => If((themes & Themes.Pins) != 0, 4),
        Verb.SwapOff => If((themes & Themes.SwapOff) != 0, 5),
        Verb.SwapOn => If((themes & Themes.SwapOff) != 0, 3),
        Verb.DrainSlots => 1,
        Verb.Fail => If((themes & Themes.Faults) != 0, 10),
        _ => throw new ArgumentOutOfRangeException(nameof(verb)),
    };

    /// <summary>A page goes out and comes back, a device stores into it, and there is little else.</summary>
    private static int WeightInBuffers(Verb verb, Themes themes) => verb switch
    {
        Verb.Pageout => 10,
        Verb.Read => 8,
        Verb.Pin or Verb.Dma or Verb.Unpin => 6,
        Verb.Write => 3,
        Verb.Mprotect => If((themes & Themes.TagsLater) != 0, 4),
        Verb.Fail => If((themes & Themes.Faults) != 0, 4),
        Verb.SwapOff => If((themes & Themes.SwapOff) != 0, 2),
        Verb.Tag or Verb.Fork or Verb.Reclaim or Verb.Unmap or Verb.Map => 1,
        _ => 0,
    };

    private static int If(bool about, int weight) => about ? weight : 0;

    private static Themes DrawThemes(Choices choices)
    {
        var themes = Themes.None;
        if (choices.OneIn(4)) themes |= Themes.TagsLater;
        if (choices.OneIn(5)) themes |= Themes.Moves;
        if (choices.OneIn(4)) themes |= Themes.Bits;
        if (choices.OneIn(2)) themes |= Themes.Pins;
        if (choices.OneIn(3)) themes |= Themes.SwapOff;
        if (choices.OneIn(3)) themes |= Themes.Faults;
        if (choices.OneIn(5)) themes |= Themes.Discards;
        if (choices.OneIn(6)) themes |= Themes.Access;
        if (choices.OneIn(8)) themes |= choices.OneIn(2) ? Themes.Buffers : Themes.Buffers | Themes.TagsLater;
        else if ((themes & (Themes.Discards | Themes.Access)) != 0 && choices.OneIn(3)) themes |= Themes.Cycle;
        if ((themes & Themes.Moves) != 0 && choices.OneIn(2)) themes |= Themes.UffdMoves;
        return themes;
    }

    private static ImmutableArray<Operation> DrawProgram(Choices choices, int maxOperations, bool disk, int areas, bool large)
    {
        var themes = DrawThemes(choices);
        if (large && choices.OneIn(2)) themes |= Themes.TagsLater;
        var buffers = (themes & Themes.Buffers) != 0;
        var range = large ? 2 + choices.Weighted(RangeWeights) : 0;
        var mapped = large ? range : buffers ? 1 : 1 + choices.Weighted(PageWeights);

        // A page more than are mapped at first, to have somewhere to move to.
        var sketch = new Sketch(1 + choices.Weighted(ProcessWeights), Math.Min(Pages, mapped + If((themes & Themes.Moves) != 0, 1)), disk);
        var tagged = !choices.OneIn(4);

        // As many times as an operation is to be drawn, so that one choice picks it.
        Span<Verb> pool = stackalloc Verb[256];
        var size = 0;
        foreach (var verb in Verbs)
        {
            // Any operation but paging out may be left out altogether.
            var weight = verb != Verb.Pageout && choices.OneIn(buffers ? 8 : 4) ? 0 : WeightOf(verb, themes);
            if (sketch.Processes == 1 && verb == Verb.Fork) weight = 0;
            if (!tagged && (verb is Verb.Tag or Verb.ReadTag || (verb == Verb.Mprotect && (themes & Themes.Access) == 0))) weight = 0;
            pool.Slice(size, weight).Fill(verb);
            size += weight;
        }

        var draw = new Drawing(choices, themes, areas, tagged, untagged: (themes & Themes.TagsLater) != 0 ? 2 : 8);
        OperationBuffer operations = default;
        var count = 0;
        var length = 4 + choices.Next(maxOperations - 3);
        if (large)
        {
            operations[count] = draw.MapLarge(range);
            sketch.Follow(operations[count++]);
        }

        for (byte p = (byte)range; p < mapped && count < length; p++)
        {
            operations[count] = draw.Operation(Verb.Map, default, new Vpn(p), in sketch);
            sketch.Follow(operations[count++]);
        }

        var inCycles = 0;
        var cycle = CycleOf(themes, tagged);
        for (var draws = 0; count < length && draws < 4 * length && sketch.AnyAlive; draws++)
        {
            var inCycle = cycle.Length != 0 && !choices.OneIn(4);
            var verb = inCycle ? cycle[inCycles++ % cycle.Length] : pool[choices.Next(size)];
            var mm = new MmId((byte)choices.Next(sketch.Processes));
            var page = new Vpn((byte)choices.Next(sketch.Pages));
            if (!choices.OneIn(8) && !sketch.TryPlace(verb, ref mm, ref page)) continue;
            operations[count] = draw.Operation(verb, mm, page, in sketch);
            if (buffers && inCycle && verb == Verb.Mprotect) operations[count] = operations[count] with { Value = (byte)Protection.Tagged };
            if (inCycle && verb == Verb.Pin) operations[count] = operations[count] with { Pin = PinFlags.Write };
            sketch.Follow(operations[count++]);
        }

        return [.. ((ReadOnlySpan<Operation>)operations)[..count]];
    }

    private static Verb[] CycleOf(Themes themes, bool tagged)
    {
        if ((themes & Themes.Buffers) != 0) return (themes & Themes.TagsLater) != 0 && tagged ? BufferCycleTaggedLater : BufferCycle;
        if ((themes & Themes.Cycle) == 0) return [];
        if ((themes & Themes.Discards) == 0) return AccessCycle;
        return (themes & Themes.Bits) != 0 ? DiscardCycleWatched : DiscardCycle;
    }

    [InlineArray(MaxOperations)]
    private struct OperationBuffer
    {
        private Operation _element;
    }

    /// <summary>Draws the details of operations.</summary>
    internal readonly ref struct Drawing(Choices choices, Themes themes, int areas, bool tagged, int untagged)
    {
        public Operation Operation(Verb verb, MmId mm, Vpn page, in Sketch sketch) => verb switch
        {
            Verb.Map => new Operation(mm, verb, page, Value: (byte)Tagged()),
            Verb.Write or Verb.Dma => new Operation(mm, verb, page, (byte)(1 + choices.Next(7))),
            // 15 is left to whoever had the page before (PageTags.PreviousOwner).
            Verb.Tag => new Operation(mm, verb, page, (byte)choices.Next(15), choices.OneIn(3) ? (byte)(1 + choices.Next(PageTags.Granules)) : (byte)0),
            Verb.Fork => new Operation(mm, verb, Child: sketch.Child(choices.Next(sketch.Processes))),
            Verb.Exit or Verb.ClearRefs or Verb.DrainSlots => new Operation(mm, verb),
            Verb.Pageout or Verb.Reclaim => new Operation(mm, verb, page, End: (SwapOutEnd)choices.Weighted(EndWeights)),
            Verb.Mprotect => new Operation(mm, verb, page, Value: (byte)Protection(sketch.IsDenied(mm, page))),
            Verb.Mremap => new Operation(mm, verb, page, To: sketch.Unmapped(mm, choices.Next(sketch.Pages))),
            Verb.UffdMove => sketch.TryUntouched(mm, choices.Next(sketch.Pages), out var to) ? new Operation(mm, verb, page, To: to) : Operation(Verb.Map, mm, sketch.Unmapped(mm, to.Value), in sketch),
            Verb.Pin => new Operation(mm, verb, page, Pin: (PinFlags)choices.Weighted(PinWeights)),
            Verb.Unpin => new Operation(mm, verb, page, Pin: choices.OneIn(2) ? PinFlags.Dirty : PinFlags.None),
            Verb.SwapOff or Verb.SwapOn => new Operation(mm, verb, Value: (byte)choices.Next(areas)),
            Verb.Fail => new Operation(mm, verb, Value: (byte)(1 + choices.Weighted(FailWeights)), Fault: (FaultKind)choices.Next(FaultCounters.Kinds)),
            _ => new Operation(mm, verb, page),
        };

        /// <summary>The first pages of P0, that may come in large folios.</summary>
        public Operation MapLarge(int pages) => new(default, Verb.Map, default, To: new Vpn((byte)(pages - 1)), Value: (byte)(Tagged() | MapFlags.Large));

        private MapFlags Tagged() => tagged && !choices.OneIn(untagged) ? MapFlags.Tagged : MapFlags.None;

        private Protection Protection(bool denied)
        {
            var later = tagged && (themes & Themes.TagsLater) != 0;
            if ((themes & Themes.Access) == 0 || (later && choices.OneIn(2))) return Workloads.Protection.Tagged;
            return denied ? Workloads.Protection.ReadWrite : Workloads.Protection.None;
        }
    }
}
