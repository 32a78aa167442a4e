using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Cli;

public class MutateTests
{
    [Fact]
    public async Task One_path() => await Verify(Command.Run("mutate --path do_wp_page --arch none --workloads 3000"));

    [Fact]
    public async Task An_unknown_path() => await Verify(Command.Run("mutate --path do_wp"));

    [Fact]
    public void The_same_bytes_whatever_the_number_of_jobs() =>
        Assert.Equal(Body("mutate --path swapoff --arch none --workloads 200 --json --jobs 1"), Body("mutate --path swapoff --arch none --workloads 200 --json --jobs 2"));

    private static string Body(string line)
    {
        var text = Command.Run(line);
        return text[text.IndexOf('\n', StringComparison.Ordinal)..];
    }
}
