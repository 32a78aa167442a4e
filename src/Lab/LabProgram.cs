using System.Collections.Immutable;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Lab;

/// <summary>A workload as it is put to a real kernel.</summary>
public sealed class LabProgram
{
    private LabProgram(Workload workload, ImmutableArray<Operation> operations, int given, ImmutableArray<string> changes)
    {
        Workload = workload;
        Operations = operations;
        Given = given;
        Changes = changes;
        Lines = [.. operations.Select(op => $"{op.Task} {CaseText.Print(op with { End = SwapOutEnd.Gone })}")];
    }

    /// <summary>The workload, with the swap areas that the lab has.</summary>
    public Workload Workload { get; }

    /// <summary>What is done, one after the other.</summary>
    public ImmutableArray<Operation> Operations { get; }

    /// <summary>As the agent is told.</summary>
    public ImmutableArray<string> Lines { get; }

    /// <summary>How many of <see cref="Operations"/> come from the workload; the rest looks at what all pages hold in the end.</summary>
    public int Given { get; }

    /// <summary>Whether its pages may come in large folios.</summary>
    public bool IsLarge => HasLarge(Workload);

    /// <summary>Where the lab differs from what the workload asked for, in words.</summary>
    public ImmutableArray<string> Changes { get; }

    /// <summary>Prepares a workload: areas that can be had, what only the model can do left out, a look at everything at the end.</summary>
    /// <param name="workload">The workload.</param>
    /// <param name="machine">The model that stands beside the kernel: for what its architecture has.</param>
    /// <exception cref="LabException">It maps pages that may come in large folios of fewer pages than a real kernel's have, and there is no room for the others.</exception>
    public static LabProgram Of(Workload workload, Machine machine)
    {
        ArgumentNullException.ThrowIfNull(workload);
        ArgumentNullException.ThrowIfNull(machine);
        var arch = machine.Architecture.Hooks(machine.Kernel);
        var changes = new List<string>();
        workload = Widened(workload, changes);
        var large = HasLarge(workload);
        ImmutableArray<SwapConfig> swaps = [.. workload.Swaps.Select((swap, area) => Real(swap, area, changes))];
        var disk = swaps.Any(s => !s.Synchronous);

        // swapon() reads too.
        var readsFail = swaps.Length == 1 && disk && workload.Operations.All(op => op.Verb != Verb.SwapOn);
        var operations = ImmutableArray.CreateBuilder<Operation>();

        // To store in a page that may have lost its tags the agent must know them first, which is a load: it is made an operation of its own.
        var found = BitSet<PageAt>.Empty;
        foreach (var op in workload.Operations)
        {
            if (((large ? WhyNotLarge(op) : null) ?? WhyNot(op, arch, readsFail)) is { } why)
            {
                AddOnce(changes, why);
                continue;
            }

            if (op.Actor == Actor.Kswapd) AddOnce(changes, "reclaim is asked for by a process: kswapd cannot be told what to take");
            if (op.Until is not null) AddOnce(changes, "one after the other: a real kernel cannot be told where a task shall stand");
            if (op.Verb == Verb.Unpin && (op.Pin & PinFlags.Dirty) != 0) AddOnce(changes, "unpin, not dirty: the agent's pins are io_uring's, which say nothing");
            var whole = op with { Actor = op.Actor == Actor.Kswapd ? Actor.First : op.Actor, Until = null, Pin = op.Pin & ~PinFlags.Dirty };
            if (whole.Verb is Verb.Write or Verb.Tag && found.Contains(new PageAt(op.Mm, op.Page))) operations.Add(new Operation(op.Mm, Verb.ReadTag, op.Page));
            found = FoundTags.After(found, whole);
            operations.Add(whole);

            // A disk keeps what was paged out in the swap cache until memory is short. A case that says "gone" means that it was.
            if (disk && op.Verb == Verb.Pageout && op.End == SwapOutEnd.Gone) operations.Add(whole with { Verb = Verb.Reclaim });
        }

        var given = operations.Count;
        var ends = operations.SelectMany(Places).Distinct().Order().ToList();
        foreach (var (mm, page) in ends)
        {
            operations.Add(new Operation(new MmId(mm), Verb.Read, new Vpn(page)));
            operations.Add(new Operation(new MmId(mm), Verb.ReadTag, new Vpn(page)));
        }

        return new LabProgram(new Workload(swaps, workload.Operations), operations.ToImmutable(), given, [.. changes]);
    }

