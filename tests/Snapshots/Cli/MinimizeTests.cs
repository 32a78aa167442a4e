using Xunit;

namespace Hooks.Snapshots.Cli;

/// <summary>A user's own case made smaller.</summary>
public class MinimizeTests
{
    private const string Long = "kernel v5.18\narch arm64\nswap zram\nP0 map a tagged\nP0 map b\nP0 write b 3\nP0 tag a 7\nP0 pageout b\nP0 pageout a\nP0 read b\nP0 read a\nP0 exit\n";

    private const string Small = "kernel v5.18\narch   arm64\nswap   zram\nP0     map a tagged\nP0     tag a 1\nP0     pageout a\nP0     read a\nfails  tag-preservation at P0#4 do_swap_page.SetPteAt\n";

    [Fact]
    public void What_does_not_matter_is_left_out()
    {
        var text = Command.Run("minimize -", Long);
        Assert.Contains(Small, text, StringComparison.Ordinal);
        Assert.Contains("hooks: tag-preservation: 9 lines, 4 of which do, and no one of them can be left out (", text, StringComparison.Ordinal);
        Assert.EndsWith("exit 0", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_minimal_case_stays_as_it_is() => Assert.EndsWith("exit 1", Command.Run("minimize -", Small), StringComparison.Ordinal);

    [Fact]
    public void A_schedule_is_made_smaller_with_its_program()
    {
        const string Race = "kernel v6.5\narch none\nswap zram\nP0 map a\nP0 map b\nP0 write a 1\nP0 pageout a\nP0 write b 1 until PteOffsetMapLock\nP0 go\nP0 read a until PteOffsetMapLock\nP0.1 write a 2\nP0.1 pageout a\nP0.1 read b\nP0 go\nfails data-preservation\n";
        var text = Command.Run("minimize -", Race);
        Assert.Contains("P0.1   pageout a\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain(" b", text[text.IndexOf("swap", StringComparison.Ordinal)..text.IndexOf("fails", StringComparison.Ordinal)], StringComparison.Ordinal);
        Assert.EndsWith("exit 0", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--invariant refcount", "does not break refcount on v5.18 and arm64; it breaks tag-preservation")]
    [InlineData("--invariant refcuont", "unknown invariant 'refcuont'; did you mean 'refcount'?")]
    [InlineData("--kernel v6.5", "breaks nothing on v6.5 and arm64")]
    public void What_cannot_be_done_is_said(string options, string says)
    {
        var text = Command.Run($"minimize - {options}", Long);
        Assert.Contains(says, text, StringComparison.Ordinal);
        Assert.EndsWith("exit 2", text, StringComparison.Ordinal);
    }
}
