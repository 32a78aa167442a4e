using System.Diagnostics;
using Xunit;

namespace Hooks.Snapshots.Cli;

/// <summary>What would be waited for without end is refused, or can be interrupted: the command as a shell runs it.</summary>
public sealed class StandardInputTests : IDisposable
{
    private readonly OwnFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Closed_it_is_an_error() =>
        Assert.Equal("hooks: standard input is closed; expected a case there, as in 'hooks run - < my.case'\nexit 2\n", Shell("$HOOKS run - <&-"));

    [Fact]
    public void A_pipe_that_somebody_writes_to_is_read() =>
        Assert.Contains("nothing fails, as expected\nexit 0\n", Shell("printf 'kernel v6.5\\narch none\\nswap zram\\nP0 map a\\n' | $HOOKS run -"), StringComparison.Ordinal);

    [Fact]
    public void Waiting_for_it_ends_when_it_is_interrupted() =>
        Assert.EndsWith("hooks: interrupted\nexit 130\n", Shell("mkfifo p; sleep 60 > p & writer=$!; $HOOKS run - < p & sleep 3; kill -TERM $!; wait $!; code=$?; kill $writer; (exit $code)"), StringComparison.Ordinal);

    [Fact]
    public void A_named_pipe_is_no_case_file() =>
        Assert.Equal("hooks: p.case: is empty, or no regular file; expected a case file (standard input is '-')\nexit 2\n", Shell("mkfifo p.case; $HOOKS run p.case"));

    [Fact]
    public void A_link_to_a_device_is_no_case_file() =>
        Assert.Equal("hooks: z.case: is empty, or no regular file; expected a case file (standard input is '-')\nexit 2\n", Shell("ln -s /dev/zero z.case; $HOOKS run z.case"));

    [Fact]
    public void What_is_too_long_is_not_read() =>
        Assert.Equal("hooks: long.case: is longer than 1000000 bytes; expected a case file\nexit 2\n", Shell("truncate -s 1T long.case; $HOOKS run long.case"));

    /// <summary>What a shell prints, and how its last command ended; nothing of it may take a minute.</summary>
    private string Shell(string script)
    {
        var start = new ProcessStartInfo("timeout", ["-s", "KILL", "60", "bash", "-c", $"exec 2>&1; {script}; echo exit $?"]) { UseShellExecute = false, RedirectStandardOutput = true, WorkingDirectory = folder.Path };
        start.Environment["HOOKS"] = $"dotnet {Path.Combine(AppContext.BaseDirectory, "hooks.dll")}";
        using var shell = Process.Start(start)!;
        var text = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return text;
    }
}
