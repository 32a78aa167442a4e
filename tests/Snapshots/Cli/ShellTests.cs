using Xunit;

namespace Hooks.Snapshots.Cli;

/// <summary>What shells and manual readers get.</summary>
public class ShellTests
{
    [Theory]
    [InlineData("hooks ch", "check")]
    [InlineData("hooks check --ker", "--kernel")]
    [InlineData("hooks check --kernel v7.", "v7.0\nv7.3\nv7.3-unuse-fixed")]
    [InlineData("hooks check arm64-freed", "arm64-freed-in-set-pte")]
    [InlineData("hooks lab di", "diff")]
    public void A_line_is_completed(string line, string expected)
    {
        using var output = new StringWriter { NewLine = "\n" };
        Assert.Equal(0, global::Hooks.Cli.HooksCommand.Invoke(["complete", $"{line.Length}", line], output, TextWriter.Null, TextReader.Null));
        Assert.Equal(expected + "\n", output.ToString());
    }

    [Theory]
    [InlineData("bash", "complete -o filenames -F _hooks hooks")]
    [InlineData("zsh", "compdef _hooks hooks")]
    [InlineData("fish", "complete -c hooks")]
    public void Each_shell_has_a_script(string shell, string has) =>
        Assert.Contains(has, Command.Run("completion " + shell), StringComparison.Ordinal);

    [Fact]
    public void What_is_no_shell_is_refused_with_those_that_are() =>
        Assert.Contains("unknown shell 'bsh'; did you mean 'bash'? expected one of: bash, fish, zsh", Command.Run("completion bsh"), StringComparison.Ordinal);

    [Fact]
    public void The_manual_has_every_command_and_option()
    {
        var manual = Command.Run("man");
        foreach (var command in new[] { "CHECK", "RUN", "ZOO", "MUTATE", "ORDER", "LAB DIFF", "LAB POWER", "LIST", "SHOW", "COMPLETION" })
        {
            Assert.Contains($".SH HOOKS {command}\n", manual, StringComparison.Ordinal);
        }

        Assert.Contains("\\fB\\-\\-workloads\\fR", manual, StringComparison.Ordinal);
        Assert.All(manual[manual.IndexOf(".TH", StringComparison.Ordinal)..], c => Assert.True(char.IsAscii(c), c.ToString()));
        Assert.DoesNotContain(".SH HOOKS COMPLETE\n", manual, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_is_a_command_too() =>
        Assert.Equal(After(Command.Run("check --help")), After(Command.Run("help check")));

    private static string After(string text) => text[text.IndexOf("--- stdout", StringComparison.Ordinal)..];
}
