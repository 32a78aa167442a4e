using Hooks.Core.Arch;
using Hooks.Testing;

namespace Hooks.Capability;

public class CapLaws : ArchitectureLaws
{
    protected override IArchitecture Architecture { get; } = new CapArchitecture();
}
