using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;

namespace Company.Project1;

/// <summary>The architecture over time: which hooks a kernel has of it, and what they are known to break there.</summary>
public sealed class MadeUpArchitecture : IArchitecture
{
    public string Name => "made-up";

    public string Description => "made up: tags on every page, saved by swap entry";

    public IArchHooks Hooks(Kernel kernel) => new MadeUpHooks(kernel);

    // From 5.18 on the slot is free before set_pte_at() looks for the tags; arch_swap_restore() is the cure (6.5).
    public InvariantSet ExpectedBreaches(Kernel kernel)
    {
        var lost = kernel.Version >= new KernelVersion(5, 18) && !kernel.Has(KernelCatalogue.Restore, new KernelVersion(6, 5));
        return lost ? InvariantSet.Of(InvariantId.TagPreservation) : InvariantSet.None;
    }
}

/// <summary>What 'hooks check --plugin' finds in this assembly.</summary>
public sealed class MadeUpPlugin : IPlugin
{
    public IReadOnlyList<IArchitecture> Architectures => [new MadeUpArchitecture()];
}
