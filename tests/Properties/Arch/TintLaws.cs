using Hooks.Core.Arch;
using Hooks.Testing;

namespace Hooks.Properties.Arch;

public class TintLaws : ArchitectureLaws
{
    protected override IArchitecture Architecture { get; } = new TintArchitecture();
}
