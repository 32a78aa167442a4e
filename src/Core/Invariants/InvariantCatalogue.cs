using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Hooks.Core.Arch;

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
