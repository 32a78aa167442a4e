using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;

namespace Hooks.Properties;

/// <summary>Oracles and checkers that are told things by hand.</summary>
internal static class Observing
{
    /// <summary>Tells an oracle what was done.</summary>
    public static void Follow(ref this Oracle oracle, IArchHooks arch, params ReadOnlySpan<Observation> done)
    {
        foreach (var observation in done)
        {
            var one = new Observations();
            one.Add(observation);
            var marks = Mark.None;
            oracle.Follow(in one, arch, ref marks);
        }
    }

    /// <summary>Tells checkers what was done, as a part of a step.</summary>
    public static void Follow(ref this Ghost ghost, ref StepReport report, params ReadOnlySpan<Observation> done)
    {
        var one = new StepReport { Task = report.Task };
        foreach (var observation in done)
        {
            one.Observations.Add(observation);
            report.Observations.Add(observation);
        }

        ghost.Follow(in one);
    }
}
