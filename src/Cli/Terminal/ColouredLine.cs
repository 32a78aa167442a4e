using Spectre.Console;
using Spectre.Console.Rendering;

namespace Hooks.Cli.Terminal;

/// <summary>A line in a colour, which the library would wrap at the terminal's edge: a diff must keep its lines.</summary>
/// <param name="text">The line.</param>
/// <param name="style">The colour.</param>
internal sealed class ColouredLine(string text, Style style) : Renderable
{
    /// <inheritdoc/>
    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => [new Segment(text, style), Segment.LineBreak];
}
