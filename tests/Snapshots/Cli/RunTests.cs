using System.Runtime.CompilerServices;
using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Cli;

public class RunTests
{
    private const string TagsLost = """
        kernel v5.18
        arch   arm64
        swap   zram
        P0     map a tagged
        P0     tag a 5
        P0     pageout a
        P0     read a
        fails  tag-preservation at P0:read:SetPteAt

        """;

    private const string Waits = """
        kernel v6.8
        arch   none
        swap   zram
        P0     map a
        P0     write a 1          until PteOffsetMapLock
        P0.1   unmap a

        """;

    /// <summary>7.3 has no such step; the second task never comes to one that it has.</summary>
    private const string NeverThere = """
        kernel v6.11
        arch   none
        swap   zram
        P0     map a
        P0     write a 1
        P0     pageout a
        P0     read a             until SwapcachePrepare
        P0.1   read a             until ReadSwapCacheAsync

        """;

    [Fact]
    public async Task A_race_step_by_step() => await Verify(Command.Run("run - --trace", Race()));

    [Fact]
    public async Task A_race_that_a_claim_ends_step_by_step() => await Verify(Command.Run("run - --trace --kernel v6.8", Race()));

    [Fact]
    public async Task A_task_that_waits_as_json() => await Verify(Command.Run("run - --json --trace", Waits));

    [Fact]
    public async Task A_case_that_fails_as_it_says() => await Verify(Command.Run("run -", TagsLost));

    [Fact]
    public async Task Step_by_step() => await Verify(Command.Run("run - --trace", TagsLost));

    [Fact]
    public async Task As_json() => await Verify(Command.Run("run - --json", TagsLost));

    [Fact]
    public async Task On_the_kernel_that_fixed_it() => await Verify(Command.Run("run - --kernel v6.5", TagsLost));

    [Fact]
    public async Task On_a_kernel_that_never_comes_to_the_step() => await Verify(Command.Run("run - --kernel v7.3", NeverThere));

    [Fact]
    public async Task On_a_kernel_that_never_comes_to_the_step_as_json() => await Verify(Command.Run("run - --kernel v7.3 --json", NeverThere));

    [Fact]
    public async Task On_another_architecture() => await Verify(Command.Run("run - --arch none", TagsLost));

    [Fact]
    public async Task A_case_that_says_nothing_and_fails() => await Verify(Command.Run("run -", TagsLost[..TagsLost.IndexOf("fails", StringComparison.Ordinal)]));

    [Fact]
    public async Task A_case_that_says_nothing_and_does_not_fail() =>
        await Verify(Command.Run("run -", TagsLost[..TagsLost.IndexOf("fails", StringComparison.Ordinal)].Replace("v5.18", "v6.5", StringComparison.Ordinal)));

    [Fact]
    public async Task A_case_that_fails_at_another_step() => await Verify(Command.Run("run -", TagsLost.Replace("SetPteAt", "SwapFree", StringComparison.Ordinal)));

    [Theory]
    [InlineData("9", "and what is read is what the file says\n---\nexit 0")]
    [InlineData("3", "P1 read a: expected 3, read 9\n  NOT as the file says\n---\nexit 1")]
    public void What_a_read_shall_read_is_asked(string value, string said) =>
        Assert.EndsWith(said, Command.Run("run -", $"kernel v6.8\narch none\nswap zram\nP0 map a\nP0 write a 9\nP0 pageout a\nP0 fork P1\nP1 read a expect {value}\n"), StringComparison.Ordinal);

    [Fact]
    public void A_read_that_does_not_come_to_read_is_said() =>
        Assert.Contains("P1 read a: expected 9, did not come to read\n", Command.Run("run -", "kernel v6.8\narch none\nswap zram\nP0 map a\nP1 read a expect 9\n"), StringComparison.Ordinal);

    [Fact]
    public void What_shall_be_read_is_of_reads_only() =>
        Assert.Contains("stdin:4:12: expected 'expect' behind 'read PAGE' only", Command.Run("run -", "kernel v6.8\narch none\nswap zram\nP0 unmap a expect 9\n"), StringComparison.Ordinal);

    private static string Race([CallerFilePath] string thisFile = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "..", "docs", "races", "13ddaf26be32.case")).ReplaceLineEndings("\n");
}
