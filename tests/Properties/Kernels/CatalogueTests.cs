using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Paths;
using Hooks.Core.Search;
using Xunit;

namespace Hooks.Properties.Kernels;

public class CatalogueTests
{
    private const int Workloads = 4000;

    public static TheoryData<string, string> Pairs()
    {
        var data = new TheoryData<string, string>();
        foreach (var kernel in KernelCatalogue.All)
        {
            foreach (var arch in Machines.Architectures) data.Add(kernel.Name, arch.Name);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_kernel_breaks_exactly_what_the_catalogue_says_on_every_architecture(string kernel, string arch)
    {
        var architecture = Machines.Architectures.Single(a => a.Name == arch);
        var result = new RandomCampaign(KernelCatalogue.Get(kernel), architecture).Run(seed: 1, Workloads);
        Assert.Equal(result.Expected, result.Broken);
        Assert.Equal(InvariantSet.None, result.Unexercised);
        Assert.True(result.AsExpected);
    }

    [Fact]
    public void The_kernels_of_the_story_are_there_and_names_are_unique()
    {
        string[] story =
        [
            "v5.16", "v5.17", "v5.18", "v5.19", "v6.5", "v6.8", "v6.11", "v6.14", "v7.0", "v7.3", "series-v1-1", "series-v1-2",
            "debian-6.1.192", "debian-6.1.192-norestore", "debian-6.1.192-norestore-noprepare", "debian-6.12.117",
        ];
        Assert.Equal(story, KernelCatalogue.All.Select(k => k.Name));
    }

    [Fact]
    public void Every_kernel_has_every_path_and_every_step_says_what_it_stands_for()
    {
        foreach (var kernel in KernelCatalogue.All)
        {
            Assert.NotEmpty(kernel.Commit);
            foreach (var id in Enum.GetValues<PathId>().Where(id => id != PathId.None)) Assert.NotEmpty(kernel[id].Steps);
            foreach (var step in kernel.Paths.SelectMany(p => p.Steps))
            {
                Assert.NotEmpty(step.Source);
                Assert.NotEmpty(step.Era.ToString());
            }
        }
    }

    [Fact]
    public void A_path_with_a_label_twice_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => new KernelPath(PathId.DoSwapPage, "do_swap_page()", DoSwapPage.OutNomap, DoSwapPage.MkPte, DoSwapPage.OutNomap));
        Assert.Contains("out_nomap stands twice", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Taking_out_a_step_that_is_not_there_is_refused()
    {
        var path = KernelCatalogue.Get("v5.18")[PathId.DoSwapPage];
        Assert.Throws<ArgumentException>(() => path.Without(DoSwapPage.ArchSwapRestore));
    }
}
