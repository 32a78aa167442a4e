using FsCheck.Xunit;
using Hooks.Core.Workloads;
using Hooks.Testing;
using Xunit;

namespace Hooks.Properties.Workloads;

public class CaseTextTests
{
    private const string Example = """
        # tags lost: swap_free() runs before the restore

        kernel v5.18
        arch   arm64
        swap   disk slots=4 slot-cache=off stable-writes  # small
        swap   zram
        P0     map a tagged
        P0     tag a.2 5
        P0     fork P1  # a child
        P1     write b 7
        P1     pageout a cached
        P0     reclaim a writeback
        # the device is slow
        P0     endio a
        P0     mlock a
        P0     readtag a
        P0     unmap a
        P1     exit
        fails  tag-preservation at P0:read:SetPteAt
        fails  refcount
        # the end

        """;

    [Fact]
    public void What_a_read_shall_read_is_part_of_the_text()
    {
        const string Text = "kernel v6.8\narch   none\nswap   zram\nP0     map a\nP0     read a expect 0  # nothing yet\n";
        var read = CaseParser.Parse(Text, "f");
        Assert.Equal(Text, read.ToString());
        Assert.NotEqual(read, CaseParser.Parse(Text.Replace("expect 0", "expect 1", StringComparison.Ordinal), "f"));
    }

    [Fact]
    public void A_case_that_uses_everything_prints_as_it_was_written()
    {
        var text = Example.ReplaceLineEndings("\n");
        Assert.Equal(text, CaseParser.Parse(text, "f").ToString());
    }

    [Fact]
    public void What_runs_together_stands_behind_a_word_of_its_own()
    {
        const string text = "kernel v6.5\narch   none\nswap   zram\nP0     map a\ntogether  # in all ways\n# first\nP0     read a\nP0.1   write a 2\nfails  data-preservation\n";
        var read = CaseParser.Parse(text, "f");
        Assert.Equal(1, read.Together);
        Assert.Equal(3, read.Workload.Operations.Length);
        Assert.Equal(text, read.ToString());
        Assert.NotEqual(read, read with { Together = null });
    }

    [Property(Arbitrary = [typeof(CaseArbitrary)], MaxTest = 500)]
    public bool What_is_printed_is_read_back_comments_and_all(Case @case) =>
        CaseParser.Parse(@case.ToString(), "f") == @case;

    [Property(Arbitrary = [typeof(CaseArbitrary)], MaxTest = 200)]
    public bool What_is_read_back_prints_the_same(Case @case) =>
        CaseParser.Parse(@case.ToString(), "f").ToString() == @case.ToString();

    [Fact]
    public void Spaces_line_ends_and_a_byte_order_mark_do_not_matter()
    {
        var plain = CaseParser.Parse("kernel k\narch a\nswap zram\nP0 read a\n", "f");
        var odd = CaseParser.Parse("\uFEFFkernel   k\r\n  arch a\r\nswap\tzram\r\nP0     read  a", "f");
        Assert.Equal(plain, odd);
    }

    [Fact]
    public void Only_newlines_end_lines_so_that_line_numbers_are_those_of_an_editor()
    {
        var odd = "kernel k # a\u0085b\narch a # \f\u2028\nswap zram\nP0 read 5\n";
        Assert.Equal(4, Assert.Throws<CaseSyntaxException>(() => CaseParser.Parse(odd, "f")).Line);
    }

    [Fact]
    public void What_the_modelled_machine_does_not_have_is_refused_by_name()
    {
        static void Refused(string what, Operation op, int slots = 8)
        {
            var error = Assert.Throws<ArgumentException>(() => new Workload([new SwapConfig(true, slots)], [op]));
            Assert.Contains(what, error.Message, StringComparison.Ordinal);
        }

        Refused("70000 slots", default, slots: 70_000);
        Refused("P9", new Operation(new Core.Mm.MmId(9), Verb.Read));
        Refused("page 9", new Operation(default, Verb.Read, new Core.Mm.Vpn(9)));
        Refused("granule 9", new Operation(default, Verb.Tag, default, 1, 10));
        Refused("tag 77", new Operation(default, Verb.Tag, default, 77));
    }

