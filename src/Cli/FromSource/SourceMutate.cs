using Hooks.Cli.Running;
using Hooks.Cli.Terminal;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Search;
using Hooks.KernelSource.Paths;
using Spectre.Console;

namespace Hooks.Cli.FromSource;

/// <summary><c>hooks mutate --source</c>: every statement that is read, broken on purpose; what notices?</summary>
internal static class SourceMutate
{
    /// <summary>Runs all mutants of a tree.</summary>
    public static int Run(Screen screen, SourceInput input, string? path, IReadOnlyList<IArchitecture> archs, ulong seed, long workloads, int jobs, bool json, bool progress)
    {
        var kernel = input.Kernel;
        var expected = archs.ToDictionary(a => a.Name, a => new RandomCampaign(kernel, a).Run(seed, workloads).Broken, StringComparer.Ordinal);
        var mutants = SourceMutants.Of(input.Last, input.Helpers).Where(m => path is null || input.Last.Read.Any(r => r.Path == m.Path && r.Function == path.TrimEnd('(', ')'))).ToList();
        using var running = new WorkQueue<SourceMutant, SourceMutantResult>(
            mutants,
            (mutant, cancel) => Try(mutant, archs, expected, seed, workloads, cancel),
            jobs,
            screen.Interrupted,
            (count, _) =>
            {
                if (progress && screen.ErrorIsTerminal && count % 20 == 0) screen.ErrorLine($"{count} of {mutants.Count}");
            });
        SourceMutantResult[] results = [.. running.Finish().OfType<SourceMutantResult>()];
        if (json)
        {
            screen.Verbatim(JsonText.Of(new SourceMutateJson(input.Base.Tree.Name, input.Base.Like.Name, seed, workloads, results.Length < mutants.Count ? true : null, [.. results.Select(r => new SourceMutantJson(r.Mutant.Name, r.Mutant.Kind.ToString().ToLowerInvariant(), r.By, r.Arch, r.Size == 0 ? null : r.Size))]), JsonTypes.Default.SourceMutateJson));
        }
        else
        {
            Print(screen, input, results, workloads);
        }

        return results.Length < mutants.Count ? ExitCode.Interrupted : ExitCode.AsExpected;
    }

    private static SourceMutantResult Try(SourceMutant mutant, IReadOnlyList<IArchitecture> archs, Dictionary<string, InvariantSet> expected, ulong seed, long workloads, CancellationToken cancel)
    {
        SourceMutantResult? best = null;
        foreach (var arch in archs)
        {
            cancel.ThrowIfCancellationRequested();
            var result = MutationRun.Run(new PathMutant(mutant.Path, MutationKind.Drop, mutant.Name, mutant.Kernel.Kernel!), arch, expected[arch.Name], seed, workloads);
            if (!result.Caught) continue;
            var size = result.Minimal?.Operations.Length ?? 0;
            if (best is null || size < best.Size) best = new SourceMutantResult(mutant, result.CaughtBy is { } id ? InvariantCatalogue.Of(id).Name : "the kernel would have crashed", arch.Name, size);
        }

        return best ?? new SourceMutantResult(mutant, null, null, 0);
    }

    private static void Print(Screen screen, SourceInput input, SourceMutantResult[] results, long workloads)
    {
        SourceText.Print(screen, input);
        screen.Line();
        foreach (var result in results.Where(r => r.By is not null)) screen.Line($"{result.Mutant.Name}\n    {result.By} on {result.Arch}, {result.Size} operations");
        screen.Line();
        var alive = results.Where(r => r.By is null).ToList();
        if (alive.Count > 0) screen.Line("Not noticed: something else holds it together, or it takes threads, or nothing looks at it.", new Style(Color.Yellow));
        foreach (var result in alive) screen.Line(result.Mutant.Name);
        screen.Line();
        screen.Line($"{results.Length} statements broken, at most {workloads} workloads on each architecture: {results.Length - alive.Count} noticed, {alive.Count} not.");
        foreach (var kind in results.GroupBy(r => r.Mutant.Kind).OrderBy(g => g.Key)) screen.Line($"  {kind.Key.ToString().ToLowerInvariant(),-10}{kind.Count(r => r.By is not null)} of {kind.Count()}");
    }
}

/// <summary>What became of a mutant.</summary>
/// <param name="Mutant">The mutant.</param>
/// <param name="By">What noticed; null if nothing did.</param>
/// <param name="Arch">On which architecture, with the smallest case.</param>
/// <param name="Size">The operations of that case.</param>
internal sealed record SourceMutantResult(SourceMutant Mutant, string? By, string? Arch, int Size);
