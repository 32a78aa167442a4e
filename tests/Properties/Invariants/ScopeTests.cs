using FsCheck.Xunit;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Search;
using Hooks.Core.Workloads;
using Hooks.Testing;
using Hooks.Zoo;
using Xunit;

namespace Hooks.Properties.Invariants;

/// <summary>
/// Looking only at what a step can have touched finds what looking at everything finds, at the same step: on every kernel, on
/// every kernel of the zoo, and on kernels that do anything at all because a step is missing or comes at the wrong time.
/// </summary>
public class ScopeTests
{
    private static readonly (Kernel Kernel, IArchitecture Arch)[] Pairs =
    [
        .. from kernel in KernelCatalogue.All from arch in Machines.Architectures select (kernel, arch),
        .. ZooCatalogue.All.Select(s => (s.Bug.Kernel, s.Bug.Arch)),
    ];

    private static readonly PathMutant[] Mutants =
    [
        .. Enum.GetValues<PathId>().Where(id => id != PathId.None).SelectMany(id => PathMutant.Of(KernelCatalogue.Get("v6.11"), id)),
    ];

    [Property(Arbitrary = [typeof(WorkloadArbitrary)], MaxTest = 200)]
    public void Finds_what_looking_at_everything_finds(Workload workload)
    {
        foreach (var (kernel, arch) in Pairs) Compare(kernel, arch, workload);
    }

    [Fact]
    public void Finds_it_on_kernels_with_a_step_dropped_doubled_or_exchanged()
    {
        var choices = new Choices(0);
        for (var i = 0; i < Mutants.Length * 3; i++)
        {
            for (var k = 0; k < 10; k++)
            {
                choices.Reset(Choices.SeedOf(11, (i * 10) + k));
                Compare(Mutants[i / 3].Kernel, Machines.Architectures[i % 3], Generator.Draw(choices));
            }
        }
    }

    [Fact]
    public void Finds_it_where_pages_come_in_large_folios()
    {
        var choices = new Choices(0);
        for (var i = 0; i < 40; i++)
        {
            choices.Reset(Choices.SeedOf(12, i));
            var workload = Generator.DrawLarge(choices);
            foreach (var (kernel, arch) in Pairs) Compare(kernel, arch, workload);
        }

        for (var i = 0; i < Mutants.Length * 3; i++)
        {
            choices.Reset(Choices.SeedOf(13, i));
            Compare(Mutants[i / 3].Kernel, Machines.Architectures[i % 3], Generator.DrawLarge(choices));
        }
    }

    private static void Compare(Kernel kernel, IArchitecture arch, Workload workload)
    {
        var everything = Found(new Machine(kernel, arch) { LooksAtEverything = true }, workload);
        var touched = Found(new Machine(kernel, arch), workload);
        if (!everything.SequenceEqual(touched)) Assert.Fail($"{kernel}, {arch.Name}\n{workload}\neverything: {string.Join("; ", everything)}\ntouched: {string.Join("; ", touched)}");
    }

    /// <summary>What was found, in words, and how the run ended: such a kernel may follow a pointer into nowhere, which is an oops, and what was found before it counts.</summary>
    private static List<string> Found(Machine machine, Workload workload)
    {
        var oops = "";
        try
        {
            machine.Run(workload, machine.Checked, stopAtFirst: false);
        }
        catch (Exception e) when (e is IndexOutOfRangeException or InvalidOperationException or OverflowException or CapacityException)
        {
            oops = $"{e.GetType().Name} after {machine.Logged} steps: {e.Message}";
        }

        return [.. machine.Broken.Members().Select(id => machine.ViolationOf(id)).Select(v => $"{v.Breach} at {v.Place} of operation {v.Place.Operation}"), oops];
    }
}
