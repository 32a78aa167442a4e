using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Search;
using Xunit;

namespace Hooks.Capability;

/// <summary>Generated programs: nothing breaks but what is known to, and what is left out is found and made small.</summary>
public class CampaignTests
{
    private static readonly InvariantSet OfTags = InvariantSet.Of(InvariantId.TagPreservation, InvariantId.NoStaleTags, InvariantId.MetadataLifetime);

    public static TheoryData<string> Kernels => Machines.Kernels;

    public static TheoryData<string> AllKernels => [.. KernelCatalogue.All.Select(k => k.Name)];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Generated_programs_break_nothing_of_the_architectures_and_put_everything_to_the_test(string kernel)
    {
        var result = Campaign(kernel, Machines.Cap, 4000);
        Assert.Equal(InvariantSet.None, result.Broken.Except(KernelCatalogue.Get(kernel).ExpectedOn(Machines.Cap)));
        Assert.Equal(InvariantSet.None, result.Unexercised);
        Assert.Equal(OfTags, result.Checked & OfTags);
    }

    [Theory]
    [MemberData(nameof(AllKernels))]
    public void On_every_kernel_those_laws_of_tags_break_that_are_expected_to(string kernel)
    {
        var result = Campaign(kernel, Machines.Cap, 1000);
        Assert.Equal(result.Expected & OfTags, result.Broken & OfTags);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Without_OnStore_three_operations_show_it(string kernel) =>
        Assert.Equal(["map a tagged", "tag a 1", "write a 1"], Minimal(kernel, new Machines.Variant(hooks => new Machines.ForgetsOnStore(hooks))));

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Without_AfterStore_the_same_three_do(string kernel) =>
        Assert.Equal(["map a tagged", "tag a 1", "write a 1"], Minimal(kernel, new Machines.Variant(hooks => new Machines.ForgetsAfterStore(hooks))));

    [Theory]
    [InlineData("v6.5")]
    [InlineData("v6.11")]
    public void Without_the_restore_four_operations_show_it(string kernel) =>
        Assert.Equal(["map a tagged", "tag a 1", "pageout a", "read a"], Minimal(kernel, new Machines.Variant(hooks => new Machines.RestoresNothing(hooks))));

    private static PairResult Campaign(string kernel, IArchitecture architecture, long workloads, InvariantSet? only = null) =>
        new RandomCampaign(KernelCatalogue.Get(kernel), architecture).Run(seed: 1, workloads, only: only);

    private static string[] Minimal(string kernel, IArchitecture architecture)
    {
        var finding = Assert.Single(Campaign(kernel, architecture, 4000, InvariantSet.Of(InvariantId.TagPreservation)).Findings);
        return [.. finding.Minimal.Workload.Operations.Select(op => op.ToString())];
    }
}
