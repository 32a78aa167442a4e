using System.Collections.Immutable;
using Hooks.Core;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Lab;

/// <summary>One operation, on the kernel and in the model.</summary>
/// <param name="Op">The operation.</param>
/// <param name="Kernel">What the kernel answered.</param>
/// <param name="Model">What the model allows.</param>
public sealed record ComparedOperation(Operation Op, Answer Kernel, ForecastStep Model);

/// <summary>A workload on a real kernel, beside the model.</summary>
/// <param name="Program">What was run.</param>
/// <param name="Operations">Each operation; shorter than the program only if the model could not follow.</param>
/// <param name="Unfollowed">Why the model could not follow to the end; null if it could.</param>
public sealed record Comparison(LabProgram Program, ImmutableArray<ComparedOperation> Operations, string? Unfollowed)
{
    /// <summary>The first operation on which they differ; −1 if they agree.</summary>
    public int FirstDifference { get; } = Operations.Select((o, i) => (o, i)).FirstOrDefault(x => !x.o.Model.Agrees, (null!, -1)).Item2;

    /// <summary>Whether they agree on everything.</summary>
    public bool Agrees => FirstDifference < 0;

    /// <summary>Whether a page went to swap, and came back: a run in which none did says nothing.</summary>
    public bool Swapped { get; } = WentAndCameBack(Operations);

    /// <summary>Whether the program, on the real kernel, found data that it had not stored.</summary>
    public bool DataLost => Operations.Any(o => o.Model.DataLost);

    /// <summary>Whether the program, on the real kernel, found tags that it had not set.</summary>
    public bool TagsLost => Operations.Any(o => o.Model.TagsLost);

    /// <summary>Answers that the model allowed, over all operations. Divided by their number: how tight it is, 1 being one answer each.</summary>
    public int Allowed => Operations.Sum(o => o.Model.Count);

    /// <summary>Puts the kernel's answers beside the model.</summary>
    /// <param name="machine">The model's kernel and architecture.</param>
    /// <param name="program">What was run.</param>
    /// <param name="answers">What the kernel said, one an operation.</param>
    /// <param name="toTheEnd">Whether to go on after a difference, to show what follows.</param>
    public static Comparison Of(Machine machine, LabProgram program, IReadOnlyList<Answer> answers, bool toTheEnd = true)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(answers);
        var forecast = new Forecast(program.IsLarge ? machine.WithClusters : machine, program.Workload);
        var compared = ImmutableArray.CreateBuilder<ComparedOperation>(answers.Count);
        try
        {
            for (var i = 0; i < answers.Count && (toTheEnd || i == 0 || compared[^1].Model.Agrees); i++)
            {
                compared.Add(new ComparedOperation(program.Operations[i], answers[i], forecast.Advance(program.Operations[i], answers[i])));
            }
        }
        catch (CapacityException e)
        {
            return new Comparison(program, compared.ToImmutable(), e.Message);
        }

        return new Comparison(program, compared.ToImmutable(), null);
    }

    private static bool WentAndCameBack(ImmutableArray<ComparedOperation> operations)
    {
        var away = false;
        foreach (var (_, kernel, _) in operations)
        {
            if (kernel.State is 'S' or 'C') away = true;
            else if (away && kernel.State is 'X' or 'P') return true;
        }

        return false;
    }
}
