using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Hooks.Arch.Sparc;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Search;
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

    private static IEnumerable<string> WithTheHooks => KernelCatalogue.All.Where(k => k.Version >= new KernelVersion(6, 5)).Select(k => k.Name);

    private static IEnumerable<string> CaseFiles => Directory.EnumerateFiles(Path.Combine(Docs, "findings"), "*.case").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);

    private const long Workloads = 3000;

    private static readonly SparcByEntryArchitecture Proposal = new SparcByEntryArchitecture(flagged: true);
    private static readonly SparcByEntryArchitecture FirstProposal = new SparcByEntryArchitecture(flagged: false);

    /// <summary>The kernels that call the hooks which the proposals need, in do_swap_page() and in swapoff.</summary>
    public static TheoryData<string> KernelsWithTheHooks => [.. WithTheHooks];

    /// <summary>All cases.</summary>
    public static TheoryData<string> All() => [.. CaseFiles];

    /// <summary>Those of sparc as it is, wherever its pages lie.</summary>
    public static TheoryData<string> Files() => [.. CaseFiles.Where(IsOfSparc)];

    [Theory]
    [MemberData(nameof(All))]
    public void A_case_fails_exactly_as_it_says(string file)
    {
        var (_, found) = Read(file);
        Assert.NotEmpty(found.Fails);
        Assert.Equal(found.Fails.Select(f => f.ToString()), Failures(found.Kernel, Architecture(found.Arch), found.Workload));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Nothing_can_be_left_out_of_a_case(string file)
    {
        var (_, found) = Read(file);
        var all = found.Fails.Select(f => f.ToString()).ToHashSet();
        for (var i = 0; i < found.Workload.Operations.Length; i++)
        {
            var shorter = new Workload(found.Workload.Swaps, found.Workload.Operations.RemoveAt(i));
            Assert.False(all.IsSubsetOf(Failures(found.Kernel, Architecture(found.Arch), shorter)), $"{file} fails in the same way without '{found.Workload.Operations[i]}'");
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
        Assert.All(released, kernel => Assert.Equal(named, named & Machines.Broken(kernel, Architecture(found.Arch), found.Workload)));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Only_the_window_is_gone_where_the_hook_comes_first(string file)
    {
        var (_, found) = Read(file);
        var broken = Machines.Broken(WithoutWindow, Architecture(found.Arch), found.Workload);
        Assert.Equal(file == "window.case" ? InvariantSet.None : Named(found), broken);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_store_by_swap_entry_passes(string file)
    {
        var (_, found) = Read(file);
        Assert.Equal(InvariantSet.None, Machines.Broken("v6.11", Machines.Arm64, found.Workload));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_proposal_passes(string file)
    {
        var (_, found) = Read(file);
        Assert.All(WithTheHooks, kernel => Assert.Equal(InvariantSet.None, TagsOf(Machines.Broken(kernel, Proposal, found.Workload))));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_first_proposal_passes_all_but_its_own_case(string file)
    {
        var (_, found) = Read(file);
        var broken = TagsOf(Machines.Broken("v6.11", FirstProposal, found.Workload));
        Assert.Equal(found.Arch == FirstProposal.Name ? Machines.Set(InvariantId.TagPreservation) : InvariantSet.None, broken);
    }

    /// <summary>Unmapped, in the swap cache, not written: because of a reference, or because it could not be saved.</summary>
    [Theory]
    [MemberData(nameof(KernelsWithTheHooks))]
    public void The_first_proposal_destroys_live_tags(string kernel)
    {
        var (_, found) = Read("live.case");
        var failed = Machines.Program("zram", "P0 map a tagged", "P0 tag a 5", "P0 fail save", "P0 pageout a", "P0 read a");
        foreach (var workload in new[] { found.Workload, failed })
        {
            Assert.Equal(Machines.Set(InvariantId.TagPreservation), TagsOf(Machines.Broken(kernel, FirstProposal, workload)));
            Assert.Equal(InvariantSet.None, TagsOf(Machines.Broken(kernel, Proposal, workload)));
        }
    }

    [Theory]
    [MemberData(nameof(KernelsWithTheHooks))]
    public void Check_finds_nothing_of_tags_in_the_proposal_and_lost_ones_in_the_first(string kernel)
    {
        Assert.Equal(InvariantSet.None, TagsOf(new RandomCampaign(KernelCatalogue.Get(kernel), Proposal).Run(seed: 1, Workloads).Broken));
        var first = new RandomCampaign(KernelCatalogue.Get(kernel), FirstProposal).Run(seed: 1, Workloads);
        Assert.Equal(Machines.Set(InvariantId.TagPreservation), TagsOf(first.Broken));
        Assert.Equal(5, first.Findings.Single(f => f.Invariant == InvariantId.TagPreservation).Minimal.Workload.Operations.Length);
    }

    [Fact]
    public void The_page_says_how_much_was_run()
    {
        var page = File.ReadAllText(Path.Combine(Docs, "findings.md"));
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"{Workloads:N0} workloads on each of {WithTheHooks.Count()} kernels in every test run"), page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_counts_sparcs_findings()
    {
        var lines = File.ReadAllLines(Path.Combine(Docs, "findings.md"));
        var told = Numbers(lines, @"^(?:## |\*\*)(?<n>\d+)\. ");
        var listed = Numbers(lines, @"^\| (?<n>\d+) \| ");
        Assert.Equal(Enumerable.Range(1, 15), told);
        Assert.Equal(told, listed);
    }

    /// <summary>Overlapping ranges take the lowest 8 MiB: 1 GiB higher up nothing of it happens, nor next to each other, nor far apart.</summary>
    [Fact]
    public void Below_8_MiB_ranges_overlap_and_nowhere_else()
    {
        var (_, found) = Read("low.case");
        var low = Architecture(found.Arch);
        Assert.Equal(3, low.Beyond.Count);
        Assert.All(low.Beyond, other => Assert.Equal(InvariantSet.None, Machines.Broken(found.Kernel, other, found.Workload)));
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

    private static IEnumerable<int> Numbers(string[] lines, string pattern) =>
        lines.Select(line => Regex.Match(line, pattern, RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))).Where(m => m.Success).Select(m => int.Parse(m.Groups["n"].Value, CultureInfo.InvariantCulture)).Distinct().Order();

    private static bool IsOfSparc(string file) => Read(file).Case.Arch.Split('@')[0] == Machines.Sparc.Name;

    /// <summary>What an architecture's hooks are for.</summary>
    private static InvariantSet TagsOf(InvariantSet broken) => broken & Machines.Set(InvariantId.TagPreservation, InvariantId.NoStaleTags, InvariantId.MetadataLifetime);

    private static IArchitecture Architecture(string name) => name.Split('@') switch
    {
        [var usual, var where] when usual == Machines.Sparc.Name => Machines.Sparc.At(PageAddresses.TryParse(where)!)!,
        _ => new IArchitecture[] { Machines.Sparc, FirstProposal, Proposal }.Single(a => a.Name == name),
    };

    private static List<string> Failures(string kernel, IArchitecture architecture, Workload workload) =>
        [.. Machines.Run(kernel, architecture, workload).Violations.Select(v => $"{InvariantCatalogue.Of(v.Breach.Invariant).Name} at {v.Place.OldName}")];

    private static InvariantSet Named(Case found) =>
        InvariantSet.Of([.. InvariantCatalogue.All.Where(i => found.Fails.Any(f => f.Invariant == i.Name)).Select(i => i.Id)]);

    private static string Folder([CallerFilePath] string thisFile = "") => Path.GetDirectoryName(thisFile)!;
}
