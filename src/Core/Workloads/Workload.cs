using System.Collections.Immutable;
using Hooks.Core.Mm;

namespace Hooks.Core.Workloads;

/// <summary>A workload: swap areas and a program. P0 exists from the start; other processes begin by fork.</summary>
public sealed class Workload : IEquatable<Workload>
{
    /// <summary>A workload of these areas (1 … <see cref="Capacity.Areas"/>, in order of priority) and operations.</summary>
    /// <exception cref="ArgumentException">No area, too many, or anything beyond what the modelled machine has (<see cref="Capacity"/>).</exception>
    public Workload(ImmutableArray<SwapConfig> swaps, ImmutableArray<Operation> operations)
    {
        if (swaps.Length is 0 or > Capacity.Areas) throw Bad($"1 to {Capacity.Areas} swap areas, not {swaps.Length}", nameof(swaps));
        foreach (var swap in swaps)
        {
            if (swap.Priority is < -1 or > SwapConfig.MaxPriority) throw Bad($"priority {swap.Priority}: 0 to {SwapConfig.MaxPriority}, or -1", nameof(swaps));
            if (swap.Slots is < 1 or > Capacity.MaxAreaSize) throw Bad($"swap area of {swap.Slots} slots: 1 to {Capacity.MaxAreaSize}", nameof(swaps));
        }

        foreach (var op in operations)
        {
            if (Beyond(op) is { } what) throw Bad(what, nameof(operations));
        }

        Swaps = swaps;
        Operations = operations;
    }

    /// <summary>The swap areas, in order of priority.</summary>
    public ImmutableArray<SwapConfig> Swaps { get; }

    /// <summary>The program.</summary>
    public ImmutableArray<Operation> Operations { get; }

    /// <summary>Who lets FsCheck make workloads out of any numbers comes here: say what makes better ones.</summary>
    private static ArgumentException Bad(string what, string parameter) =>
        new($"{what}. (A property over workloads draws them with Hooks.Testing: [Properties(Arbitrary = [typeof(WorkloadArbitrary)])] on its class)", parameter);

    /// <summary>What an operation names that the modelled machine does not have; null if nothing.</summary>
    private static string? Beyond(Operation op)
    {
        if (op.Mm.Value >= Capacity.Mms || op.Child.Value >= Capacity.Mms) return $"process {op.Mm} or {op.Child}: P0 to P{Capacity.Mms - 1}";
        if (op.Page.Value >= Capacity.Pages) return $"page {op.Page.Value}: 0 to {Capacity.Pages - 1}";
        if (op.Actor != Actor.Kswapd && (int)op.Actor >= Capacity.Threads) return $"thread {(int)op.Actor}: 0 to {Capacity.Threads - 1}";
        if (op.Actor == Actor.Kswapd && op.Verb is not (Verb.Reclaim or Verb.Go)) return $"kswapd cannot {CaseText.Word(op.Verb)}";
        if (op.Until is { Occurrence: < 1 }) return $"until {op.Until}: the first time is 1";
        if (op.Granule > PageTags.Granules) return $"granule {op.Granule - 1}: 0 to {PageTags.Granules - 1}";
        if (op.To.Value >= Capacity.Pages) return $"page {op.To.Value}: 0 to {Capacity.Pages - 1}";
        var pin = op.Verb == Verb.Unpin ? PinFlags.Dirty : PinFlags.Write | PinFlags.Get;
        if ((op.Pin & ~pin) != 0) return op.Verb == Verb.Unpin ? $"unpin {op.Pin}: dirty or nothing" : $"pin {op.Pin}: write, get or both";
        return op.Verb switch
        {
            Verb.Map when op.Value > (byte)(MapFlags.Tagged | MapFlags.Large) => $"map {op.Value}: tagged, large, both or neither",
            Verb.Map when op.IsLarge && op.To.Value <= op.Page.Value => $"map {op.Page}-{op.To} large: the lower page first",
            Verb.Tag when op.Value > 15 => $"tag {op.Value}: 0 to 15",
            Verb.SwapOff or Verb.SwapOn when op.Value >= Capacity.Areas => $"swap area {op.Value}: 0 to {Capacity.Areas - 1}",
            Verb.Fail when op.Value == 0 || (int)op.Fault >= FaultCounters.Kinds => $"fail {op.Fault} {op.Value}: the first call is 1",
            Verb.Write or Verb.Dma when op.Value == 0 => "value 0: 1 to 255",
            _ => null,
        };
    }

    /// <inheritdoc/>
    public bool Equals(Workload? other) =>
        other is not null && Swaps.AsSpan().SequenceEqual(other.Swaps.AsSpan()) && Operations.AsSpan().SequenceEqual(other.Operations.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Workload);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Swaps.Length, Operations.Length);

    /// <summary>The workload in the words of the case text, without kernel and architecture.</summary>
    public override string ToString() => CaseText.Print(this);
}
