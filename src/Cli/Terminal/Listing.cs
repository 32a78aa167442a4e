using Spectre.Console;

namespace Hooks.Cli.Terminal;

/// <summary>Aligned columns under a heading, without lines around them.</summary>
internal static class Listing
{
    /// <summary>A table with these headings. A cell is plain text; markup in it means nothing. The first column, the names, is never wrapped.</summary>
    public static Table Of(params ReadOnlySpan<string> headings)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        foreach (var heading in headings)
        {
            table.AddColumn(new TableColumn(new Text(heading, new Style(Color.Grey))) { Padding = new Padding(0, 0, 2, 0) });
        }

        table.Columns[0].NoWrap = true;
        return table;
    }

    /// <summary>Adds a row of plain text.</summary>
    public static Table Row(this Table table, params IEnumerable<string> cells) => table.AddRow(cells.Select(c => new Text(c)));
}
