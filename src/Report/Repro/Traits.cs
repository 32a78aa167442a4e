using Hooks.Core.Workloads;

namespace Hooks.Report.Repro;

/// <summary>What a case's program has to have.</summary>
/// <param name="case">The case.</param>
internal sealed class Traits(Case @case)
{
    private readonly Workload _workload = @case.Workload;

    /// <summary>A disk: what was paged out stays in the swap cache until memory is short.</summary>
    public bool HasDisk { get; } = @case.Workload.Swaps.Any(s => !s.Synchronous);

    /// <summary>Pages that may come in large folios: all stand side by side.</summary>
    public bool HasLarge { get; } = @case.Workload.Operations.Any(op => op.IsLarge);

    /// <summary>Tags are on somewhere, or come to be.</summary>
    public bool HasTags { get; } = @case.Workload.Operations.Any(op => op.Verb is Verb.Mprotect or Verb.Tag);

    /// <summary>Several processes.</summary>
    public bool HasProcesses => Has(Verb.Fork);

    /// <summary>Stores that may trap: no access is checked for tags then, as one signal at a time is enough.</summary>
    public bool Traps => Has(Verb.UffdWp) || Has(Verb.UffdMove);

    /// <summary>Where operations begin that run beside each other; −1: none does.</summary>
    public int Race { get; } = RaceOf(@case);

    /// <summary>Areas come and go: they are made anew each round.</summary>
    public bool SwitchesSwap => Has(Verb.SwapOff) || Has(Verb.SwapOn);

    /// <summary>How many processes there are.</summary>
    public int Processes => 1 + _workload.Operations.Max(op => Math.Max(op.Mm.Value, op.Verb == Verb.Fork ? op.Child.Value : 0));

    /// <summary>Whether some operation does this.</summary>
    public bool Has(Verb verb) => _workload.Operations.Any(op => op.Verb == verb);

    private static int RaceOf(Case @case)
    {
        if (@case.Together is { } together) return together;
        var operations = @case.Workload.Operations;
        for (var i = 0; i < operations.Length; i++)
        {
            if (operations[i].Until is not null) return i;
        }

        return -1;
    }
}
