using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Search;
using Xunit;

namespace Hooks.Testing;

/// <summary>
/// The laws that any kernel must keep, as tests: derive from this class, say which kernel and on which architectures, and generated programs run on it. What it is known to
/// break stands with the kernel (<see cref="Core.Kernels.Kernel.Breaking"/>; one made by <c>With</c> inherits it) and with the architectures
/// (<see cref="IArchitecture.ExpectedBreaches"/>). What its paths must be like (each label there, each lock given back) is asked when the kernel is made.
/// </summary>
public abstract class KernelLaws
{
    /// <summary>The kernel.</summary>
    protected abstract Kernel Kernel { get; }

    /// <summary>The architectures it runs on.</summary>
    protected abstract IReadOnlyList<IArchitecture> Architectures { get; }

    /// <summary>How many generated programs run on each architecture; as many as <c>hooks check</c> runs.</summary>
    protected virtual long Workloads => 20_000;

    /// <summary>Nothing breaks that it is not known to break.</summary>
    [Fact]
    public void Generated_programs_break_nothing_that_is_not_expected() => OnEach((architecture, result) =>
    {
        var found = result.Findings.FirstOrDefault(f => !result.Expected.Contains(f.Invariant));
        Assert.True(found is null, found is null ? "" : $"{FailureText.Of(found, Kernel, architecture)}\n");
    });

    /// <summary>What it is known to break it does break, so that a fix is noticed.</summary>
    [Fact]
    public void What_is_expected_to_break_does() => OnEach((architecture, result) =>
    {
        var missing = result.Expected.Except(result.Broken);
        Assert.True(missing.Count == 0, $"{Kernel.Name} on {architecture.Name} is expected to break {missing}, and {Workloads} programs did not: is it fixed? Say so with Breaking(…)");
    });

    /// <summary>Each invariant was put to the test: what was never in danger has not been shown to hold.</summary>
    [Fact]
    public void Every_invariant_is_put_to_the_test() => OnEach((architecture, result) =>
    {
        var names = string.Join("; ", result.Unexercised.Members().Select(id => $"{InvariantCatalogue.Of(id).Name}: in no program {InvariantCatalogue.Of(id).Exercise}"));
        Assert.True(names.Length == 0, $"{Kernel.Name} on {architecture.Name}: {names}");
    });

    private void OnEach(Action<IArchitecture, PairResult> law)
    {
        foreach (var architecture in Architectures) law(architecture, new RandomCampaign(Kernel, architecture).Run(seed: 1, Workloads));
    }
}
