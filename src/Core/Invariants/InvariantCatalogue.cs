using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>All invariants.</summary>
public static class InvariantCatalogue
{
    /// <summary>All, by number.</summary>
    public static ImmutableArray<IInvariant> All { get; } =
    [
        new DataPreservation(),
        new TagPreservation(),
        new NoStaleTags(),
        new Exclusivity(),
        new ExclusiveDetected(),
        new PinStability(),
        new BitPreservation(),
        new DeviceStability(),
        new Refcount(),
        new SwapCount(),
        new MetadataLifetime(),
        new Progress(),
    ];

    /// <summary>By <see cref="Concern"/>.</summary>
    private static readonly InvariantSet[] ByConcerns = [.. Enumerable.Range(0, 2 * (int)Enum.GetValues<Concern>().Max()).Select(concerns => Where(i => ((int)i.Concerns & concerns) != 0))];

    private static readonly Mark AnyAlarm = All.Aggregate(Mark.None, (sum, i) => sum | i.Alarms);

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

    private static InvariantSet Where(Func<IInvariant, bool> condition) => InvariantSet.Of([.. All.Where(condition).Select(i => i.Id)]);

    /// <summary>The invariant with a number.</summary>
    public static IInvariant Of(InvariantId id) => All[(int)id];

    /// <summary>The invariant with a name.</summary>
    public static bool TryGet(string name, [NotNullWhen(true)] out IInvariant? invariant)
    {
        invariant = All.FirstOrDefault(i => i.Name == name);
        return invariant is not null;
    }

    /// <summary>Those that say something about an architecture, on a kernel that marks pages exclusive or not.</summary>
    public static InvariantSet ApplyingTo(IArchHooks arch, bool marksExclusive)
    {
        var set = InvariantSet.None;
        foreach (var invariant in All)
        {
            if (invariant.AppliesTo(arch, marksExclusive)) set = set.With(invariant.Id);
        }

        return set;
    }
}
