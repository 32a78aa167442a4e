using System.Collections.Immutable;

namespace Hooks.Core.Workloads;

/// <summary>A program whose end runs in any order: what is done first, and what several tasks then do beside each other (<c>together</c> in a case).</summary>
/// <param name="Before">Swap areas, and what is done first.</param>
/// <param name="Together">What the tasks do then, each its own operations in this order.</param>
internal sealed record Scene(Workload Before, ImmutableArray<Operation> Together);
