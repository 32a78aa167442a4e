using System.Runtime.CompilerServices;
using Hooks.Arch.Native;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Search;
using Hooks.Core.Search.Strategies;
using Hooks.Core.Traces;
using Hooks.Core.Workloads;
using Hooks.Tests;
using Xunit;

namespace Hooks.Source;

/// <summary>An architecture's own C in place of its hand-written hooks: small ones of the tests, and Debian's.</summary>
public class NativeTests
{
    private static string Adi => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "native", "adi_64.c"));

    private static string Mte => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "native", "mteswap.c"));

    [TheoryWith("gcc")]
    [InlineData("v5.17")]
    [InlineData("v6.5")]
    [InlineData("v6.11")]
    [InlineData("v7.3")]
    public void Hooks_of_the_tests_are_the_hand_written_ones(string kernel)
    {
        Equals(kernel, NativeArchitecture.Compile("adi_64.c", Adi), 2000);
        Equals(kernel, NativeArchitecture.Compile("mteswap.c", Mte), 2000);
    }

    [TheoryWith("gcc")]
    [InlineData("kfree(store->tags);\n\t\tstore->tags = NULL;", "kfree(store->tags);", InvariantId.HookMemory)]
    [InlineData("kfree(store->tags);\n\t\tstore->tags = NULL;", "store->tags = NULL;", InvariantId.HookMemory)]
    [InlineData("\tspin_unlock(&mm->context.tag_lock);\n\tif (!store)", "\tif (!store)", InvariantId.Progress)]
    [InlineData("\tasm volatile(\"membar #Sync\");\n", "\tstore->tags = 0;\n\t*(volatile char *)store->tags = 0;\n", InvariantId.HookMemory)]
    [InlineData("\t}\n\treturn 0;\n}", "\t}\n\tstore->tags = (unsigned char *)8;\n\treturn 0;\n}", InvariantId.HookMemory)]
    public void What_no_kernel_code_may_do_is_noticed(string line, string instead, InvariantId broken)
    {
        Assert.Contains(line, Adi, StringComparison.Ordinal);
        Assert.DoesNotContain(broken, Broken(NativeArchitecture.Compile("adi_64.c", Adi)).Members());
        Assert.Contains(broken, Broken(NativeArchitecture.Compile("adi_64.c", Adi.Replace(line, instead, StringComparison.Ordinal))).Members());
    }

    [TheoryWith("gcc")]
    [InlineData("\tset_page_mte_tagged(&folio->page);\n", "", InvariantId.TagPreservation)]
    [InlineData("\tkfree(old);\n", "", InvariantId.HookMemory)]
    [InlineData("\t\tkfree(tags);\n\t\treturn xa_err(old);\n", "\t\treturn xa_err(old);\n", InvariantId.HookMemory)]
    [InlineData("\t\treturn xa_err(old);\n", "\t\treturn 0;\n", InvariantId.TagPreservation)]
    [InlineData("|| !try_page_mte_tagging(&folio->page)", "", InvariantId.TagPreservation)]
    [InlineData("kfree(xa_erase(&mte_pages, swp_entry(type, offset).val));", "kfree(xa_load(&mte_pages, swp_entry(type, offset).val));", InvariantId.MetadataLifetime)]
    [InlineData("\tmte_save_page_tags(page_address(page), tags);\n", "", InvariantId.TagPreservation)]
    public void A_line_that_is_changed_breaks_what_it_is_for(string line, string instead, InvariantId broken)
    {
        Assert.Contains(line, Mte, StringComparison.Ordinal);
        Assert.DoesNotContain(broken, Broken(NativeArchitecture.Compile("mteswap.c", Mte)).Members());
        Assert.Contains(broken, Broken(NativeArchitecture.Compile("mteswap.c", Mte.Replace(line, instead, StringComparison.Ordinal))).Members());
    }

    [TheoryWith("gcc")]
    [InlineData("int adi_save_tags(void) { return unknown_call(); }", "unknown_call")]
    [InlineData("int adi_save_tags( {", "adi_64.c:1:")]
    [InlineData("int adi_save_tags(void) { return 0; }", "adi_restore_tags")]
    public void What_gcc_does_not_accept_is_said_with_its_line(string text, string says)
    {
        var error = Assert.Throws<NativeSourceException>(() => NativeArchitecture.Compile("arch/sparc/kernel/adi_64.c", text));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hooks-arch-", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing.c", "no such file")]
    [InlineData(".", "not a folder")]
    public void A_file_that_is_not_there_is_said(string path, string says) => Assert.Contains(says, Assert.Throws<NativeSourceException>(() => NativeArchitecture.Read(path)).Message, StringComparison.Ordinal);

    [Fact]
    public void Another_file_is_refused() => Assert.Contains("expected an architecture's hooks", Assert.Throws<NativeSourceException>(() => NativeArchitecture.Compile("memory.c", "int main;")).Message, StringComparison.Ordinal);

    [DebianFact("linux-source-6.1")]
    public void Debians_6_1_hooks_are_the_hand_written_ones() => Debian("linux-source-6.1", "debian-6.1.192");

    [DebianFact("linux-source-6.12")]
    public void Debians_6_12_hooks_are_the_hand_written_ones() => Debian("linux-source-6.12", "debian-6.12.117");

    [DebianFact("linux-source-7.3")]
    public void Debians_7_3_hooks_are_the_hand_written_ones() => Debian("linux-source-7.3", "v7.3");

    /// <summary>docs/findings.md, 9: the memory of the first descriptor, kept for emergencies, is lost when the descriptor is used again.</summary>
    [DebianFact("linux-source-6.12")]
    public void The_leak_of_the_first_descriptor_comes_out()
    {
        var native = NativeArchitecture.Read(Path.Combine(Trees.Debian("linux-source-6.12")!, "arch/sparc/kernel/adi_64.c"));
        var campaign = new RandomCampaign(KernelCatalogue.Get("v6.11"), native);
        var finding = Assert.Single(campaign.Run(1, 4000, only: InvariantSet.Of(InvariantId.HookMemory)).Findings);
        Assert.Equal(["map a tagged", "write a 1", "pageout a", "read a", "pageout a"], finding.Minimal.Workload.Operations.Select(o => o.ToString()));
    }

    /// <summary>docs/findings.md, 15: below 8 MiB two ranges overlap, and the tags are looked for in the wrong one. Nothing of it happens elsewhere, which the campaign sees to.</summary>
    [DebianFact("linux-source-6.12")]
    public void Tags_lost_at_low_addresses_come_out()
    {
        var low = Adi6_12.At(PageAddresses.TryParse("385,513,514,642")!)!;
        var finding = Assert.Single(new RandomCampaign(KernelCatalogue.Get("series-v1-2"), low).Run(1, 1000, only: InvariantSet.Of(InvariantId.TagPreservation), first: 130_000).Findings);
        Assert.Equal(
            ["map a tagged", "map b tagged", "map c tagged", "write c 1", "pageout c", "write a 1", "tag b 1", "pageout b", "read c", "pageout a", "read b"],
            finding.Minimal.Workload.Operations.Select(o => o.ToString()));
    }

    /// <summary>docs/findings.md, 13: a page that was never saved takes the last user away while another task is in the hook, which goes on with a descriptor that has been given up.</summary>
    [DebianFact("linux-source-6.12")]
    public void The_use_of_a_freed_descriptor_comes_out()
    {
        var (kernel, apart) = (KernelCatalogue.Get("v6.11"), Adi6_12.At(PageAddresses.TryParse("2040,3063,3064,3192")!)!);
        var beside = new RandomCampaign(kernel, apart).Run(1, 0);
        var finding = Assert.Single(new InterleavedCampaign(kernel, apart, new Scheduling(10_000, ScheduleStrategy.Random)).Run(1, beside, only: InvariantSet.Of(InvariantId.HookMemory)).Races);
        var shown = CaseParser.Parse(File.ReadAllText(Path.Combine(Cases(), "freed.case")), "freed.case");
        Assert.Equal(shown.Workload.ToString(), finding.Minimal.Workload.ToString());
        Assert.Equal(shown.Fails[0].ToString(), finding.Minimal.Fails[0].ToString());
    }

    /// <summary>The cases that take the file itself.</summary>
    [DebianFact("linux-source-6.12")]
    public void Its_cases_fail_as_they_say()
    {
        var files = Directory.GetFiles(Cases(), "*.case");
        Assert.NotEmpty(files);
        Assert.All(files, file =>
        {
            var found = CaseParser.Parse(File.ReadAllText(file), file);
            var arch = found.Arch.Split('@') is [_, var where] ? Adi6_12.At(PageAddresses.TryParse(where)!)! : Adi6_12;
            var broken = Trace.Record(found.Workload, KernelCatalogue.Get(found.Kernel), arch).Violations.Select(v => $"{InvariantCatalogue.Of(v.Breach.Invariant).Name} at {v.Place}");
            Assert.Equal(found.Fails.Select(f => f.ToString()), broken);
        });
    }

    private static string Cases([CallerFilePath] string thisFile = "") => Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "docs", "findings", "c");

    private static NativeArchitecture Adi6_12 => NativeArchitecture.Read(Path.Combine(Trees.Debian("linux-source-6.12")!, "arch/sparc/kernel/adi_64.c"));

    private static void Debian(string package, string kernel)
    {
        if (FactWithAttribute.Missing("gcc") is not null) return;
        foreach (var file in new[] { "arch/sparc/kernel/adi_64.c", "arch/arm64/mm/mteswap.c" })
        {
            var native = NativeArchitecture.Read(Path.Combine(Trees.Debian(package)!, file));
            Equals(kernel, native, Workloads);
            for (var i = 0; i < Layouts; i++)
            {
                if (native.At(PageAddresses.Draw(new Choices(Choices.SeedOf(7, i)))) is NativeArchitecture elsewhere) Equals(kernel, elsewhere, Workloads / Layouts);
            }
        }
    }

    /// <summary>Places where an address space's pages may lie, drawn.</summary>
    private const int Layouts = 6;

    private static int Workloads => int.TryParse(Environment.GetEnvironmentVariable("HOOKS_EQUIVALENCE_WORKLOADS"), out var n) ? n : 3000;

    /// <summary>That the C has kept memory that nobody uses is not in the hand-written hooks, and what it leaks by it neither.</summary>
    private static void Equals(string kernel, NativeArchitecture native, int workloads)
    {
        var written = native.Written;
        var of = KernelCatalogue.Get(kernel);
        var difference = Equivalence.Difference(new Machine(of, written), new Machine(of, native), workloads, seed: 7, Plain, InvariantSet.Of(InvariantId.HookMemory));
        Assert.True(difference is null, difference);

        static void Plain(ref Hooks.Core.Mm.MachineState state)
        {
            for (var i = 0; i < RangeId.Total; i++)
            {
                ref var range = ref state._metadata.Range(RangeId.At(i));
                if (range.Users == 0) range = default;
            }
        }
    }

    private static InvariantSet Broken(NativeArchitecture native) => new RandomCampaign(KernelCatalogue.Get("v6.11"), native).Run(1, 4000).Broken;
}
