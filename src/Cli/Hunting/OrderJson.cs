using Hooks.Core.Invariants;
using Hooks.Core.Search;
using Hooks.KernelSource;

namespace Hooks.Cli.Hunting;

/// <summary>The result of <c>hooks order</c> as JSON.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Source">The tree that it was read from; left out for one of the catalogue.</param>
/// <param name="Like">What of it was not read is this one's.</param>
/// <param name="Steps">The movable steps, as it has them.</param>
/// <param name="Places">Of a kernel that was read: where each stands, and the C.</param>
/// <param name="Tried">Orders that differ in more than steps that commute.</param>
/// <param name="Safe">Those that are safe.</param>
/// <param name="Allowed">Those that have all necessary pairs in order.</param>
/// <param name="Unasked">What the kernel breaks in its own order, by architecture; left out if nothing.</param>
/// <param name="Interrupted">True if not all were tried, else left out.</param>
/// <param name="Necessary">The necessary pairs.</param>
internal sealed record OrderJson(string Kernel, string? Source, string? Like, IReadOnlyList<string> Steps, IReadOnlyList<string>? Places, int Tried, int Safe, int Allowed, IReadOnlyDictionary<string, IReadOnlyList<string>>? Unasked, bool? Interrupted, IReadOnlyList<NecessaryJson> Necessary)
{
    /// <summary>The object.</summary>
    public static string Print(string kernel, SourceKernel? read, OrderResult result) => JsonText.Of(
        new OrderJson(kernel, read?.Tree.Name, read?.Like.Name, [.. result.Steps.Select(s => s.Name)], read is null ? null : [.. result.Steps.Select(s => s.Place)], result.Tried, result.Safe, result.Allowed, result.Unasked.IsEmpty ? null : result.Unasked.ToDictionary(u => u.Arch, u => (IReadOnlyList<string>)[.. u.Broken.Members().Select(id => InvariantCatalogue.Of(id).Name)], StringComparer.Ordinal), result.Complete ? null : true, [.. result.Necessary.Select(n => new NecessaryJson(
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
