using Hooks.Core;
using Hooks.Core.Kernels;
using Hooks.Core.Paths;

namespace Company.Project1;

/// <summary>Kernels of one's own: a kernel of the catalogue, with some paths in another order of steps. 'hooks show v6.8' has the steps.</summary>
public static class MadeUpKernels
{
    /// <summary>v6.8 with one line of do_swap_page() moved: the counter is raised right before the page is mapped, which should matter to nobody.</summary>
    public static Kernel Moved { get; } = KernelCatalogue.Get("v6.8").With(
        "made-up",
        "not posted",
        "raises the counter right before set_pte_at()",
        DoSwapPageOrders.Linux6_8.Without(DoSwapPage.IncMmCounter).Replace(DoSwapPage.SetPteAt, DoSwapPage.IncMmCounter, DoSwapPage.SetPteAt));
}

/// <summary>What 'hooks check --plugin' finds in this assembly.</summary>
public sealed class MadeUpPlugin : IPlugin
{
    public IReadOnlyList<Kernel> Kernels => [MadeUpKernels.Moved];
}
