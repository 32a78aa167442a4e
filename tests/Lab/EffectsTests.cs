using Hooks.Arch.Arm64;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;
using Xunit;

namespace Hooks.LabTests;

/// <summary>
/// When the bug of the thread shows on a real kernel depends on the device, its size, the kind of fault and more. The model must
/// say so by itself; docs/lab.md has the same table from real kernels.
/// </summary>
public class EffectsTests
{
    [Theory]
    [InlineData("zram-read", false, true)]
    [InlineData("zram-320-slots", false, true)]
    [InlineData("zram-321-slots", false, false)]
    [InlineData("zram-127-slots-left", false, true)]
    [InlineData("zram-128-slots-left", false, false)]
    [InlineData("disk-read", false, false)]
    [InlineData("disk-write", true, true)]
    [InlineData("disk-write-cached", false, false)]
    [InlineData("disk-read-half-full", true, true)]
    [InlineData("disk-read-mlock", true, true)]
    [InlineData("disk-write-large", false, false)]
    public void Tags_are_lost(string name, bool unfixed, bool unfixed610)
    {
        var workload = CaseParser.Parse(File.ReadAllText(Path.Combine(Cases(), name + ".case")), name).Workload;
        Assert.False(Lost("debian-6.1.192", workload));
        Assert.False(Lost("v6.11", workload));
        Assert.Equal(unfixed, Lost("debian-6.1.192-norestore", workload));
        Assert.Equal(unfixed610, Lost("debian-6.1.192-norestore-noprepare", workload));
    }

    [Theory]
    [InlineData("pin-write", "debian-6.1.192", false)]
    [InlineData("pin-write", "debian-6.1.192-norestore", false)]
    [InlineData("pin-write", "debian-6.12.117", true)]
    [InlineData("pin-write", "v7.3", true)]
    [InlineData("free-shared", "debian-6.1.192", true)]
    [InlineData("free-shared", "debian-6.12.117", true)]
    [InlineData("free-shared", "v7.3", false)]
    public void Data_are_lost(string name, string kernel, bool lost)
    {
        var workload = CaseParser.Parse(File.ReadAllText(Path.Combine(Cases(), name + ".case")), name).Workload;
        Assert.Equal(lost, new Machine(KernelCatalogue.Get(kernel), new Arm64Architecture()).Run(workload, InvariantSet.Of(InvariantId.DataPreservation)).Contains(InvariantId.DataPreservation));
    }

    [Theory]
    [InlineData("swapoff-none", "debian-6.1.192", true)]
    [InlineData("swapoff-none", "debian-6.12.117", false)]
    [InlineData("swapoff-none", "v7.3", false)]
    public void Tags_are_lost_on_stable_6_1_too(string name, string kernel, bool lost) =>
        Assert.Equal(lost, Lost(kernel, CaseParser.Parse(File.ReadAllText(Path.Combine(Cases(), name + ".case")), name).Workload));

    [Theory]
    [InlineData("uffd-move", "debian-6.12.117")]
    [InlineData("uffd-move", "v7.3")]
    public void Write_protection_goes_along_if_reclaim_was_there_first(string name, string kernel)
    {
        var workload = CaseParser.Parse(File.ReadAllText(Path.Combine(Cases(), name + ".case")), name).Workload;
        var without = new Workload(workload.Swaps, [.. workload.Operations.Where(op => op.Verb != Verb.Pageout)]);
        Assert.Equal((false, true), (Written(workload), Written(without)));

        bool Written(Workload w)
        {
            var machine = new Machine(KernelCatalogue.Get(kernel), new Arm64Architecture());
            Assert.Equal(InvariantSet.None, machine.Run(w, machine.Checked));
            var pte = machine.State.Pte(new MmId(0), new Vpn(1));
            return pte.IsPresent && machine.State.Frame(pte.Pfn).Data == 2;
        }
    }

    [Fact]
    public void Every_case_of_the_page_is_tested()
    {
        var tested = new[] { nameof(Tags_are_lost), nameof(Tags_are_lost_on_stable_6_1_too), nameof(Data_are_lost), nameof(Write_protection_goes_along_if_reclaim_was_there_first) }.SelectMany(test => typeof(EffectsTests).GetMethod(test)!.GetCustomAttributesData())
            .Where(a => a.AttributeType == typeof(InlineDataAttribute))
            .Select(a => ((IReadOnlyList<System.Reflection.CustomAttributeTypedArgument>)a.ConstructorArguments[0].Value!)[0].Value).Distinct();
        Assert.Equal(Directory.EnumerateFiles(Cases(), "*.case").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal), tested.Cast<string>().Order(StringComparer.Ordinal));
    }

    private static bool Lost(string kernel, Workload workload) =>
        new Machine(KernelCatalogue.Get(kernel), new Arm64Architecture()).Run(workload, InvariantSet.Of(InvariantId.TagPreservation)).Contains(InvariantId.TagPreservation);

    private static string Cases()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Hooks.sln"))) folder = Path.GetDirectoryName(folder)!;
        return Path.Combine(folder, "docs", "lab");
    }
}
