using Hooks.Arch.Arm64;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Testing;

namespace Company.Project1;

/// <summary>The laws of kernels, each a test: it breaks what it is known to break, what the kernel that it is made from breaks, and nothing else.</summary>
public class MadeUpLaws : KernelLaws
{
    protected override Kernel Kernel => MadeUpKernels.Moved;

    protected override IReadOnlyList<IArchitecture> Architectures => [new NoArchitecture(), new Arm64Architecture()];
}
