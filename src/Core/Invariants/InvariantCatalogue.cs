using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>All invariants.</summary>
public static class InvariantCatalogue
{
    private static readonly DataPreservation TheDataPreservation = new();
    private static readonly TagPreservation TheTagPreservation = new();
    private static readonly NoStaleTags TheNoStaleTags = new();
    private static readonly Exclusivity TheExclusivity = new();
    private static readonly ExclusiveDetected TheExclusiveDetected = new();
    private static readonly PinStability ThePinStability = new();
    private static readonly BitPreservation TheBitPreservation = new();
    private static readonly DeviceStability TheDeviceStability = new();
    private static readonly Refcount TheRefcount = new();
    private static readonly SwapCount TheSwapCount = new();
    private static readonly MetadataLifetime TheMetadataLifetime = new();
    private static readonly Progress TheProgress = new();
    private static readonly HookMemory TheHookMemory = new();

    /// <summary>All, by number.</summary>
    public static ImmutableArray<IInvariant> All { get; } =
    [
        TheDataPreservation,
        TheTagPreservation,
        TheNoStaleTags,
        TheExclusivity,
        TheExclusiveDetected,
        ThePinStability,
        TheBitPreservation,
        TheDeviceStability,
        TheRefcount,
        TheSwapCount,
        TheMetadataLifetime,
        TheProgress,
        TheHookMemory,
    ];

    /// <summary>All, as a set.</summary>
    public static InvariantSet Everything { get; } = InvariantSet.Of([.. All.Select(i => i.Id)]);

    /// <summary>By <see cref="Concern"/>.</summary>
    private static readonly InvariantSet[] ByConcerns = [.. Enumerable.Range(0, 2 * (int)Enum.GetValues<Concern>().Max()).Select(concerns => Where(i => ((int)i.Concerns & concerns) != 0))];

    private static readonly Mark AnyAlarm = All.Aggregate(Mark.None, (sum, i) => sum | i.Alarms);

    /// <summary>Those that were put to the test, by what was seen.</summary>
    internal static InvariantSet ExercisedBy(Mark seen)
    {
        var set = InvariantSet.None;
        foreach (var invariant in All)
        {
            if ((seen & invariant.ExercisedBy) != 0) set = set.With(invariant.Id);
        }

        return set;
    }

    /// <summary>Whether some invariant asks about a step that has done one of these.</summary>
    internal static bool IsAlarm(Mark marks) => (marks & AnyAlarm) != 0;

    /// <summary>Those to be asked when there is something of these kinds to look at, and a step has done this.</summary>
    internal static InvariantSet Due(Concern concerns, Mark marks, Oops oops)
    {
        var due = ByConcerns[(int)concerns];
        if ((marks & AnyAlarm) == 0 && oops == Oops.None) return due;
        foreach (var invariant in All)
        {
            if ((invariant.Alarms & marks) != 0 || (invariant.Complaints & oops) != 0) due = due.With(invariant.Id);
        }

        return due;
    }

    /// <summary>Asks them, in order, until one is broken. (Written out, as a call that is known is much cheaper than one that is looked up.)</summary>
    /// <returns>Whether one is; <see cref="Breach.Invariant"/> says which.</returns>
    internal static bool AnyBroken(InvariantSet due, in View view, out Breach breach)
    {
        breach = default;
        return (due.Contains(InvariantId.DataPreservation) && !TheDataPreservation.Holds(in view, out breach))
            || (due.Contains(InvariantId.TagPreservation) && !TheTagPreservation.Holds(in view, out breach))
            || (due.Contains(InvariantId.NoStaleTags) && !TheNoStaleTags.Holds(in view, out breach))
            || (due.Contains(InvariantId.Exclusivity) && !TheExclusivity.Holds(in view, out breach))
            || (due.Contains(InvariantId.ExclusiveDetected) && !TheExclusiveDetected.Holds(in view, out breach))
            || (due.Contains(InvariantId.PinStability) && !ThePinStability.Holds(in view, out breach))
            || (due.Contains(InvariantId.BitPreservation) && !TheBitPreservation.Holds(in view, out breach))
            || (due.Contains(InvariantId.DeviceStability) && !TheDeviceStability.Holds(in view, out breach))
            || (due.Contains(InvariantId.Refcount) && !TheRefcount.Holds(in view, out breach))
            || (due.Contains(InvariantId.SwapCount) && !TheSwapCount.Holds(in view, out breach))
            || (due.Contains(InvariantId.MetadataLifetime) && !TheMetadataLifetime.Holds(in view, out breach))
            || (due.Contains(InvariantId.Progress) && !TheProgress.Holds(in view, out breach))
            || (due.Contains(InvariantId.HookMemory) && !TheHookMemory.Holds(in view, out breach));
    }

    private static InvariantSet Where(Func<IInvariant, bool> condition) => InvariantSet.Of([.. All.Where(condition).Select(i => i.Id)]);

    /// <summary>The invariant with a number.</summary>
    public static IInvariant Of(InvariantId id) => All[(int)id];

    /// <summary>The invariant with a name.</summary>
    public static bool TryGet(string name, [NotNullWhen(true)] out IInvariant? invariant)
    {
        invariant = All.FirstOrDefault(i => i.Name == name);
        return invariant is not null;
    }

    /// <summary>Those that say something about an architecture on a kernel, and that the kernel does not waive.</summary>
    public static InvariantSet ApplyingTo(IArchHooks arch, Kernel kernel)
    {
        var set = InvariantSet.None;
        foreach (var invariant in All)
        {
            if (invariant.AppliesTo(arch, kernel.MarksExclusive)) set = set.With(invariant.Id);
        }

        return set.Except(kernel.Waives);
    }
}
