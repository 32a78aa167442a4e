using Hooks.Core.Arch;
using Hooks.Core.Kernels;

namespace Hooks.Core;

/// <summary>
/// What an assembly brings to the <c>hooks</c> command: <c>hooks check --plugin my.dll</c> makes one of each public class that implements this and has a constructor without
/// parameters, and knows its architectures and kernels from then on by their names, as if they stood in the catalogues.
/// </summary>
/// <example>
/// <code>
/// public sealed class Plugin : IPlugin
/// {
///     public IReadOnlyList&lt;IArchitecture&gt; Architectures =&gt; [new MyArchitecture()];
/// }
/// </code>
/// </example>
public interface IPlugin
{
    /// <summary>The architectures it brings. Names are one word each, which no other architecture has.</summary>
    IReadOnlyList<IArchitecture> Architectures => [];

    /// <summary>The kernels it brings. Names are one word each, which no other kernel has.</summary>
    IReadOnlyList<Kernel> Kernels => [];
}
