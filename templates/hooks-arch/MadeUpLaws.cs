using Hooks.Core.Arch;
using Hooks.Testing;

namespace Company.Project1;

/// <summary>The laws of architectures, each a test on the kernels of three eras. One that is known to be broken goes into KnownBreaches, with the reason.</summary>
public class MadeUpLaws : ArchitectureLaws
{
    protected override IArchitecture Architecture { get; } = new MadeUpArchitecture();
}
