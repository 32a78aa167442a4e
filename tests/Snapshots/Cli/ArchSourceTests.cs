using Hooks.Tests;
using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Cli;

/// <summary><c>--arch-source</c>: an architecture's own C; here small ones of the tests.</summary>
public sealed class ArchSourceTests : IDisposable
{
    private static readonly string Adi = Path.Combine(AppContext.BaseDirectory, "native", "adi_64.c");
    private static readonly string Mte = Path.Combine(AppContext.BaseDirectory, "native", "mteswap.c");
    private static readonly string Leaks = Path.Combine(AppContext.BaseDirectory, "patches", "adi-keeps-memory.patch");

    private readonly OwnFolder folder = new();

    public void Dispose() => folder.Dispose();

    [FactWith("gcc")]
    public async Task A_patch_that_leaks_is_told_from_the_file_without_it() =>
        await Verify(Run($"check --kernel v6.11 --workloads 2000 --schedules 0 --out DIR --arch-source {Adi} --patch {Leaks}"));

    [FactWith("gcc")]
    public void What_was_found_is_replayed_by_the_command_that_is_printed()
    {
        Run($"check v6.11 sparc-c-patched --workloads 2000 --schedules 0 --out DIR --arch-source {Adi} --patch {Leaks}");
        var text = Run($"run DIR/v6.11-sparc-c-patched-hook-memory.case --arch-source {Adi} --patch {Leaks}");
        Assert.Contains("fails as the file says", text, StringComparison.Ordinal);
        Assert.EndsWith("exit 0", text, StringComparison.Ordinal);
    }

    [FactWith("gcc")]
    public void Both_are_listed_and_arm64_is_as_expected()
    {
        var list = Run($"list archs --arch-source {Adi} {Mte}");
        Assert.Contains("\nsparc-c  ", list, StringComparison.Ordinal);
        Assert.Contains("\narm64-c  ", list, StringComparison.Ordinal);
        Assert.EndsWith("exit 0", Run($"check v6.5 --workloads 3000 --schedules 0 --out DIR --arch-source {Mte}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("check v6.11 --arch-source nowhere/adi_64.c", "nowhere/adi_64.c: there is no such file")]
    [InlineData("check v6.11 --arch-source DIR", "expected a C file, not a folder")]
    public void What_cannot_be_used_is_said(string command, string says)
    {
        var text = Run(command);
        Assert.Contains(says, text, StringComparison.Ordinal);
        Assert.EndsWith("exit 2", text, StringComparison.Ordinal);
    }

    [FactWith("gcc")]
    public void A_patch_to_something_else_is_no_pass()
    {
        var other = Path.Combine(AppContext.BaseDirectory, "patches", "hook-after-map.patch");
        var text = Run($"check v6.11 --arch-source {Adi} --patch {other}");
        Assert.Contains("hooks cannot see it", text, StringComparison.Ordinal);
        Assert.EndsWith("exit 2", text, StringComparison.Ordinal);
    }

    [FactWith("gcc")]
    public void Two_files_of_one_architecture_are_refused()
    {
        var text = Run($"list archs --arch-source {Adi} {Adi}");
        Assert.Contains("--arch-source: 'native/adi_64.c' would be 'sparc-c', and there is one of that name already", text, StringComparison.Ordinal);
        Assert.EndsWith("exit 2", text, StringComparison.Ordinal);
    }

    private string Run(string commandLine) => folder.Run(commandLine).Replace(AppContext.BaseDirectory, "", StringComparison.Ordinal);
}
