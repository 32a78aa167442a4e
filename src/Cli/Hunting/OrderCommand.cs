using System.CommandLine;
using System.Globalization;
using System.Text;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Terminal;
using Hooks.Core.Invariants;
using Hooks.Core.Search;
using Spectre.Console;

namespace Hooks.Cli.Hunting;

/// <summary><c>hooks order</c>: which orders of the steps of do_swap_page()'s tail are safe.</summary>
internal static class OrderCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var kernel = new Option<string>("--kernel") { Description = "The kernel.", HelpName = "NAME", DefaultValueFactory = _ => "v6.5" };
        var archs = new Option<string[]>("--arch") { Description = "Architectures on which an order has to be safe. [default: all]", HelpName = "NAME…", Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = true };
        var workloads = CommonOptions.Number("--workloads", "Generated workloads that an order is given on each architecture before it counts as safe.", 1000, 1, 1_000_000);
        var seed = CommonOptions.Number("--seed", "Where the workloads come from.", 1UL, 0UL, ulong.MaxValue);
        var format = CommonOptions.OneOf("--format", "Text, a graph for Graphviz, or a picture.", OrderFormat.Text);
        var noProgress = new Option<bool>("--no-progress") { Description = "No progress on standard error." };
        var json = CommonOptions.Json();
        var command = new DocumentedCommand("order", "Try all orders of the steps of do_swap_page() after its checks, and say which step must stand before which, each with a minimal case.")
        {
            Examples =
            [
                "hooks order                                  of v6.5, on all architectures",
                "hooks order --kernel v6.11 --arch arm64",
                "hooks order --format svg > order.svg",
            ],
            ExitCodes = ["0    done", "2    bad usage or input", "130  interrupted; what was tried so far is said"],
        };
        foreach (var option in new Option[] { kernel, archs, workloads, seed, format, json, noProgress }) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            var of = Names.Kernel(parsed.GetValue(kernel)!);
            var search = new OrderSearch(of, Names.ArchitecturesOf(parsed.GetValue(archs) ?? []), parsed.GetValue(seed), parsed.GetValue(workloads));
            OrderResult result;
            using (var progress = parsed.GetValue(noProgress) || !screen.ErrorIsTerminal ? null : new Timer(_ => screen.ErrorLine($"{search.Tried} orders tried"), null, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5)))
            {
                result = search.Run(screen.Interrupted);
            }

            if (parsed.GetValue(json)) screen.Line(OrderJson.Print(of.Name, result));
            else if (parsed.GetValue(format) == OrderFormat.Dot) screen.Line(OrderPicture.Dot(of.Name, result));
            else if (parsed.GetValue(format) == OrderFormat.Svg) screen.Line(OrderPicture.Svg(of.Name, result));
            else Print(screen, of.Name, result);
            return result.Complete ? ExitCode.AsExpected : ExitCode.Interrupted;
        });
        return command;
    }

    private static void Print(Screen screen, string kernel, OrderResult result)
    {
        screen.Line($"{kernel}: do_swap_page() from its last check to the unlocking of the folio, {result.Steps.Length} steps:");
        screen.Line($"  {string.Join(", ", result.Steps.Select(s => s.Name))}");
        screen.Line($"{result.Orders.ToString("N0", CultureInfo.InvariantCulture)} orders; {result.Commuting} of {result.Pairs} pairs commute, so that {result.Tried} orders differ, of which {result.Safe} are safe.");
        if (!result.Complete)
        {
            screen.Line("Interrupted: not all orders were tried, so nothing is said of what is necessary.", new Style(Color.Red));
            return;
        }

        screen.Line(result.Allowed == result.Safe
            ? "An order is safe if and only if it has these pairs in order:"
            : $"All safe orders have these pairs in order; {result.Allowed - result.Safe} orders that have them too are not safe:");
        foreach (var needed in result.Necessary.Where(n => n.Finding is null)) screen.Line($"  {needed.First.Name} before {needed.Second.Name}: which reads what it sets");
        foreach (var needed in result.Necessary.Where(n => n.Finding is not null))
        {
            var finding = needed.Finding!;
            var invariant = InvariantCatalogue.Of(finding.Invariant);
            screen.Line();
            screen.Line($"  {needed.First.Name} before {needed.Second.Name}", new Style(Color.Aqua));
            screen.Line($"    else {invariant.Name} on {finding.Minimal.Arch}: {invariant.Describe(finding.Violation.Breach)}");
            foreach (var line in (finding.Minimal with { Comments = [], Kernel = kernel }).ToString().TrimEnd('\n').Split('\n').Where(l => !l.StartsWith("kernel", StringComparison.Ordinal))) screen.Line($"      {line}");
        }
    }
}