    [Theory]
    [InlineData("", 1, 1, "no kernel")]
    [InlineData("kernel k\n", 2, 1, "no architecture")]
    [InlineData("kernel k\narch a\n", 3, 1, "no swap area")]
    [InlineData("kernel\n", 1, 7, "a kernel's name")]
    [InlineData("kernel k x\n", 1, 10, "unexpected 'x'")]
    [InlineData("arch a\nkernel k\n", 1, 1, "after 'kernel'")]
    [InlineData("kernel k\narch a\nkernel k\n", 3, 1, "once")]
    [InlineData("kernel k\narch a\nswap tape\n", 3, 6, "expected zram")]
    [InlineData("kernel k\narch a\nswap zram slots=0\n", 3, 11, "1 … {AREASIZE}")]
    [InlineData("kernel k\narch a\nswap zram slots={TOOLARGE}\n", 3, 11, "1 … {AREASIZE}")]
    [InlineData("kernel k\narch a\nswap zram slot-cache=maybe\n", 3, 11, "slot-cache=auto|on|off")]
    [InlineData("kernel k\narch a\nswap zram\nswap zram\nswap zram\n", 5, 1, "at most {AREAS}")]
    [InlineData("kernel k\narch a\nP0 read a\n", 3, 1, "before the program")]
    [InlineData("kernel k\narch a\nswap zram\nP0 read a\nswap zram\n", 5, 1, "before the program")]
    [InlineData("kernel k\narch a\nswap zram\nP{MMS} read a\n", 4, 1, "P0 … P{MM}")]
    [InlineData("kernel k\narch a\nswap zram\nP0\n", 4, 3, "an operation")]
    [InlineData("kernel k\narch a\nswap zram\nP0 raed a\n", 4, 4, "unknown operation 'raed'")]
    [InlineData("kernel k\narch a\nswap zram\nP0 read {NOPAGE}\n", 4, 9, "unknown page '{NOPAGE}'; expected a … {PAGE}")]
    [InlineData("kernel k\narch a\nswap zram\nP0 read a b\n", 4, 11, "end of the line")]
    [InlineData("kernel k\narch a\nswap zram\nP0 map a marked\n", 4, 10, "'tagged'")]
    [InlineData("kernel k\narch a\nswap zram\nP0 tag a\n", 4, 9, "a tag")]
    [InlineData("kernel k\narch a\nswap zram\nP0 tag a 16\n", 4, 10, "0 … 15")]
    [InlineData("kernel k\narch a\nswap zram\nP0 tag a.4 1\n", 4, 8, "a granule")]
    [InlineData("kernel k\narch a\nswap zram\nP0 write a 256\n", 4, 12, "1 … 255")]
    [InlineData("kernel k\narch a\nswap zram\nP0 pageout a soon\n", 4, 14, "cached, writeback")]
    [InlineData("kernel k\narch a\nswap zram\nfails x\nP0 read a\n", 5, 1, "before 'fails'")]
    [InlineData("kernel k\narch a\nswap zram\nfails x in y\n", 4, 9, "'at'")]
    [InlineData("kernel k\narch a\nswap zram\nfails x at P9:read:y\n", 4, 12, "P0 … P{MM}")]
    [InlineData("kernel k\narch a\nswap zram\nfails x at P0:raed:y\n", 4, 12, "unknown operation 'raed'")]
    [InlineData("kernel k\narch a\nswap zram slots=4 slots=9\n", 3, 19, "given twice")]
    [InlineData("kernel k\narch a\nswap zram\nP0 tag a.10 5\n", 4, 8, "a granule")]
    [InlineData("kernel k\narch a\nswap zram\nfails x at y\n", 4, 12, "TASK#OPERATION PATH.STEP")]
    public void A_malformed_case_is_refused_with_line_column_and_what_was_expected(string text, int line, int column, string expected)
    {
        var error = Assert.Throws<CaseSyntaxException>(() => CaseParser.Parse(Sizes.In(text), "f.case"));
        Assert.Equal((line, column), (error.Line, error.Column));
        Assert.StartsWith($"f.case:{line}:{column}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(Sizes.In(expected), error.Message, StringComparison.Ordinal);
    }

    [Property(Arbitrary = [typeof(CaseArbitrary)], MaxTest = 100)]
    public void A_simpler_case_is_a_case_and_simpler(Case @case)
    {
        foreach (var simpler in CaseArbitrary.Case().Shrinker(@case))
        {
            Assert.True(Size(simpler).CompareTo(Size(@case)) < 0);
            Assert.Equal(simpler.ToString(), CaseParser.Parse(simpler.ToString(), "f").ToString());
        }
    }

    [Property(Arbitrary = [typeof(CaseArbitrary)], MaxTest = 20)]
    public void A_case_shrinks_to_what_makes_it_fail(Case @case)
    {
        bool Fails(Case c) => c.Workload.Operations.Any(op => op.Verb == Verb.Pageout);
        if (!Fails(@case)) return;
        while (CaseArbitrary.Case().Shrinker(@case).FirstOrDefault(Fails) is { } simpler) @case = simpler;
        Assert.Equal($"kernel {@case.Kernel}\narch   none\nswap   zram\nP0     pageout a\n", @case.ToString());
    }

    private static (WorkloadSize, int, int, int) Size(Case c) => (WorkloadSize.Of(c.Workload), c.Arch == "none" ? 0 : 1, c.Fails.Length, c.Comments.Length);
}
