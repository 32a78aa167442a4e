using System.Text;
using Hooks.Core.Invariants;
using Hooks.Core.Search;

namespace Hooks.Cli.Hunting;

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
        foreach (var needed in result.Necessary) text.Append($"  {needed.First.Name} -> {needed.Second.Name} [{(needed.Finding is { } f ? $"label=\"{InvariantCatalogue.Of(f.Invariant).Name}{Condition(needed)}\"" : "style=dashed")}{(needed.When is null ? "" : ", style=dotted")}];\n");
        return text.Append('}').ToString();
    }

    /// <summary>An SVG.</summary>
    public static string Svg(string kernel, OrderResult result)
    {
        var (height, width) = ((result.Steps.Length * Row) + 110, Left + Box + 330);
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
            var (colour, dash) = needed.Finding is null ? ("#9ab", " stroke-dasharray=\"4 3\"") : needed.When is null ? ("#456", "") : ("#a63", " stroke-dasharray=\"1 3\"");
            var label = (needed.Finding is { } f ? InvariantCatalogue.Of(f.Invariant).Name : "reads what it sets") + Condition(needed);
            text.Append($"<path d=\"M{Left + Box} {from + 4} C{reach} {from + 4} {reach} {to - 4} {Left + Box} {to - 4}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.4\"{dash} marker-end=\"url(#a)\"><title>{needed.First.Name} before {needed.Second.Name}: {label}</title></path>\n");
        }

        text.Append($"<text x=\"{Left}\" y=\"{height - 52}\" fill=\"#456\">An arc: in every safe order the one step stands before the other.</text>\n");
        text.Append($"<text x=\"{Left}\" y=\"{height - 33}\" fill=\"#456\">Dashed: it sets what the other reads. Dotted: only where two others stand so (point at it).</text>\n");
        var said = result.Complete ? $"{result.Tried} orders that differ were tried, {result.Safe} are safe." : $"Interrupted after {result.Tried} orders: nothing is said of what is necessary.";
        text.Append($"<text x=\"{Left}\" y=\"{height - 14}\" fill=\"#456\">{said}</text>\n</svg>");
        return text.ToString();
    }

    private static string Condition(NecessaryOrder needed) => needed.When is var (a, b) ? $", with {a.Name} before {b.Name}" : "";

    private static int Y(int step) => 56 + (step * Row);
}