/// <summary>How the result of <c>hooks order</c> is printed.</summary>
internal enum OrderFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>For Graphviz.</summary>
    Dot,

    /// <summary>A picture.</summary>
    Svg,
}

/// <summary>The result of <c>hooks order</c> as a picture: steps from top to bottom, an arc for each pair that must stay in order.</summary>
internal static class OrderPicture
{
    private const int Row = 34;
    private const int Left = 20;
    private const int Box = 270;

    /// <summary>For Graphviz.</summary>
    public static string Dot(string kernel, OrderResult result)
    {
        var text = new StringBuilder($"digraph \"{kernel}\" {{\n  rankdir=TB;\n  node [shape=box, fontname=\"sans-serif\"];\n");
        foreach (var step in result.Steps) text.Append($"  {step.Name};\n");
        foreach (var needed in result.Necessary) text.Append($"  {needed.First.Name} -> {needed.Second.Name}{(needed.Finding is { } f ? $" [label=\"{InvariantCatalogue.Of(f.Invariant).Name}\"]" : " [style=dashed]")};\n");
        return text.Append('}').ToString();
    }

    /// <summary>An SVG.</summary>
    public static string Svg(string kernel, OrderResult result)
    {
        var (height, width) = ((result.Steps.Length * Row) + 90, Left + Box + 330);
        var text = new StringBuilder($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\">\n");
        text.Append("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" fill=\"#456\"/></marker></defs>\n");
        text.Append($"<text x=\"{Left}\" y=\"24\" font-size=\"15\" font-weight=\"bold\">do_swap_page() of {kernel}: what must stand before what</text>\n");
        for (var i = 0; i < result.Steps.Length; i++)
        {
            var y = Y(i);
            text.Append($"<rect x=\"{Left}\" y=\"{y - 12}\" width=\"{Box}\" height=\"24\" rx=\"4\" fill=\"#eef3f8\" stroke=\"#9ab\"/><text x=\"{Left + 10}\" y=\"{y + 5}\">{result.Steps[i].Name}</text>\n");
        }

        foreach (var needed in result.Necessary)
        {
            var (from, to) = (Y(result.Steps.IndexOf(needed.First)), Y(result.Steps.IndexOf(needed.Second)));
            var reach = Left + Box + 20 + (Math.Abs(to - from) * 3 / 4);
            var (colour, dash) = needed.Finding is null ? ("#9ab", " stroke-dasharray=\"4 3\"") : ("#456", "");
            var label = needed.Finding is { } f ? InvariantCatalogue.Of(f.Invariant).Name : "reads what it sets";
            text.Append($"<path d=\"M{Left + Box} {from + 4} C{reach} {from + 4} {reach} {to - 4} {Left + Box} {to - 4}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.4\"{dash} marker-end=\"url(#a)\"><title>{needed.First.Name} before {needed.Second.Name}: {label}</title></path>\n");
        }

        text.Append($"<text x=\"{Left}\" y=\"{height - 34}\" fill=\"#456\">An arc: in every safe order the upper step stands before the lower; dashed: it sets what the lower reads.</text>\n");
        text.Append($"<text x=\"{Left}\" y=\"{height - 14}\" fill=\"#456\">{result.Tried} orders that differ were tried, {result.Safe} are safe.</text>\n</svg>");
        return text.ToString();
    }

    private static int Y(int step) => 56 + (step * Row);
}

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
            n.Finding is { } f ? InvariantCatalogue.Of(f.Invariant).Name : null,
            n.Finding is { } g ? (g.Minimal with { Kernel = kernel, Comments = [] }).ToString() : null))]),
        JsonTypes.Default.OrderJson);
}

/// <summary>A necessary pair.</summary>
/// <param name="Before">The step.</param>
/// <param name="After">The one it must stand before.</param>
/// <param name="Invariant">What breaks otherwise; left out where the second reads what the first sets.</param>
/// <param name="Case">The minimal case.</param>
internal sealed record NecessaryJson(string Before, string After, string? Invariant, string? Case);
