using System.Runtime.CompilerServices;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Paths;
using Hooks.Core.Search;
using Hooks.Zoo;
using Xunit;

namespace Hooks.Properties.Search;

public class PathMutantTests
{
    private const long Workloads = 5000;

    private static readonly Kernel Good = KernelCatalogue.AskingMapcount(KernelCatalogue.Get("v6.11"));

    private static readonly PathId[] MutatedIds = [PathId.DoSwapPage, PathId.DoWpPage, PathId.SwapOff, PathId.ShrinkFolioList];

    public static TheoryData<PathId> MutatedPaths() => [.. MutatedIds];

    [Fact]
    public void Every_step_is_dropped_and_doubled_and_every_adjacent_pair_exchanged()
    {
        var path = Good[PathId.DoWpPage];
        var mutants = PathMutant.Of(Good, PathId.DoWpPage).ToList();
        var pairs = path.Items.Zip(path.Items.Skip(1)).Count(p => p.First.Step is not null && p.Second.Step is not null);
        Assert.Equal(path.Steps.Length, mutants.Count(m => m.Kind == MutationKind.Drop));
        Assert.Equal(path.Steps.Length, mutants.Count(m => m.Kind == MutationKind.Duplicate));
        Assert.Equal(pairs, mutants.Count(m => m.Kind == MutationKind.Swap));
        Assert.Equal(mutants.Count, mutants.Select(m => m.Name).Distinct().Count());
        Assert.All(mutants, m => Assert.NotEqual(path.Items, m.Kernel[PathId.DoWpPage].Items));
    }

    [Fact]
    public void A_mutant_that_breaks_something_is_caught_and_shrunk()
    {
        var mutant = PathMutant.Of(Good, PathId.DoSwapPage).Single(m => m.Name == "drop ArchSwapRestore");
        var result = MutationRun.Run(mutant, Machines.Arm64, InvariantSet.None, seed: 1, workloads: 2000);
        Assert.Equal(InvariantId.TagPreservation, result.CaughtBy);
        Assert.Equal(4, result.Minimal!.Operations.Length);
    }

    [Fact]
    public void A_mutant_that_would_crash_the_kernel_is_caught()
    {
        var mutant = PathMutant.Of(Good, PathId.DoSwapPage).Single(m => m.Name == "drop SwapCacheGetFolio");
        var result = MutationRun.Run(mutant, Machines.None, InvariantSet.None, seed: 1, workloads: 2000);
        Assert.True(result.Oops);
    }

    [Fact]
    public void Every_explanation_is_of_a_mutant_that_exists()
    {
        var names = MutatedIds.SelectMany(id => PathMutant.Of(Good, id)).Select(m => (m.Path, m.Name)).ToHashSet();
        Assert.All(MutationNotes.Explained, note => Assert.Contains(note, names));
    }

    [Theory]
    [MemberData(nameof(MutatedPaths))]
    public void Every_mutant_that_survives_is_explained_and_no_mutant_that_is_caught(PathId path)
    {
        var caught = new List<string>();
        var unexplained = new List<string>();
        foreach (var mutant in PathMutant.Of(Good, path))
        {
            var survives = Machines.Architectures.All(arch => !MutationRun.Run(mutant, arch, Good.ExpectedOn(arch), seed: 1, Workloads).Caught);
            if (survives && MutationNotes.Of(mutant) is null) unexplained.Add(mutant.Name);
            if (!survives && MutationNotes.Of(mutant) is not null) caught.Add(mutant.Name);
        }

        Assert.True(unexplained.Count == 0, $"survive, and nobody knows why: {string.Join("; ", unexplained)}");
        Assert.True(caught.Count == 0, $"are explained, and caught: {string.Join("; ", caught)}");
    }

    [Fact]
    public void The_page_about_mutation_gives_every_reason_with_the_number_of_its_mutants()
    {
        var page = File.ReadAllText(Path.Combine(Folder(), "..", "..", "..", "docs", "mutation.md")).ReplaceLineEndings("\n");
        var mutants = MutatedIds.SelectMany(id => PathMutant.Of(Good, id)).ToList();
        var survivors = mutants.Where(m => MutationNotes.Of(m) is not null).ToList();
        var rows = page.Split('\n').SkipWhile(line => line != "|---:|---|---|").Skip(1).TakeWhile(line => line.StartsWith('|')).Select(line => line[..line.IndexOf('|', line.IndexOf('|', 2) + 1)]);
        var reasons = survivors.GroupBy(MutationNotes.Of).Select(group => $"| {group.Count()} | {group.Key} ");
        Assert.Equal(reasons.Order(StringComparer.Ordinal), rows.Order(StringComparer.Ordinal));

        string Of(MutationKind kind) => $"{mutants.Count(m => m.Kind == kind) - survivors.Count(m => m.Kind == kind)} of {mutants.Count(m => m.Kind == kind)}";
        Assert.Contains($"**{mutants.Count - survivors.Count} of {mutants.Count} are caught, {survivors.Count} survive and it is known why, none survives unexplained.** "
            + $"Of dropped steps {Of(MutationKind.Drop)} are caught, of doubled ones {Of(MutationKind.Duplicate)}, of exchanged ones {Of(MutationKind.Swap)}.", page.Replace('\n', ' '), StringComparison.Ordinal);
    }

    private static string Folder([CallerFilePath] string thisFile = "") => Path.GetDirectoryName(thisFile)!;
}
