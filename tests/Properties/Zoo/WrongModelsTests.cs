using Hooks.Arch.Arm64;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using Hooks.Zoo;
using Xunit;

namespace Hooks.Properties.Zoo;

/// <summary>The wrong models that are put beside a real kernel.</summary>
public class WrongModelsTests
{
    private const int Workloads = 40_000;

    private static readonly string[] Rare = ["slot cache", "locked VMA", "activate_locked", "no slot reclaimed", "untagged mapping"];

    private static readonly Arm64Architecture Arm64 = new();

    [Theory]
    [InlineData("debian-6.1.192")]
    [InlineData("debian-6.12.117")]
    [InlineData("v7.0")]
    [InlineData("v7.3")]
    public void Each_has_a_name_of_its_own_and_goes_another_way_than_the_right_one(string name)
    {
        var kernel = KernelCatalogue.Get(name);
        var all = WrongModels.Of(kernel, Arm64).ToList();
        Assert.Equal(all.Count, all.Select(m => (m.Path, m.Name)).Distinct().Count());
        var right = new Machine(kernel, Arm64);
        foreach (var mistake in all.Where(m => m.Path is null))
        {
            // Sizes that generated workloads seldom have (the lab has areas for that), what takes a full area or a locked one under pressure, and the zoo's escapee, which takes two mappings of different kind.
            if (Rare.Any(rare => mistake.Name.Contains(rare, StringComparison.Ordinal))) continue;
            Assert.True(Differ(right, new Machine(mistake.Kernel, mistake.Arch)), mistake.Name);
        }
    }

    /// <summary>Whether some workload ends in another state.</summary>
    private static bool Differ(Machine right, Machine wrong)
    {
        for (var i = 0; i < Workloads; i++)
        {
            var workload = Generator.Draw(new Choices(Choices.SeedOf(31, i)));
            if (End(right, workload) != End(wrong, workload)) return true;
        }

        return false;
    }

    private static UInt128 End(Machine machine, Workload workload)
    {
        try
        {
            machine.Run(workload, InvariantSet.None);
            return machine.World.Hash();
        }
        catch (CapacityException)
        {
            return 0;
        }
    }
}
