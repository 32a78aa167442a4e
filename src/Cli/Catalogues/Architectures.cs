using System.Collections.Immutable;
using Hooks.Arch.Arm64;
using Hooks.Arch.Sparc;
using Hooks.Core.Arch;

namespace Hooks.Cli.Catalogues;

/// <summary>The architectures that the command knows. Core knows none: here they meet.</summary>
internal static class Architectures
{
    /// <summary>All, the control experiment first.</summary>
    public static ImmutableArray<IArchitecture> All { get; } = [new NoArchitecture(), new Arm64Architecture(), new SparcArchitecture()];

    /// <summary>Those that nobody has: sparc as docs/findings.md proposes it, and as it was proposed first.</summary>
    public static ImmutableArray<IArchitecture> Proposed { get; } = [new SparcByEntryArchitecture(flagged: true), new SparcByEntryArchitecture(flagged: false)];
}
