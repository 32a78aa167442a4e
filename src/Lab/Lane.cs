using System.Collections.Immutable;
using System.Globalization;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Lab;

/// <summary>A second swap area, on the other kind of device.</summary>
public enum SecondArea
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>Used when the first is full: swapon() gives falling priorities.</summary>
    Below,

    /// <summary>Of the same priority: used in turn with the first.</summary>
    Equal,
}

/// <summary>What workloads are swapped to, an area or two, and how they are run.</summary>
/// <param name="Zram">zram, which is synchronous; otherwise a virtio disk.</param>
/// <param name="Slots">Its size; a second one's too.</param>
/// <param name="Second">Whether there is a second area: the other kind of device.</param>
/// <param name="SwapMax">memory.swap.max of the processes, in slots; <see cref="Operation.NoSwapMax"/>: none.</param>
/// <param name="Threads">Whether all threads of a process work, one after the other; otherwise its first does all.</param>
/// <param name="Folios">Whether workloads begin by mapping pages that may come in a large folio.</param>
public readonly record struct Lane(bool Zram, int Slots, SecondArea Second = SecondArea.None, byte SwapMax = Operation.NoSwapMax, bool Threads = false, bool Folios = false)
{
    /// <summary>A usual small size: the slot cache is off.</summary>
    public const int Small = SwapConfig.PlainSlots;

    /// <summary>A usual large size: the slot cache is on.</summary>
    public const int Large = 8191;

    /// <summary>The largest area on which the slot cache stays off, while all of it is free.</summary>
    public const int SlotCacheOff = SwapFile.ActivateSlotCache;

    /// <summary>The smallest on which it starts.</summary>
    public const int SlotCacheOn = SwapFile.ActivateSlotCache + 1;

    /// <summary>The largest area the lab makes.</summary>
    public const int MaxSlots = 65_535;

    /// <summary>The areas, as they really are.</summary>
    public ImmutableArray<SwapConfig> Swaps => Second switch
    {
        SecondArea.None => [Area(Zram)],
        SecondArea.Below => [Area(Zram), Area(!Zram)],
        _ => [Area(Zram) with { Priority = 1 }, Area(!Zram) with { Priority = 1 }],
    };

    /// <summary>The devices as users name them: <c>zram</c>, <c>disk</c>, <c>zram,disk</c> (one when the other is full), <c>zram+disk</c> (in turn).</summary>
    public string Devices => Second == SecondArea.None ? Word(Zram) : Word(Zram) + (Second == SecondArea.Below ? "," : "+") + Word(!Zram);

    /// <summary>As users name it: the devices, the number of slots, and what else there is.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Devices} {Slots}{(SwapMax == Operation.NoSwapMax ? "" : $" max {SwapMax}")}{(Threads ? " threads" : "")}{(Folios ? " large folios" : "")}");

    /// <summary>The lane of some devices, by one of the names of <see cref="AllDevices"/>.</summary>
    public static Lane Of(string devices, int slots) => All.First(lane => lane.Devices == devices) with { Slots = slots };

    /// <summary>All that <see cref="Devices"/> can be.</summary>
    public static ImmutableArray<string> AllDevices => [.. All.Select(l => l.Devices)];

    private static IEnumerable<Lane> All => Enum.GetValues<SecondArea>().SelectMany(second => new Lane[] { new(true, 0, second), new(false, 0, second) });

    private SwapConfig Area(bool zram) => new(zram, Slots, StableWrites: zram);

    private static string Word(bool zram) => zram ? "zram" : "disk";
}
