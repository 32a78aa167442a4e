using System.Runtime.CompilerServices;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;
using Xunit;

namespace Hooks.Properties;

/// <summary>
/// docs/findings.md cannot rot: each of its cases, which are the files of docs/findings, still fails as it says, for the reason it gives, and
/// is shown there as it is.
/// </summary>
public class FindingsTests
{
    private static readonly string Docs = Path.Combine(Folder(), "..", "..", "docs");

    // The hook runs after the page has been mapped: on these kernels that alone breaks what the cases name.
    private static readonly string[] Released = ["v6.11", "debian-6.1.192"];

    // The hook runs before the page is mapped. What fails here too is not the window.
    private const string WithoutWindow = "series-v1-2";

    private static IEnumerable<string> CaseFiles => Directory.EnumerateFiles(Path.Combine(Docs, "findings"), "*.case").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);

    public static TheoryData<string> Files() => [.. CaseFiles];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_case_fails_exactly_as_it_says(string file)
    {
        var (_, found) = Read(file);
        Assert.NotEmpty(found.Fails);
        Assert.Equal(found.Fails.Select(f => f.ToString()), Failures(found.Kernel, found.Workload));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Nothing_can_be_left_out_of_a_case(string file)
    {
        var (_, found) = Read(file);
        var all = found.Fails.Select(f => f.ToString()).ToHashSet();
        for (var i = 0; i < found.Workload.Operations.Length; i++)
        {
            var shorter = new Workload(found.Workload.Swaps, found.Workload.Operations.RemoveAt(i));
            Assert.False(all.IsSubsetOf(Failures(found.Kernel, shorter)), $"{file} fails in the same way without '{found.Workload.Operations[i]}'");
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_case_fails_on_released_kernels_too(string file)
    {
        var (_, found) = Read(file);
        var named = Named(found);

        // Without the exclusive bit in swap PTEs a page in the swap cache comes back shared, and a pin gets a copy.
        var released = Released.Where(kernel => file != "pin.case" || Machines.Sparc.Hooks(KernelCatalogue.Get(kernel)).HasPteSwpExclusive);
        Assert.All(released, kernel => Assert.Equal(named, named & Machines.Broken(kernel, Machines.Sparc, found.Workload)));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Only_the_window_is_gone_where_the_hook_comes_first(string file)
    {
        var (_, found) = Read(file);
        var broken = Machines.Broken(WithoutWindow, Machines.Sparc, found.Workload);
        Assert.Equal(file == "window.case" ? InvariantSet.None : Named(found), broken);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_store_by_swap_entry_passes(string file)
    {
        var (_, found) = Read(file);
        Assert.Equal(InvariantSet.None, Machines.Broken("v6.11", Machines.Arm64, found.Workload));
    }

    [Fact]
    public void The_page_shows_every_case_as_it_is_and_no_other()
    {
        var shown = File.ReadAllText(Path.Combine(Docs, "findings.md")).ReplaceLineEndings("\n").Split("\n```").Where(block => block.Contains("\nkernel ", StringComparison.Ordinal));
        var files = CaseFiles.Select(file => "\n" + Read(file).Text.TrimEnd('\n'));
        Assert.Equal(files.Order(StringComparer.Ordinal), shown.Order(StringComparer.Ordinal));
    }

    private static (string Text, Case Case) Read(string file)
    {
        var text = File.ReadAllText(Path.Combine(Docs, "findings", file)).ReplaceLineEndings("\n");
        return (text, CaseParser.Parse(text, file));
    }

    private static List<string> Failures(string kernel, Workload workload) =>
        [.. Machines.Run(kernel, Machines.Sparc, workload).Violations.Select(v => $"{InvariantCatalogue.Of(v.Breach.Invariant).Name} at {v.Place.OldName}")];

    private static InvariantSet Named(Case found) =>
        InvariantSet.Of([.. InvariantCatalogue.All.Where(i => found.Fails.Any(f => f.Invariant == i.Name)).Select(i => i.Id)]);

    private static string Folder([CallerFilePath] string thisFile = "") => Path.GetDirectoryName(thisFile)!;
}
