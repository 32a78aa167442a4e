using Hooks.KernelSource;

namespace Hooks.Cli.FromSource;

/// <summary>There can be no verdict: something in live code is not known.</summary>
internal sealed class NoVerdictException(IReadOnlyList<Unknown> unknowns) : Exception("no verdict")
{
    /// <summary>What is not known.</summary>
    public IReadOnlyList<Unknown> Unknowns => unknowns;
}
