using System.Diagnostics;
using System.Globalization;
using Hooks.Bench.Coyote;
using Microsoft.Coyote;
using Microsoft.Coyote.SystematicTesting;

// Iterations until Coyote finds the race, over so many seeds, and at most so many of each: run [SEEDS] [ITERATIONS], which has this assembly rewritten first.

// The i-th iteration of a seed is the first of the i-th seed after it.
const uint Apart = 1_000_003;
var seeds = int.Parse(args[0], CultureInfo.InvariantCulture);
var most = uint.Parse(args[1], CultureInfo.InvariantCulture);
Console.WriteLine($"| Coyote | found | iterations: median, 90th percentile | iterations/s |");
Console.WriteLine("|---|---|---|---|");
Row("random", c => c.WithRandomStrategy());
Row("prioritization, 1", c => c.WithPrioritizationStrategy(isFair: false, priorityChangeBound: 1));
Row("prioritization, 2", c => c.WithPrioritizationStrategy(isFair: false, priorityChangeBound: 2));
Row("prioritization, 3", c => c.WithPrioritizationStrategy(isFair: false, priorityChangeBound: 3));

void Row(string title, Func<Configuration, Configuration> strategy)
{
    var found = new List<long>();
    long all = 0;
    var watch = Stopwatch.StartNew();
    for (uint seed = 1; seed <= seeds; seed++)
    {
        using var engine = TestingEngine.Create(strategy(Configuration.Create().WithTestingIterations(most).WithRandomGeneratorSeed(seed * Apart).WithTelemetryEnabled(false)), Race);
        engine.Run();
        var ran = engine.TestReport.NumOfExploredFairPaths + engine.TestReport.NumOfExploredUnfairPaths;
        all += ran;
        found.Add(engine.TestReport.NumOfFoundBugs > 0 ? ran : long.MaxValue);
    }

    found.Sort();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {title} | {found.Count(n => n < long.MaxValue)} of {seeds} | {Quantile(0.5)}, {Quantile(0.9)} | {all / watch.Elapsed.TotalSeconds:0} |"));

    string Quantile(double share) => found[(int)(share * (found.Count - 1))] is var n and < long.MaxValue ? n.ToString(CultureInfo.InvariantCulture) : "–";
}

// What Hooks calls the scope of skip-cache-aba.
static async Task Race()
{
    using var page = new Page();
    var reader = Task.Run(() => page.Access(store: null));
    var writer = Task.Run(() =>
    {
        page.Access(store: 2);
        page.Pageout();
    });
    await Task.WhenAll(reader, writer);
}
