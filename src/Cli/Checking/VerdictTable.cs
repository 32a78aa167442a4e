using Spectre.Console;

namespace Hooks.Cli.Checking;

/// <summary>The table of kernels × architectures.</summary>
internal static class VerdictTable
{
    /// <summary>As wide as the names of kernels may get, so that three architectures fit a screen of 80 columns.</summary>
    private const int MostColumns = 40;

    /// <summary>While they run: a row a kernel. The pairs come kernel by kernel.</summary>
    public static Table Live(CheckOptions options, IReadOnlyList<PairRun> pairs)
    {
        var table = Empty(options);
        foreach (var row in pairs.Chunk(options.Architectures.Count)) Add(table, row[0].Kernel.Name, row.Select(pair => VerdictCell.Live(pair, counts: options.Time is not null)));
        return table;
    }

    /// <summary>At the end: kernels that follow one another and behave alike share a row.</summary>
    public static Table Final(CheckOptions options, IReadOnlyList<PairRun> pairs)
    {
        var table = Empty(options);
        PairRun[][] rows = [.. pairs.Chunk(options.Architectures.Count)];
        for (var i = 0; i < rows.Length;)
        {
            var end = i + 1;
            while (end < rows.Length && Alike(rows[i], rows[end])) end++;
            Add(table, NamesOf([.. rows[i..end].Select(row => row[0].Kernel.Name)]), rows[i].Select(VerdictCell.Final));
            i = end;
        }

        return table;
    }

    private static string NamesOf(string[] names) =>
        string.Join(", ", names) is { Length: <= MostColumns } all ? all
            : $"{names[0]} … {names[^1]}" is { Length: <= MostColumns } range ? range
            : $"{names[0]} and {names.Length - 1} more after it";

    private static bool Alike(PairRun[] a, PairRun[] b) =>
        a.Zip(b).All(p => VerdictCell.Final(p.First) == VerdictCell.Final(p.Second) && p.First.Result?.Broken == p.Second.Result?.Broken && p.First.Result?.Expected == p.Second.Result?.Expected && p.First.Result?.Raced == p.Second.Result?.Raced && p.First.Result?.BrokenLarge == p.Second.Result?.BrokenLarge);

    private static void Add(Table table, string name, IEnumerable<VerdictCell> cells) => table.AddRow([new Text(name), .. cells.Select(c => new Text(c.Text, c.Style))]);

    private static Table Empty(CheckOptions options)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn(new TableColumn("kernel") { NoWrap = true });
        foreach (var arch in options.Architectures) table.AddColumn(new TableColumn(arch.Name));
        return table;
    }
}
