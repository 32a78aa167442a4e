using Hooks.Core;

namespace Hooks.Lab;

/// <summary>What a real kernel answered to a workload, kept, so that any number of models can be put beside it.</summary>
/// <param name="Lane">The swap area.</param>
/// <param name="Workload">Which generated workload it was.</param>
/// <param name="Program">What was run.</param>
/// <param name="Answers">One an operation.</param>
public sealed record Recording(Lane Lane, long Workload, LabProgram Program, IReadOnlyList<Answer> Answers)
{
    /// <summary>The same answers without frames, flags, faults and slots.</summary>
    public Recording WithoutMore() => this with { Answers = [.. Answers.Select(a => a.WithoutMore())] };
}

/// <summary>What a model made of recorded answers.</summary>
/// <param name="Workloads">Workloads that it could follow, or that it was caught by.</param>
/// <param name="CaughtBy">Those in which it would have answered otherwise than the kernel did.</param>
/// <param name="Smallest">The one that shows it with the fewest operations; null if none does.</param>
/// <param name="Operations">How many these are, the one on which they differ included.</param>
/// <param name="Comparison">Kernel beside model in that workload; null if the model itself fell over.</param>
public sealed record Judgement(int Workloads, int CaughtBy, Recording? Smallest, int Operations, Comparison? Comparison)
{
    /// <summary>Whether the model was told from the kernel.</summary>
    public bool Caught => CaughtBy > 0;
}

/// <summary>How much the comparison with a real kernel sees: deliberately wrong models, judged by its recorded answers.</summary>
public static class LabPower
{
    /// <summary>Puts a model beside recorded answers.</summary>
    /// <param name="model">Makes a machine of the model.</param>
    /// <param name="recordings">The answers.</param>
    /// <param name="cancel">Ends it early.</param>
    public static Judgement Judge(Func<Machine> model, IReadOnlyList<Recording> recordings, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(recordings);
        var machine = model();
        var judgement = new Judgement(0, 0, null, int.MaxValue, null);
        foreach (var recording in recordings)
        {
            if (cancel.IsCancellationRequested) break;
            Comparison? comparison = null;
            try
            {
                comparison = Comparison.Of(machine, recording.Program, recording.Answers, toTheEnd: false);
                if (comparison.Unfollowed is not null) continue;
            }
            catch (Exception e) when (e is IndexOutOfRangeException or InvalidOperationException or OverflowException)
            {
                // As the kernel would have: a null pointer followed, a label missing.
                machine = model();
            }

            judgement = judgement with { Workloads = judgement.Workloads + 1 };
            if (comparison is { Agrees: true }) continue;
            var operations = comparison is null ? recording.Program.Given : comparison.FirstDifference + 1;
            judgement = judgement with { CaughtBy = judgement.CaughtBy + 1 };
            if (operations < judgement.Operations) judgement = judgement with { Smallest = recording, Operations = operations, Comparison = comparison };
        }

        return judgement;
    }
}
