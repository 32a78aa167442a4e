using Hooks.Core.Kernels;
using Hooks.KernelSource;
using Hooks.KernelSource.Paths;
using Xunit;

namespace Hooks.Source;

/// <summary>What is read from C does what the hand-written path of the same release does, state for state.</summary>
public class EquivalenceTests
{
    [Fact]
    public void The_small_kernel_is_the_catalogues_6_5()
    {
        var read = Trees.Read(Trees.Small);
        Assert.Equal("v6.5", read.Like.Name);
        Assert.Empty(read.Unknowns);
        Equivalence.Holds(read.Like, read.Kernel!, 3000);
    }

    [Fact]
    public void A_kernel_that_is_not_the_same_is_seen_to_differ()
    {
        var read = Trees.Read(Trees.Patched("tags-freed-before-restore"));
        Assert.NotNull(Equivalence.Difference(read.Like, read.Kernel!, Trees.Architectures[1], 3000, 7));
        Assert.NotNull(Equivalence.Difference(KernelCatalogue.Get("v5.19"), read.Like, Trees.Architectures[1], 3000, 7));
    }

    [DebianFact("linux-source-6.1")]
    public void Debians_6_1_is_the_catalogues() => IsTheCatalogues("linux-source-6.1");

    [DebianFact("linux-source-6.12")]
    public void Debians_6_12_is_the_catalogues() => IsTheCatalogues("linux-source-6.12");

    [DebianFact("linux-source-7.2")]
    public void Debians_7_2_is_the_catalogues() => IsTheCatalogues("linux-source-7.2");

    [DebianFact("linux-source-7.3")]
    public void Debians_7_3_is_the_catalogues() => IsTheCatalogues("linux-source-7.3");

    /// <summary>Other trees that somebody has, mainline's above all: each folder of HOOKS_TREES.</summary>
    [OwnTreesFact]
    public void Trees_of_ones_own_are_the_catalogues()
    {
        foreach (var folder in Directory.EnumerateDirectories(Trees.Own!).Order(StringComparer.Ordinal))
        {
            var read = Trees.Read(new FolderFiles(folder));
            Assert.True(read.Unknowns.IsEmpty, $"{folder}: {string.Join('\n', read.Unknowns)}");
            Equivalence.Holds(read.Like, read.Kernel!, Workloads);
        }
    }

    private static int Workloads => int.TryParse(Environment.GetEnvironmentVariable("HOOKS_EQUIVALENCE_WORKLOADS"), out var n) ? n : 3000;

    private static void IsTheCatalogues(string package)
    {
        var read = Trees.Read(new FolderFiles(Trees.Debian(package)!));
        Assert.Empty(read.Unknowns);

        Equivalence.Holds(read.Like, read.Kernel!, Workloads);

        // Equal as these are, their helpers' bodies are those that the table is known to be right about: src/KernelSource/Paths/bodies.table has these lines.
        var unseen = KnownBodies.Unseen(read.Tree, read.Read.SelectMany(r => r.Rows)).Select(b => $"{b.Name} {b.Hash}");
        Assert.True(!unseen.Any(), "bodies.table lacks:\n" + string.Join('\n', unseen));
    }
}
