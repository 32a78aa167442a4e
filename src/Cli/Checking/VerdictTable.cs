using Spectre.Console;

namespace Hooks.Cli.Checking;

/// <summary>The table of kernels × architectures.</summary>
internal static class VerdictTable
{
    /// <summary>A table of these pairs, which come kernel by kernel.</summary>
    public static Table Of(CheckOptions options, IReadOnlyList<PairRun> pairs, Func<PairRun, VerdictCell> cell)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn(new TableColumn("kernel") { NoWrap = true });
        foreach (var arch in options.Architectures) table.AddColumn(new TableColumn(arch.Name));
        foreach (var row in pairs.Chunk(options.Architectures.Count))
        {
            var cells = row.Select(cell).Select(c => new Text(c.Text, c.Style));
            table.AddRow([new Text(row[0].Kernel.Name), .. cells]);
        }

        return table;
    }
}
