using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Cli;

/// <summary>Bad input: one clear error on stderr that says where, what was expected and what to do; exit code 2.</summary>
public class ErrorTests
{
    private const string Head = "kernel v6.5\narch   arm64\nswap   zram\n";

    private static readonly Dictionary<string, string> CommandLines = new()
    {
        ["no-command"] = "",
        ["unknown-command"] = "chekc",
        ["unknown-option"] = "check --kernels v6.5",
        ["unknown-option-of-run"] = "run --kernle v6.5 some.case",
        ["unknown-name"] = "check v5.18 arm46",
        ["unknown-kernel"] = "check --kernel v5.81",
        ["unknown-arch"] = "check --arch arm46",
        ["zero-workloads"] = "check --workloads 0",
        ["no-number"] = "check --seed abc",
        ["zero-jobs"] = "check --jobs 0",
        ["no-file"] = "run",
        ["missing-file"] = "run no-such.case",
        ["unknown-list"] = "list kernel",
        ["lab-no-command"] = "lab",
        ["lab-unknown-command"] = "lab dif",
        ["lab-unknown-device"] = "lab diff --swap tape",
        ["lab-no-slots"] = "lab diff --slots 8 0",
        ["show-unknown-kernel"] = "show v7.0",
        ["show-unknown-path"] = "show v6.5 --path do_swap",
    };

    private static readonly Dictionary<string, string> Cases = new()
    {
        ["empty"] = "",
        ["unknown-kernel"] = "kernel v5.81\narch arm64\nswap zram\n",
        ["unknown-arch"] = "kernel v6.5\narch arm46\nswap zram\n",
        ["unknown-device"] = "kernel v6.5\narch arm64\nswap tape\n",
        ["unknown-operation"] = Head + "P0     raed a\n",
        ["unknown-page"] = Head + "P0     read e\n",
        ["unknown-process"] = Head + "P9     read a\n",
        ["unknown-invariant"] = Head + "fails  tag-perservation\n",
        ["unknown-step"] = Head + "fails  refcount at P0:read:SetPteAtt\n",
        ["not-a-step"] = Head + "fails  refcount at SetPteAt\n",
        ["tag-too-large"] = Head + "P0     tag a 16\n",
        ["order"] = "arch arm64\nkernel v6.5\nswap zram\n",
        ["binary"] = "\u0000\u0001\u0002",
        ["long-word"] = Head + "P0     " + new string('x', 100_000),
        ["too-long"] = new string('\0', (1 << 20) + 1),
    };

    public static TheoryData<string> CommandLinesNames() => [.. CommandLines.Keys];

    public static TheoryData<string> CasesNames() => [.. Cases.Keys];

    [Theory]
    [InlineData("check --kernel ")]
    [InlineData("check ")]
    [InlineData("check --")]
    [InlineData("show ")]
    [InlineData("lab diff --image ")]
    public void No_word_of_any_length_is_quoted_whole(string line)
    {
        var said = Command.Run(line + new string('x', 100_000));
        Assert.Contains("\nexit 2", said, StringComparison.Ordinal);
        Assert.DoesNotContain(new string('x', 61), said[said.IndexOf("--- stderr", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(CommandLinesNames))]
    public async Task On_the_command_line(string what) => await Verify(Command.Run(CommandLines[what])).UseParameters(what);

    [Theory]
    [MemberData(nameof(CasesNames))]
    public async Task In_a_case(string what) => await Verify(Command.Run("run -", Cases[what])).UseParameters(what);

    [Fact]
    public async Task A_case_that_needs_more_slots_than_the_model_has()
    {
        var lines = new List<string> { "kernel v6.5", "arch   none", "swap   zram slots=8191 slot-cache=on", "P0     map a" };
        for (var i = 0; i < 33; i++) lines.AddRange(["P0     write a 1", "P0     pageout a"]);
        await Verify(Command.Run("run -", string.Join('\n', lines) + "\n"));
    }
}
