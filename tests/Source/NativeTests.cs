using Hooks.Arch.Native;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Search;
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

    private static void Debian(string package, string kernel)
    {
        if (FactWithAttribute.Missing("gcc") is not null) return;
        foreach (var file in new[] { "arch/sparc/kernel/adi_64.c", "arch/arm64/mm/mteswap.c" }) Equals(kernel, NativeArchitecture.Read(Path.Combine(Trees.Debian(package)!, file)), Workloads);
    }

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
