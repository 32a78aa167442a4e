using System.Collections.Immutable;

namespace Hooks.Core.Workloads;

/// <summary>A program whose end runs in any order: what is done first, and what several tasks then do beside each other (<c>together</c> in a case).</summary>
/// <param name="Before">Swap areas, and what is done first.</param>
/// <param name="Together">What the tasks do then, each its own operations in this order.</param>
/// <param name="Pool">What operations were drawn from, each as often as it was likely to come.</param>
internal sealed record Scene(Workload Before, ImmutableArray<Operation> Together, ImmutableArray<Verb> Pool)
{
    /// <summary>How likely each operation was to come: <c>write 4, pageout 8</c>.</summary>
    public string Knobs => string.Join(", ", Pool.GroupBy(verb => verb).Select(group => $"{CaseText.Word(group.Key)} {group.Count()}"));
}
