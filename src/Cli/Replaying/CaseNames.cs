using Hooks.Cli.Catalogues;
using Hooks.Core.Invariants;
using Hooks.Core.Workloads;

namespace Hooks.Cli.Replaying;

/// <summary>The names that may stand in a case: kernels, architectures, invariants and steps of the catalogues.</summary>
internal static class CaseNames
{
    /// <summary>What the parser asks.</summary>
    /// <param name="kernelMatters">Whether the case's own kernel will be used; if not, any name will do.</param>
    /// <param name="archMatters">Whether the case's own architecture will be used.</param>
    public static CaseNameChecks Checks(bool kernelMatters, bool archMatters)
    {
        // A case can name thousands.
        var steps = new Lazy<(HashSet<string> Set, List<string> InOrder)>(static () => (AllSteps().ToHashSet(StringComparer.Ordinal), [.. AllSteps()]), isThreadSafe: false);
        return new CaseNameChecks(
            name => !kernelMatters || Names.AllKernels.Any(k => k.Name == name) ? null : Names.UnknownKernel(name),
            name => !archMatters || Names.TryArchitecture(name) is not null ? null : Names.UnknownArchitecture(name),
            name => InvariantCatalogue.TryGet(name, out _) ? null : Names.UnknownInvariant(name),
            name => steps.Value.Set.Contains(name) ? null : UnknownStep(steps.Value.InOrder, name));
    }

    /// <summary>A step of any kernel will do, as the case may be run on another.</summary>
    private static IEnumerable<string> AllSteps() => Names.AllKernels.SelectMany(k => k.Paths).SelectMany(p => p.Steps).Select(s => s.Name).Distinct(StringComparer.Ordinal);

    private static string UnknownStep(List<string> steps, string name)
    {
        var near = Spelling.Nearest(name, steps);
        return $"unknown step '{name}'; {(near is null ? "" : $"did you mean '{near}'? ")}'hooks show KERNEL' lists the steps";
    }
}
