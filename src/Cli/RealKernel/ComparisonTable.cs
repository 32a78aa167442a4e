using Hooks.Cli.Terminal;
using Hooks.Core.Workloads;
using Hooks.Lab;
using Spectre.Console;

namespace Hooks.Cli.RealKernel;

/// <summary>Kernel beside model, operation by operation.</summary>
internal static class ComparisonTable
{
    private const int ShownAnswers = 4;

    /// <summary>What the letters at the end of an answer mean.</summary>
    public const string Legend = "X present, mapped here only · P present · C swapped, in the swap cache · S swapped · - nothing there · . not mapped\nframe: = the same page frame as at the last look, ! another, ? either · flags: d dirty, s in the swap cache, m mlocked, t tags initialised · faults: minor/major · slots: in use";

    /// <summary>Prints it.</summary>
    public static void Print(Screen screen, Comparison comparison)
    {
        var table = Listing.Of("operation", "kernel", "model");
        for (var i = 0; i < comparison.Operations.Length; i++)
        {
            var compared = comparison.Operations[i];
            if (i == comparison.Program.Given) table.Row("in the end", "", "");
            var differs = i == comparison.FirstDifference;
            var after = comparison.FirstDifference >= 0 && i > comparison.FirstDifference;
            var model = after ? "" : Model(compared);
            var style = differs ? new Style(Color.Red) : compared.Model.DataLost || compared.Model.TagsLost ? new Style(Color.Yellow) : Style.Plain;
            table.AddRow(new Text(Operation(compared.Op), style), new Text(compared.Kernel.ToString(), style), new Text(differs ? $"DIFFERS: {model}" : model, style));
        }

        screen.Write(table);
        screen.Line(Legend);
    }

    /// <summary>What the program lost on the real kernel, in words; nothing if all came back.</summary>
    public static string Losses(Comparison comparison) => (comparison.DataLost, comparison.TagsLost) switch
    {
        (true, true) => "data and tags",
        (true, false) => "data",
        (false, true) => "tags",
        _ => "nothing",
    };

    /// <summary>An operation, as the case says it.</summary>
    public static string Operation(Operation op) => $"{op.Task} {CaseText.Print(op with { End = SwapOutEnd.Gone })}";

    private static string Model(ComparedOperation compared)
    {
        var allowed = compared.Model.Allowed.Select(a => a.ToString()).ToList();
        if (compared.Model.Agrees && allowed.Count == 1) return "the same";
        var more = allowed.Count > ShownAnswers ? $" and {allowed.Count - ShownAnswers} more" : "";
        return string.Join(" or ", allowed.Take(ShownAnswers)) + more;
    }
}
