using Hooks.Core.Kernels;
using Hooks.Core.Paths;
using Xunit;

namespace Hooks.Properties.Kernels;

/// <summary>A kernel is made of steps of its own time.</summary>
public class EraTests
{
    public static TheoryData<string> Kernels() => [.. KernelCatalogue.All.Select(k => k.Name)];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_kernel_holds_only_steps_that_its_release_or_the_patches_that_it_carries_have(string name)
    {
        var kernel = KernelCatalogue.Get(name);
        var others = kernel.Paths.SelectMany(path => path.Steps.Where(step => !step.Era.Includes(kernel)).Select(step => $"{path.Id.KernelName()}.{step.Name}: {step.Era}"));
        Assert.Equal([], others);
    }

    [Fact]
    public void An_era_is_a_span_of_releases_and_the_patches_that_brought_it()
    {
        Kernel At(string kernel) => KernelCatalogue.Get(kernel);
        var claim = Era.Since("6.8", KernelCatalogue.Claim);
        Assert.True(claim.Includes(At("v6.8")));
        Assert.True(claim.Includes(At("debian-6.1.192-norestore")));
        Assert.False(claim.Includes(At("debian-6.1.192-norestore-noprepare")));
        Assert.False(claim.Includes(At("v6.5")));
        Assert.False(Era.Until("5.17").Includes(At("v5.18")));
        Assert.True(Era.Until("5.17").Includes(At("v5.17")));
        Assert.False(Era.Since("5.18").To("5.18").Includes(At("v5.19")));
        Assert.True(Era.Until("5.16").OrWith(KernelCatalogue.SeriesV1Part1).Includes(At("series-v1-2")));
        Assert.False(Era.Never.Includes(At("v6.11")));
        Assert.True(Era.All.Includes(At("v5.16")));
    }
}
