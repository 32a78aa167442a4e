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
    public async Task A_race_that_the_catalogue_expects() => await Verify(folder.Run("check --kernel v6.5 v6.8 --arch none --workloads 2000 --schedules 10000 --out DIR"));

    [Fact]
    public void A_race_is_kept_and_replayed_even_if_nothing_is_interleaved()
    {
        folder.Run("check --kernel v6.5 --arch none --workloads 2000 --schedules 10000 --out DIR");
        var again = folder.Run("check v6.5 none --workloads 2000 --schedules 0 --out DIR");
        Assert.Contains("1+1 known", again, StringComparison.Ordinal);
        Assert.Contains("2 cases of earlier runs replayed first: 2 still fail, 0 no longer", again, StringComparison.Ordinal);
        Assert.Contains("a race: one after the other, in any order, these operations do not break it\n  not searched for: kept", again, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_schedules_nothing_is_said_of_them()
    {
        var text = folder.Run("check v6.5 none --workloads 2000 --schedules 0 --out DIR");
        text = text[text.IndexOf('\n', StringComparison.Ordinal)..];
        Assert.DoesNotContain("schedule", text, StringComparison.Ordinal);
        Assert.DoesNotContain("interleaved", text, StringComparison.Ordinal);
        Assert.DoesNotContain("a race", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"schedules\"", folder.Run("check --kernel v6.5 --arch none --workloads 2000 --schedules 0 --json --out DIR"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("random")]
    [InlineData("preemption --preemptions 1 --seed 3")]
    public void By_another_strategy(string strategy) =>
        Assert.Contains("data-preservation, a race: ", folder.Run($"check --kernel v6.5 --arch none --workloads 2000 --schedules 60000 --strategy {strategy} --out DIR"), StringComparison.Ordinal);

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
