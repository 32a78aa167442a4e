using Hooks.Arch.Arm64;
using Hooks.Core.Arch;
using Hooks.Testing;

namespace Hooks.Properties.Arch;

public class Arm64Laws : ArchitectureLaws
{
    protected override IArchitecture Architecture { get; } = new Arm64Architecture();
}