    /// <summary>Whether a workload's pages may come in large folios.</summary>
    internal static bool HasLarge(Workload workload) => workload.Operations.Any(op => op.IsLarge);

    /// <summary>With all four pages mapped where large folios may come: smaller ones no real kernel has.</summary>
    internal static Workload Widened(Workload workload, List<string> changes)
    {
        var wide = LargeRange.Widen(workload, out var widened, out var inTheWay);
        if (widened is not { } op) return workload;
        var all = op with { Page = LargeRange.All.First, To = LargeRange.All.Last };
        if (inTheWay is { } page) throw new LabException($"'{op.Task} {op}': a real kernel's large folios of anonymous memory have four pages at least, and this case has something else at page {page}; write '{all}', or see with 'hooks run' what the model makes of it");
        AddOnce(changes, $"'{all}' instead of '{op}': a real kernel's large folios of anonymous memory have four pages at least");
        return wide;
    }

    private static void AddOnce(List<string> changes, string change)
    {
        if (!changes.Contains(change)) changes.Add(change);
    }

    /// <summary>Why the lab cannot do an operation; null if it can.</summary>
    /// <param name="op">The operation.</param>
    /// <param name="arch">The architecture.</param>
    /// <param name="readsFail">Reads can be made to fail.</param>
    private static string? WhyNot(Operation op, IArchHooks arch, bool readsFail) => op.Verb switch
    {
        Verb.Go => "go left out: what was begun has ended",
        Verb.EndIo => "endio left out: a real device ends its writes when it likes",
        Verb.Fail when op.Fault != FaultKind.Read => "fail left out: only a disk's reads can be made to fail, these kernels have no fault injection",
        Verb.Fail when !readsFail || op.Value > Guest.FailingReads => $"fail read left out: one of the next {Guest.FailingReads} reads of a disk can be made to fail, if it is the only area and is not switched on again",
        Verb.ClearRefs => "clearrefs left out: arm64 has no soft-dirty bit",
        Verb.UffdMove when !arch.HasUffdWp => "uffdmove left out: there is none until 6.8, and arm64 has no write protection to register for until 6.10",
        Verb.UffdWp or Verb.UffdUnwp when !arch.HasUffdWp => "uffdwp left out: arm64 had none until 6.10",
        Verb.Pin when ((op.Pin & PinFlags.Write) != 0) == ((op.Pin & PinFlags.Get) != 0) =>
            (op.Pin & PinFlags.Write) != 0
                ? "pin write get left out: no system call takes a plain reference for writing that lasts"
                : "pin left out: no system call pins for reading only for longer than it takes",
        _ => null,
    };

    /// <summary>What of large folios the model does not follow (docs/large-folios.md).</summary>
    private static string? WhyNotLarge(Operation op) => op.Verb switch
    {
        Verb.UffdMove => "uffdmove left out: it would split a large folio first, which is not modelled",
        _ => null,
    };

    /// <summary>zram needs stable pages and the virtio disk does not; how many slots there are decides the slot cache.</summary>
    private static SwapConfig Real(SwapConfig swap, int area, List<string> changes)
    {
        var real = swap with { StableWrites = swap.Synchronous, SlotCache = SlotCacheMode.Auto };
        if (swap.SlotCache == SlotCacheMode.On && swap.Slots <= SwapFile.ActivateSlotCache) real = real with { Slots = Lane.Large };
        if (swap.SlotCache == SlotCacheMode.Off && swap.Slots > SwapFile.DeactivateSlotCache) real = real with { Slots = Lane.Small };
        if (real.Slots != swap.Slots) changes.Add($"area {area} has {real.Slots} slots, not {swap.Slots}: its size is what turns the slot cache {(real.Slots == Lane.Large ? "on" : "off")}");
        if (swap.StableWrites && !real.StableWrites) changes.Add($"area {area}: the lab's disk does not need stable pages");
        return real;
    }

    private static IEnumerable<(byte Mm, byte Page)> Places(Operation op)
    {
        for (var page = op.Page; op.Verb == Verb.Map && page.Value <= (op.IsLarge ? op.To : op.Page).Value; page = page.Next) yield return (op.Mm.Value, page.Value);
        if (op.Verb is Verb.Mremap) yield return (op.Mm.Value, op.To.Value);
        if (op.Verb is not Verb.Fork) yield break;

        // Whatever the parent has; an operation on nothing is no operation.
        for (byte page = 0; page < Capacity.Pages; page++) yield return (op.Child.Value, page);
    }
}
