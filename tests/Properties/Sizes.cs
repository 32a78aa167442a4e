using System.Globalization;
using Hooks.Core.Mm;

namespace Hooks.Properties;

/// <summary>Sizes in the texts of tests, by name: <c>{MMS}</c> processes, of which <c>{MM}</c> is the last, and so on.</summary>
internal static class Sizes
{
    /// <summary>There is a third thread, P0.2: tests have one do something. If there is not, it does not compile.</summary>
    public const uint ThirdThread = Capacity.Threads - 3;

    private static readonly (string Name, string Size)[] Names =
    [
        ("{MMS}", Number(Capacity.Mms)), ("{MM}", Number(Capacity.Mms - 1)), ("{THREADS}", Number(Capacity.Threads)), ("{THREAD}", Number(Capacity.Threads - 1)),
        ("{NOPAGE}", Letter(Capacity.Pages)), ("{PAGE}", Letter(Capacity.Pages - 1)), ("{AREAS}", Number(Capacity.Areas)),
        ("{SLOTS}", Number(Capacity.SlotsPerArea)), ("{AREASIZE}", Number(Capacity.MaxAreaSize)), ("{TOOLARGE}", Number(Capacity.MaxAreaSize + 1)),
    ];

    /// <summary>A text with its sizes.</summary>
    public static string In(string text) => Names.Aggregate(text, static (t, n) => t.Replace(n.Name, n.Size, StringComparison.Ordinal));

    private static string Number(int n) => n.ToString(CultureInfo.InvariantCulture);

    private static string Letter(int page) => ((char)('a' + page)).ToString();
}
