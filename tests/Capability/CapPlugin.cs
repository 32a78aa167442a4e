using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;

namespace Hooks.Capability;

/// <summary>What <c>hooks --plugin</c> finds here: the machine, one whose hook throws, and a kernel that restores too late.</summary>
public sealed class CapPlugin : IPlugin
{
    public IReadOnlyList<IArchitecture> Architectures => [new CapArchitecture(), new ThrowingArchitecture()];

    public IReadOnlyList<Kernel> Kernels =>
    [
        KernelCatalogue.Get("v6.8").With("late-restore", "none", "restores behind swap_free()",
            DoSwapPageOrders.Linux6_8.Without(DoSwapPage.ArchSwapRestore).Replace(DoSwapPage.SetPteAt, DoSwapPage.ArchSwapRestore, DoSwapPage.SetPteAt)),
    ];
}

/// <summary>An architecture with a mistake that is its author's.</summary>
public sealed class ThrowingArchitecture : IArchitecture
{
    public string Name => "throwing";

    public string Description => "throws when a page is swapped out";

    public IArchHooks Hooks(Kernel kernel) => new ThrowingHooks(new Cap(kernel));
}

/// <summary>Its hooks.</summary>
internal sealed class ThrowingHooks(IArchHooks inner) : DelegatingHooks(inner)
{
    public override bool ArchPrepareToSwap(in Memory m, Pfn folio) => throw new InvalidOperationException("no room for tags");
}
