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
    private const int Workloads = 3000;

    private static readonly string[] Rare = ["slot cache", "locked VMA", "activate_locked", "no slot reclaimed"];

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
        var right = Ends(new Machine(kernel, Arm64));
        foreach (var mistake in all.Where(m => m.Path is null))
        {
            // Sizes that generated workloads seldom have (the lab has areas for that), and what takes a full area or a locked one under pressure.
            if (Rare.Any(rare => mistake.Name.Contains(rare, StringComparison.Ordinal))) continue;
            Assert.False(right.SequenceEqual(Ends(new Machine(mistake.Kernel, mistake.Arch))), mistake.Name);
        }
    }

    /// <summary>The state at the end of many workloads.</summary>
    private static List<UInt128> Ends(Machine machine)
    {
        var ends = new List<UInt128>();
        for (var i = 0; i < Workloads; i++)
        {
            try
            {
                machine.Run(Generator.Draw(new Choices(Choices.SeedOf(31, i))), InvariantSet.None);
                ends.Add(machine.World.Hash());
            }
            catch (CapacityException)
            {
                ends.Add(0);
            }
        }

        return ends;
    }
}
