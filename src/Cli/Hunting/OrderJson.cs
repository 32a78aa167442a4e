using Hooks.Core.Invariants;
using Hooks.Core.Search;

namespace Hooks.Cli.Hunting;

/// <summary>The result of <c>hooks order</c> as JSON.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Steps">The movable steps, as it has them.</param>
/// <param name="Tried">Orders that differ in more than steps that commute.</param>
/// <param name="Safe">Those that are safe.</param>
/// <param name="Allowed">Those that have all necessary pairs in order.</param>
/// <param name="Interrupted">True if not all were tried, else left out.</param>
/// <param name="Necessary">The necessary pairs.</param>
internal sealed record OrderJson(string Kernel, IReadOnlyList<string> Steps, int Tried, int Safe, int Allowed, bool? Interrupted, IReadOnlyList<NecessaryJson> Necessary)
{
    /// <summary>The object.</summary>
    public static string Print(string kernel, OrderResult result) => JsonText.Of(
        new OrderJson(kernel, [.. result.Steps.Select(s => s.Name)], result.Tried, result.Safe, result.Allowed, result.Complete ? null : true, [.. result.Necessary.Select(n => new NecessaryJson(
            n.First.Name,
            n.Second.Name,
            n.When is var (a, b) ? [a.Name, b.Name] : null,
            n.Finding is { } f ? InvariantCatalogue.Of(f.Invariant).Name : null,
            n.Finding is { } g ? (g.Minimal with { Kernel = kernel, Comments = [] }).ToString() : null))]),
        JsonTypes.Default.OrderJson);
}

/// <summary>A necessary pair.</summary>
/// <param name="Before">The step.</param>
/// <param name="After">The one it must stand before.</param>
/// <param name="When">Only in orders that have the first of these before the second; left out: in all.</param>
/// <param name="Invariant">What breaks otherwise; left out where the second reads what the first sets.</param>
/// <param name="Case">The minimal case.</param>
internal sealed record NecessaryJson(string Before, string After, IReadOnlyList<string>? When, string? Invariant, string? Case);
