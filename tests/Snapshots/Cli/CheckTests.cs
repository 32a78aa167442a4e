using Hooks.Core.Kernels;
using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Cli;

public sealed class CheckTests : IDisposable
{
    private readonly OwnFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task One_kernel_that_loses_tags() => await Verify(folder.Run("check --kernel v5.18 --arch arm64 --workloads 2000 --out DIR"));

    [Fact]
    public async Task One_kernel_in_full() => await Verify(folder.Run("check v5.18 arm64 --workloads 2000 --out DIR"));

    [Fact]
    public async Task One_kernel_as_json() => await Verify(folder.Run("check --kernel v5.18 --arch arm64 --workloads 2000 --json --out DIR"));

    [Fact]
    public async Task Too_few_workloads_to_put_everything_to_the_test() => await Verify(folder.Run("check --kernel v6.5 v5.18 --arch arm64 --workloads 1 --out DIR"));

    [Fact]
    public void The_table_of_everything_fits_a_screen_of_80_columns()
    {
        string[] table = [.. folder.Run("check --workloads 1 --out DIR").Split('\n').Where(line => line is ['│' or '╭' or '├' or '╰', ..])];
        Assert.InRange(table.Length, 6, KernelCatalogue.All.Length + 4);
        Assert.All(table, line => Assert.True(line.Length <= 80, line));
    }

    [Fact]
    public void The_same_bytes_whatever_the_number_of_jobs()
    {
        const string Line = "check --kernel v5.18 v5.19 series-v1-1 --workloads 1000";
        Assert.Equal(Body(Line, 1), Body(Line, 2));
        Assert.Equal(Body(Line + " --json", 1), Body(Line + " --json", 3));
    }

    private static string Body(string line, int jobs)
    {
        using var fresh = new OwnFolder();
        var text = fresh.Run($"{line} --out DIR --jobs {jobs}");
        return text[text.IndexOf('\n', StringComparison.Ordinal)..];
    }
}
